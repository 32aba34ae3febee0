package org.gauze.bridge

import com.sun.jna.Library
import com.sun.jna.Native
import java.lang.reflect.InvocationTargetException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.ByteBuffer
import java.nio.file.Path
import java.security.SecureRandom
import java.security.cert.X509Certificate
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit.SECONDS
import javax.net.ssl.SSLContext
import javax.net.ssl.X509TrustManager
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.flow.transformWhile
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.gauze.core.CaptureException
import org.gauze.core.ClientException
import org.gauze.core.Encoding
import org.gauze.core.Established
import org.gauze.core.Evidence
import org.gauze.core.Fix
import org.gauze.core.Identifier
import org.gauze.core.InternalException
import org.gauze.core.LogLevel
import org.gauze.core.LogSink
import org.gauze.core.PlatformException
import org.gauze.core.Protection
import org.gauze.core.QueueState
import org.gauze.core.Site
import org.gauze.core.Stage
import org.gauze.core.TransferEnd
import org.gauze.core.Trouble
import org.gauze.core.UniffiRustCallStatus
import org.gauze.core.appAttestClientDataHash
import org.gauze.core.freshAndroidChallenge
import org.gauze.core.describe
import org.gauze.core.setLogSink
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class BridgeTest {
    @Test
    fun `a photo goes from a direct buffer to a verified receipt and is reviewed locked and wiped`() = runBlocking {
        Phone().enrol().use { phone ->
            val captured = phone.client.capture(Ward.direct(Ward.picture), context())
            assertTrue("exif" in captured.removed.map(String::lowercase), captured.removed.toString())
            phone.client.previewFrom(captured.captureId, Ward.direct(Ward.picture))

            val queue = phone.client.queue()
            val moves = async(Dispatchers.IO) {
                queue.moves().transformWhile {
                    emit(it.state)
                    it.state !is QueueState.Stored
                }.toList()
            }
            val report = queue.run(true)
            assertEquals(1UL, report.stored)
            val seen = withTimeout(10_000) { moves.await() }
            assertEquals(QueueState.Stored, seen.last())
            assertEquals(Stage.STORED, phone.client.list().single().stage)

            val review = phone.client.review()
            assertThrows(ClientException.Unlock::class.java) { review.photo(captured.captureId) }
            assertNull(phone.client.list().single().label)
            review.unlock()
            assertEquals("Zzyzx-Familyname, Quillonbert, left lower leg", phone.client.list().single().label)
            assertJpeg(review.photo(captured.captureId))
            assertJpeg(review.preview(captured.captureId))
            review.lock()
            assertThrows(ClientException.Unlock::class.java) { review.preview(captured.captureId) }

            val wiped = phone.client.wipe()
            assertEquals(1UL, wiped.unsent)
            assertNull(phone.secrets.secret)
            assertNull(phone.vault.reviewKey())
            phone.restart()
            assertEquals(1UL, phone.client.queue().run(true).stored, "what is sealed is still sent")
        }
    }

    @Test
    fun `the operating system may carry the file and report to the next process`() = runBlocking {
        Phone().enrol().use { phone ->
            val id = phone.capture()
            val transfer = phone.client.queue().nextTransfers(true).transfers.single()
            assertEquals(id, transfer.captureId)
            phone.client.close()
            val answer = put(transfer.url, Path.of(transfer.file))
            phone.restart()
            val end = TransferEnd.Answered(answer.statusCode().toUShort(), answer.body())
            assertEquals(1UL, phone.client.queue().transferEnded(id, end).report.stored)
            assertEquals(Stage.STORED, phone.client.list().single().stage)
        }
    }

    @Test
    fun `a heap buffer is refused before anything is read`() = runBlocking {
        Phone().enrol().use { phone ->
            assertThrows(IllegalArgumentException::class.java) {
                phone.client.capture(ByteBuffer.wrap(Ward.picture), context())
            }
            assertEquals(0UL, phone.client.status().lastSeq)
            phone.capture()
            assertEquals(1UL, phone.client.status().lastSeq)
        }
    }

    @Test
    fun `a closed client says so and its photos are there for the next`() = runBlocking {
        Phone().enrol().use { phone ->
            val id = phone.capture()
            val review = phone.client.review()
            phone.client.close()
            assertThrows(IllegalStateException::class.java) { phone.capture() }
            assertThrows(IllegalStateException::class.java) { phone.client.status() }
            assertEquals("closed", assertThrows(ClientException.NotPossible::class.java) { review.unlock() }.code)
            phone.restart()
            assertEquals(id, phone.client.list().single().captureId)
        }
    }

    @Test
    fun `what a key vault throws is a trouble with a next step and the photo waits`() = runBlocking {
        Phone().enrol().use { phone ->
            val id = phone.capture()
            for ((thrown, trouble) in listOf(
                RuntimeException("a bug in the shell, with a patient's name in it") to Trouble.KeyUnavailable,
                PlatformException.NeedsUser() to Trouble.KeyUnavailable,
                PlatformException.Gone() to Trouble.KeyGone,
            )) {
                phone.vault.fault = thrown
                val stopped = phone.client.queue().run(true).stopped.single()
                assertEquals(id to trouble, stopped.captureId to stopped.trouble)
                assertTrue(describe(trouble).nextStep.isNotEmpty())
            }
            val error = assertThrows(ClientException::class.java) { phone.client.review().unlock() }
            assertFalse(error.toString().contains("patient"), error.toString())
            phone.vault.fault = null
            assertEquals(1UL, phone.client.queue().run(true).stored)
        }
    }

    @Test
    fun `a cancelled coroutine stops at its next step and loses nothing`() = runBlocking {
        Phone().enrol().use { phone ->
            repeat(3) { phone.capture() }
            val signing = CountDownLatch(1)
            val goOn = CountDownLatch(1)
            phone.vault.beforeSigning = {
                signing.countDown()
                goOn.await(10, SECONDS)
            }
            val running = launch(Dispatchers.IO) { phone.client.queue().run(true) }
            assertTrue(signing.await(10, SECONDS))
            running.cancelAndJoin()
            assertTrue(running.isCancelled)
            phone.vault.beforeSigning = {}
            goOn.countDown()
            assertEquals(3, phone.client.list().size)
            // The photo that was being signed is in hand until that ended, and goes with a later run.
            var stored = phone.client.queue().run(true).stored
            withTimeout(10_000) {
                while (stored < 3UL) {
                    delay(50)
                    stored = phone.client.queue().run(true).stored
                }
            }
            assertEquals(3UL, stored)
        }
    }

    @Test
    fun `a client that is closed while a run signs ends it with its report and the next as closed`() = runBlocking {
        Phone().enrol().use { phone ->
            repeat(3) { phone.capture() }
            val signing = CountDownLatch(1)
            val goOn = CountDownLatch(1)
            phone.vault.beforeSigning = {
                signing.countDown()
                goOn.await(10, SECONDS)
            }
            val queue = phone.client.queue()
            val running = async(Dispatchers.IO) { queue.run(true) }
            assertTrue(signing.await(10, SECONDS))
            phone.client.close()
            assertThrows(IllegalStateException::class.java) { phone.client.status() }
            phone.vault.beforeSigning = {}
            goOn.countDown()
            assertEquals(3UL, withTimeout(30_000) { running.await() }.stored)
            val refused = assertInstanceOf(ClientException.NotPossible::class.java, runCatching { queue.run(true) }.exceptionOrNull())
            assertEquals("closed", refused.code)
            phone.restart()
            assertEquals(List(3) { Stage.STORED }, phone.client.list().map { it.stage })
        }
    }

    @Test
    fun `a client that is closed while photos are sealed keeps each that it answered for`() = runBlocking {
        Phone().enrol().use { phone ->
            val client = phone.client
            val first = CountDownLatch(1)
            fun sealed() = client.capture(Ward.direct(Ward.picture), context()).captureId.also { first.countDown() }
            val calls = List(4) { async(Dispatchers.IO) { List(4) { runCatching(::sealed) } } }
            assertTrue(first.await(30, SECONDS))
            client.close()
            val ended = withTimeout(60_000) { calls.awaitAll() }.flatten()
            ended.mapNotNull { it.exceptionOrNull() }.forEach { assertInstanceOf(IllegalStateException::class.java, it) }
            phone.restart()
            assertEquals(ended.mapNotNull { it.getOrNull() }.toSet(), phone.client.list().map { it.captureId }.toSet())
        }
    }

    @Test
    fun `a panic in Rust is an internal exception and the client goes on`() = runBlocking {
        Phone().enrol().use { phone ->
            val id = phone.capture()
            val faults = Native.load("gauze", Faults::class.java)
            assertThrows(InternalException::class.java) { asGenerated(faults::uniffi_gauze_fn_func_panic_now) }
            assertEquals(id, phone.client.list().single().captureId)
            assertEquals(1UL, phone.client.queue().run(true).stored)
        }
    }

    @Test
    fun `a wound keeps its name and is offered while review is unlocked`() = runBlocking {
        Phone().enrol().use { phone ->
            val patient = context().patient!!
            assertEquals(0, phone.client.choices().teams.size)
            val wound = phone.client.newWound(patient, context().site)
            assertThrows(ClientException.Unlock::class.java) { phone.client.review().wounds(patient) }
            assertThrows(ClientException.Unlock::class.java) { phone.client.review().patients() }
            phone.client.review().unlock()
            assertEquals(0, phone.client.review().patients().size)
            val offered = phone.client.review().wounds(patient).single()
            assertEquals(wound to context().site, offered.wound to offered.site)
            val mistyped = patient.copy(nhsNumber = "9990000043")
            val error = assertThrows(ClientException.NotPossible::class.java) { phone.client.newWound(mistyped, null) }
            assertEquals("record_invalid", error.code)
            val series = phone.client.newSeries()
            phone.client.capture(Ward.direct(Ward.picture), context().copy(wound = wound, series = series))
            val listed = phone.client.review().patients().single()
            assertEquals(patient.copy(established = Established.Worklist, confirmedBy = emptyList()), listed)
        }
    }

    @Test
    fun `what was entered out of its limits is told as such and nothing is kept`() = runBlocking {
        Phone().enrol().use { phone ->
            val picture = Ward.direct(Ward.picture)
            val wrong = listOf(
                context().copy(site = Site(words = "")),
                context().copy(patient = context().patient!!.copy(nhsNumber = "9990000043")),
                context().copy(patient = context().patient!!.copy(confirmedBy = listOf(Identifier.NAME))),
                context().copy(notes = "n".repeat(4097)),
                context().copy(patient = context().patient!!.copy(dob = "31.1.1950")),
            )
            for (entered in wrong) {
                val error = assertThrows(CaptureException.TakeAgain::class.java) { phone.client.capture(picture, entered) }
                assertEquals("record_invalid", error.code)
            }
            assertEquals(0UL, phone.client.status().lastSeq)
            phone.client.capture(picture, context().copy(notes = "pasted\r\nfrom elsewhere"))
            assertEquals(1UL, phone.client.status().lastSeq)
        }
    }

    @Test
    fun `a store that the system does not protect stays shut and loses nothing`() = runBlocking {
        Phone().enrol().use { phone ->
            val id = phone.capture()
            phone.guard.says = Protection.WRONG
            val report = assertThrows(ClientException.Report::class.java) { phone.restart() }
            assertEquals("storage_unprotected", report.code)
            phone.guard.says = Protection.NOT_YET_UNLOCKED
            assertThrows(ClientException.Unlock::class.java) { phone.restart() }
            phone.guard.says = Protection.HELD
            phone.restart()
            assertEquals(id, phone.client.list().single().captureId)
        }
    }

    @Test
    fun `without a network nothing is tried unless somebody asks`() = runBlocking {
        Phone().enrol().use { phone ->
            phone.capture()
            phone.air.reachable = false
            assertEquals(Trouble.Offline, phone.client.queue().run(false).stopped.single().trouble)
            assertEquals(1UL, phone.client.queue().run(true).stored)
        }
    }

    @Test
    fun `refusals are named by what to do`() = runBlocking {
        Phone().use { phone ->
            assertThrows(CaptureException.Enrol::class.java) { phone.capture() }
            val broken = """{"gateway":"http://plain.test"}"""
            val error = runCatching { phone.client.enrolment().enrol(broken) }.exceptionOrNull()
            assertInstanceOf(ClientException.AskIt::class.java, error)
            phone.enrol()
            val refused = assertThrows(CaptureException.TakeAgain::class.java) {
                phone.client.capture(Ward.direct("not a picture".toByteArray()), context())
            }
            assertEquals("not_jpeg", refused.code)
            val again = runCatching { phone.enrol() }.exceptionOrNull()
            assertInstanceOf(ClientException.NotPossible::class.java, again)
            phone.capture()
            val discarded = phone.capture()
            phone.client.discard(discarded)
            phone.client.queue().run(true)
            assertThrows(ClientException.NotPossible::class.java) { phone.client.discard(discarded) }
            Unit
        }
    }

    @Test
    fun `what device management says is judged and its findings come back for the console`() = runBlocking {
        Phone().use { phone ->
            val managed = Ward.managed()
            val before = phone.client.configure(Encoding.ANDROID, managed)
            assertTrue(before.accepted, before.problems.toString())
            phone.client.enrolment().use { it.enrol(managed) }
            val stricter = managed.replaceFirst("{", "{\"review_hours\":\"0\",\"support_contact\":\"extension 4242\",")
            val taken = phone.client.configure(Encoding.ANDROID, stricter)
            assertTrue(taken.accepted, taken.problems.toString())
            assertEquals("extension 4242", taken.supportContact)
            assertTrue(taken.states.all { !it.error && it.data == "ok" }, taken.states.toString())

            val elsewhere = managed.replaceFirst(Regex("\"tenant\":\"[^\"]*\""), "\"tenant\":\"another\"")
            val moved = phone.client.configure(Encoding.ANDROID, elsewhere)
            assertFalse(moved.accepted)
            assertEquals(listOf("tenant"), moved.states.filter { it.error }.map { it.key })
            assertTrue(moved.feedback.contains("tenant_changed"), moved.feedback)
            val broken = assertThrows(ClientException.AskIt::class.java) { phone.client.configure(Encoding.ANDROID, "{") }
            assertEquals("configuration_invalid", broken.code)
        }
    }

    @Test
    fun `evidence of hardware reaches the gateway which judges it`() = runBlocking {
        Phone().use { phone ->
            var bound = ByteArray(0)
            phone.vault.evidence = { challenge, deviceKey ->
                bound = appAttestClientDataHash(challenge, deviceKey)
                assertTrue(phone.vault.madeFor.contentEquals(challenge))
                Evidence.AndroidKey(listOf(byteArrayOf(0x30, 0), byteArrayOf(0x30, 0)))
            }
            val managed = Ward.managed()
            val refused = runCatching { phone.client.enrolment().use { it.enrol(managed) } }.exceptionOrNull()
            assertInstanceOf(ClientException.AskIt::class.java, refused)
            assertEquals("attestation_refused", (refused as ClientException.AskIt).code)
            assertEquals("G01", refused.refusal?.help)
            assertEquals(32, bound.size)
            assertThrows(PlatformException::class.java) { appAttestClientDataHash(byteArrayOf(1), byteArrayOf(2)) }
            assertThrows(PlatformException::class.java) { freshAndroidChallenge(byteArrayOf(1), byteArrayOf(2)) }
            // What is only shown again, such as a fresh key, enrols nobody.
            phone.vault.evidence = { challenge, deviceKey ->
                bound = freshAndroidChallenge(challenge, deviceKey)
                Evidence.FreshAndroidKey(listOf(byteArrayOf(0x30, 0), byteArrayOf(0x30, 0)))
            }
            assertTrue(runCatching { phone.client.enrolment().use { it.enrol(managed) } }.isFailure)
            assertEquals(32, bound.size)
            phone.vault.evidence = { _, _ -> Evidence.Software }
            phone.client.enrolment().use { it.enrol(managed) }
            phone.capture()
            Unit
        }
    }

    @Test
    fun `log lines reach the shell without names, positions and upload addresses`() = runBlocking {
        val lines = mutableListOf<String>()
        setLogSink(object : LogSink {
            override fun log(level: LogLevel, target: String, text: String) {
                synchronized(lines) { lines += "$level $target $text" }
            }
        })
        Phone().enrol().use { phone ->
            assertTrue(phone.client.wantsPosition(), "the policy has an area, by which the position is judged")
            phone.client.located(Fix(57.1234567, -4.7654321, 12.0, 0U, false, 330))
            phone.capture()
            phone.vault.fault = RuntimeException("no")
            phone.client.queue().run(true)
            phone.vault.fault = null
            phone.client.queue().run(true)
        }
        val text = synchronized(lines) { lines.joinToString("\n") }
        assertTrue(text.isNotEmpty())
        for (word in listOf("Zzyzx", "Quillonbert", "9990000042", "/v1/transfers/", "57.123", "4.765", "571234", "476543")) {
            assertFalse(word in text, text)
        }
    }

    /** Calls as every generated function does; what they share is private to their file. */
    private fun asGenerated(call: (UniffiRustCallStatus) -> Unit) {
        val shared = Class.forName("org.gauze.core.GauzeKt").getDeclaredMethod("uniffiRustCall", Function1::class.java)
        shared.isAccessible = true
        try {
            shared.invoke(null, call)
        } catch (thrown: InvocationTargetException) {
            throw thrown.targetException
        }
    }

    private fun assertJpeg(bytes: ByteArray) {
        assertEquals(listOf<Byte>(-1, -40), bytes.take(2))
    }

    /** What the operating system would do: it knows the file and the address, and nothing of us. */
    private fun put(url: String, file: Path): HttpResponse<ByteArray> {
        val trusting = object : X509TrustManager {
            override fun checkClientTrusted(chain: Array<X509Certificate>, type: String) = Unit
            override fun checkServerTrusted(chain: Array<X509Certificate>, type: String) = Unit
            override fun getAcceptedIssuers(): Array<X509Certificate> = emptyArray()
        }
        val tls = SSLContext.getInstance("TLS").apply { init(null, arrayOf(trusting), SecureRandom()) }
        val request = HttpRequest.newBuilder(URI(url)).PUT(HttpRequest.BodyPublishers.ofFile(file)).build()
        return HttpClient.newBuilder().sslContext(tls).build().send(request, HttpResponse.BodyHandlers.ofByteArray())
    }
}

/** Entry points of a library built with `--features faults`. */
@Suppress("FunctionName")
internal interface Faults : Library {
    fun uniffi_gauze_fn_func_panic_now(status: UniffiRustCallStatus)
}

package org.gauze.bridge

import java.nio.ByteBuffer
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.map
import org.gauze.core.CaptureException
import org.gauze.core.Client
import org.gauze.core.ClientException
import org.gauze.core.Encoding
import org.gauze.core.InternalException
import org.gauze.core.Platform
import org.gauze.core.TransferPlan
import org.gauze.logic.core.Choice
import org.gauze.logic.core.Configured
import org.gauze.logic.core.Core
import org.gauze.logic.core.EnrolmentRefusal
import org.gauze.logic.core.Failure
import org.gauze.logic.core.Fix
import org.gauze.logic.core.KeyedState
import org.gauze.logic.core.Notice
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Patient
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.core.Remedy
import org.gauze.logic.core.Sent
import org.gauze.logic.core.SignInMode
import org.gauze.logic.core.Site
import org.gauze.logic.core.Transfer
import org.gauze.logic.core.TransferEnd
import org.gauze.logic.core.WentWrong
import org.gauze.logic.core.WipedReport
import org.gauze.logic.core.orNull
import org.gauze.logic.port.CorePorts

/** The Rust core behind the app's own types. Nothing is thrown out of here but a bug and a cancellation. */
class GauzeCore private constructor(private val client: Client) : Core {
    override fun standing() = client.status().toApp()

    override fun configure(values: String) = tried {
        val report = client.configure(Encoding.ANDROID, values)
        val states = report.states.map { KeyedState(it.key, it.error, it.message, it.data) }
        Configured(report.accepted, states, report.problems, report.supportContact)
    }

    override suspend fun enrol(pasted: String) = tried {
        client.enrolment().use { it.enrol(pasted) }
        Unit
    }

    override suspend fun enrolManaged(values: String) = tried {
        client.enrolment().use { it.enrolManaged(Encoding.ANDROID, values) }
        Unit
    }

    override fun wipe() = tried { client.wipe().let { WipedReport(it.unsent.toLong(), it.deviceKeyDestroyed) } }

    override fun choices() = client.choices().toApp()

    override fun judge(jpeg: ByteBuffer) = tried { client.judge(jpeg)?.toApp() }.orNull()

    override fun capture(jpeg: ByteBuffer, record: PhotoRecord) = tried { client.capture(jpeg, record.toCore()).captureId }

    override fun preview(id: String, jpeg: ByteBuffer) = tried { client.previewFrom(id, jpeg) }

    override fun newWound(patient: Patient, site: Site?) = tried { client.newWound(patient.toCore(), site?.toCore()) }

    override fun newSeries(): String = client.newSeries()

    override fun unlock() = tried { client.review().use { it.unlock() } }

    override fun lock() = client.review().use { it.lock() }

    override fun photo(id: String) = tried { client.review().use { it.photo(id) } }

    override fun thumbnail(id: String) = tried { client.review().use { it.preview(id) } }

    override fun wounds(patient: Patient) =
        tried { client.review().use { review -> review.wounds(patient.toCore()).map { it.toApp() } } }

    override fun patients() = tried { client.review().use { review -> review.patients().map { it.toApp() } } }

    override fun photos(most: Int) = tried { client.listRecent(most.toUInt()).map { it.toApp() } }

    override fun discard(id: String) = tried { client.discard(id) }

    override fun report(said: WentWrong) = tried {
        client.report(said.toCore())
        Unit
    }

    override fun reports() = client.reports().map { it.toApp() }

    override suspend fun send(asked: Boolean): Outcome<Sent> = tried { client.queue().use { it.run(asked) }.toApp() }

    override suspend fun transfers(asked: Boolean) = tried { client.queue().use { it.nextTransfers(asked) }.transfers() }

    override suspend fun ended(photo: String, end: TransferEnd) =
        tried { client.queue().use { it.transferEnded(photo, end.toCore()) }.transfers() }

    private fun TransferPlan.transfers() = transfers.map { Transfer(it.captureId, it.url, it.file, it.size.toLong()) }

    override fun moves(): Flow<String> = client.queue().moves().map { it.id }

    override fun signInMode() = client.signIn().use { it.mode() }?.let { SignInMode.valueOf(it.name) }

    override fun clinician() = client.signIn().use { it.clinician() }?.name

    override suspend fun beginSignIn(): Outcome<String> = tried { client.signIn().use { it.begin() }.url }

    override suspend fun finishSignIn(callback: String): Outcome<String> =
        tried { client.signIn().use { it.finish(callback) }.name }

    override fun signOut() = client.signIn().use { it.signOut() }

    override fun hasRead(notice: Notice) = client.hasRead(notice.toCore())

    override fun readNotice(notice: Notice) = client.readNotice(notice.toCore())

    override fun wantsPosition() = client.wantsPosition()

    override fun located(fix: Fix) = client.located(fix.toCore())

    override fun outside(team: Choice?) = client.place(team?.toCore()).outside?.toApp()

    override fun close() = client.close()

    companion object {
        /** Opens the store under [dir], an absolute path that is in no backup. */
        fun open(dir: String, model: String, version: String, ports: CorePorts): Outcome<Core> =
            tried { GauzeCore(Client.open(dir, Platform.ANDROID, model, version, ports.toClientPorts())) }
    }
}

private inline fun <T> tried(call: () -> T): Outcome<T> = try {
    Outcome.Done(call())
} catch (e: CancellationException) {
    throw e
} catch (e: CaptureException) {
    Outcome.Failed(e.toApp())
} catch (e: ClientException) {
    Outcome.Failed(e.toApp())
} catch (_: InternalException) {
    // A panic: a bug in the core, whose store stays whole.
    Outcome.Failed(Failure(Remedy.REPORT, "core_failed", ""))
} catch (_: IllegalStateException) {
    Outcome.Failed(Failure(Remedy.NOT_POSSIBLE, "closed", ""))
}

private fun CaptureException.toApp() = when (this) {
    is CaptureException.TakeAgain -> Failure(Remedy.TAKE_AGAIN, code, advice)
    is CaptureException.FreeStorage -> Failure(Remedy.FREE_STORAGE, code, advice)
    is CaptureException.Enrol -> Failure(Remedy.ENROL, code, advice)
    is CaptureException.SignIn -> Failure(Remedy.SIGN_IN, code, advice)
    is CaptureException.RetryLater -> Failure(Remedy.RETRY, code, advice)
    is CaptureException.Report -> Failure(Remedy.REPORT, code, advice)
}

private fun ClientException.toApp() = when (this) {
    is ClientException.RetryLater -> Failure(Remedy.RETRY, code, advice)
    is ClientException.FreeStorage -> Failure(Remedy.FREE_STORAGE, code, advice)
    is ClientException.Unlock -> Failure(Remedy.UNLOCK, code, advice)
    is ClientException.SignIn -> Failure(Remedy.SIGN_IN, code, advice)
    is ClientException.Enrol -> Failure(Remedy.ENROL, code, advice)
    is ClientException.AskIt -> Failure(Remedy.ASK_IT, code, advice, refusal?.let { EnrolmentRefusal(it.code, it.help) })
    is ClientException.NotPossible -> Failure(Remedy.NOT_POSSIBLE, code, advice)
    is ClientException.Report -> Failure(Remedy.REPORT, code, advice)
}

package org.gauze.app

import android.os.Build
import android.os.Bundle
import android.view.WindowManager
import androidx.compose.ui.test.junit4.v2.createEmptyComposeRule
import androidx.test.platform.app.InstrumentationRegistry
import java.io.ByteArrayOutputStream
import java.io.File
import java.io.FileDescriptor
import java.io.PrintStream
import java.io.PrintWriter
import java.io.StringWriter
import java.nio.ByteBuffer
import java.time.Instant
import java.time.temporal.ChronoUnit
import kotlin.concurrent.thread
import kotlinx.coroutines.runBlocking
import org.gauze.logic.core.Core
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Side
import org.gauze.logic.core.Site
import org.gauze.logic.core.Stage
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Route
import org.gauze.logic.words.Word
import org.gauze.platform.upload.Run
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import org.robolectric.shadows.ShadowLog

/**
 * The app as people use it, with the Rust core, against the hospital that `cargo xtask test` has running: settings arrive,
 * the phone is set up, a wristband is scanned, two identifiers are said, a photo is taken, kept and sent.
 */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w360dp-h720dp-mdpi", application = TestApplication::class, sdk = [29, 35])
class JourneyTest {
    private val rule = createEmptyComposeRule()
    private val nurse = Nurse(rule)

    @get:Rule val chain: RuleChain = RuleChain.outerRule(nurse).around(rule)

    @Test
    fun from_settings_that_arrive_to_a_photo_at_the_hospital_and_nothing_readable_left() {
        val logged = ByteArrayOutputStream()
        ShadowLog.stream = PrintStream(logged)
        nurse.setUp()
        nurse.on {
            assertTrue(it.window.attributes.flags and WindowManager.LayoutParams.FLAG_SECURE != 0)
            assertFalse(it.window.decorView.isImportantForAutofill)
            if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) assertTrue(it.window.decorView.isAccessibilityDataSensitive)
        }
        nurse.takeOne()
        assertEquals(Stage.UNSIGNED, nurse.photos().single().stage)
        val saved = Bundle()
        nurse.on { InstrumentationRegistry.getInstrumentation().callActivityOnSaveInstanceState(it, saved) }
        assertTrue("a saved state: $saved", saved.isEmpty)
        nurse.tap(Word.CheckKeep)
        nurse.see(Word.PatientTitle)
        nurse.until("somebody waits for it") { nurse.handed.asked }

        nurse.die()
        assertEquals("the photo is there for the next process", 1, nurse.photos().size)
        nothingReadableIsLeft(logged)
        assertEquals(Run.EMPTY, nurse.send())
        assertEquals(Stage.STORED, nurse.photos().single().stage)
        nothingReadableIsLeft(logged)
    }

    @Test
    fun what_is_said_at_the_icon_and_what_the_system_dumps_of_a_window_name_nobody() {
        val logged = ByteArrayOutputStream()
        ShadowLog.stream = PrintStream(logged)
        nurse.setUp()
        val dumps = HashMap<String, String>()
        nurse.scan()
        dumps["the window that asks who it is"] = dumped()
        nurse.confirm()
        nurse.see(Word.CameraShoot)
        dumps["the camera's window"] = dumped()
        nurse.tap(Word.CameraShoot)
        nurse.see(Word.CheckSafe)
        dumps["the window with the photo"] = dumped()
        nurse.tap(Word.CheckKeep)
        nurse.see(Word.PatientTitle)
        assertEquals(listOf(nurse.said(R.string.notes_waiting)), nurse.saidAtTheIcon())
        nothingReadableIsLeft(logged, dumps)

        nurse.die()
        (nurse.app.graph as TestGraph).around = { object : Core by it { override fun standing() = it.standing().copy(refused = 1) } }
        nurse.open()
        nurse.leaveAndComeBack()
        assertEquals(listOf(nurse.said(R.string.notes_refused)), nurse.saidAtTheIcon())
        nothingReadableIsLeft(logged)
    }

    /** What `dumpsys activity` has of the window. */
    private fun dumped(): String {
        val text = StringWriter()
        nurse.on { it.dump("", FileDescriptor.out, PrintWriter(text, true), emptyArray()) }
        return text.toString().also { check("MainActivity" in it || "View" in it) { it } }
    }

    @Test
    fun a_process_that_ends_forgets_the_patient_and_never_a_photo() {
        nurse.manage(Hospital.next())
        nurse.open()
        nurse.see(Word.EnrolStart)
        nurse.die()
        nurse.open()
        nurse.tap(Word.EnrolStart)
        nurse.die()
        nurse.open()
        // What was asked of the core goes on here, where a real process takes it along: the app says so, and is opened again.
        nurse.until("enrolled, or asked again") {
            if (nurse.sees(nurse.word(Word.TryAgain))) nurse.tap(Word.TryAgain)
            nurse.sees(nurse.word(Word.PatientTitle)) || nurse.sees(nurse.word(Word.EnrolStart))
        }
        if (!nurse.sees(nurse.word(Word.PatientTitle))) nurse.tap(Word.EnrolStart)
        nurse.see(Word.PatientTitle)
        nurse.scan()
        again("with a band scanned")
        nurse.scan()
        nurse.confirm()
        nurse.see(Word.CameraShoot)
        again("at the camera")
        atTheWounds()
        again("at the wounds")
        atTheWounds()
        nurse.tap(Word.WoundNew)
        nurse.see(Word.CameraShoot)
        nurse.tick(Word.ConsentForm)
        nurse.type(Word.ConsentBy, "Smith's daughter")
        again("at the consent")
        nurse.takeOne()
        again("with a photo that nobody kept")
        assertEquals(1, nurse.photos().size)
        val sending = thread { runCatching { nurse.send() } }
        nurse.die()
        sending.join()
        nurse.open()
        nurse.see(Word.PatientTitle)
        assertEquals(1, nurse.photos().size)
        assertEquals(Run.EMPTY, nurse.send())
        again("after it was sent")
        assertEquals(Stage.STORED, nurse.photos().single().stage)
    }

    @Test
    fun a_photo_and_all_that_was_said_of_it_is_read_at_the_hospital_and_gone_from_the_phone() {
        val held = lying(File(System.getenv("GAUZE_PICTURE")).readBytes())
        nurse.camera.picture = File.createTempFile("lying", ".jpg").apply {
            deleteOnExit()
            writeBytes(held)
        }
        nurse.setUp()
        atTheWounds()
        nurse.tap(Word.WoundNew)
        nurse.see(Word.CameraShoot)
        nurse.tick(Word.ConsentForm)
        nurse.type(Word.ConsentBy, "The patient")
        nurse.tap(Word.ConsentGo)
        nurse.see(Word.CameraShoot)
        val said = (nurse.journey().route.value as Route.Camera).record
        nurse.tap(Word.CameraShoot)
        nurse.see(Word.CheckSafe)
        nurse.tap(Word.CheckKeep)
        nurse.see(Word.PatientTitle)
        val (photo, device) = nurse.photos().single() to nurse.core().standing().device
        assertEquals(Run.EMPTY, nurse.send())
        Hospital.pull()
        nurse.die()
        nurse.until("a receipt") {
            runBlocking { nurse.core().send(true) }
            nurse.photos().isEmpty()
        }
        assertTrue(File(nurse.app.noBackupFilesDir, "gauze/outbox").list().isNullOrEmpty())

        val (record, picture) = Hospital.opened(photo.id)
        val patient = record.getJSONObject("patient")
        assertEquals(
            listOf("SMITH", "John", "1980-01-18", "9000000009"),
            listOf("family", "given", "dob", "nhs_number").map(patient::getString),
        )
        assertEquals("wristband", patient.getJSONObject("established").getString("how"))
        assertEquals(setOf("name", "dob"), patient.getJSONArray("confirmed_by").let { by -> (0 until by.length()).map(by::getString).toSet() })
        assertEquals("Heel" to "left", record.getJSONObject("site").let { it.getString("words") to it.getString("side") })
        val consent = record.getJSONObject("consent")
        assertEquals(
            listOf("The patient", "verbal", "[\"care\"]"),
            listOf(consent.getString("by"), consent.getJSONObject("form").getString("code"), consent.getJSONArray("scopes").toString()),
        )
        val instant = { text: String -> Instant.parse(text).truncatedTo(ChronoUnit.MILLIS) }
        val times = listOf(record.getString("captured_at"), consent.getString("at")).map(instant)
        assertEquals(listOf(photo.takenAt, said.consent!!.at).map(instant), times)
        assertEquals(listOf(device, said.wound, said.series), listOf("device_id", "wound", "series").map(record::getString))
        assertEquals(SIDEWAYS to picture.size, record.getInt("orientation") to record.getInt("photo_size"))
        val judged = nurse.core().judge(ByteBuffer.allocateDirect(held.size).put(held).flip() as ByteBuffer)!!
        val fitness = record.getJSONObject("fitness")
        assertEquals(listOf(judged.sharpness, judged.exposure), listOf("sharpness", "exposure").map(fitness::getInt))
        assertFalse("no frame had one", fitness.has("marker"))
        assertEquals("the pixels that the camera gave", scan(held), scan(picture))
    }

    /** [picture] as of a phone that lies on its side: its EXIF says so in the place of the camera's model. */
    private fun lying(picture: ByteArray): ByteArray {
        val model = "\u0010\u0001\u0002\u0000\u000c\u0000\u0000\u0000\u005c\u0000\u0000\u0000"
        val orientation = "\u0012\u0001\u0003\u0000\u0001\u0000\u0000\u0000\u0006\u0000\u0000\u0000"
        val bytes = String(picture, Charsets.ISO_8859_1)
        return bytes.also { check(model in it) }.replaceFirst(model, orientation).toByteArray(Charsets.ISO_8859_1)
    }

    @Test
    fun the_patient_of_the_photo_before_is_chosen_from_the_list_and_is_on_the_screen_only_while_it_is_unlocked() {
        val logged = ByteArrayOutputStream()
        ShadowLog.stream = PrintStream(logged)
        nurse.setUp()
        nurse.tap(Word.PatientList)
        nurse.tap(Word.PatientListUnlock)
        nurse.see(Word.PatientListEmpty)
        nurse.tap(Word.Cancel)
        nurse.takeOne()
        nurse.tap(Word.CheckKeep)
        nurse.see(Word.PatientTitle)
        assertTrue(PATIENT.none(nurse::sees))
        nurse.chooseListed()
        nurse.leaveAndComeBack()
        nurse.see(Word.PatientListLocked)
        assertTrue("after the app was left", PATIENT.none(nurse::sees))
        nurse.tap(Word.Cancel)
        nurse.chooseListed()
        nurse.tick(Word.ConfirmName)
        nurse.tick(Word.ConfirmNhs)
        nurse.tap(Word.PatientConfirmed)
        nurse.tap(Word.CameraShoot)
        nurse.see(Word.CheckSafe)
        nurse.tap(Word.CheckKeep)
        nurse.see(Word.PatientTitle)
        assertEquals("for whoever has the phone next", "locked", (nurse.core().patients() as? Outcome.Failed)?.failure?.code)
        val photo = nurse.photos().first().id
        assertEquals(2, nurse.photos().size)
        assertEquals(Run.EMPTY, nurse.send())
        nothingReadableIsLeft(logged)
        Hospital.pull()
        val patient = Hospital.opened(photo).first.getJSONObject("patient")
        assertEquals(
            listOf("SMITH", "John", "1980-01-18", "9000000009"),
            listOf("family", "given", "dob", "nhs_number").map(patient::getString),
        )
        assertEquals("""{"how":"worklist"}""" to """["name","nhs_number"]""", "${patient["established"]}" to "${patient["confirmed_by"]}")
    }

    @Test
    fun a_number_of_the_hospitals_own_is_typed_as_its_policy_writes_it_and_read_there() {
        nurse.setUp()
        nurse.tap(Word.PatientType)
        nurse.type(nurse.text(Line(Word.PatientNumberOr, "Hospital number")), "rj1-1234564")
        nurse.type(Word.PatientFamily, "Zzyzx")
        nurse.type(Word.PatientGiven, "Quillonbert")
        nurse.type(Word.PatientBirth, "1945-07-14")
        nurse.type(Word.PatientReason, "no band")
        nurse.tap(Word.Next)
        nurse.see(Word.PatientNumberWrong)
        nurse.replace(nurse.text(Line(Word.PatientNumberOr, "Hospital number")), "rj1-1234563")
        nurse.tap(Word.Next)
        nurse.see(Word.PatientConfirmTitle)
        nurse.tick(Word.ConfirmName)
        nurse.tick("Hospital number")
        nurse.tap(Word.PatientConfirmed)
        nurse.tap(Word.CameraShoot)
        nurse.see(Word.CheckSafe)
        nurse.tap(Word.CheckKeep)
        nurse.see(Word.PatientTitle)
        val photo = nurse.photos().single().id
        assertEquals(Run.EMPTY, nurse.send())
        Hospital.pull()
        val patient = Hospital.opened(photo).first.getJSONObject("patient")
        assertEquals("RJ1-1234563" to "Zzyzx", patient.getString("local_number") to patient.getString("family"))
    }

    @Test
    fun photos_as_phones_really_make_them_are_taken_one_after_the_other_and_arrive() {
        val photos = System.getenv("GAUZE_PHOTOS")?.let(::File)?.listFiles()?.filter { it.extension == "jpg" && it.length() > 100_000 }
        assumeTrue("GAUZE_PHOTOS has no photos of real phones", !photos.isNullOrEmpty())
        nurse.setUp()
        nurse.scan()
        nurse.confirm()
        val some = photos!!.sorted().take(4)
        for (photo in some) {
            nurse.camera.picture = photo
            nurse.tap(Word.CameraShoot)
            nurse.see(Word.CheckSafe)
            nurse.tap(Word.CheckAnother)
        }
        nurse.see(Word.CameraShoot)
        assertEquals(some.size, nurse.photos().size)
        assertEquals(Run.EMPTY, nurse.send())
        assertEquals(setOf(Stage.STORED), nurse.photos().map { it.stage }.toSet())
    }

    private fun atTheWounds() {
        nurse.scan()
        nurse.confirm()
        nurse.tap(Word.BodyTitle)
        nurse.see(Word.BodyFront)
        nurse.journey().run { site(Site("Heel", Side.LEFT), (route.value as Route.Body).patient) }
        nurse.see(Word.WoundNew)
    }

    private fun again(at: String) {
        nurse.die()
        nurse.open()
        nurse.see(Word.PatientTitle)
        assertTrue(at, PATIENT.none(nurse::sees))
    }

    private fun nothingReadableIsLeft(logged: ByteArrayOutputStream, more: Map<String, String> = emptyMap()) {
        val files = nurse.app.dataDir.walk().filter(File::isFile).associate { it.path to String(it.readBytes(), Charsets.ISO_8859_1) }
        assertTrue(files.isNotEmpty())
        val notes = nurse.app.atTheIcon().associate { "a note" to "$it ${it.extras}" }
        for ((where, text) in files + ("logcat" to logged.toString()) + notes + more) {
            assertEquals(where, emptyList<String>(), PATIENT.filter { it in text })
            assertTrue("pixels in $where", pixels.none { it in text })
        }
    }

    /** The compressed pixels of a JPEG. */
    private fun scan(jpeg: ByteArray) = String(jpeg, Charsets.ISO_8859_1).let { it.substring(it.lastIndexOf("\u00ff\u00da")) }

    private companion object {
        /** As EXIF says it. */
        const val SIDEWAYS = 6
        val PATIENT = listOf("SMITH", "Smith", "John", "1980-01-18", "19800118", "18-Jan-1980", "9000000009", "900 000 0009")

        /** Runs of 32 bytes of the picture's compressed pixels; its tables are everybody's. */
        val pixels: List<String> by lazy {
            val jpeg = String(File(System.getenv("GAUZE_PICTURE")).readBytes(), Charsets.ISO_8859_1)
            jpeg.substring(jpeg.lastIndexOf("\u00ff\u00da") + 16).chunked(32).dropLast(1).filter { it.toSet().size > 16 }.take(200)
                .also { check(it.size > 20) }
        }
    }
}

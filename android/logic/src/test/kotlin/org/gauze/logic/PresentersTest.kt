package org.gauze.logic

import java.nio.ByteBuffer
import java.time.LocalDate
import java.time.ZoneId
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.gauze.logic.body.BodyEvent
import org.gauze.logic.body.BodyPresenter
import org.gauze.logic.camera.CameraPresenter
import org.gauze.logic.camera.CameraScreenEvent
import org.gauze.logic.camera.Handle
import org.gauze.logic.camera.KeptPhoto
import org.gauze.logic.camera.Shutter
import org.gauze.logic.consent.ConsentEvent
import org.gauze.logic.consent.ConsentPresenter
import org.gauze.logic.core.Choice
import org.gauze.logic.core.Choices
import org.gauze.logic.core.Consent
import org.gauze.logic.core.Failure
import org.gauze.logic.core.Fitness
import org.gauze.logic.core.Fix
import org.gauze.logic.core.Identifier
import org.gauze.logic.core.Marker
import org.gauze.logic.core.OldestPhoto
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Photo
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.core.Remedy
import org.gauze.logic.core.Side
import org.gauze.logic.core.SignInMode
import org.gauze.logic.core.Site
import org.gauze.logic.core.SiteChoice
import org.gauze.logic.core.Stage
import org.gauze.logic.core.Standing
import org.gauze.logic.enrol.EnrolEvent
import org.gauze.logic.enrol.EnrolPresenter
import org.gauze.logic.patient.Field
import org.gauze.logic.patient.PatientEvent
import org.gauze.logic.patient.PatientPresenter
import org.gauze.logic.patient.Way
import org.gauze.logic.port.Authentication
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault
import org.gauze.logic.port.Frame
import org.gauze.logic.port.LocationEvent
import org.gauze.logic.port.Locations
import org.gauze.logic.port.Notes
import org.gauze.logic.port.Nudge
import org.gauze.logic.port.Oldest
import org.gauze.logic.port.Shot
import org.gauze.logic.port.told
import org.gauze.logic.queue.show
import org.gauze.logic.review.ReviewEvent
import org.gauze.logic.review.ReviewPresenter
import org.gauze.logic.signin.SignInEvent
import org.gauze.logic.signin.SignInPresenter
import org.gauze.logic.words.Word
import org.gauze.logic.wristband.Wristband
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** Effects run at once, so that each test reads as it happens. */
class PresentersTest {
    private val scope = CoroutineScope(Dispatchers.Unconfined)
    private val core = FakeCore()

    private val full = "8018505089890000000097\u001d80191\u001d725019800118\u001d7253SMITH\u001d7254John"

    private fun patients(chosen: (Patient?) -> Unit) =
        PatientPresenter(core, core, { Authentication.CONFIRMED }, Wristband(), { LocalDate.parse("2026-11-29") }, scope, chosen)

    @Test
    fun `a scanned patient is tied to a photo only after two identifiers`() {
        var chosen: Patient? = null
        val presenter = patients { chosen = it }
        presenter.send(PatientEvent.Choose(Way.SCAN))
        presenter.send(PatientEvent.Scanned(full))
        presenter.send(PatientEvent.Confirm(Identifier.NAME, true))
        presenter.send(PatientEvent.Confirm(Identifier.CHI, true))
        presenter.send(PatientEvent.Go)
        assertNull(chosen)
        assertEquals(Word.PatientConfirmMore, presenter.state.problem?.word)
        presenter.send(PatientEvent.Confirm(Identifier.BORN, true))
        presenter.send(PatientEvent.Go)
        assertEquals(setOf(Identifier.NAME, Identifier.BORN), chosen?.confirmed)
        assertEquals("9000000009", chosen?.nhs)
    }

    @Test
    fun `a band with the number alone asks for the rest and a wrong one says so`() {
        val presenter = patients {}
        presenter.send(PatientEvent.Choose(Way.SCAN))
        presenter.send(PatientEvent.Scanned("8018505089890000000098"))
        assertEquals(Word.BandCheckDigit to Way.SCAN, presenter.state.problem?.word to presenter.state.way)
        presenter.send(PatientEvent.Scanned("8018505089890000000097"))
        assertEquals(Way.TYPE to "9000000009", presenter.state.way to presenter.state.typed[Field.NUMBER])
        presenter.send(PatientEvent.TypedAll)
        assertEquals(setOf(Field.FAMILY, Field.GIVEN, Field.BORN), presenter.state.typed.faults.keys)
    }

    @Test
    fun `what is typed has a reason and a right number`() {
        val presenter = patients {}
        presenter.send(PatientEvent.Choose(Way.TYPE))
        mapOf(Field.FAMILY to "Zzyzx", Field.GIVEN to "Q", Field.BORN to "2027-01-01", Field.NUMBER to "9990000043")
            .forEach { (field, text) -> presenter.send(PatientEvent.Type(field, text)) }
        presenter.send(PatientEvent.TypedAll)
        val faults = presenter.state.typed.faults.mapValues { it.value.word }
        assertEquals(
            mapOf(
                Field.BORN to Word.PatientBirthFuture,
                Field.NUMBER to Word.PatientNumberWrong,
                Field.REASON to Word.PatientReasonMissing,
            ),
            faults,
        )
    }

    @Test
    fun `settings of device management enrol without typing and a refusal has its own words`() {
        var enrolled = false
        core.standing = Standing()
        core.fails = Failure(Remedy.ASK_IT, "token_used", "")
        val presenter = EnrolPresenter(core, scope) { enrolled = true }
        presenter.send(EnrolEvent.Start)
        assertEquals(Word.EnrolNoSettings, presenter.state.problem?.word)
        presenter.send(EnrolEvent.Managed("""{"gateway":"https://g","token":"t"}"""))
        presenter.send(EnrolEvent.Start)
        assertEquals(Word.ErrorTokenUsed, presenter.state.problem?.word)
        core.fails = null
        presenter.send(EnrolEvent.Start)
        assertTrue(enrolled)
        assertEquals("""managed {"gateway":"https://g","token":"t"}""", core.enrolledWith)
        presenter.send(EnrolEvent.Pasted(" {} "))
        presenter.send(EnrolEvent.Start)
        assertEquals("{}", core.enrolledWith)
        assertFalse("token" in presenter.state.toString())
    }

    private class Picture : Shot {
        override val jpeg: ByteBuffer = ByteBuffer.allocateDirect(4).putInt(7).flip() as ByteBuffer
        override val side = 4000
        var closed = false

        override fun close() {
            closed = true
        }
    }

    private val fix = Fix(1.0, 2.0, 3.0, 4, false, 0)

    @Test
    fun `nobody asks where the phone is where the policy has no fences`() = runBlocking {
        val never = Locations { error("asked") }
        assertEquals(emptyList<Boolean>(), never.told(core).toList())
    }

    @Test
    fun `the core is told where the phone is, and screens only whether it may be asked`() = runBlocking {
        core.fixes = ArrayList()
        val events = flowOf(LocationEvent.NotAllowed, LocationEvent.Looking, LocationEvent.Found(fix))
        assertEquals(listOf(false, true, true), Locations { events }.told(core).toList())
        assertEquals(listOf(fix), core.fixes)
        assertEquals("Fix", fix.toString())
    }

    private fun camera(record: PhotoRecord = PhotoRecord(), taken: (KeptPhoto) -> Unit = {}) = CameraPresenter(
        record, core, core,
        object : Handle {
            override fun shoot() = Unit

            override fun torch(on: Boolean) = Unit

            override fun focus(x: Float, y: Float) = Unit

            override fun safe() {
                ticks++
            }
        },
        { Fitness(500, 0, marker) }, scope, taken,
    )

    private var ticks = 0
    private var marker: Marker? = null

    @Test
    fun `the tick comes after the core has the photo and the picture is gone either way`() {
        var kept: KeptPhoto? = null
        val presenter = camera { kept = it }
        presenter.send(CameraScreenEvent.From(CameraEvent.Ready))
        core.fails = Failure(Remedy.FREE_STORAGE, "storage_full", "")
        val lost = Picture()
        presenter.send(CameraScreenEvent.From(CameraEvent.Taken(lost)))
        assertEquals(Triple(Shutter.READY, Word.ErrorStorageFull, true), Triple(presenter.state.shutter, presenter.state.problem?.word, lost.closed))
        assertNull(kept)
        assertEquals(0, ticks)
        core.fails = null
        val picture = Picture()
        presenter.send(CameraScreenEvent.From(CameraEvent.Taken(picture)))
        assertEquals(Shutter.SAFE to true, presenter.state.shutter to picture.closed)
        assertEquals("photo-0" to 1, kept?.id to ticks)
    }

    @Test
    fun `a marker says how it lies and the last photo is there once it could be opened`() {
        val presenter = camera()
        val frame = CameraEvent.Seen(Frame(ByteArray(1), 1, 1))
        presenter.send(CameraScreenEvent.From(frame))
        assertNull(presenter.state.marker)
        marker = Marker(50_000, 3_000)
        presenter.send(CameraScreenEvent.From(frame))
        assertEquals(Word.CameraMarkerFound, presenter.state.marker)
        marker = Marker(50_000, 16_000)
        presenter.send(CameraScreenEvent.From(frame))
        assertEquals(Word.CameraNotLevel, presenter.state.marker)
        presenter.send(CameraScreenEvent.Ghost(true))
        assertFalse(presenter.state.ghost)
        presenter.send(CameraScreenEvent.GhostFound)
        assertTrue(presenter.state.ghost)
        presenter.send(CameraScreenEvent.Leans(-4))
        assertEquals(-4, presenter.state.tilt)
    }

    @Test
    fun `a camera that was taken away says whose it is and comes back`() {
        val presenter = camera()
        presenter.send(CameraScreenEvent.From(CameraEvent.Failed(CameraFault.IN_USE)))
        assertEquals(Word.CameraInUse, presenter.state.problem?.word)
        presenter.send(CameraScreenEvent.From(CameraEvent.Ready))
        assertEquals(Shutter.READY to null, presenter.state.shutter to presenter.state.problem)
    }

    @Test
    fun `consent is asked for in full`() {
        var given: Consent? = null
        val forms = listOf(Choice("verbal", "Spoken"), Choice("written", "Written"))
        val presenter = ConsentPresenter(null, Choices(consents = forms), "Spoken", { 1_796_000_000_123 }, scope) { given = it }
        presenter.send(ConsentEvent.Go)
        assertEquals(Word.ConsentMissingBy, presenter.state.problem?.word)
        presenter.send(ConsentEvent.By("The patient"))
        presenter.send(ConsentEvent.Go)
        assertEquals(Word.ConsentMissingForm, presenter.state.problem?.word)
        presenter.send(ConsentEvent.Form(forms[0]))
        presenter.send(ConsentEvent.Go)
        assertEquals("2026-11-30T00:53:20Z", given?.at)
    }

    @Test
    fun `a place that the hospital does not list is not taken and a sided one wants its side`() {
        var site: Site? = null
        val presenter = BodyPresenter(null, listOf(SiteChoice("snomed", "76853006", "Heel", true)), scope) { site = it }
        presenter.send(BodyEvent.Touched("Chest", null))
        assertEquals(Word.ErrorSiteNotListed, presenter.state.problem?.word)
        presenter.send(BodyEvent.Touched("heel", null))
        presenter.send(BodyEvent.Go)
        assertEquals(Word.BodyChooseSide, presenter.state.problem?.word)
        presenter.send(BodyEvent.Sided(Side.LEFT))
        presenter.send(BodyEvent.Go)
        assertEquals(Site("Heel", Side.LEFT, "snomed", "76853006"), site)
    }

    @Test
    fun `signing in goes through the browser and one that was left can be started again`() {
        var answer: String? = null
        var gone = false
        core.mode = SignInMode.REQUIRED
        val presenter = SignInPresenter(core, { answer }, scope) { gone = true }
        presenter.send(SignInEvent.Later)
        presenter.send(SignInEvent.Start)
        assertEquals(Word.ErrorSignInCancelled to false, presenter.state.problem?.word to gone)
        answer = "org.gauze.app:/signed-in?code=c&state=s"
        core.fails = Failure(Remedy.SIGN_IN, "sign_in_token", "")
        presenter.send(SignInEvent.Start)
        assertEquals(Word.ErrorSignInToken to false, presenter.state.problem?.word to gone)
        core.fails = null
        presenter.send(SignInEvent.Start)
        assertEquals(true to "A Nurse", gone to core.signedIn)
    }

    @Test
    fun `a photo that was open is overwritten when review locks`() {
        var answer = Authentication.DECLINED
        core.photos += Photo("photo-0", "2026-11-29T08:00:00Z", 1, Stage.STORED, previewed = true)
        val presenter = ReviewPresenter(core, core, { answer }, ZoneId.of("UTC"), scope)
        presenter.send(ReviewEvent.Unlock)
        assertEquals(Word.ReviewDeclined, presenter.state.problem?.word)
        answer = Authentication.CONFIRMED
        presenter.send(ReviewEvent.Unlock)
        presenter.send(ReviewEvent.Open("photo-0"))
        val shown = presenter.state.open!!
        presenter.send(ReviewEvent.Lock)
        assertTrue(shown.picture.all { it == 0.toByte() })
        assertFalse(core.unlocked)
        assertNull(presenter.state.items)
    }

    private val said = ArrayList<Pair<Nudge, Int>>()
    private var oldest: Oldest? = null
    private val notes = Notes { nudge, waiting, of ->
        said += nudge to waiting
        oldest = of
    }

    @Test
    fun `what was refused is said before what waits, and nothing of what went`() {
        for (standing in listOf(Standing(unsent = 2), Standing(unsent = 2, refused = 1), Standing(refused = 1), Standing(stored = 3))) {
            notes.show(standing) { true }
        }
        assertEquals(listOf(Nudge.WAITING to 2, Nudge.REFUSED to 2, Nudge.REFUSED to 0, Nudge.NONE to 0), said)
    }

    @Test
    fun `a note says since when the oldest of its photos waits, and why`() {
        val told = { standing: Standing, online: Boolean ->
            notes.show(standing) { online }
            oldest?.let { it.since to it.why?.word }
        }
        val waits = Standing(unsent = 2, oldestUnsent = OldestPhoto(9))
        assertEquals(9L to Word.ErrorUnreachable, told(waits, false))
        assertEquals(9L to Word.NotesNext, told(waits, true), "of a note, and not of the one photo that is next")
        assertEquals(9L to Word.ErrorUnavailable, told(waits.copy(oldestUnsent = OldestPhoto(9, "unavailable")), true))
        val refused = waits.copy(refused = 1, oldestRefused = OldestPhoto(8, "photo_mismatch"))
        assertEquals(8L to Word.ErrorPhotoMismatch, told(refused, false))
        assertEquals(8L to null, told(refused.copy(oldestRefused = OldestPhoto(8)), false))
        assertNull(told(Standing(unsent = 2), false))
        assertEquals(Nudge.WAITING to 2, said.last())
    }
}

package org.gauze.logic

import org.gauze.logic.camera.KeptPhoto
import org.gauze.logic.check.Checked
import org.gauze.logic.core.Choice
import org.gauze.logic.core.Choices
import org.gauze.logic.core.Fitness
import org.gauze.logic.core.Notice
import org.gauze.logic.core.SignInMode
import org.gauze.logic.core.Site
import org.gauze.logic.core.Standing
import org.gauze.logic.flow.Journey
import org.gauze.logic.flow.Route
import org.gauze.logic.patient.samplePatient
import org.gauze.logic.settings.Stop
import org.gauze.logic.wound.WoundChoice
import org.gauze.logic.words.Word
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Test

class JourneyTest {
    private val core = FakeCore()
    private val journey = Journey(core)
    private val kept = KeptPhoto("photo", Fitness(500, 0))

    @Test
    fun `a phone that is not set up asks for that first, then who, then the notice, then the patient`() {
        core.standing = Standing()
        core.mode = SignInMode.REQUIRED
        core.choices = Choices(notices = listOf(Notice("staff", 2, "…"), Notice("patient", 1, "…")))
        journey.start()
        assertSame(Route.Enrol, journey.route.value)
        core.standing = Standing(device = "d")
        journey.enrolled()
        assertSame(Route.SignIn, journey.route.value)
        core.signedIn = "A Nurse"
        journey.signedIn()
        val notice = assertInstanceOf(Route.Notice::class.java, journey.route.value).notice
        core.readNotice(notice)
        journey.accepted(notice)
        assertSame(Route.Patient, journey.route.value)
        core.unlocked = true
        journey.signedOut()
        assertSame(Route.SignIn, journey.route.value)
        assertEquals(false, core.unlocked)
        core.signedIn = "Another"
        journey.signedIn()
        assertInstanceOf(Route.Notice::class.java, journey.route.value)
        journey.signedOut()
        core.signedIn = "A Nurse"
        journey.signedIn()
        assertSame(Route.Patient, journey.route.value, "who has read it here is not asked again")
    }

    @Test
    fun `where the hospital asks nothing more a confirmed patient is at the camera and a photo takes two taps`() {
        journey.start()
        journey.patient(samplePatient)
        val camera = assertInstanceOf(Route.Camera::class.java, journey.route.value)
        assertEquals(samplePatient to "series", camera.record.patient to camera.record.series)
        journey.taken(kept, camera.record)
        assertInstanceOf(Route.Check::class.java, journey.route.value)
        journey.checked(Checked.KEPT, kept)
        assertSame(Route.Patient, journey.route.value)
    }

    @Test
    fun `what was chosen goes with every photo of the visit and ends with it`() {
        core.choices = Choices(consents = listOf(Choice("verbal", "Spoken")))
        journey.patient(samplePatient)
        assertInstanceOf(Route.Consent::class.java, journey.route.value)
        journey.consent(null, samplePatient)
        journey.askSite()
        journey.site(Site("Heel"), samplePatient)
        journey.wound(WoundChoice.New, samplePatient)
        val record = assertInstanceOf(Route.Camera::class.java, journey.route.value).record
        assertEquals(Site("Heel") to "wound", record.site to record.wound)
        journey.taken(kept, record)
        journey.checked(Checked.AGAIN, kept)
        assertEquals(null, assertInstanceOf(Route.Camera::class.java, journey.route.value).ghost)
        journey.taken(kept, record)
        journey.checked(Checked.ANOTHER, kept)
        val next = assertInstanceOf(Route.Camera::class.java, journey.route.value)
        assertEquals("wound" to "photo", next.record.wound to next.ghost)
        journey.start()
        core.choices = Choices()
        journey.patient(null)
        assertEquals(null, assertInstanceOf(Route.Camera::class.java, journey.route.value).record.site)
    }

    @Test
    fun `what the hospital says stops the phone and says why`() {
        mapOf("suspended" to Stop.SUSPENDED, "revoked" to Stop.REVOKED, "wiped" to Stop.WIPED).forEach { (why, stop) ->
            core.standing = Standing(device = "d", unsent = 3, reviewDenied = why)
            journey.check()
            val stopped = assertInstanceOf(Route.Stopped::class.java, journey.route.value).state
            assertEquals(stop to 3L, stopped.stop to stopped.unsent)
            assertEquals("error_$why", stopped.why.word.resource)
        }
        core.standing = Standing(device = "d", reviewDenied = "attestation_overdue")
        journey.start()
        assertSame(Route.Patient, journey.route.value)
        assertEquals(Word.ErrorAttestationOverdue.resource, "error_attestation_overdue")
    }
}

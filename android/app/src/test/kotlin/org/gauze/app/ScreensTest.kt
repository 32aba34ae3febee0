package org.gauze.app

import android.content.res.Configuration
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createEmptyComposeRule
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextInput
import androidx.lifecycle.Lifecycle
import androidx.test.core.app.ActivityScenario
import androidx.test.core.app.ApplicationProvider
import java.time.LocalDate
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import org.gauze.app.ui.text
import org.gauze.logic.core.Core
import org.gauze.logic.core.Failure
import org.gauze.logic.core.KeyedState
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Photo
import org.gauze.logic.core.Remedy
import org.gauze.logic.core.Standing
import org.gauze.logic.flow.Route
import org.gauze.logic.patient.samplePatient
import org.gauze.logic.port.BackgroundUploads
import org.gauze.logic.port.ManagedConfiguration
import org.gauze.logic.port.Scanner
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** What the window's screens ask of the phone and hand to the system, on a core that says what a test wants of its standing. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w360dp-h720dp-mdpi", application = TestApplication::class, sdk = [29, 35])
class ScreensTest {
    private class FakeUploads : BackgroundUploads {
        val asked = CopyOnWriteArrayList<Boolean>()

        override fun schedule(bytes: Long, asked: Boolean) {
            this.asked += asked
        }

        override fun cancel() = Unit
    }

    private class FakeManagement : ManagedConfiguration {
        val values = MutableStateFlow("{}")
        val heard = CopyOnWriteArrayList<KeyedState>()

        override fun read() = values.value

        override fun changes(): Flow<String> = values

        override fun report(states: List<KeyedState>) {
            heard += states
        }
    }

    @get:Rule val rule = createEmptyComposeRule()

    private val app = ApplicationProvider.getApplicationContext<TestApplication>()
    private val graph get() = app.graph
    private val uploads = FakeUploads()
    private val eyes = Eyes(rule) { app.resources }

    /** What the core says of the photos that it has, and of whom they show, where a test says so. */
    @Volatile private var photos: Outcome<List<Photo>>? = null
    private var patients: Outcome<List<Patient>>? = null

    /** The window at [route], of a phone in that standing. */
    private fun open(standing: Standing, route: Route): ActivityScenario<MainActivity> {
        graph.handing = uploads
        graph.around = {
            object : Core by it {
                override fun standing() = standing

                override fun photos(most: Int) = photos ?: it.photos(most)

                override fun patients() = patients ?: it.patients()
            }
        }
        val core = (graph.core() as Outcome.Done).value
        graph.journey(core).open(route)
        return ActivityScenario.launch(MainActivity::class.java)
    }

    private fun leave(standing: Standing) = open(standing, Route.Settings).use { it.moveToState(Lifecycle.State.CREATED) }

    @Test
    fun whoever_leaves_with_photos_waiting_hands_them_over_and_reads_so_at_the_icon() {
        leave(Standing(device = "d", unsent = 2))
        assertEquals("as it was opened, and as it was left", listOf(false, false), uploads.asked)
        assertEquals(listOf(app.getString(R.string.notes_waiting)), app.saidAtTheIcon())
        assertEquals(2, app.atTheIcon().single().number)
    }

    @Test
    fun a_report_that_waits_alone_is_handed_over_too_and_is_no_photo_at_the_icon() {
        leave(Standing(device = "d", reports = 1))
        assertEquals(listOf(false, false), uploads.asked)
        assertEquals(listOf<String>(), app.saidAtTheIcon())
    }

    @Test
    fun whoever_leaves_with_nothing_waiting_hands_nothing_over_and_what_was_said_goes() {
        leave(Standing(device = "d", refused = 1))
        assertEquals(listOf(false), uploads.asked)
        assertEquals(listOf(app.getString(R.string.notes_refused)), app.saidAtTheIcon())
        leave(Standing(device = "d"))
        assertEquals(listOf(false, false), uploads.asked)
        assertEquals(listOf<String>(), app.saidAtTheIcon())
    }

    @Test
    fun a_list_that_cannot_be_read_says_so_and_never_that_everything_has_been_sent() {
        photos = Outcome.Failed(Failure(Remedy.REPORT, "damaged", ""))
        open(Standing(device = "d", unsent = 1), Route.Queue).use {
            eyes.see(Word.ErrorDamaged)
            assertFalse(eyes.sees(hasText(Word.QueueEmpty.text(app.resources))))
        }
    }

    @Test
    fun a_list_that_could_be_read_and_cannot_now_says_so_until_it_can_again() {
        photos = Outcome.Done(emptyList())
        open(Standing(device = "d"), Route.Queue).use {
            eyes.see(Word.QueueEmpty)
            photos = Outcome.Failed(Failure(Remedy.REPORT, "damaged", ""))
            eyes.see(Word.ErrorDamaged)
            assertFalse(eyes.sees(hasText(Word.QueueEmpty.text(app.resources))))
            photos = Outcome.Done(emptyList())
            eyes.see(Word.QueueEmpty)
            assertFalse(eyes.sees(hasText(Word.ErrorDamaged.text(app.resources))))
        }
    }

    private fun aged(day: String) = hasText(Wordings.born(samplePatient.born, LocalDate.parse(day)).text(app.resources))

    @Test
    fun an_age_is_told_by_the_day_that_it_is_and_not_by_that_on_which_the_app_was_started() {
        val (before, birthday) = "2027-07-13" to "2027-07-14"
        graph.day = LocalDate.parse(before)
        open(Standing(device = "d"), Route.Consent(samplePatient)).use {
            eyes.await(aged(before))
            graph.day = LocalDate.parse(birthday)
            graph.journey((graph.core() as Outcome.Done).value).open(Route.Body(samplePatient))
            eyes.await(aged(birthday))
        }
    }

    @Test
    fun a_list_of_patients_that_is_opened_after_midnight_tells_ages_by_the_new_day() {
        val (before, birthday) = "2027-07-13" to "2027-07-14"
        graph.day = LocalDate.parse(before)
        patients = Outcome.Done(listOf(samplePatient))
        open(Standing(device = "d"), Route.Patient).use {
            eyes.press(Word.PatientList)
            eyes.await(aged(before))
            graph.day = LocalDate.parse(birthday)
            eyes.press(Word.Cancel)
            eyes.press(Word.PatientList)
            eyes.await(aged(birthday))
        }
    }

    @Test
    fun send_them_now_is_asked_for_by_a_person() {
        open(Standing(device = "d", unsent = 1, reviewDenied = "wiped"), Route.Patient).use {
            eyes.press(Word.LockedSend)
            assertEquals(listOf(false, true), uploads.asked)
        }
        open(Standing(device = "d", reports = 1, reviewDenied = "wiped"), Route.Patient).use { eyes.press(Word.LockedSend) }
        assertEquals("as each was opened and left too", listOf(false, true, false, false, true, false), uploads.asked)
    }

    @Test
    fun what_device_management_sets_reaches_the_core_and_it_hears_how_that_was_taken() {
        val management = FakeManagement()
        graph.managing = management
        open(Standing(device = "d"), Route.Settings).use {
            management.values.value = """{"gateway": "no address"}"""
            rule.waitUntil(20_000) { management.heard.any { state -> state.error } }
        }
    }

    @Test
    fun what_the_scanner_reads_is_the_patients_band_and_nothing_is_scanned_before_somebody_asks() {
        var frames = 0
        graph.scanning = Scanner { "8018505089890000000098".also { frames++ } }
        open(Standing(device = "d"), Route.Patient).use {
            rule.waitForIdle()
            assertEquals(0, frames)
            eyes.press(Word.PatientScan)
            eyes.see(Word.BandCheckDigit)
        }
    }

    @Test
    fun the_licences_of_what_is_packed_are_read_from_the_settings_and_where_nobody_packed_their_list_they_are_not_offered() {
        val read = hasText(Word.SettingsLicencesRead.text(app.resources))
        open(Standing(device = "d"), Route.Settings).use {
            eyes.see(Word.SettingsLicencesBody)
            assertFalse("the list in the sources is empty", eyes.sees(read))
        }
        graph.notices = listOf("ring 0.17.14: Apache-2.0 AND ISC", "Of ring 0.17.14:")
        open(Standing(device = "d"), Route.Settings).use {
            eyes.await(read)
            rule.onNode(read).performScrollTo().performClick()
            graph.notices!!.forEach { eyes.await(hasText(it)) }
            eyes.press(Word.Done)
            eyes.see(Word.PatientTitle)
        }
    }

    @Test
    fun whoever_turns_the_phone_keeps_what_they_typed() {
        graph.around = { object : Core by it { override fun standing() = Standing(device = "d") } }
        val window = Robolectric.buildActivity(MainActivity::class.java).setup()
        val before = window.get()
        eyes.press(Word.PatientType)
        val family = hasText(Word.PatientFamily.text(app.resources)) and hasSetTextAction()
        eyes.await(family)
        rule.onNode(family).performTextInput("Zzyzx")
        val turned = Configuration(app.resources.configuration).apply {
            orientation = Configuration.ORIENTATION_LANDSCAPE
            screenWidthDp = 720
            screenHeightDp = 360
            fontScale = 1.3f
            uiMode = uiMode and Configuration.UI_MODE_NIGHT_MASK.inv() or Configuration.UI_MODE_NIGHT_YES
        }
        window.configurationChange(turned)
        rule.waitForIdle()
        assertSame("the same window", before, window.get())
        assertTrue(eyes.sees(hasText("Zzyzx")))
        window.close()
    }
}

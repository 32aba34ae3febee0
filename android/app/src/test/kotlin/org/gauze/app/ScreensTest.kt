package org.gauze.app

import android.content.res.Configuration
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createEmptyComposeRule
import androidx.compose.ui.test.performTextInput
import androidx.lifecycle.Lifecycle
import androidx.test.core.app.ActivityScenario
import androidx.test.core.app.ApplicationProvider
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import org.gauze.app.ui.text
import org.gauze.logic.core.Core
import org.gauze.logic.core.KeyedState
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Standing
import org.gauze.logic.flow.Route
import org.gauze.logic.port.BackgroundUploads
import org.gauze.logic.port.ManagedConfiguration
import org.gauze.logic.port.Scanner
import org.gauze.logic.words.Word
import org.junit.Assert.assertEquals
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

    /** The window at [route], of a phone in that standing. */
    private fun open(standing: Standing, route: Route): ActivityScenario<MainActivity> {
        graph.handing = uploads
        graph.around = { object : Core by it { override fun standing() = standing } }
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

package org.gauze.app

import android.view.KeyEvent
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isEnabled
import androidx.compose.ui.test.junit4.v2.createEmptyComposeRule
import androidx.test.core.app.ActivityScenario
import androidx.test.core.app.ApplicationProvider
import org.gauze.app.ui.text
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.flow.Route
import org.gauze.logic.words.Word
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** A gloved hand finds the phone's own keys. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w360dp-h720dp-mdpi", application = TestApplication::class)
class ShutterKeyTest {
    @get:Rule val rule = createEmptyComposeRule()

    private val app = ApplicationProvider.getApplicationContext<TestApplication>()

    private fun see(word: Word) = Eyes(rule) { app.resources }.await(hasText(word.text(app.resources)) and isEnabled())

    @Test
    fun a_volume_key_takes_a_photo_where_the_camera_is_shown_and_turns_the_volume_elsewhere() {
        val journey = app.graph.journey((app.graph.core() as Outcome.Done).value)
        journey.open(Route.Camera(PhotoRecord(series = "visit")))
        ActivityScenario.launch(MainActivity::class.java).use { scenario ->
            val press = { key: Int -> scenario.onActivity { it.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_DOWN, key)) } }
            val asked = app.graph.camera.asked
            for (key in listOf(KeyEvent.KEYCODE_VOLUME_DOWN, KeyEvent.KEYCODE_VOLUME_UP)) {
                see(Word.CameraShoot)
                val before = asked.get()
                // Until the photo before is done with, another one is not taken.
                rule.waitUntil("a photo by key $key", 20_000) { press(key).let { asked.get() > before } }
            }
            see(Word.CameraShoot)
            val before = asked.get()
            press(KeyEvent.KEYCODE_A)
            rule.waitForIdle()
            assertEquals("no other key", before, asked.get())
            journey.open(Route.Settings)
            see(Word.SettingsTitle)
            press(KeyEvent.KEYCODE_VOLUME_DOWN)
            rule.waitForIdle()
            assertEquals(before, asked.get())
        }
    }
}

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

    private fun see(word: Word) = (hasText(word.text(app.resources)) and isEnabled()).let {
        rule.waitUntil(it.description, 20_000) { rule.onAllNodes(it).fetchSemanticsNodes().isNotEmpty() }
    }

    @Test
    fun a_volume_key_takes_a_photo_where_the_camera_is_shown_and_turns_the_volume_elsewhere() {
        val journey = app.graph.journey((app.graph.core() as Outcome.Done).value)
        journey.open(Route.Camera(PhotoRecord(series = "visit")))
        ActivityScenario.launch(MainActivity::class.java).use { scenario ->
            val taken = { key: Int ->
                var taken = false
                scenario.onActivity { taken = it.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_DOWN, key)) }
                taken to app.graph.camera.asked.get()
            }
            see(Word.CameraShoot)
            assertEquals(true to 1, taken(KeyEvent.KEYCODE_VOLUME_DOWN))
            see(Word.CameraShoot)
            assertEquals(true to 2, taken(KeyEvent.KEYCODE_VOLUME_UP))
            assertEquals("no other key", 2, taken(KeyEvent.KEYCODE_A).second)
            journey.open(Route.Settings)
            see(Word.SettingsTitle)
            assertEquals(2, taken(KeyEvent.KEYCODE_VOLUME_DOWN).second)
        }
    }
}

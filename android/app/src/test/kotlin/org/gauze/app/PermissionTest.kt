package org.gauze.app

import android.Manifest.permission.ACCESS_COARSE_LOCATION
import android.Manifest.permission.ACCESS_FINE_LOCATION
import android.content.pm.PackageManager.PERMISSION_DENIED
import android.content.pm.PackageManager.PERMISSION_GRANTED
import android.provider.Settings
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createEmptyComposeRule
import androidx.compose.ui.test.performClick
import androidx.test.core.app.ActivityScenario
import androidx.test.core.app.ApplicationProvider
import org.gauze.app.ui.text
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.flow.Route
import org.gauze.logic.port.LocationEvent
import org.gauze.logic.words.Word
import org.gauze.platform.place.SystemLocations
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** What the window does with the answer to its question for positions. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w360dp-h720dp-mdpi", application = TestApplication::class)
class PermissionTest {
    @get:Rule val rule = createEmptyComposeRule()

    private val app = ApplicationProvider.getApplicationContext<TestApplication>()
    private val button = hasText(Word.CameraPositionAllow.text(app.resources))

    /** What a new window opens once its button was pressed and the system's question answered. */
    private fun opened(vararg answers: Pair<String, Int>): String? {
        var opened: String? = null
        ActivityScenario.launch(MainActivity::class.java).use { scenario ->
            rule.waitUntil(20_000) { rule.onAllNodes(button).fetchSemanticsNodes().isNotEmpty() }
            rule.onNode(button).performClick()
            scenario.onActivity { window ->
                val asked = shadowOf(window).lastRequestedPermission
                assertEquals(SystemLocations.PERMISSIONS.toList(), asked.requestedPermissions.toList())
                assertEquals("the question itself", "android.content.pm.action.REQUEST_PERMISSIONS", shadowOf(window).nextStartedActivity.action)
                val (names, said) = answers.unzip()
                window.onRequestPermissionsResult(asked.requestCode, names.toTypedArray(), said.toIntArray())
                opened = shadowOf(window).nextStartedActivity?.action
            }
        }
        return opened
    }

    private fun mayBeAskedAgain(may: Boolean) =
        shadowOf(app.packageManager).setShouldShowRequestPermissionRationale(ACCESS_FINE_LOCATION, may)

    private fun fenced() {
        app.graph.around = { Fenced(it) }
        app.graph.locations.event.value = LocationEvent.NotAllowed
        val core = (app.graph.core() as Outcome.Done).value
        app.graph.journey(core).open(Route.Camera(PhotoRecord(series = "visit")))
    }

    /** Android 11 and newer: neither granted nor refused, and no reason to explain. */
    @Test
    fun a_first_question_that_was_dismissed_leads_nowhere_and_is_asked_again() {
        fenced()
        mayBeAskedAgain(false)
        val dismissed = arrayOf(ACCESS_COARSE_LOCATION to PERMISSION_DENIED, ACCESS_FINE_LOCATION to PERMISSION_DENIED)
        assertEquals(null, opened(*dismissed))
        assertEquals("whoever presses again wants to", Settings.ACTION_APPLICATION_DETAILS_SETTINGS, opened(*dismissed))
    }

    @Test
    fun only_a_refusal_for_good_leads_to_the_settings() {
        fenced()
        assertEquals("the question was cut", null, opened())
        mayBeAskedAgain(true)
        assertEquals(null, opened(ACCESS_COARSE_LOCATION to PERMISSION_DENIED, ACCESS_FINE_LOCATION to PERMISSION_DENIED))
        assertEquals(null, opened(ACCESS_COARSE_LOCATION to PERMISSION_GRANTED, ACCESS_FINE_LOCATION to PERMISSION_DENIED))
        mayBeAskedAgain(false)
        assertEquals(null, opened(ACCESS_COARSE_LOCATION to PERMISSION_GRANTED, ACCESS_FINE_LOCATION to PERMISSION_GRANTED))
        val settings = Settings.ACTION_APPLICATION_DETAILS_SETTINGS
        assertEquals(settings, opened(ACCESS_COARSE_LOCATION to PERMISSION_DENIED, ACCESS_FINE_LOCATION to PERMISSION_DENIED))
        assertEquals(settings, opened(ACCESS_COARSE_LOCATION to PERMISSION_GRANTED, ACCESS_FINE_LOCATION to PERMISSION_DENIED))
    }
}

package org.gauze.app

import android.Manifest.permission.ACCESS_COARSE_LOCATION
import android.Manifest.permission.ACCESS_FINE_LOCATION
import android.Manifest.permission.CAMERA
import android.content.pm.PackageManager.PERMISSION_DENIED
import android.content.pm.PackageManager.PERMISSION_GRANTED
import android.provider.Settings
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.junit4.v2.createEmptyComposeRule
import androidx.test.core.app.ActivityScenario
import androidx.test.core.app.ApplicationProvider
import org.gauze.app.ui.text
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.flow.Route
import org.gauze.logic.port.CameraFault
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

/** What the window does with the answers to its questions for the camera and for positions. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w360dp-h720dp-mdpi", application = TestApplication::class)
class PermissionTest {
    @get:Rule val rule = createEmptyComposeRule()

    private val app = ApplicationProvider.getApplicationContext<TestApplication>()

    private val eyes = Eyes(rule) { app.resources }

    private fun opened(vararg answers: Pair<String, Int>) = opened(Word.CameraPositionAllow, SystemLocations.PERMISSIONS.toList(), *answers)

    /** What a new window opens once its button was pressed and the system's question answered. */
    private fun opened(word: Word, wanted: List<String>, vararg answers: Pair<String, Int>): String? {
        var opened: String? = null
        ActivityScenario.launch(MainActivity::class.java).use { scenario ->
            eyes.press(word)
            scenario.onActivity { window ->
                val asked = shadowOf(window).lastRequestedPermission
                assertEquals(wanted, asked.requestedPermissions.toList())
                assertEquals("the question itself", "android.content.pm.action.REQUEST_PERMISSIONS", shadowOf(window).nextStartedActivity.action)
                val (names, said) = answers.unzip()
                window.onRequestPermissionsResult(asked.requestCode, names.toTypedArray(), said.toIntArray())
                opened = shadowOf(window).nextStartedActivity?.action
            }
        }
        return opened
    }

    private fun mayBeAskedAgain(may: Boolean, permission: String = ACCESS_FINE_LOCATION) =
        shadowOf(app.packageManager).setShouldShowRequestPermissionRationale(permission, may)

    private fun open(route: Route) = app.graph.journey((app.graph.core() as Outcome.Done).value).open(route)

    private fun atTheCamera() = open(Route.Camera(PhotoRecord(series = "visit")))

    private fun fenced() {
        app.graph.around = { Fenced(it) }
        app.graph.locations.event.value = LocationEvent.NotAllowed
        atTheCamera()
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

    @Test
    fun a_camera_that_was_refused_for_good_leads_to_the_settings() {
        app.graph.camera.fault.value = CameraFault.NO_PERMISSION
        atTheCamera()
        mayBeAskedAgain(false, CAMERA)
        val asked = { answer: Int -> opened(Word.CameraAllow, listOf(CAMERA), CAMERA to answer) }
        assertEquals("a first question that was dismissed", null, asked(PERMISSION_DENIED))
        assertEquals(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, asked(PERMISSION_DENIED))
        assertEquals(null, asked(PERMISSION_GRANTED))
        mayBeAskedAgain(true, CAMERA)
        assertEquals(null, asked(PERMISSION_DENIED))
    }

    @Test
    fun no_code_is_looked_for_in_silence_where_the_camera_is_not_allowed() {
        app.graph.camera.fault.value = CameraFault.NO_PERMISSION
        open(Route.Enrol)
        ActivityScenario.launch(MainActivity::class.java).use { scenario ->
            eyes.press(Word.EnrolScan)
            eyes.see(Word.CameraNoPermission)
            eyes.see(Word.CameraAllow)
            scenario.onActivity { window ->
                app.graph.camera.fault.value = null
                val asked = shadowOf(window).lastRequestedPermission
                window.onRequestPermissionsResult(asked.requestCode, arrayOf(CAMERA), intArrayOf(PERMISSION_GRANTED))
            }
            val allow = hasText(Word.CameraAllow.text(app.resources))
            rule.waitUntil(20_000) { !eyes.sees(allow) }
            eyes.see(Word.EnrolScanOther)
        }
    }
}

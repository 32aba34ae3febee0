package org.gauze.app

import android.Manifest
import android.app.KeyguardManager
import android.os.Bundle
import android.view.KeyEvent
import androidx.activity.ComponentActivity
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableIntStateOf
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.lifecycle.lifecycleScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import org.gauze.app.ui.CameraWays
import org.gauze.app.ui.GauzeTheme
import org.gauze.logic.core.Core
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Route
import org.gauze.logic.settings.Blocked
import org.gauze.logic.words.Failures

/**
 * The camera over the lock screen. It takes and seals; it shows nothing of before, opens nothing and leads nowhere. Its
 * photos have no patient, since nobody has confirmed one: they go to the tray.
 */
class LockedCameraActivity : ComponentActivity() {
    private val graph get() = (application as GauzeApplication).graph
    private val shutters = Shutters()
    private var opened by mutableIntStateOf(0)
    private var at by mutableStateOf<Route.Camera?>(null)
    private var shut by mutableStateOf<Line?>(null)
    private val askForCamera = asks(Manifest.permission.CAMERA, ::unlockedSettings) { opened++ }

    override fun onCreate(saved: Bundle?) {
        super.onCreate(null)
        keepToItself()
        enableEdgeToEdge()
        open()
        setContent {
            GauzeTheme {
                val core = (graph.core() as? Outcome.Done)?.value
                val camera = at
                if (core == null || camera == null) ShutView(shut) { open() } else {
                    val ways = CameraWays(null, null, { askForCamera.launch(arrayOf(Manifest.permission.CAMERA)) }, null, ::finish)
                    TakePhoto(graph, core, camera, opened, shutters, ways) {
                        it.forget()
                        kept(core)
                    }
                }
            }
        }
    }

    private fun open() {
        when (val core = graph.core()) {
            is Outcome.Done -> start(core.value)
            is Outcome.Failed -> shut = Failures.line(core.failure)
        }
    }

    private fun start(core: Core) {
        val standing = core.standing()
        shut = Blocked.of(standing, null)?.why ?: if (standing.enrolled) null else Failures.waiting("not_enrolled")
        if (shut == null) at = Route.Camera(PhotoRecord(team = graph.journey(core).team, series = core.newSeries()))
    }

    /** The tick stays for a moment, and the camera is ready for the next photo of the same visit. */
    private fun kept(core: Core) {
        graph.handOver(core, asked = true)
        lifecycleScope.launch {
            delay(TICK)
            at = Route.Camera(PhotoRecord(team = graph.journey(core).team, series = at?.record?.series ?: core.newSeries()))
        }
    }

    /** Settings do not lie over the lock screen: the system asks who is there first, and leaves everything as it is if nobody says. */
    private fun unlockedSettings() {
        val settings = object : KeyguardManager.KeyguardDismissCallback() {
            override fun onDismissSucceeded() = ownSettings()

            /** There is no lock. */
            override fun onDismissError() = ownSettings()
        }
        getSystemService(KeyguardManager::class.java)!!.requestDismissKeyguard(this, settings)
    }

    override fun onSaveInstanceState(out: Bundle) = Unit

    override fun onKeyDown(code: Int, event: KeyEvent?): Boolean {
        val volume = code == KeyEvent.KEYCODE_VOLUME_DOWN || code == KeyEvent.KEYCODE_VOLUME_UP
        return if (volume && shutters.shoot()) true else super.onKeyDown(code, event)
    }

    private companion object {
        const val TICK = 1_500L
    }
}

package org.gauze.app

import android.Manifest
import android.content.Intent
import android.os.Build
import android.os.Bundle
import android.provider.Settings
import android.view.KeyEvent
import androidx.activity.ComponentActivity
import androidx.activity.compose.BackHandler
import androidx.activity.compose.setContent
import androidx.activity.enableEdgeToEdge
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.lifecycle.lifecycleScope
import kotlinx.coroutines.flow.launchIn
import kotlinx.coroutines.flow.onEach
import org.gauze.app.ui.GauzeTheme
import org.gauze.logic.core.Core
import org.gauze.logic.core.Outcome
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Failures
import org.gauze.platform.SystemBrowser
import org.gauze.platform.place.SystemLocations

/** The one window. Nothing of it is in recents, screenshots or a saved state. */
class MainActivity : ComponentActivity() {
    private val graph get() = (application as GauzeApplication).graph
    private var screens: Screens? = null
    private var shut by mutableStateOf<Line?>(null)
    private val askForCamera = asks(Manifest.permission.CAMERA, ::ownSettings) { screens?.answered() }
    private val askForNotes = asks(Manifest.permission.POST_NOTIFICATIONS, ::noteSettings) { screens?.answered() }
    /** The coarse one alone is none. */
    private val askForPosition = asks(SystemLocations.NEEDED, ::ownSettings) { screens?.answered() }

    override fun onCreate(saved: Bundle?) {
        super.onCreate(null)
        keepToItself()
        enableEdgeToEdge()
        graph.activity = this
        open()
        setContent {
            GauzeTheme {
                val there = screens
                if (there == null) ShutView(shut) { open() } else there.View()
                BackHandler { there?.back() }
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
        shut = null
        val asks = Asks(
            { askForCamera.launch(arrayOf(Manifest.permission.CAMERA)) }, { askForPosition.launch(SystemLocations.PERMISSIONS) }, ::notes,
        )
        val made = Screens(graph, core, graph.journey(core), lifecycleScope, asks)
        screens = made
        graph.managed.changes().onEach(made::managed).launchIn(lifecycleScope)
    }

    /** In place: on the list of what waits, when somebody asks to be told. */
    private fun notes() {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) askForNotes.launch(arrayOf(Manifest.permission.POST_NOTIFICATIONS))
        else noteSettings()
    }

    private fun noteSettings() =
        startActivity(Intent(Settings.ACTION_APP_NOTIFICATION_SETTINGS).putExtra(Settings.EXTRA_APP_PACKAGE, packageName))

    /** The browser came back from the sign-in. */
    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        (graph.browser as? SystemBrowser)?.cameBack(intent.dataString)
    }

    /** Nothing is written: a process that ends starts at the first screen. */
    override fun onSaveInstanceState(out: Bundle) = Unit

    override fun onResume() {
        super.onResume()
        graph.activity = this
        (graph.browser as? SystemBrowser)?.resumed()
        screens?.resumed()
    }

    /** A phone that is turned is left by nobody. */
    override fun onStop() {
        super.onStop()
        if (!isChangingConfigurations) screens?.left()
        if (graph.activity === this) graph.activity = null
    }

    /** A volume key shoots while the camera is on the screen. */
    override fun onKeyDown(code: Int, event: KeyEvent?): Boolean {
        val volume = code == KeyEvent.KEYCODE_VOLUME_DOWN || code == KeyEvent.KEYCODE_VOLUME_UP
        return if (volume && screens?.shoot() == true) true else super.onKeyDown(code, event)
    }
}

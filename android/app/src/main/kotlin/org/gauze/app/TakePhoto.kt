package org.gauze.app

import android.graphics.BitmapFactory
import androidx.compose.runtime.Composable
import androidx.compose.runtime.DisposableEffect
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.asImageBitmap
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.compose.LocalLifecycleOwner
import androidx.lifecycle.repeatOnLifecycle
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import org.gauze.app.ui.CameraView
import org.gauze.app.ui.CameraWays
import org.gauze.logic.camera.CameraPresenter
import org.gauze.logic.camera.CameraScreenEvent
import org.gauze.logic.camera.Handle
import org.gauze.logic.camera.KeptPhoto
import org.gauze.logic.camera.shown
import org.gauze.logic.core.Core
import org.gauze.logic.core.orNull
import org.gauze.logic.flow.Route
import org.gauze.logic.port.told

/** What a volume key presses, where something is there to press. */
class Shutters {
    private var press: (() -> Unit)? = null

    fun shoot(): Boolean = press?.invoke() != null

    @Composable
    fun While(at: Any, pressed: () -> Unit) = DisposableEffect(at) {
        press = pressed
        onDispose { press = null }
    }
}

/** The camera screen with everything that it needs of the phone, for as long as it is in front. [again] opens it anew. */
@Composable
fun TakePhoto(graph: AppGraph, core: Core, at: Route.Camera, again: Int, shutters: Shutters, ways: CameraWays, taken: (KeptPhoto) -> Unit) {
    val presenter = remember(at) {
        val handle = object : Handle {
            override fun shoot() = graph.camera.shoot()

            override fun torch(on: Boolean) = graph.camera.torch(on)

            override fun focus(x: Float, y: Float) = graph.camera.focus(x, y)

            override fun safe() = graph.sound.safe()
        }
        CameraPresenter(at.record, core, core, handle, graph.judge, graph.work, taken)
    }
    WhileInFront(at, again) {
        launch { graph.level.leans().collect { presenter.send(CameraScreenEvent.Leans(it)) } }
        launch { graph.locations.told(core).collect { presenter.send(CameraScreenEvent.Looked(it)) } }
        graph.camera.shown().collect { presenter.send(CameraScreenEvent.From(it)) }
    }
    var ghost by remember(at) { mutableStateOf<ImageBitmap?>(null) }
    LaunchedEffect(at) {
        val jpeg = at.ghost?.let { withContext(Dispatchers.Default) { core.thumbnail(it).orNull() } } ?: return@LaunchedEffect
        ghost = BitmapFactory.decodeByteArray(jpeg, 0, jpeg.size)?.asImageBitmap() ?: return@LaunchedEffect
        presenter.send(CameraScreenEvent.GhostFound)
    }
    shutters.While(at) { presenter.send(CameraScreenEvent.Shoot) }
    val state by presenter.states.collectAsState()
    CameraView(state, { graph.viewfinder.View() }, ghost, ways, presenter::send)
}

/** Runs off the drawing thread while the window is in front: whoever leaves it leaves the camera to others. */
@Composable
fun WhileInFront(vararg of: Any, work: suspend CoroutineScope.() -> Unit) {
    val lifecycle = LocalLifecycleOwner.current.lifecycle
    LaunchedEffect(*of) {
        lifecycle.repeatOnLifecycle(Lifecycle.State.STARTED) { withContext(Dispatchers.Default, work) }
    }
}

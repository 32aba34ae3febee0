package org.gauze.app

import android.view.Surface
import android.view.SurfaceHolder
import android.view.SurfaceView
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalConfiguration
import androidx.compose.ui.platform.LocalView
import androidx.compose.ui.viewinterop.AndroidView
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import org.gauze.platform.camera.Sizes

/** Where the camera draws what it sees, in the photo's own shape: a surface that screen recordings do not get. */
class Viewfinder(sizes: () -> Sizes) {
    private val sizes by lazy(sizes)
    private val shown = MutableStateFlow<Surface?>(null)

    /** Null while no window shows it. */
    val surface: StateFlow<Surface?> = shown.asStateFlow()

    @Composable
    fun View() = AndroidView(
        factory = { context ->
            SurfaceView(context).apply {
                setSecure(true)
                holder.setFixedSize(sizes.finder.width, sizes.finder.height)
                holder.addCallback(object : SurfaceHolder.Callback {
                    override fun surfaceCreated(holder: SurfaceHolder) = Unit

                    /** From here on it has its size. */
                    override fun surfaceChanged(holder: SurfaceHolder, format: Int, width: Int, height: Int) {
                        shown.value = holder.surface
                    }

                    /** Another window's may be there already. */
                    override fun surfaceDestroyed(holder: SurfaceHolder) {
                        shown.compareAndSet(holder.surface, null)
                    }
                })
            }
        },
        // As large as fits: on a low window the height decides.
        modifier = Modifier.aspectRatio(shape()),
    )

    /** As the screen shows now: it is turned without another window. */
    @Composable
    private fun shape(): Float {
        LocalConfiguration.current
        return sizes.shape(LocalView.current.display?.rotation ?: Surface.ROTATION_0)
    }
}

package org.gauze.app

import android.util.Size
import android.view.Surface
import android.view.SurfaceHolder
import android.view.SurfaceView
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.viewinterop.AndroidView

/** Where the camera draws what it sees, in the photo's own shape: a surface that screen recordings do not get. */
class Viewfinder(size: () -> Size) {
    private val size by lazy(size)

    @Volatile var surface: Surface? = null
        private set

    @Composable
    fun View() = AndroidView(
        factory = { context ->
            SurfaceView(context).apply {
                setSecure(true)
                holder.setFixedSize(size.width, size.height)
                holder.addCallback(object : SurfaceHolder.Callback {
                    override fun surfaceCreated(holder: SurfaceHolder) {
                        surface = holder.surface
                    }

                    override fun surfaceChanged(holder: SurfaceHolder, format: Int, width: Int, height: Int) = Unit

                    override fun surfaceDestroyed(holder: SurfaceHolder) {
                        surface = null
                    }
                })
            }
        },
        // As large as fits: on a low window the height decides.
        modifier = Modifier.aspectRatio(size.height.toFloat() / size.width),
    )
}

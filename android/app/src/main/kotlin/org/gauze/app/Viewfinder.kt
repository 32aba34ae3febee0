package org.gauze.app

import android.view.Surface
import android.view.SurfaceHolder
import android.view.SurfaceView
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.viewinterop.AndroidView

/** Where the camera draws what it sees: a surface that screen recordings do not get. */
class Viewfinder {
    @Volatile var surface: Surface? = null
        private set

    @Composable
    fun View() = AndroidView(
        factory = { context ->
            SurfaceView(context).apply {
                setSecure(true)
                holder.setFixedSize(1280, 720)
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
        modifier = Modifier.aspectRatio(3f / 4f),
    )
}

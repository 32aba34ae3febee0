package org.gauze.platform.camera

import android.Manifest
import android.annotation.SuppressLint
import android.content.Context
import android.content.pm.PackageManager
import android.graphics.ImageFormat
import android.hardware.camera2.CameraManager
import android.media.Image
import android.media.ImageReader
import android.os.Handler
import android.os.HandlerThread
import android.view.Surface
import kotlinx.coroutines.android.asCoroutineDispatcher
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import org.gauze.logic.port.Camera
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault
import org.gauze.logic.port.Frame

/**
 * The phone's back camera by Camera2: JPEG straight into memory, preview frames as brightness, and the viewfinder's own
 * surface, which is waited for. Nothing here knows a file, the gallery or another app.
 */
class Camera2(private val context: Context, private val viewfinder: StateFlow<Surface?>) : Camera {
    private val manager = context.getSystemService(CameraManager::class.java)!!

    /** All of the camera happens on this thread, which outlives each opening: what comes late still finds somebody who lets it go. */
    private val handler by lazy { Handler(HandlerThread("camera").apply { start() }.looper) }
    private var running: Running? = null

    /** Whoever opens the camera waits until the one before has let it go. */
    private val alone = Mutex()

    /** What it tells lies in no flow's own buffer, which would drop it as it is where nobody listens any more. */
    override fun open(): Flow<CameraEvent> = flow {
        coroutineScope {
            val told = Told()
            val opening = launch(handler.asCoroutineDispatcher()) { begin(told) }
            try {
                while (true) emit(told.next())
            } finally {
                told.end()
                opening.cancel()
            }
        }
    }

    private suspend fun begin(told: Told) {
        val allowed = context.checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED
        val back = if (allowed) Sizes.back(manager) else null
        if (back == null) told.tell(CameraEvent.Failed(if (allowed) CameraFault.NO_CAMERA else CameraFault.NO_PERMISSION))
        else alone.withLock { use(back, told) }
    }

    private suspend fun use(back: Back, told: Told) {
        val readers = readers(Sizes.of(context), told::tell)
        val held = Held(context)
        held.enable()
        val (photo, seen) = readers.map(ImageReader::getSurface)
        val opening = Running(back.says, held, photo, seen, handler, told::tell)
        running = opening
        Running.tried { open(back.id, opening) }?.let { told.tell(CameraEvent.Failed(it)) }
        try {
            viewfinder.collect(opening::show)
        } finally {
            held.disable()
            opening.close()
            running = null
            readers.forEach(ImageReader::close)
        }
    }

    @SuppressLint("MissingPermission") // Asked for before.
    private fun open(id: String, opening: Running) = manager.openCamera(id, opening, handler)

    override fun shoot() = asked { it.shoot() }

    override fun torch(on: Boolean) = asked { it.torch(on) }

    override fun focus(x: Float, y: Float) = asked { it.focus(x, y) }

    private fun asked(what: (Running) -> Unit) {
        handler.post { running?.let(what) }
    }

    private fun readers(sizes: Sizes, send: (CameraEvent) -> Unit): List<ImageReader> {
        val jpeg = ImageReader.newInstance(sizes.photo.width, sizes.photo.height, ImageFormat.JPEG, 2)
        jpeg.setOnImageAvailableListener({ it.acquireNextImage()?.use { image -> send(CameraEvent.Taken(shot(image))) } }, handler)
        val frames = ImageReader.newInstance(sizes.frames.width, sizes.frames.height, ImageFormat.YUV_420_888, 2)
        frames.setOnImageAvailableListener({ it.acquireLatestImage()?.use { image -> send(CameraEvent.Seen(frame(image))) } }, handler)
        return listOf(jpeg, frames)
    }

    private fun shot(image: Image) = DirectShot(image.planes[0].buffer, maxOf(image.width, image.height))

    private fun frame(image: Image): Frame {
        val plane = image.planes[0]
        val luma = ByteArray(plane.buffer.remaining())
        plane.buffer.get(luma)
        return Frame(luma, image.width, image.height, plane.rowStride)
    }
}

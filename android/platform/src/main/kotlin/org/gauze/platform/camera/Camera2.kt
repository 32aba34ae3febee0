package org.gauze.platform.camera

import android.Manifest
import android.annotation.SuppressLint
import android.content.Context
import android.content.pm.PackageManager
import android.graphics.ImageFormat
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.media.Image
import android.media.ImageReader
import android.os.Handler
import android.os.HandlerThread
import android.view.Surface
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.merge
import kotlinx.coroutines.flow.receiveAsFlow
import org.gauze.logic.port.Camera
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault
import org.gauze.logic.port.Frame

/**
 * The phone's back camera by Camera2: JPEG straight into memory, preview frames as brightness, and the viewfinder's own
 * surface where there is one. Nothing here knows a file, the gallery or another app.
 */
class Camera2(private val context: Context, private val viewfinder: () -> Surface?) : Camera {
    private val manager = context.getSystemService(CameraManager::class.java)!!
    @Volatile private var running: Running? = null

    /** A frame that comes before the last one is done with takes its place; nothing else is ever left out. */
    override fun open(): Flow<CameraEvent> {
        val frames = Channel<CameraEvent>(Channel.CONFLATED)
        return merge(events(frames), frames.receiveAsFlow())
    }

    private fun events(frames: Channel<CameraEvent>): Flow<CameraEvent> = callbackFlow {
        val allowed = context.checkSelfPermission(Manifest.permission.CAMERA) == PackageManager.PERMISSION_GRANTED
        val id = if (allowed) Sizes.back(manager) else null
        if (id == null) {
            trySend(CameraEvent.Failed(if (allowed) CameraFault.NO_CAMERA else CameraFault.NO_PERMISSION))
            awaitClose {}
            return@callbackFlow
        }
        val thread = HandlerThread("camera").apply { start() }
        val handler = Handler(thread.looper)
        val readers = readers(Sizes.of(context), handler) { if (it is CameraEvent.Seen) frames.trySend(it) else trySend(it) }
        try {
            start(id, handler, readers) { trySend(it) }
        } catch (e: CameraAccessException) {
            trySend(CameraEvent.Failed(fault(e)))
        }
        awaitClose {
            running?.close()
            running = null
            readers.forEach(ImageReader::close)
            thread.quitSafely()
        }
    }.buffer(Channel.UNLIMITED)

    override fun shoot() {
        running?.shoot()
    }

    override fun torch(on: Boolean) {
        running?.torch(on)
    }

    override fun focus(x: Float, y: Float) {
        running?.focus(x, y)
    }

    private fun readers(sizes: Sizes, handler: Handler, send: (CameraEvent) -> Unit): List<ImageReader> {
        val jpeg = ImageReader.newInstance(sizes.photo.width, sizes.photo.height, ImageFormat.JPEG, 2)
        jpeg.setOnImageAvailableListener({ it.acquireNextImage()?.use { image -> send(CameraEvent.Taken(DirectShot(image.planes[0].buffer, image.width))) } }, handler)
        val frames = ImageReader.newInstance(sizes.frames.width, sizes.frames.height, ImageFormat.YUV_420_888, 2)
        frames.setOnImageAvailableListener({ it.acquireLatestImage()?.use { image -> send(CameraEvent.Seen(frame(image))) } }, handler)
        return listOf(jpeg, frames)
    }

    private fun frame(image: Image): Frame {
        val plane = image.planes[0]
        val luma = ByteArray(plane.buffer.remaining())
        plane.buffer.get(luma)
        return Frame(luma, image.width, image.height, plane.rowStride)
    }

    @SuppressLint("MissingPermission") // Asked for in open().
    private fun start(id: String, handler: Handler, readers: List<ImageReader>, send: (CameraEvent) -> Unit) {
        val (jpeg, frames) = readers
        manager.openCamera(id, object : CameraDevice.StateCallback() {
            override fun onOpened(device: CameraDevice) {
                running = Running(device, handler, jpeg.surface, listOfNotNull(frames.surface, viewfinder()), manager.getCameraCharacteristics(id))
                    .also { it.begin(send) }
            }

            override fun onDisconnected(device: CameraDevice) {
                device.close()
                send(CameraEvent.Failed(CameraFault.IN_USE))
            }

            override fun onError(device: CameraDevice, error: Int) {
                device.close()
                send(CameraEvent.Failed(if (error == ERROR_CAMERA_IN_USE || error == ERROR_MAX_CAMERAS_IN_USE) CameraFault.IN_USE else CameraFault.BROKEN))
            }
        }, handler)
    }

    private fun fault(e: CameraAccessException) = when (e.reason) {
        CameraAccessException.CAMERA_IN_USE, CameraAccessException.MAX_CAMERAS_IN_USE -> CameraFault.IN_USE
        CameraAccessException.CAMERA_DISABLED -> CameraFault.NO_PERMISSION
        else -> CameraFault.BROKEN
    }
}

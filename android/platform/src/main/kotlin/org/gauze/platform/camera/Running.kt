package org.gauze.platform.camera

import android.graphics.Rect
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraMetadata
import android.hardware.camera2.CaptureFailure
import android.hardware.camera2.CaptureRequest
import android.hardware.camera2.params.MeteringRectangle
import android.os.Handler
import android.view.Surface
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault

/**
 * One camera from when it is asked for to its end, on its own thread alone. It has a session while the viewfinder has a surface: one
 * that goes takes the session with it, and the next gets its own. A camera that has gone meanwhile ends nothing but itself.
 */
internal class Running(
    private val characteristics: CameraCharacteristics,
    private val held: Held,
    private val photo: Surface,
    private val frames: Surface,
    private val handler: Handler,
    private val send: (CameraEvent) -> Unit,
) : CameraDevice.StateCallback() {
    private val sensor = characteristics.get(CameraCharacteristics.SENSOR_ORIENTATION) ?: 0
    private var camera: CameraDevice? = null
    private var finder: Surface? = null
    private var session: CameraCaptureSession? = null
    private var closed = false

    /** Counts what is shown: a session that comes late is told from the present one, also where both are of one surface. */
    private var turn = 0
    private var light = false
    private var area: MeteringRectangle? = null

    /** A camera that opens for somebody who left is let go. */
    override fun onOpened(opened: CameraDevice) {
        if (closed) return opened.close()
        camera = opened
        begin()
    }

    override fun onDisconnected(gone: CameraDevice) = lost(gone, CameraFault.IN_USE)

    override fun onError(gone: CameraDevice, error: Int) =
        lost(gone, if (error == ERROR_CAMERA_IN_USE || error == ERROR_MAX_CAMERAS_IN_USE) CameraFault.IN_USE else CameraFault.BROKEN)

    private fun lost(gone: CameraDevice, fault: CameraFault) {
        gone.close()
        camera = null
        session = null
        turn++
        send(CameraEvent.Failed(fault))
    }

    /** The viewfinder's surface; null where it has none now. */
    fun show(surface: Surface?) {
        session?.close()
        session = null
        turn++
        finder = surface
        begin()
    }

    private fun begin() {
        val (open, shown) = (camera ?: return) to (finder ?: return)
        @Suppress("DEPRECATION") // Its successor asks for more of the same.
        tried { open.createCaptureSession(listOf(frames, shown, photo), Session(++turn), handler) }
            ?.let { send(CameraEvent.Failed(it)) }
    }

    /** What comes of a session, which begins without a light; one in whose place another was asked for is nobody's. */
    private inner class Session(private val mine: Int) : CameraCaptureSession.StateCallback() {
        override fun onConfigured(configured: CameraCaptureSession) {
            if (closed || mine != turn) return configured.close()
            session = configured
            light = false
            repeat()
            send(CameraEvent.Ready)
        }

        override fun onConfigureFailed(failed: CameraCaptureSession) {
            if (!closed && mine == turn) send(CameraEvent.Failed(CameraFault.BROKEN))
        }
    }

    /** Whoever asked for a photo hears of it, or that it does not come: of a camera that is there still, that one alone. */
    fun shoot() {
        val (open, now) = camera to session
        val fault = if (open == null || now == null) CameraFault.BROKEN else tried {
            val request = open.createCaptureRequest(CameraDevice.TEMPLATE_STILL_CAPTURE).apply {
                addTarget(photo)
                set(CaptureRequest.JPEG_QUALITY, QUALITY)
                set(CaptureRequest.JPEG_ORIENTATION, Turns.photo(sensor, held.now))
                common(this)
            }
            now.capture(request.build(), taking, handler)
        }
        if (fault != null) send(CameraEvent.Failed(fault))
    }

    private val taking = object : CameraCaptureSession.CaptureCallback() {
        override fun onCaptureFailed(of: CameraCaptureSession, request: CaptureRequest, failure: CaptureFailure) = notTaken()

        override fun onCaptureBufferLost(of: CameraCaptureSession, request: CaptureRequest, target: Surface, frame: Long) = notTaken()

        private fun notTaken() {
            if (!closed) send(CameraEvent.Failed(CameraFault.NOT_TAKEN))
        }
    }

    fun torch(on: Boolean) {
        light = on
        repeat()
    }

    /** [x] and [y] from 0 to 1 of the finder, as the screen shows it. */
    fun focus(x: Float, y: Float) {
        val all: Rect = characteristics.get(CameraCharacteristics.SENSOR_INFO_ACTIVE_ARRAY_SIZE) ?: return
        val half = all.width() / 20
        val (across, down) = Turns.onSensor(x, y, Turns.finder(sensor, held.screen))
        val cx = (all.width() * across).toInt().coerceIn(half, all.width() - half)
        val cy = (all.height() * down).toInt().coerceIn(half, all.height() - half)
        area = MeteringRectangle(cx - half, cy - half, 2 * half, 2 * half, MeteringRectangle.METERING_WEIGHT_MAX)
        repeat()
    }

    fun close() {
        closed = true
        camera?.close()
        camera = null
        session = null
    }

    /** What fails here is told by the camera's own end, or mended by the next surface. */
    private fun repeat() {
        val (open, shown, now) = Triple(camera ?: return, finder ?: return, session ?: return)
        tried {
            val request = open.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
            listOf(frames, shown).forEach(request::addTarget)
            common(request)
            now.setRepeatingRequest(request.build(), null, handler)
        }
    }

    private fun common(request: CaptureRequest.Builder) {
        request.set(CaptureRequest.CONTROL_AF_MODE, CameraMetadata.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
        request.set(CaptureRequest.FLASH_MODE, if (light) CameraMetadata.FLASH_MODE_TORCH else CameraMetadata.FLASH_MODE_OFF)
        area?.let { request.set(CaptureRequest.CONTROL_AF_REGIONS, arrayOf(it)) }
    }

    companion object {
        private const val QUALITY: Byte = 95

        /** Why a call on a camera did nothing; null where it did. Camera and surfaces may go between any two calls. */
        inline fun tried(call: () -> Unit): CameraFault? = try {
            call()
            null
        } catch (e: CameraAccessException) {
            fault(e.reason)
        } catch (_: SecurityException) {
            CameraFault.NO_PERMISSION
        } catch (_: IllegalArgumentException) {
            CameraFault.BROKEN
        } catch (_: IllegalStateException) {
            CameraFault.BROKEN
        }

        fun fault(reason: Int) = when (reason) {
            CameraAccessException.CAMERA_IN_USE, CameraAccessException.MAX_CAMERAS_IN_USE -> CameraFault.IN_USE
            CameraAccessException.CAMERA_DISABLED -> CameraFault.NO_PERMISSION
            else -> CameraFault.BROKEN
        }
    }
}

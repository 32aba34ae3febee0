package org.gauze.platform.camera

import android.graphics.Rect
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraMetadata
import android.hardware.camera2.CaptureRequest
import android.hardware.camera2.params.MeteringRectangle
import android.os.Handler
import android.view.Surface
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault

/** One camera that is open. Calls on a camera that has gone meanwhile do nothing: its end comes as an event. */
internal class Running(
    private val device: CameraDevice,
    private val handler: Handler,
    private val photo: Surface,
    private val preview: List<Surface>,
    private val characteristics: CameraCharacteristics,
) {
    private var session: CameraCaptureSession? = null
    private var light = false
    private var area: MeteringRectangle? = null

    fun begin(send: (CameraEvent) -> Unit) {
        @Suppress("DEPRECATION") // Its successor takes the same and is tested by nobody's Robolectric.
        device.createCaptureSession(preview + photo, object : CameraCaptureSession.StateCallback() {
            override fun onConfigured(configured: CameraCaptureSession) {
                session = configured
                repeat()
                send(CameraEvent.Ready)
            }

            override fun onConfigureFailed(failed: CameraCaptureSession) = send(CameraEvent.Failed(CameraFault.BROKEN))
        }, handler)
    }

    fun shoot() = whileOpen {
        val request = device.createCaptureRequest(CameraDevice.TEMPLATE_STILL_CAPTURE).apply {
            addTarget(photo)
            set(CaptureRequest.JPEG_QUALITY, QUALITY)
            set(CaptureRequest.JPEG_ORIENTATION, characteristics.get(CameraCharacteristics.SENSOR_ORIENTATION) ?: 0)
            common(this)
        }
        session?.capture(request.build(), null, handler)
    }

    fun torch(on: Boolean) {
        light = on
        repeat()
    }

    fun focus(x: Float, y: Float) {
        val sensor: Rect = characteristics.get(CameraCharacteristics.SENSOR_INFO_ACTIVE_ARRAY_SIZE) ?: return
        val half = sensor.width() / 20
        // The sensor lies on its side: down the screen is along the sensor.
        val cx = (sensor.width() * y).toInt().coerceIn(half, sensor.width() - half)
        val cy = (sensor.height() * (1 - x)).toInt().coerceIn(half, sensor.height() - half)
        area = MeteringRectangle(cx - half, cy - half, 2 * half, 2 * half, MeteringRectangle.METERING_WEIGHT_MAX)
        repeat()
    }

    fun close() {
        session?.close()
        device.close()
    }

    private fun repeat() = whileOpen {
        val request = device.createCaptureRequest(CameraDevice.TEMPLATE_PREVIEW)
        preview.forEach(request::addTarget)
        common(request)
        session?.setRepeatingRequest(request.build(), null, handler)
    }

    private fun common(request: CaptureRequest.Builder) {
        request.set(CaptureRequest.CONTROL_AF_MODE, CameraMetadata.CONTROL_AF_MODE_CONTINUOUS_PICTURE)
        request.set(CaptureRequest.FLASH_MODE, if (light) CameraMetadata.FLASH_MODE_TORCH else CameraMetadata.FLASH_MODE_OFF)
        area?.let { request.set(CaptureRequest.CONTROL_AF_REGIONS, arrayOf(it)) }
    }

    private fun whileOpen(call: () -> Unit) {
        try {
            call()
        } catch (_: CameraAccessException) {
            // The state callback tells.
        } catch (_: IllegalStateException) {
            // Closed meanwhile.
        }
    }

    private companion object {
        const val QUALITY: Byte = 95
    }
}

package org.gauze.platform

import android.hardware.camera2.CameraCaptureSession
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CaptureRequest
import android.hardware.camera2.impl.CameraMetadataNative
import android.hardware.camera2.params.InputConfiguration
import android.hardware.camera2.params.OutputConfiguration
import android.hardware.camera2.TotalCaptureResult
import android.os.Handler
import android.view.Surface

/** A camera as far as the adapter can tell: it keeps what is asked of it, and fails as it is told. */
class FakeDevice : CameraDevice() {
    val sessions = ArrayList<FakeSession>()
    val requests = ArrayList<Pair<Int, CaptureRequest.Builder>>()
    var closed = false

    /** What making a session, or a request of one, ends in. */
    var refuses: Exception? = null

    /** The newest request of a template. */
    fun asked(template: Int) = requests.last { it.first == template }.second

    override fun createCaptureSession(outputs: List<Surface>, callback: CameraCaptureSession.StateCallback, handler: Handler?) {
        refuses?.let { throw it }
        sessions += FakeSession(this, outputs, callback)
    }

    override fun createCaptureRequest(template: Int): CaptureRequest.Builder {
        refuses?.let { throw it }
        val made = CaptureRequest.Builder(CameraMetadataNative(), false, CameraCaptureSession.SESSION_ID_NONE, id, null)
        requests += template to made
        return made
    }

    override fun close() {
        closed = true
    }

    override fun getId() = "0"

    override fun createCaptureSessionByOutputConfigurations(
        outputs: List<OutputConfiguration>, callback: CameraCaptureSession.StateCallback, handler: Handler?,
    ) = nobody()

    override fun createReprocessableCaptureSession(
        input: InputConfiguration, outputs: List<Surface>, callback: CameraCaptureSession.StateCallback, handler: Handler?,
    ) = nobody()

    override fun createReprocessableCaptureSessionByConfigurations(
        input: InputConfiguration, outputs: List<OutputConfiguration>, callback: CameraCaptureSession.StateCallback, handler: Handler?,
    ) = nobody()

    override fun createConstrainedHighSpeedCaptureSession(
        outputs: List<Surface>, callback: CameraCaptureSession.StateCallback, handler: Handler?,
    ) = nobody()

    override fun createCustomCaptureSession(
        input: InputConfiguration?, outputs: List<OutputConfiguration>, mode: Int, callback: CameraCaptureSession.StateCallback, handler: Handler?,
    ) = nobody()

    override fun createReprocessCaptureRequest(result: TotalCaptureResult) = nobody()
}

class FakeSession(private val of: FakeDevice, val outputs: List<Surface>, val callback: StateCallback) : CameraCaptureSession() {
    var closed = false

    /** What was asked for once, and who is told how it went. */
    val captures = ArrayList<Pair<CaptureRequest, CaptureCallback?>>()
    var repeating: CaptureRequest? = null

    override fun getDevice() = of

    override fun capture(request: CaptureRequest, listener: CaptureCallback?, handler: Handler?): Int {
        check(!closed)
        captures += request to listener
        return 1
    }

    override fun setRepeatingRequest(request: CaptureRequest, listener: CaptureCallback?, handler: Handler?): Int {
        check(!closed)
        repeating = request
        return 1
    }

    override fun close() {
        closed = true
    }

    override fun prepare(surface: Surface) = nobody()

    override fun prepare(most: Int, surface: Surface) = nobody()

    override fun tearDown(surface: Surface) = nobody()

    override fun finalizeOutputConfigurations(configurations: List<OutputConfiguration>) = nobody()

    override fun captureBurst(requests: List<CaptureRequest>, listener: CaptureCallback?, handler: Handler?) = nobody()

    override fun setRepeatingBurst(requests: List<CaptureRequest>, listener: CaptureCallback?, handler: Handler?) = nobody()

    override fun stopRepeating() = nobody()

    override fun abortCaptures() = nobody()

    override fun isReprocessable() = false

    override fun getInputSurface(): Surface? = null
}

private fun nobody(): Nothing = error("nobody asks for this")

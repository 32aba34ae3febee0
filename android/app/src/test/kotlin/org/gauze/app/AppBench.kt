package org.gauze.app

import androidx.test.core.app.ApplicationProvider
import com.google.zxing.BarcodeFormat
import com.google.zxing.BinaryBitmap
import com.google.zxing.DecodeHintType
import com.google.zxing.MultiFormatReader
import com.google.zxing.PlanarYUVLuminanceSource
import com.google.zxing.ReaderException
import com.google.zxing.common.GlobalHistogramBinarizer
import com.google.zxing.common.HybridBinarizer
import java.io.File
import java.nio.ByteBuffer
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.gauze.logic.camera.CameraPresenter
import org.gauze.logic.camera.CameraScreenEvent
import org.gauze.logic.camera.Handle
import org.gauze.logic.camera.Shutter
import org.gauze.logic.core.Core
import org.gauze.logic.core.Fitness
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.flow.Route
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.Frame
import org.gauze.platform.camera.DirectShot
import org.gauze.platform.scan.ZxingScanner
import org.junit.Assume.assumeTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** Milliseconds by name, one a line; `cargo xtask bench` reads them. */
@RunWith(RobolectricTestRunner::class)
@Config(application = TestApplication::class)
class AppBench {
    private val out = System.getenv("GAUZE_BENCH")?.let(::File)
    private val app: TestApplication get() = ApplicationProvider.getApplicationContext()
    private val times get() = System.getenv("GAUZE_BENCH_TIMES").toInt()

    @Before
    fun asked() = assumeTrue("GAUZE_BENCH is not set: run `cargo xtask bench`", out != null)

    private fun enrolled(): Core = (app.graph.core() as Outcome.Done).value.also {
        val set = runBlocking { it.enrolManaged(Hospital.next()) }
        check(set is Outcome.Done) { set }
    }

    private fun note(name: String, millis: Double) = out!!.appendText("$name $millis\n")

    private fun clock(work: () -> Unit): Double {
        val start = System.nanoTime()
        work()
        return (System.nanoTime() - start) / 1e6
    }

    /** As the core's own row does: what was written before is on the medium, so that nobody's sync pays for another's. */
    private fun settle() = check(ProcessBuilder("sync").start().waitFor() == 0)

    /** From the photo that the camera delivers to the tick. */
    @Test
    fun app_capture() {
        val core = enrolled()
        val bytes = File(System.getenv("GAUZE_PICTURE")).readBytes()
        // As a camera's image holds it.
        val jpeg = ByteBuffer.allocateDirect(bytes.size).put(bytes)
        val quiet = object : Handle {
            override fun shoot() = Unit

            override fun torch(on: Boolean) = Unit

            override fun focus(x: Float, y: Float) = Unit

            override fun safe() = Unit
        }
        repeat(WARM + times) { at ->
            jpeg.rewind()
            settle()
            var id = ""
            val presenter = CameraPresenter(PhotoRecord(), core, core, quiet, { Fitness(0, 0) }, CoroutineScope(Dispatchers.Default)) { id = it.id }
            val took = clock {
                presenter.send(CameraScreenEvent.From(CameraEvent.Taken(DirectShot(jpeg, 4032))))
                runBlocking { presenter.states.first { it.shutter == Shutter.SAFE } }
            }
            while (id.isEmpty()) Thread.sleep(1)
            core.discard(id)
            if (at >= WARM) note("app_capture", took)
        }
        core.close()
    }

    /** From nothing in memory to a camera that is ready, on a phone that holds thousands of photos. */
    @Test
    fun app_start() {
        val core = enrolled()
        val small = DirectShot(ByteBuffer.wrap(File(System.getenv("GAUZE_BENCH_SMALL")).readBytes()), 320)
        repeat(System.getenv("GAUZE_BENCH_PHOTOS").toInt()) {
            small.jpeg.rewind()
            val captured = core.capture(small.jpeg, PhotoRecord())
            check(captured is Outcome.Done) { captured }
        }
        repeat(STARTS) {
            app.restart()
            note("app_start", clock {
                val opened = (app.graph.core() as Outcome.Done).value
                val journey = app.graph.journey(opened)
                journey.patient(null)
                check(journey.route.value is Route.Camera)
                runBlocking { app.graph.camera.open().first { it == CameraEvent.Ready } }
            })
        }
        (app.graph.core() as Outcome.Done).value.close()
    }

    /** One frame with a wristband and one without, by turns; `zxing` is its own reader on the same frames. */
    @Test
    fun scan_frame() {
        val noise = java.util.Random(7)
        val frames = listOf(FakeCamera.wide, Frame(ByteArray(1280 * 720) { (100 + noise.nextInt(60)).toByte() }, 1280, 720))
        val scanner = ZxingScanner()
        repeat(WARM + times) { at ->
            val ours = clock { frames.forEach { frame -> repeat(2) { scanner.read(frame) } } }
            val theirs = clock { frames.forEach { frame -> repeat(2) { alone(frame, it == 0) } } }
            if (at >= WARM) {
                note("scan_frame", ours / 4)
                note("zxing", theirs / 4)
            }
        }
    }

    private fun alone(frame: Frame, local: Boolean): String? {
        val source = PlanarYUVLuminanceSource(frame.luma, frame.stride, frame.height, 0, 0, frame.width, frame.height, false)
        val formats = listOf(BarcodeFormat.DATA_MATRIX, BarcodeFormat.QR_CODE, BarcodeFormat.CODE_128)
        val hints = mapOf(DecodeHintType.POSSIBLE_FORMATS to formats, DecodeHintType.TRY_HARDER to true)
        return try {
            MultiFormatReader().decode(BinaryBitmap(if (local) HybridBinarizer(source) else GlobalHistogramBinarizer(source)), hints).text
        } catch (_: ReaderException) {
            null
        }
    }

    private companion object {
        const val WARM = 10
        const val STARTS = 5
    }
}

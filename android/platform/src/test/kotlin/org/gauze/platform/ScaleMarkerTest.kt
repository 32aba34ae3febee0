package org.gauze.platform

import com.google.zxing.BarcodeFormat
import com.google.zxing.EncodeHintType
import com.google.zxing.qrcode.QRCodeWriter
import com.google.zxing.qrcode.decoder.ErrorCorrectionLevel
import kotlin.math.abs
import kotlin.math.cos
import kotlin.math.sin
import org.gauze.logic.port.Frame
import org.gauze.platform.camera.GravityLevel
import org.gauze.platform.scan.ScaleMarker
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [29, 35])
class ScaleMarkerTest {
    /** The marker as a phone sees it that leans [tilt] degrees over it, turned by [turn]; a module is [pixels] wide. */
    private fun seen(text: String, pixels: Double, tilt: Double, turn: Double = 0.0): Frame {
        val hints = mapOf(EncodeHintType.ERROR_CORRECTION to ErrorCorrectionLevel.Q, EncodeHintType.MARGIN to 4)
        val symbol = QRCodeWriter().encode(text, BarcodeFormat.QR_CODE, 0, 0, hints)
        val middle = symbol.width / 2.0
        val luma = ByteArray(1280 * 720) { 0xc8.toByte() }
        for (y in 0 until 720) for (x in 0 until 1280) {
            val dx = (x - 640) / cos(Math.toRadians(tilt))
            val dy = (y - 360).toDouble()
            val angle = Math.toRadians(turn)
            val u = (dx * cos(angle) + dy * sin(angle)) / pixels + middle
            val v = (-dx * sin(angle) + dy * cos(angle)) / pixels + middle
            if (u >= 0 && v >= 0 && u < symbol.width && v < symbol.width && symbol[u.toInt(), v.toInt()]) luma[y * 1280 + x] = 0x10
        }
        return Frame(luma, 1280, 720)
    }

    @Test
    fun a_marker_tells_the_size_of_a_pixel_and_how_far_the_phone_leans() {
        for ((tilt, turn) in listOf(0.0 to 0.0, 0.0 to 30.0, 20.0 to 0.0, 35.0 to 20.0)) {
            val marker = ScaleMarker().find(seen("GAUZE SCALE 20MM", 12.0, tilt, turn))!!
            val right = 20_000_000 / 21 / 12.0
            assertTrue("$tilt, $turn: ${marker.nanometres}", abs(marker.nanometres - right) < right / 40)
            // A hundredth of a side is eight degrees where there are none, and one where there are thirty.
            assertTrue("$tilt, $turn: ${marker.tilt}", abs(marker.tilt - tilt * 1000) < if (tilt == 0.0) 10_000 else 2_500)
        }
    }

    @Test
    fun other_codes_and_none_are_no_marker() {
        assertNull(ScaleMarker().find(seen("9000000009", 12.0, 0.0)))
        assertNull(ScaleMarker().find(Frame(ByteArray(1280 * 720) { 118 }, 1280, 720)))
    }

    @Test
    fun a_phone_that_leans_says_how_far_and_one_that_lies_flat_nothing() {
        val leans = listOf(
            floatArrayOf(0f, 9.8f, 0f), floatArrayOf(-1.7f, 9.66f, 0f), floatArrayOf(9.8f, 0f, 0f), floatArrayOf(0.1f, 0.1f, 9.8f),
        )
        assertEquals(listOf(0, 10, 0, null), leans.map(GravityLevel::degrees))
    }
}

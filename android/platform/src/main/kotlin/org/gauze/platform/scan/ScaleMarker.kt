package org.gauze.platform.scan

import com.google.zxing.BinaryBitmap
import com.google.zxing.DecodeHintType
import com.google.zxing.PlanarYUVLuminanceSource
import com.google.zxing.ReaderException
import com.google.zxing.ResultPoint
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader
import kotlin.math.acos
import kotlin.math.hypot
import kotlin.math.sqrt
import org.gauze.logic.core.Marker
import org.gauze.logic.port.Frame

/**
 * The scale marker: a QR code of 21 modules that says `GAUZE SCALE 20MM`, its side without the quiet zone. Its three corner
 * patterns are 14 modules apart; how long the two sides are in the picture, and at what angle they meet, tells how large a
 * pixel is on the skin and how far the phone leans over the marker. Far enough away for the corners to be seen in parallel.
 */
class ScaleMarker {
    private val reader = QRCodeReader()

    fun find(frame: Frame): Marker? {
        val source = PlanarYUVLuminanceSource(frame.luma, frame.stride, frame.height, 0, 0, frame.width, frame.height, false)
        val found = try {
            reader.decode(BinaryBitmap(HybridBinarizer(source)), mapOf(DecodeHintType.TRY_HARDER to true))
        } catch (_: ReaderException) {
            return null
        } finally {
            reader.reset()
        }
        val millimetres = TEXT.matchEntire(found.text)?.groupValues?.get(1)?.toInt() ?: return null
        return measure(found.resultPoints, millimetres)
    }

    companion object {
        private val TEXT = Regex("GAUZE SCALE ([1-9][0-9])MM")
        private const val MODULES = 21
        private const val APART = 14
        private const val NANOMETRES = 1_000_000

        /** The longer axis of the circle that the leaning phone sees as an ellipse is as long as on the skin. */
        internal fun measure(corners: Array<ResultPoint>, millimetres: Int): Marker? {
            val (bottom, top, right) = corners
            val ux = (right.x - top.x).toDouble()
            val uy = (right.y - top.y).toDouble()
            val vx = (bottom.x - top.x).toDouble()
            val vy = (bottom.y - top.y).toDouble()
            val half = (ux * ux + uy * uy + vx * vx + vy * vy) / 2
            val spread = hypot((ux * ux + uy * uy - vx * vx - vy * vy) / 2, ux * vx + uy * vy)
            val longer = sqrt(half + spread)
            val shorter = sqrt((half - spread).coerceAtLeast(0.0))
            if (longer < 1) return null
            val size = millimetres * NANOMETRES.toDouble() * APART / MODULES / longer
            return Marker(size.toInt(), (Math.toDegrees(acos(shorter / longer)) * 1000).toInt())
        }
    }
}

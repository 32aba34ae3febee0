package org.gauze.platform.scan

import com.google.zxing.BarcodeFormat
import com.google.zxing.BinaryBitmap
import com.google.zxing.DecodeHintType
import com.google.zxing.LuminanceSource
import com.google.zxing.MultiFormatReader
import com.google.zxing.PlanarYUVLuminanceSource
import com.google.zxing.ReaderException
import com.google.zxing.common.GlobalHistogramBinarizer
import com.google.zxing.common.HybridBinarizer
import org.gauze.logic.port.Frame
import org.gauze.logic.port.Scanner

/** DataMatrix, QR and Code 128 out of the brightness of one frame, in memory. Symbols lie at any angle of 90 degrees. */
class ZxingScanner : Scanner {
    private val hints = mapOf(
        DecodeHintType.POSSIBLE_FORMATS to
            listOf(BarcodeFormat.DATA_MATRIX, BarcodeFormat.QR_CODE, BarcodeFormat.CODE_128),
        DecodeHintType.TRY_HARDER to true,
    )

    private var local = false

    /** One look at each frame, by turns with light that differs over the frame and with light that does not. */
    override fun read(frame: Frame): String? {
        val source = PlanarYUVLuminanceSource(frame.luma, frame.stride, frame.height, 0, 0, frame.width, frame.height, false)
        local = !local
        return decode(BinaryBitmap(if (local) HybridBinarizer(source) else GlobalHistogramBinarizer(source)))
    }

    /** A still picture's text, without the identifier of its kind; null where there is none. */
    fun text(source: LuminanceSource): String? =
        decode(BinaryBitmap(HybridBinarizer(source))) ?: decode(BinaryBitmap(GlobalHistogramBinarizer(source)))

    private fun decode(bitmap: BinaryBitmap): String? = try {
        MultiFormatReader().decode(bitmap, hints).text
    } catch (_: ReaderException) {
        null
    }
}

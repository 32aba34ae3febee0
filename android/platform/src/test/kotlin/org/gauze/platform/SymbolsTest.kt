package org.gauze.platform

import com.google.zxing.RGBLuminanceSource
import java.io.File
import javax.imageio.ImageIO
import org.gauze.logic.port.Frame
import org.gauze.logic.wristband.Band
import org.gauze.logic.wristband.Numbers
import org.gauze.logic.wristband.Wristband
import org.gauze.platform.scan.ZxingScanner
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.json.JSONObject
import org.junit.Assume.assumeTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** Every file of the shared wristbands, numbers and photographed symbols has its verdict. `GAUZE_DATA` names them. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [29, 35])
class SymbolsTest {
    private val data = System.getenv("GAUZE_DATA")?.let(::File)
    private val scanner = ZxingScanner()

    private fun read(file: File): String? {
        val picture = ImageIO.read(file)
        val pixels = picture.getRGB(0, 0, picture.width, picture.height, null, 0, picture.width)
        scanner.text(RGBLuminanceSource(picture.width, picture.height, pixels))?.let { return it }
        val luma = ByteArray(pixels.size) { at ->
            val p = pixels[at]
            ((((p shr 16) and 255) * 77 + ((p shr 8) and 255) * 150 + (p and 255) * 29) shr 8).toByte()
        }
        val frame = Frame(luma, picture.width, picture.height)
        return scanner.read(frame) ?: scanner.read(frame)
    }

    private fun verdict(text: String?): String = when (val band = text?.let { Wristband().read(it) }) {
        null -> "nothing read"
        is Band.Person -> listOfNotNull(band.number, band.family, band.given, band.born?.toString()).joinToString(" ")
        is Band.Local -> "local"
        is Band.Refused -> band.why.name
    }

    @Test
    fun wristbands() {
        assumeTrue("GAUZE_DATA is not set", data != null)
        val expected = mapOf(
            "wb_gsrn_only.png" to "9000000009",
            "wb_gsrn_srin.png" to "9000000009",
            "wb_full_demographics.png" to "9000000009 SMITH John 1980-01-18",
            "wb_full_demographics_photo.jpg" to "9000000009 SMITH John 1980-01-18",
            "wb_nhs_internal_ais.png" to "9000000009",
            "wb_qr.png" to "9000000009",
            "wb_qr_photo.jpg" to "9000000009",
            "wb_bad_gsrn_check.png" to "CHECK_DIGIT",
            "wb_not_patient_gtin.png" to "NOT_A_PATIENT",
            "plain_qr_nhs.png" to "9000000009",
            "plain_code128_nhs.png" to "9000000009",
            "plain_code128_nhs_photo.jpg" to "9000000009",
            "plain_dm_spaces.png" to "9000000009",
        )
        val pictures = data!!.resolve("wristbands").listFiles { file -> file.extension != "json" }!!
        assertEquals(expected.toSortedMap(), pictures.associate { it.name to verdict(read(it)) }.toSortedMap())
    }

    @Test
    fun photographed_symbols_are_read_right_or_not_at_all_and_none_is_a_patient() {
        assumeTrue("GAUZE_DATA is not set", data != null)
        val pictures = data!!.resolve("zxing-photos").listFiles { file -> file.extension == "png" }!!.sorted()
        var right = 0
        for (picture in pictures) {
            val text = read(picture)
            val truth = picture.resolveSibling("${picture.nameWithoutExtension}.txt").takeIf(File::exists)?.readText()
            if (text == null) continue
            assertEquals(picture.name, truth?.trim(), text.trim())
            assertTrue(picture.name, Wristband().read(text) is Band.Refused)
            right++
        }
        assertTrue("$right of ${pictures.size} were read", right >= 10)
    }

    /** Input to whether it is valid; what is left to policy is left out. */
    private fun cases(text: String): Map<String, Boolean> {
        val all = JSONObject(text)
        val published = mapOf("published_valid" to true, "published_invalid" to false).flatMap { (name, valid) ->
            all.getJSONArray(name).let { list -> (0 until list.length()).map { list.getJSONObject(it).getString("input") to valid } }
        }
        val judged = listOf("generated", "format").flatMap { name ->
            val list = all.getJSONArray(name)
            (0 until list.length()).map(list::getJSONObject).filterNot { it.isNull("valid") }
                .map { it.getString("input") to it.getBoolean("valid") }
        }
        return (published + judged).toMap()
    }

    @Test
    fun numbers() {
        assumeTrue("GAUZE_DATA is not set", data != null)
        val text = data!!.resolve("nhs-number/cases.json").readText()
        val cases = cases(text)
        assertTrue(cases.size > 40)
        cases.forEach { (input, valid) -> assertEquals(input, valid, Numbers.normalise(input) != null) }
        data.resolve("nhs-number/upstream_9_valid.csv").readText().removePrefix("\ufeff").lines().filter { it.isNotBlank() }
            .forEach { assertEquals(it.trim(), Numbers.normalise(it)) }
    }
}

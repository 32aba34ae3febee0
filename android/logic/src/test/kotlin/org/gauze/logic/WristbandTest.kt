package org.gauze.logic

import org.gauze.logic.core.LocalNumbers
import org.gauze.logic.wristband.Band
import org.gauze.logic.wristband.BandFormat
import org.gauze.logic.wristband.Numbers
import org.gauze.logic.wristband.Refusal
import org.gauze.logic.wristband.Register
import org.gauze.logic.wristband.Wristband
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

class WristbandTest {
    private val bands = Wristband(BandFormat(local = LocalNumbers("MRN", listOf("RJ1-#######"), null)))

    @Test
    fun `a band with everything on it is a person`() {
        val person = bands.read("8018505089890000000097\u001d80191\u001d725019800118\u001d7253SMITH\u001d7254John") as Band.Person
        assertEquals(listOf("9000000009", "SMITH", "John", "1980-01-18", "1"), person.run { listOf(number, family, given, born.toString(), issue) })
    }

    @Test
    fun `what is on a band is refused by its cause`() {
        val refused = mapOf(
            "8018505089890000000098" to Refusal.CHECK_DIGIT,
            "0109506000134352\u001d17270101\u001d10LOT1" to Refusal.NOT_A_PATIENT,
            "http://bbc.co.uk/programmes" to Refusal.UNREADABLE,
            "9000000008" to Refusal.CHECK_DIGIT,
            "801895060001343520" + "0009" to Refusal.CHECK_DIGIT,
        )
        refused.forEach { (text, why) -> assertEquals(Band.Refused(why), bands.read(text), text) }
    }

    @Test
    fun `a number of this hospital alone stands for itself`() {
        assertEquals("RJ1-1234567", (bands.read("RJ1-1234567") as Band.Local).number)
    }

    @Test
    fun `registers go by their ranges and digits by modulo 11`() {
        assertEquals(Register.CHI, (bands.read("0607230002") as Band.Person).register)
        assertEquals(Register.NHS, (bands.read("900 000 0009") as Band.Person).register)
        assertNull(Numbers.normalise("٩٤٣٤٧٦٥٩١٩"))
        assertEquals("9990000042", Numbers.normalise("999\u00a0000\u00a00042"))
    }
}

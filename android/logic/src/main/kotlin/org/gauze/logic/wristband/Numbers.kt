package org.gauze.logic.wristband

/** Which register a valid ten-digit number is of, by the published ranges. */
enum class Register { NHS, CHI, HC }

/** Ten-digit health numbers: the check digit is modulo 11 in all three registers. */
object Numbers {
    private val separators = setOf(' ', '-', '\u00a0')

    /** Ten ASCII digits with a right check digit, without blanks and hyphens (no-break spaces too); otherwise null. */
    fun normalise(text: String): String? {
        val digits = text.trim().filterNot(separators::contains)
        return digits.takeIf { it.length == 10 && it.all { c -> c in '0'..'9' } && checks(it) }
    }

    /** Numbers are judged by their digits; the range only says under which label they stand. */
    fun register(number: String): Register = when {
        number < "3200000000" -> Register.CHI
        number < "4000000000" -> Register.HC
        else -> Register.NHS
    }

    private fun checks(digits: String): Boolean {
        val sum = (0 until 9).sumOf { (digits[it] - '0') * (10 - it) }
        val check = (11 - sum % 11) % 11
        return check != 10 && check == digits[9] - '0'
    }

    /** GS1's modulo 10 over all digits, the last being the check digit. */
    fun gs1Checks(digits: String): Boolean {
        val sum = digits.dropLast(1).reversed().mapIndexed { at, c -> (c - '0') * if (at % 2 == 0) 3 else 1 }.sum()
        return (10 - sum % 10) % 10 == digits.last() - '0'
    }
}

package org.gauze.logic.wristband

import org.gauze.logic.core.CheckDigit
import org.gauze.logic.core.LocalNumbers

/** Which register a valid ten-digit number is of, by the published ranges. */
enum class Register { NHS, CHI, HC }

/** Ten-digit health numbers, whose check digit is modulo 11 in all three registers, and the hospital's own. */
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

    /** [text] in capitals, where it has one of the hospital's own shapes; otherwise null. */
    fun shaped(text: String, own: LocalNumbers): String? =
        text.trim().map(::capital).joinToString("").takeIf { written -> own.shapes.any { fits(written, it) } }

    /** Whether the last digit is the one that the others make; any, where the hospital's numbers have no such digit. */
    fun checks(number: String, own: LocalNumbers): Boolean {
        val digits = number.filter { it in '0'..'9' }
        return when (own.check) {
            null -> true
            CheckDigit.MODULUS10 -> gs1Checks(digits)
            CheckDigit.MODULUS11 -> checks(digits)
        }
    }

    private fun capital(c: Char) = if (c in 'a'..'z') 'A' + (c - 'a') else c

    private fun fits(written: String, shape: String) = written.length == shape.length && written.indices.all {
        when (shape[it]) {
            '#' -> written[it] in '0'..'9'
            '@' -> written[it] in 'A'..'Z'
            else -> written[it] == shape[it]
        }
    }

    /** Modulo 11: digits count by their places from the right, the last being the check digit. */
    private fun checks(digits: String): Boolean {
        val sum = (0 until digits.length - 1).sumOf { (digits[it] - '0') * (digits.length - it) }
        return (11 - sum % 11) % 11 == digits.last() - '0'
    }

    /** GS1's modulo 10 over all digits, the last being the check digit. */
    fun gs1Checks(digits: String): Boolean {
        val sum = digits.dropLast(1).reversed().mapIndexed { at, c -> (c - '0') * if (at % 2 == 0) 3 else 1 }.sum()
        return (10 - sum % 10) % 10 == digits.last() - '0'
    }
}

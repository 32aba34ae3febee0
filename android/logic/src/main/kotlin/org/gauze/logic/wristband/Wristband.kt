package org.gauze.logic.wristband

import java.time.LocalDate
import java.time.format.DateTimeFormatter
import java.time.format.DateTimeParseException
import java.time.format.ResolverStyle
import org.gauze.logic.core.LocalNumbers

/** Why a symbol was not taken for a patient's. */
enum class Refusal { CHECK_DIGIT, NOT_A_PATIENT, UNREADABLE, OTHER_ISSUER }

/** What a symbol on a wristband says. */
sealed interface Band {
    /** [number] has ten digits; name and birth only where the band carries them. [issue] counts reissued bands. */
    class Person(
        val number: String,
        val register: Register,
        val family: String? = null,
        val given: String? = null,
        val born: LocalDate? = null,
        val issue: String? = null,
    ) : Band {
        override fun toString() = "Person"
    }

    /** A number of this hospital alone. */
    class Local(val number: String) : Band {
        override fun toString() = "Local"
    }

    data class Refused(val why: Refusal) : Band
}

/** What the hospital's bands look like. The prefix is the one that NHS bands carry (DCB1077); [local] is out of the signed policy. */
data class BandFormat(val gs1Prefix: String = "5050898", val local: LocalNumbers? = null)

/**
 * Reads the text of a GS1 DataMatrix, GS1 QR, plain QR or Code 128 symbol as NHS wristbands carry it
 * ([DCB1077](https://digital.nhs.uk/data-and-information/information-standards), GS1 General Specifications 3.7).
 */
class Wristband(val format: BandFormat = BandFormat()) {
    fun read(text: String): Band {
        val symbol = text.removePrefix("]d2").removePrefix("]Q3").removePrefix("]C1").removePrefix(GS)
        Numbers.normalise(symbol)?.let { return Band.Person(it, Numbers.register(it)) }
        format.local?.let { own -> Numbers.shaped(symbol, own)?.let { return local(it, own) } }
        if (digits(symbol).length == 10) return Band.Refused(Refusal.CHECK_DIGIT)
        val elements = elements(symbol) ?: return Band.Refused(Refusal.UNREADABLE)
        return person(elements)
    }

    private fun local(number: String, own: LocalNumbers) =
        if (Numbers.checks(number, own)) Band.Local(number) else Band.Refused(Refusal.CHECK_DIGIT)

    private fun person(elements: Map<String, String>): Band {
        val recipient = elements["8018"] ?: return Band.Refused(Refusal.NOT_A_PATIENT)
        if (!Numbers.gs1Checks(recipient)) return Band.Refused(Refusal.CHECK_DIGIT)
        if (!recipient.startsWith(format.gs1Prefix)) return Band.Refused(Refusal.OTHER_ISSUER)
        val number = Numbers.normalise(recipient.drop(format.gs1Prefix.length).take(10))
            ?: return Band.Refused(Refusal.CHECK_DIGIT)
        return Band.Person(
            number = number,
            register = Numbers.register(number),
            family = elements["7253"],
            given = elements["7254"],
            born = elements["7250"]?.let(::day),
            issue = elements["8019"],
        )
    }

    private fun digits(text: String) = text.filter { it in '0'..'9' }.takeIf { it.length == text.trim().length }.orEmpty()

    private fun day(text: String): LocalDate? = try {
        LocalDate.parse(text, DAY)
    } catch (_: DateTimeParseException) {
        null
    }

    /** Application identifier to value; null where the text is no element string. */
    private fun elements(text: String): Map<String, String>? {
        val found = LinkedHashMap<String, String>()
        var rest = text
        while (rest.isNotEmpty()) {
            val (identifier, fixed) = IDENTIFIERS.firstOrNull { rest.startsWith(it.first) } ?: return null
            val value = rest.drop(identifier.length)
            val end = fixed ?: value.indexOf(GS).takeIf { it >= 0 } ?: value.length
            if (end > value.length || end == 0) return null
            val taken = value.take(end)
            if (fixed != null && !taken.all { it in '0'..'9' }) return null
            if (found.put(identifier, taken) != null) return null
            rest = value.drop(end).removePrefix(GS)
        }
        return found.takeIf { it.isNotEmpty() }
    }

    private companion object {
        const val GS = "\u001d"
        val DAY: DateTimeFormatter = DateTimeFormatter.ofPattern("uuuuMMdd").withResolverStyle(ResolverStyle.STRICT)

        /** Those that bands and what lies beside them carry, with their length where it is fixed. */
        val IDENTIFIERS: List<Pair<String, Int?>> = listOf(
            "8018" to 18, "8019" to null, "8017" to 18,
            "7250" to 8, "7251" to 12, "7252" to 1, "7253" to null, "7254" to null, "7255" to null,
            "7256" to null, "7257" to null, "7258" to null, "7259" to null,
            "01" to 14, "02" to 14, "00" to 18, "11" to 6, "13" to 6, "15" to 6, "16" to 6, "17" to 6,
            "10" to null, "21" to null, "22" to null, "30" to null, "37" to null, "240" to null, "241" to null,
            "400" to null, "410" to 13, "414" to 13, "90" to null, "91" to null, "92" to null, "93" to null,
            "94" to null, "95" to null, "96" to null, "97" to null, "98" to null, "99" to null,
        )
    }
}

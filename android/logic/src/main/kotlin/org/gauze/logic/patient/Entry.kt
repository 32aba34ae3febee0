package org.gauze.logic.patient

import java.time.LocalDate
import java.time.format.DateTimeParseException
import org.gauze.logic.core.Established
import org.gauze.logic.core.LocalNumbers
import org.gauze.logic.core.Patient
import org.gauze.logic.flow.Line
import org.gauze.logic.wristband.Band
import org.gauze.logic.wristband.Numbers
import org.gauze.logic.wristband.Register
import org.gauze.logic.words.Word

/** From what was typed or scanned to a person. */
internal object Entry {
    fun faults(typed: Typed, scanned: Boolean, today: LocalDate, own: LocalNumbers?): Map<Field, Line> = buildMap {
        if (typed[Field.FAMILY].isBlank()) put(Field.FAMILY, Line(Word.PatientNameMissing))
        if (typed[Field.GIVEN].isBlank()) put(Field.GIVEN, Line(Word.PatientNameMissing))
        born(typed[Field.BORN], today)?.let { put(Field.BORN, Line(it)) }
        if (!scanned) number(typed[Field.NUMBER], own)?.let { put(Field.NUMBER, it) }
        if (!scanned && typed[Field.REASON].isBlank()) put(Field.REASON, Line(Word.PatientReasonMissing))
    }

    /** What a band said was judged there; what is typed is a number of one of the kinds that there are, or none. */
    private fun number(text: String, own: LocalNumbers?): Line? {
        if (text.isBlank() || Numbers.normalise(text) != null) return null
        val shaped = own?.let { Numbers.shaped(text, it) }
        return when {
            own == null || shaped != null && !Numbers.checks(shaped, own) -> Line(Word.PatientNumberWrong)
            shaped == null -> Line(Word.PatientNumberNeither, own.words)
            else -> null
        }
    }

    fun of(typed: Typed, scanned: Boolean, own: LocalNumbers?): Patient {
        val number = Numbers.normalise(typed[Field.NUMBER])
        val local = if (number != null) null else own(typed[Field.NUMBER], scanned, own)
        val established = if (scanned) Established.Wristband else Established.Typed(typed[Field.REASON].trim())
        return numbered(number, typed[Field.FAMILY].trim(), typed[Field.GIVEN].trim(), typed[Field.BORN].trim(), local, established)
    }

    private fun own(text: String, scanned: Boolean, own: LocalNumbers?): String? =
        own?.let { Numbers.shaped(text, it) } ?: text.trim().takeIf { scanned && it.isNotEmpty() }

    fun of(band: Band.Person): Patient =
        numbered(band.number, band.family!!, band.given!!, band.born!!.toString(), null, Established.Wristband)

    @Suppress("LongParameterList") // One person's parts, all of them needed at once.
    private fun numbered(
        number: String?,
        family: String,
        given: String,
        born: String,
        local: String?,
        established: Established,
    ): Patient {
        val register = number?.let(Numbers::register)
        return Patient(
            family = family,
            given = given,
            born = born,
            nhs = number.takeIf { register == Register.NHS },
            chi = number.takeIf { register == Register.CHI },
            hc = number.takeIf { register == Register.HC },
            local = local,
            established = established,
        )
    }

    private fun born(text: String, today: LocalDate): Word? = try {
        if (LocalDate.parse(text.trim()).isAfter(today)) Word.PatientBirthFuture else null
    } catch (_: DateTimeParseException) {
        Word.PatientBirthWrong
    }
}

package org.gauze.logic.patient

import java.time.LocalDate
import java.time.format.DateTimeParseException
import org.gauze.logic.core.Established
import org.gauze.logic.core.Patient
import org.gauze.logic.flow.Line
import org.gauze.logic.wristband.Band
import org.gauze.logic.wristband.Numbers
import org.gauze.logic.wristband.Register
import org.gauze.logic.words.Word

/** From what was typed or scanned to a person. */
internal object Entry {
    fun faults(typed: Typed, scanned: Boolean, today: LocalDate): Map<Field, Line> = buildMap {
        if (typed[Field.FAMILY].isBlank()) put(Field.FAMILY, Line(Word.PatientNameMissing))
        if (typed[Field.GIVEN].isBlank()) put(Field.GIVEN, Line(Word.PatientNameMissing))
        born(typed[Field.BORN], today)?.let { put(Field.BORN, Line(it)) }
        val number = typed[Field.NUMBER]
        val ownNumber = scanned && Numbers.normalise(number) == null
        if (number.isNotBlank() && !ownNumber && Numbers.normalise(number) == null) {
            put(Field.NUMBER, Line(Word.PatientNumberWrong))
        }
        if (!scanned && typed[Field.REASON].isBlank()) put(Field.REASON, Line(Word.PatientReasonMissing))
    }

    fun of(typed: Typed, scanned: Boolean): Patient {
        val number = Numbers.normalise(typed[Field.NUMBER])
        val local = typed[Field.NUMBER].trim().takeIf { scanned && number == null && it.isNotEmpty() }
        val established = if (scanned) Established.Wristband else Established.Typed(typed[Field.REASON].trim())
        return numbered(number, typed[Field.FAMILY].trim(), typed[Field.GIVEN].trim(), typed[Field.BORN].trim(), local, established)
    }

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

package org.gauze.logic.words

import java.time.Instant
import java.time.LocalDate
import java.time.Period
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.time.temporal.ChronoUnit
import java.util.Locale
import org.gauze.logic.core.Identifier
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Side
import org.gauze.logic.core.Site
import org.gauze.logic.flow.Line

/** Names, dates and numbers as the NHS Common User Interface writes them. */
object Wordings {
    private val day = DateTimeFormatter.ofPattern("dd-MMM-uuuu", Locale.UK)
    private val minute = DateTimeFormatter.ofPattern("dd-MMM-uuuu HH:mm", Locale.UK)

    /** `SMITH, John` */
    fun name(patient: Patient) = "${patient.family.uppercase(Locale.UK)}, ${patient.given}"

    /** `Born 14-Jul-1945 (81y)`; of the very young in months and weeks. */
    fun born(born: String, today: LocalDate): Line {
        val date = LocalDate.parse(born)
        val age = Period.between(date, today)
        val weeks = ChronoUnit.WEEKS.between(date, today)
        val told = when {
            age.years >= 2 -> "${age.years}y"
            age.toTotalMonths() >= 1 -> "${age.toTotalMonths()}m ${ChronoUnit.WEEKS.between(date.plusMonths(age.toTotalMonths()), today)}w"
            else -> "${weeks}w"
        }
        return Line(Word.BannerBorn, date(date), told)
    }

    /** `14-Jul-1945`, whatever the phone's language calls July. */
    fun date(date: LocalDate): String = day.format(date).replace("Sept", "Sep")

    /** `14-Jul-1945 14:05` of an RFC 3339 time. */
    fun time(at: String, zone: ZoneId): String =
        minute.format(Instant.parse(at).atZone(zone)).replace("Sept", "Sep")

    /** `999 123 4567` */
    fun grouped(number: String) = "${number.take(3)} ${number.drop(3).take(3)} ${number.drop(6)}"

    /** The number that stands in the banner, under its own label; [own] is what the hospital calls its own number. */
    fun number(patient: Patient, own: String?): Line = when {
        patient.nhs != null -> Line(Word.BannerNhs, grouped(patient.nhs))
        patient.chi != null -> Line(Word.BannerChi, grouped(patient.chi))
        patient.hc != null -> Line(Word.BannerHc, grouped(patient.hc))
        patient.local != null && own != null -> Line(Word.BannerOwn, own, patient.local)
        patient.local != null -> Line(Word.BannerLocal, patient.local)
        else -> Line(Word.NotKnown)
    }

    /** Body site before side: `Heel, left`. */
    fun site(site: Site?): Line = when {
        site == null -> Line(Word.SiteNone)
        site.side == null -> Line(Word.SitePlain, site.words)
        else -> Line(
            when (site.side) {
                Side.LEFT -> Word.SiteLeft
                Side.RIGHT -> Word.SiteRight
                Side.MIDLINE -> Word.SiteMidline
                Side.BOTH -> Word.SiteBoth
            },
            site.words,
        )
    }

    fun identifier(identifier: Identifier): Word = when (identifier) {
        Identifier.NAME -> Word.ConfirmName
        Identifier.BORN -> Word.ConfirmBorn
        Identifier.NHS -> Word.ConfirmNhs
        Identifier.CHI -> Word.ConfirmChi
        Identifier.HC -> Word.ConfirmHc
        Identifier.LOCAL -> Word.ConfirmLocal
    }
}

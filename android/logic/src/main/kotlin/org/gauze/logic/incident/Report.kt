package org.gauze.logic.incident

import java.time.Instant
import java.time.LocalDate
import java.time.ZoneId
import java.time.format.DateTimeParseException
import org.gauze.logic.core.Happened
import org.gauze.logic.core.WaitingReport
import org.gauze.logic.core.WentWrong
import org.gauze.logic.flow.Line
import org.gauze.logic.queue.QueueItem
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings

/** When somebody noticed. */
enum class Noticed(val word: Word) {
    NOW(Word.ReportNow),
    TODAY(Word.ReportToday),
    YESTERDAY(Word.ReportYesterday),
    EARLIER(Word.ReportEarlier),
}

/** What is being written to the hospital. [day] is typed where it was noticed earlier. Has no useful `toString`: it may name a patient. */
data class ReportForm(
    val kind: Happened? = null,
    val what: String = "",
    val whose: String = "",
    val noticed: Noticed = Noticed.NOW,
    val day: String = "",
    val photo: String? = null,
    val photos: List<QueueItem> = emptyList(),
    val fault: Line? = null,
    val sending: Boolean = false,
) {
    override fun toString() = "ReportForm"
}

/** A report that this phone keeps: since when, how far it is, and what stops it. */
data class ReportItem(val id: String, val written: Line?, val state: Word, val why: Line?)

internal object Reports {
    /** What the form says, or what is wrong with it. A day counts from its first moment. */
    fun meant(form: ReportForm, now: Instant, zone: ZoneId): Pair<WentWrong?, Line?> {
        val kind = form.kind ?: return null to Line(Word.ReportKindMissing)
        val today = now.atZone(zone).toLocalDate()
        val day = when (form.noticed) {
            Noticed.NOW -> null
            Noticed.TODAY -> today
            Noticed.YESTERDAY -> today.minusDays(1)
            Noticed.EARLIER -> day(form.day, today) ?: return null to Line(Word.ReportDayWrong)
        }
        val at = day?.atStartOfDay(zone)?.toInstant()?.toString()
        return WentWrong(kind, form.what, form.whose, form.photo, at) to null
    }

    private fun day(text: String, today: LocalDate): LocalDate? = try {
        LocalDate.parse(text.trim()).takeUnless { it.isAfter(today) }
    } catch (_: DateTimeParseException) {
        null
    }

    fun item(report: WaitingReport, zone: ZoneId) = ReportItem(
        id = report.id,
        written = report.writtenAt?.let { Line(Word.ReportWritten, Wordings.time(it, zone)) },
        state = if (report.sent) Word.ReportSent else Word.ReportWaits,
        why = report.waiting?.takeUnless { it in ON_ITS_OWN }?.let(Failures::waiting),
    )

    /** Nobody need do anything: that it waits is said already. */
    private val ON_ITS_OWN = setOf("unreachable", "too_many_requests")
}

package org.gauze.logic.incident

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Happened
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Photo
import org.gauze.logic.core.Reporting
import org.gauze.logic.core.Reviewing
import org.gauze.logic.core.Sending
import org.gauze.logic.core.Stage
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.port.Now
import org.gauze.logic.queue.QueueItem
import org.gauze.logic.queue.QueuePresenter
import org.gauze.logic.queue.queueSample
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/** What may have happened, and what to do about it. */
enum class Incident(val happened: Word, val act: Word, val discards: Boolean) {
    WRONG_PATIENT(Word.IncidentWrongPatient, Word.IncidentWrongPatientDo, true),
    SEEN(Word.IncidentSeen, Word.IncidentSeenDo, false),
    NOT_SENT(Word.IncidentNotSent, Word.IncidentNotSentDo, false),
    PHONE_LOST(Word.IncidentPhoneLost, Word.IncidentPhoneLostDo, false),
    CONSENT(Word.IncidentConsent, Word.IncidentConsentDo, true),
}

/** [waiting] are the photos that can still be discarded here; [form] is there while somebody writes to the hospital. */
data class IncidentState(
    val chosen: Incident?,
    val waiting: List<QueueItem>,
    val support: String?,
    val said: Line?,
    val form: ReportForm? = null,
    val reports: List<ReportItem> = emptyList(),
) {
    override fun toString() = "IncidentState($chosen)"
}

sealed interface IncidentEvent {
    class Choose(val incident: Incident?) : IncidentEvent

    class Listed(val waiting: List<QueueItem>) : IncidentEvent

    class Discard(val id: String) : IncidentEvent

    class Discarded(val id: String, val outcome: Outcome<Unit>) : IncidentEvent

    /** The screen came, or something may have gone. */
    data object Look : IncidentEvent

    class Reported(val reports: List<ReportItem>) : IncidentEvent

    /** Opens the form, or closes it. */
    class Tell(val open: Boolean) : IncidentEvent

    class Offered(val photos: List<QueueItem>) : IncidentEvent

    /** Changes something of the form. */
    class Write(val change: (ReportForm) -> ReportForm) : IncidentEvent

    data object Send : IncidentEvent

    class Kept(val outcome: Outcome<Unit>) : IncidentEvent
}

/** What of the core this screen needs. */
class Ways(val sending: Sending, val reviewing: Reviewing, val reporting: Reporting)

class IncidentPresenter(
    private val core: Ways,
    private val zone: java.time.ZoneId,
    private val now: Now,
    support: String?,
    scope: CoroutineScope,
    private val kept: () -> Unit,
) : Presenter<IncidentState, IncidentEvent>(IncidentState(null, emptyList(), support, null), scope) {
    override fun step(state: IncidentState, event: IncidentEvent): Step<IncidentState, IncidentEvent> = when (event) {
        is IncidentEvent.Choose -> Step(state.copy(chosen = event.incident, said = null)) { act(event.incident) }
        is IncidentEvent.Listed -> Step(state.copy(waiting = event.waiting))
        is IncidentEvent.Discard -> Step(state) { IncidentEvent.Discarded(event.id, core.sending.discard(event.id)) }
        is IncidentEvent.Discarded -> when (val outcome = event.outcome) {
            is Outcome.Done -> Step(
                state.copy(waiting = state.waiting.filterNot { it.id == event.id }, said = Line(Word.IncidentDiscarded)),
            )
            is Outcome.Failed -> Step(state.copy(said = Failures.line(outcome.failure)))
        }
        IncidentEvent.Look -> Step(state) { reported() }
        is IncidentEvent.Reported -> Step(state.copy(reports = event.reports))
        is IncidentEvent.Tell ->
            if (event.open) Step(state.copy(form = ReportForm(), said = null)) { IncidentEvent.Offered(photos { true }) }
            else Step(state.copy(form = null))
        is IncidentEvent.Offered -> Step(state.copy(form = state.form?.copy(photos = event.photos)))
        is IncidentEvent.Write -> Step(state.copy(form = state.form?.let(event.change)?.copy(fault = null)))
        IncidentEvent.Send -> send(state)
        is IncidentEvent.Kept -> when (val outcome = event.outcome) {
            is Outcome.Done -> Step(state.copy(form = null, chosen = null, said = Line(Word.ReportKept))) {
                kept()
                reported()
            }
            // What was written stays on the screen.
            is Outcome.Failed ->
                Step(state.copy(form = state.form?.copy(sending = false, fault = Failures.line(outcome.failure))))
        }
    }

    private fun send(state: IncidentState): Step<IncidentState, IncidentEvent> {
        val form = state.form?.takeUnless { it.sending } ?: return Step(state)
        val (said, fault) = Reports.meant(form, java.time.Instant.ofEpochMilli(now.millis()), zone)
        if (said == null) return Step(state.copy(form = form.copy(fault = fault)))
        return Step(state.copy(form = form.copy(sending = true, fault = null))) { IncidentEvent.Kept(core.reporting.report(said)) }
    }

    private fun reported() = IncidentEvent.Reported(core.reporting.reports().map { Reports.item(it, zone) })

    private fun photos(wanted: (Photo) -> Boolean): List<QueueItem> {
        val photos = (core.sending.photos(QueuePresenter.MOST) as? Outcome.Done)?.value.orEmpty()
        return photos.filter { !it.void && wanted(it) }.map { QueuePresenter.item(it, zone) }
    }

    private fun act(incident: Incident?): IncidentEvent? {
        if (incident == Incident.SEEN) core.reviewing.lock()
        if (incident?.discards != true) return null
        return IncidentEvent.Listed(photos { it.stage == Stage.UNSIGNED || it.stage == Stage.SIGNED })
    }
}

val incidentSamples = mapOf(
    "choose" to IncidentState(null, emptyList(), "extension 4242", null),
    "wrong-patient" to IncidentState(
        Incident.WRONG_PATIENT, queueSample.take(1), "extension 4242", null,
    ),
    "phone-lost" to IncidentState(Incident.PHONE_LOST, emptyList(), null, null),
    "form" to IncidentState(null, emptyList(), null, null, ReportForm(photos = queueSample)),
    "form-refused" to IncidentState(
        Incident.SEEN, emptyList(), null, null,
        ReportForm(
            Happened.NEAR_MISS, "A photo lay open on the desk of the nurses' station while nobody was there.", "Ward 9, one patient",
            Noticed.EARLIER, "31-11-2026", fault = Line(Word.ReportDayWrong),
        ),
    ),
    "kept" to IncidentState(
        null, emptyList(), "extension 4242", Line(Word.ReportKept),
        reports = listOf(
            ReportItem("one", Line(Word.ReportWritten, "29-Nov-2026 08:00"), Word.ReportSent, null),
            ReportItem("two", Line(Word.ReportWritten, "29-Nov-2026 09:12"), Word.ReportWaits, Line(Word.ErrorKeyGone)),
        ),
    ),
)

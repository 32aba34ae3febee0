package org.gauze.logic.incident

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Reviewing
import org.gauze.logic.core.Sending
import org.gauze.logic.core.Stage
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.queue.QueueItem
import org.gauze.logic.queue.QueuePresenter
import org.gauze.logic.queue.queueSamples
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

/** [waiting] are the photos that can still be discarded here. */
data class IncidentState(
    val chosen: Incident?,
    val waiting: List<QueueItem>,
    val support: String?,
    val said: Line?,
) {
    override fun toString() = "IncidentState($chosen)"
}

sealed interface IncidentEvent {
    class Choose(val incident: Incident?) : IncidentEvent

    class Listed(val waiting: List<QueueItem>) : IncidentEvent

    class Discard(val id: String) : IncidentEvent

    class Discarded(val id: String, val outcome: Outcome<Unit>) : IncidentEvent
}

class IncidentPresenter(
    private val sending: Sending,
    private val reviewing: Reviewing,
    private val zone: java.time.ZoneId,
    support: String?,
    scope: CoroutineScope,
) : Presenter<IncidentState, IncidentEvent>(IncidentState(null, emptyList(), support, null), scope) {
    override fun step(state: IncidentState, event: IncidentEvent): Step<IncidentState, IncidentEvent> = when (event) {
        is IncidentEvent.Choose -> Step(state.copy(chosen = event.incident, said = null)) { act(event.incident) }
        is IncidentEvent.Listed -> Step(state.copy(waiting = event.waiting))
        is IncidentEvent.Discard -> Step(state) { IncidentEvent.Discarded(event.id, sending.discard(event.id)) }
        is IncidentEvent.Discarded -> when (val outcome = event.outcome) {
            is Outcome.Done -> Step(
                state.copy(waiting = state.waiting.filterNot { it.id == event.id }, said = Line(Word.IncidentDiscarded)),
            )
            is Outcome.Failed -> Step(state.copy(said = Failures.line(outcome.failure)))
        }
    }

    private fun act(incident: Incident?): IncidentEvent? {
        if (incident == Incident.SEEN) reviewing.lock()
        if (incident?.discards != true) return null
        val photos = (sending.photos(QueuePresenter.MOST) as? Outcome.Done)?.value.orEmpty()
        val waiting = photos.filter { !it.void && (it.stage == Stage.UNSIGNED || it.stage == Stage.SIGNED) }
        return IncidentEvent.Listed(waiting.map { QueuePresenter.item(it, zone) })
    }
}

val incidentSamples = mapOf(
    "choose" to IncidentState(null, emptyList(), "extension 4242", null),
    "wrong-patient" to IncidentState(
        Incident.WRONG_PATIENT, queueSamples.getValue("waiting").items.take(1), "extension 4242", null,
    ),
    "phone-lost" to IncidentState(Incident.PHONE_LOST, emptyList(), null, null),
)

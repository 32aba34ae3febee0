package org.gauze.logic.queue

import java.time.Instant
import java.time.ZoneId
import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Enrolling
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Photo
import org.gauze.logic.core.Sending
import org.gauze.logic.core.Sent
import org.gauze.logic.core.Stage
import org.gauze.logic.core.Standing
import org.gauze.logic.core.Waiting
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.port.Network
import org.gauze.logic.port.Notes
import org.gauze.logic.port.Nudge
import org.gauze.logic.port.Oldest
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings

/** One photo of the list: where it stands, since when and why. Nobody's name is in it. */
data class QueueItem(val id: String, val stage: Word, val taken: Line, val label: String?, val why: Line?, val next: Line?)

/**
 * [items] is null until they were listed. [askNotes]: the phone may not yet say when photos wait. [tooMany]: more of them wait than the
 * hospital allows. [unlisted]: why they could not be listed just now.
 */
data class QueueState(
    val items: List<QueueItem>?,
    val sending: Boolean,
    val problem: Line?,
    val support: String?,
    val cut: Boolean,
    val askNotes: Boolean = false,
    val tooMany: Line? = null,
    val unlisted: Line? = null,
) {
    override fun toString() = "QueueState(${items?.size})"
}

sealed interface QueueEvent {
    /** A photo moved, the network may have come or gone, or the screen came back. */
    data object Moved : QueueEvent

    /** [online]: what waits for no cause of its own goes next. */
    class Listed(val outcome: Outcome<List<Photo>>, val tooMany: String?, val online: Boolean) : QueueEvent

    data object Send : QueueEvent

    class SendEnded(val outcome: Outcome<Sent>) : QueueEvent

    class Notes(val allowed: Boolean) : QueueEvent
}

class QueuePresenter(
    private val core: Sending,
    private val phone: Enrolling,
    private val network: Network,
    private val zone: ZoneId,
    support: String?,
    scope: CoroutineScope,
) : Presenter<QueueState, QueueEvent>(QueueState(null, false, null, support, false), scope) {
    override fun step(state: QueueState, event: QueueEvent): Step<QueueState, QueueEvent> = when (event) {
        QueueEvent.Moved -> Step(state) { list() }
        is QueueEvent.Listed -> {
            val told = state.copy(tooMany = event.tooMany?.let(Failures::waiting))
            when (val outcome = event.outcome) {
                is Outcome.Done -> Step(listed(told, outcome.value, event.online))
                is Outcome.Failed -> Step(told.copy(unlisted = Failures.line(outcome.failure)))
            }
        }
        QueueEvent.Send ->
            if (state.sending) Step(state)
            else Step(state.copy(sending = true, problem = null)) { QueueEvent.SendEnded(core.send(true)) }
        is QueueEvent.Notes -> Step(state.copy(askNotes = !event.allowed))
        is QueueEvent.SendEnded -> {
            val failed = (event.outcome as? Outcome.Failed)?.let { Failures.line(it.failure) }
            Step(state.copy(sending = false, problem = failed)) { list() }
        }
    }

    private fun list() = QueueEvent.Listed(core.photos(MOST + 1), phone.standing().tooManyUnsent, network.reachable())

    private fun listed(state: QueueState, photos: List<Photo>, online: Boolean) = state.copy(
        items = photos.take(MOST).map { item(it, zone).copy(why = why(it, online)) },
        cut = photos.size > MOST,
        unlisted = null,
    )

    companion object {
        /** The list shows the newest. */
        const val MOST = 200

        fun stage(photo: Photo): Word = when {
            photo.void -> Word.QueueDiscarded
            photo.stage == Stage.STORED -> Word.QueueSent
            photo.stage == Stage.FILED -> Word.QueueInRecord
            photo.stage == Stage.REFUSED -> Word.QueueRefused
            else -> Word.QueueWaiting
        }

        /** Why a photo waits: as the core found, or because there is no network; one that nothing holds up goes next. */
        fun why(photo: Photo, online: Boolean): Line? {
            val unheld = if (online) Word.QueueNext else Word.ErrorUnreachable
            return cause(photo) ?: Line(unheld).takeIf { stage(photo) == Word.QueueWaiting }
        }

        private fun cause(photo: Photo) = photo.waiting?.let { Failures.waiting(it.code) }

        fun item(photo: Photo, zone: ZoneId) = QueueItem(
            id = photo.id,
            stage = stage(photo),
            taken = Line(Word.QueueTaken, Wordings.time(photo.takenAt, zone)),
            label = photo.label,
            why = cause(photo),
            next = photo.waiting?.notBefore?.let { Line(Word.QueueRetryAt, Wordings.time(Instant.ofEpochMilli(it).toString(), zone)) },
        )
    }
}

/** Says at the icon what there is to say of a phone. What was refused needs somebody; what waits goes by itself. */
fun Notes.show(standing: Standing, network: Network) {
    val (nudge, oldest) = when {
        standing.refused > 0 -> Nudge.REFUSED to standing.oldestRefused
        standing.unsent > 0 -> Nudge.WAITING to standing.oldestUnsent
        else -> Nudge.NONE to null
    }
    val unheld = { Line(if (network.reachable()) Word.NotesNext else Word.ErrorUnreachable).takeIf { nudge == Nudge.WAITING } }
    show(nudge, standing.unsent.toInt(), oldest?.let { Oldest(it.takenAt, it.waiting?.let(Failures::waiting) ?: unheld()) })
}

private val utc = ZoneId.of("UTC")
private fun sample(id: Int, stage: Stage, waiting: Waiting? = null) =
    QueuePresenter.item(Photo("photo-$id", "2026-11-29T08:0$id:00Z", 2_400_000, stage, waiting), utc)

internal val queueSample = listOf(
    sample(4, Stage.UNSIGNED, Waiting("unreachable", "", 3, 1_796_000_000_000)),
    sample(3, Stage.STORED),
    sample(2, Stage.REFUSED, Waiting("photo_mismatch", "", 1, null)),
    sample(1, Stage.FILED),
)

val queueSamples = mapOf(
    "unlisted" to QueueState(null, false, null, null, false, unlisted = Line(Word.ErrorDamaged)),
    "empty" to QueueState(emptyList(), false, null, null, false),
    "waiting" to QueueState(queueSample, false, null, "extension 4242", false, askNotes = true),
    "sending" to QueueState(queueSample.take(1), true, null, null, false),
    "many" to QueueState(List(QueuePresenter.MOST) { queueSample[it % 4].copy(id = "photo-$it") }, false, Line(Word.ErrorAnsweredInBetween), null, true, tooMany = Line(Word.ErrorTooManyUnsent)),
)

package org.gauze.logic.review

import java.time.ZoneId
import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Photo
import org.gauze.logic.core.Reviewing
import org.gauze.logic.core.Sending
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.port.Authentication
import org.gauze.logic.port.Biometric
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings

class ReviewItem(val id: String, val taken: String, val label: String?, val patient: Patient? = null) {
    override fun toString() = "ReviewItem"
}

/** The photo on the screen, in memory alone, and whom it shows. */
class OpenPhoto(val item: ReviewItem, val picture: ByteArray) {
    override fun toString() = "OpenPhoto"
}

/** [items] is null while locked. */
class ReviewState(val items: List<ReviewItem>?, val open: OpenPhoto?, val working: Boolean, val problem: Line?) {
    fun with(items: List<ReviewItem>? = this.items, open: OpenPhoto? = this.open, working: Boolean = false, problem: Line? = null) =
        ReviewState(items, open, working, problem)

    override fun toString() = "ReviewState"
}

sealed interface ReviewEvent {
    data object Unlock : ReviewEvent

    class Answered(val answer: Authentication) : ReviewEvent

    class Listed(val outcome: Outcome<List<Photo>>) : ReviewEvent

    class Open(val id: String) : ReviewEvent

    class Opened(val id: String, val outcome: Outcome<ByteArray>) : ReviewEvent

    data object Close : ReviewEvent

    /** By the button, and whenever the app leaves the screen. */
    data object Lock : ReviewEvent
}

class ReviewPresenter(
    private val core: Reviewing,
    private val sending: Sending,
    private val biometric: Biometric,
    private val zone: ZoneId,
    scope: CoroutineScope,
) : Presenter<ReviewState, ReviewEvent>(ReviewState(null, null, false, null), scope) {
    override fun step(state: ReviewState, event: ReviewEvent): Step<ReviewState, ReviewEvent> = when (event) {
        ReviewEvent.Unlock ->
            if (state.working) Step(state)
            else Step(state.with(working = true)) { ReviewEvent.Answered(biometric.authenticate("unlock")) }
        is ReviewEvent.Answered -> answered(state, event.answer)
        is ReviewEvent.Listed ->
            if (state.working) Step(listed(state, event.outcome))
            else Step<ReviewState, ReviewEvent>(state).also { core.lock() }
        is ReviewEvent.Open ->
            if (state.working || state.items == null) Step(state)
            else Step(state.with(working = true)) { ReviewEvent.Opened(event.id, core.photo(event.id)) }
        is ReviewEvent.Opened -> when (val outcome = event.outcome) {
            is Outcome.Done -> opened(state, event.id, outcome.value)
            is Outcome.Failed -> Step(if (state.working) state.with(problem = Failures.line(outcome.failure)) else state)
        }
        ReviewEvent.Close -> Step(forget(state, state.items))
        // At once: what is launched may end with the screen. What is unlocked only then comes as a list that nobody waits for.
        ReviewEvent.Lock -> Step<ReviewState, ReviewEvent>(forget(state, null)).also { core.lock() }
    }

    private fun listed(state: ReviewState, outcome: Outcome<List<Photo>>) = when (outcome) {
        is Outcome.Done -> state.with(items = outcome.value.filter(Photo::previewed).map(::item))
        is Outcome.Failed -> state.with(problem = Failures.line(outcome.failure))
    }

    /** One that nobody waits for any more is overwritten, and so is one in whose place another comes. */
    private fun opened(state: ReviewState, id: String, picture: ByteArray): Step<ReviewState, ReviewEvent> {
        val item = state.items?.find { it.id == id }
        if (item == null || !state.working) return Step<ReviewState, ReviewEvent>(state).also { picture.fill(0) }
        state.open?.picture?.fill(0)
        return Step(state.with(open = OpenPhoto(item, picture)))
    }

    private fun forget(state: ReviewState, items: List<ReviewItem>?): ReviewState {
        state.open?.picture?.fill(0)
        return ReviewState(items, null, false, null)
    }

    private fun answered(state: ReviewState, answer: Authentication): Step<ReviewState, ReviewEvent> = when (answer) {
        Authentication.CONFIRMED -> Step(state.with(working = true)) {
            when (val unlocked = core.unlock()) {
                is Outcome.Done -> ReviewEvent.Listed(sending.photos(MOST))
                is Outcome.Failed -> ReviewEvent.Listed(unlocked)
            }
        }
        else -> Step(state.with(problem = Failures.line(answer)))
    }

    private fun item(photo: Photo) = ReviewItem(photo.id, Wordings.time(photo.takenAt, zone), photo.label, photo.patient)

    private companion object {
        const val MOST = 200
    }
}

val reviewSamples = mapOf(
    "locked" to ReviewState(null, null, false, null),
    "declined" to ReviewState(null, null, false, Line(Word.ReviewDeclined)),
    "outside" to ReviewState(listOf(ReviewItem("1", "29-Nov-2026 08:04", null)), null, false, Line(Word.ErrorOutsideFence)),
    "empty" to ReviewState(emptyList(), null, false, null),
    "list" to ReviewState(
        listOf(
            ReviewItem("1", "29-Nov-2026 08:04", "Zzyzx, Quillonbert, left heel"),
            ReviewItem("2", "29-Nov-2026 07:58", null),
        ),
        null,
        false,
        null,
    ),
)

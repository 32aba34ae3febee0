package org.gauze.logic.check

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Reviewing
import org.gauze.logic.core.Sending
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.patient.samplePatient
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/** [picture] is a JPEG while review is unlocked, null otherwise; it is overwritten when the screen goes. */
class CheckState(
    val patient: Patient?,
    val verdict: Word,
    val picture: ByteArray?,
    val working: Boolean,
    val problem: Line?,
) {
    fun with(working: Boolean = this.working, problem: Line? = this.problem) = CheckState(patient, verdict, picture, working, problem)

    override fun toString() = "CheckState"
}

sealed interface CheckEvent {
    data object Keep : CheckEvent

    data object Another : CheckEvent

    data object Again : CheckEvent

    class Discarded(val outcome: Outcome<Unit>) : CheckEvent
}

enum class Checked { KEPT, ANOTHER, AGAIN }

class CheckPresenter(
    private val id: String,
    patient: Patient?,
    verdict: Word,
    reviewing: Reviewing,
    private val sending: Sending,
    scope: CoroutineScope,
    private val checked: (Checked) -> Unit,
) : Presenter<CheckState, CheckEvent>(
        CheckState(patient, verdict, (reviewing.thumbnail(id) as? Outcome.Done)?.value, false, null),
        scope,
    ) {
    override fun step(state: CheckState, event: CheckEvent): Step<CheckState, CheckEvent> = when (event) {
        CheckEvent.Keep -> leave(state, Checked.KEPT)
        CheckEvent.Another -> leave(state, Checked.ANOTHER)
        CheckEvent.Again ->
            if (state.working) Step(state)
            else Step(state.with(working = true)) { CheckEvent.Discarded(sending.discard(id)) }
        is CheckEvent.Discarded -> when (val outcome = event.outcome) {
            is Outcome.Done -> leave(state, Checked.AGAIN)
            is Outcome.Failed -> Step(state.with(working = false, problem = Failures.line(outcome.failure)))
        }
    }

    private fun leave(state: CheckState, what: Checked) = Step<CheckState, CheckEvent>(state) {
        state.picture?.fill(0)
        checked(what)
        null
    }
}

val checkSamples = mapOf(
    "good" to CheckState(samplePatient, Word.FitGood, null, false, null),
    "blurred" to CheckState(samplePatient, Word.FitBlurred, null, false, null),
    "sent-already" to CheckState(null, Word.FitGood, null, false, Line(Word.ErrorAlreadySent)),
)

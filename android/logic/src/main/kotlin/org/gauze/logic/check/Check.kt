package org.gauze.logic.check

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.camera.CameraPresenter
import org.gauze.logic.camera.KeptPhoto
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Sending
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.patient.samplePatient
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/**
 * What the photo itself says of how fit it is, and how its marker lay; null where nothing tells. [picture] is a JPEG of the photo that
 * was just taken, null where the hospital lets the phone show none and once the app left the screen.
 */
class CheckState(
    val patient: Patient?,
    val verdict: Word?,
    val marker: Word?,
    val picture: ByteArray?,
    val working: Boolean,
    val problem: Line?,
) {
    fun with(picture: ByteArray? = this.picture, working: Boolean = this.working, problem: Line? = this.problem) =
        CheckState(patient, verdict, marker, picture, working, problem)

    override fun toString() = "CheckState"
}

sealed interface CheckEvent {
    data object Keep : CheckEvent

    data object Another : CheckEvent

    data object Again : CheckEvent

    class Discarded(val outcome: Outcome<Unit>) : CheckEvent

    /** The app leaves the screen: whoever comes back sees no photo. */
    data object Lock : CheckEvent
}

enum class Checked { KEPT, ANOTHER, AGAIN }

class CheckPresenter(
    private val kept: KeptPhoto,
    patient: Patient?,
    private val sending: Sending,
    scope: CoroutineScope,
    private val checked: (Checked) -> Unit,
) : Presenter<CheckState, CheckEvent>(
        CheckState(
            patient,
            kept.fitness?.let(CameraPresenter::verdict),
            kept.fitness?.let(CameraPresenter::lies),
            kept.picture,
            false,
            null,
        ),
        scope,
    ) {
    override fun step(state: CheckState, event: CheckEvent): Step<CheckState, CheckEvent> = when (event) {
        CheckEvent.Keep -> leave(state, Checked.KEPT)
        CheckEvent.Another -> leave(state, Checked.ANOTHER)
        CheckEvent.Again ->
            if (state.working) Step(state)
            else Step(state.with(working = true)) { CheckEvent.Discarded(sending.discard(kept.id)) }
        is CheckEvent.Discarded -> when (val outcome = event.outcome) {
            is Outcome.Done -> leave(state, Checked.AGAIN)
            is Outcome.Failed -> Step(state.with(working = false, problem = Failures.line(outcome.failure)))
        }
        // At once: what is launched may end with the screen.
        CheckEvent.Lock -> Step<CheckState, CheckEvent>(state.with(picture = null)).also { kept.forget() }
    }

    private fun leave(state: CheckState, what: Checked) = Step<CheckState, CheckEvent>(state) {
        checked(what)
        null
    }
}

val checkSamples = mapOf(
    "good" to CheckState(samplePatient, Word.FitGood, Word.CameraMarkerFound, null, false, null),
    "blurred" to CheckState(samplePatient, Word.FitBlurred, null, null, false, null),
    "not-level" to CheckState(samplePatient, Word.FitGood, Word.CameraNotLevel, null, false, null),
    "sent-already" to CheckState(null, Word.FitGood, null, null, false, Line(Word.ErrorAlreadySent)),
)

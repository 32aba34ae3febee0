package org.gauze.logic.wound

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Reviewing
import org.gauze.logic.core.Side
import org.gauze.logic.core.Site
import org.gauze.logic.core.Wound
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.patient.samplePatient
import org.gauze.logic.port.Authentication
import org.gauze.logic.port.Biometric
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/** [wounds] is null while they are locked. */
data class WoundState(val patient: Patient, val wounds: List<Wound>?, val working: Boolean, val problem: Line?) {
    override fun toString() = "WoundState"
}

sealed interface WoundEvent {
    data object Unlock : WoundEvent

    class Answered(val answer: Authentication) : WoundEvent

    class Found(val outcome: Outcome<List<Wound>>) : WoundEvent

    class Earlier(val wound: Wound) : WoundEvent

    data object New : WoundEvent

    data object Skip : WoundEvent

    /** The app leaves the screen. */
    data object Lock : WoundEvent
}

/** What was decided about the wound. */
sealed interface WoundChoice {
    data class Earlier(val wound: Wound) : WoundChoice

    data object New : WoundChoice

    data object None : WoundChoice
}

class WoundPresenter(
    patient: Patient,
    private val core: Reviewing,
    private val biometric: Biometric,
    scope: CoroutineScope,
    private val chosen: (WoundChoice) -> Unit,
) : Presenter<WoundState, WoundEvent>(WoundState(patient, core.wounds(patient).let { (it as? Outcome.Done)?.value }, false, null), scope) {
    override fun step(state: WoundState, event: WoundEvent): Step<WoundState, WoundEvent> = when (event) {
        WoundEvent.Unlock ->
            if (state.working) Step(state)
            else Step(state.copy(working = true, problem = null)) { WoundEvent.Answered(biometric.authenticate("unlock")) }
        is WoundEvent.Answered -> answered(state, event.answer)
        is WoundEvent.Found ->
            if (state.working) Step(found(state, event.outcome))
            else Step<WoundState, WoundEvent>(state).also { core.lock() }
        is WoundEvent.Earlier -> leave(state, WoundChoice.Earlier(event.wound))
        WoundEvent.New -> leave(state, WoundChoice.New)
        WoundEvent.Skip -> leave(state, WoundChoice.None)
        // At once: what is launched may end with the screen. What is unlocked only then comes as wounds that nobody waits for.
        WoundEvent.Lock -> Step<WoundState, WoundEvent>(state.copy(wounds = null, working = false, problem = null)).also { core.lock() }
    }

    private fun found(state: WoundState, outcome: Outcome<List<Wound>>) = when (outcome) {
        is Outcome.Done -> state.copy(wounds = outcome.value, working = false)
        is Outcome.Failed -> state.copy(working = false, problem = Failures.line(outcome.failure))
    }

    private fun answered(state: WoundState, answer: Authentication): Step<WoundState, WoundEvent> = when (answer) {
        Authentication.CONFIRMED -> Step(state.copy(working = true)) {
            when (val unlocked = core.unlock()) {
                is Outcome.Done -> WoundEvent.Found(core.wounds(state.patient))
                is Outcome.Failed -> WoundEvent.Found(unlocked)
            }
        }
        else -> Step(state.copy(working = false, problem = Failures.line(answer)))
    }

    private fun leave(state: WoundState, choice: WoundChoice) = Step<WoundState, WoundEvent>(state) {
        chosen(choice)
        null
    }
}

private val heel = Wound("0198f000-0000-7000-8000-000000000001", Site("Heel", Side.LEFT), "2026-11-20T09:12:00Z")

val woundSamples = mapOf(
    "locked" to WoundState(samplePatient, null, false, null),
    "none" to WoundState(samplePatient, emptyList(), false, null),
    "two" to WoundState(
        samplePatient,
        listOf(heel, Wound("0198f000-0000-7000-8000-000000000002", Site("Sacrum"), "2026-11-24T16:40:00Z")),
        false,
        null,
    ),
    "declined" to WoundState(samplePatient, null, false, Line(Word.ReviewDeclined)),
)

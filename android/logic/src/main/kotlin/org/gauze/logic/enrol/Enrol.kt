package org.gauze.logic.enrol

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Enrolling
import org.gauze.logic.core.Outcome
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.port.CameraFault
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/**
 * Setting the phone up. [managed] says that device management has sent settings; [pasted] is what was typed or scanned. [camera] is
 * why nothing is scanned, null where something is.
 */
data class EnrolState(
    val managed: Boolean,
    val pasted: String,
    val scanning: Boolean,
    val working: Boolean,
    val problem: Line?,
    val support: String?,
    val camera: CameraFault? = null,
) {
    override fun toString() = "EnrolState(managed=$managed, working=$working)"
}

sealed interface EnrolEvent {
    /** The settings as they stand; `{}` where there are none. */
    class Managed(val values: String) : EnrolEvent

    class Pasted(val text: String) : EnrolEvent

    class Scanned(val text: String) : EnrolEvent

    data object Scan : EnrolEvent

    /** The camera sees, or why it does not. */
    class Camera(val fault: CameraFault?) : EnrolEvent

    data object StopScan : EnrolEvent

    data object Start : EnrolEvent

    class Ended(val outcome: Outcome<Unit>) : EnrolEvent

    class Support(val contact: String?) : EnrolEvent
}

class EnrolPresenter(private val core: Enrolling, scope: CoroutineScope, private val enrolled: () -> Unit) :
    Presenter<EnrolState, EnrolEvent>(EnrolState(false, "", false, false, null, null), scope) {
    private var values = NONE

    override fun step(state: EnrolState, event: EnrolEvent): Step<EnrolState, EnrolEvent> = when (event) {
        is EnrolEvent.Managed -> managed(state, event.values)
        is EnrolEvent.Pasted -> Step(state.copy(pasted = event.text, problem = null))
        is EnrolEvent.Scanned -> scanned(state, event.text)
        EnrolEvent.Scan -> Step(state.copy(scanning = true, problem = null))
        is EnrolEvent.Camera -> Step(if (state.scanning) state.copy(camera = event.fault) else state)
        EnrolEvent.StopScan -> Step(state.copy(scanning = false, camera = null))
        EnrolEvent.Start -> start(state)
        is EnrolEvent.Ended -> ended(state, event.outcome)
        is EnrolEvent.Support -> Step(state.copy(support = event.contact))
    }

    private fun managed(state: EnrolState, arrived: String): Step<EnrolState, EnrolEvent> {
        values = arrived
        val there = arrived.contains("\"gateway\"")
        return Step(state.copy(managed = there)) {
            if (there) EnrolEvent.Support((core.configure(arrived) as? Outcome.Done)?.value?.support) else null
        }
    }

    private fun scanned(state: EnrolState, text: String): Step<EnrolState, EnrolEvent> {
        if (!state.scanning) return Step(state)
        if (!text.trim().startsWith("{")) return Step(state.copy(problem = Line(Word.EnrolScanOther)))
        return start(state.copy(scanning = false, pasted = text))
    }

    private fun start(state: EnrolState): Step<EnrolState, EnrolEvent> {
        if (state.working) return Step(state)
        val pasted = state.pasted.trim()
        if (pasted.isEmpty() && !state.managed) return Step(state.copy(problem = Line(Word.EnrolNoSettings)))
        val arrived = values
        return Step(state.copy(working = true, problem = null)) {
            EnrolEvent.Ended(if (pasted.isEmpty()) core.enrolManaged(arrived) else core.enrol(pasted))
        }
    }

    private fun ended(state: EnrolState, outcome: Outcome<Unit>): Step<EnrolState, EnrolEvent> = when (outcome) {
        is Outcome.Done -> Step(state.copy(working = false, pasted = "", problem = null)) {
            enrolled()
            null
        }
        is Outcome.Failed -> Step(state.copy(working = false, problem = Failures.line(outcome.failure)))
    }

    private companion object {
        const val NONE = "{}"
    }
}

val enrolSamples = mapOf(
    "empty" to EnrolState(false, "", false, false, null, null),
    "managed" to EnrolState(true, "", false, false, null, "extension 4242"),
    "working" to EnrolState(true, "", false, true, null, "extension 4242"),
    "token-used" to EnrolState(true, "", false, false, Line(Word.ErrorTokenUsed), "extension 4242"),
    "refused" to EnrolState(true, "", false, false, Line(Word.RefusedSerialUnlisted, help = "G07"), "extension 4242"),
    "scanning" to EnrolState(false, "", true, false, Line(Word.EnrolScanOther), null),
    "scanning-not-allowed" to EnrolState(false, "", true, false, null, null, CameraFault.NO_PERMISSION),
)

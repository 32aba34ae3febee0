package org.gauze.logic.consent

import java.time.Instant
import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Choice
import org.gauze.logic.core.Choices
import org.gauze.logic.core.Consent
import org.gauze.logic.core.Notice
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Scope
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.patient.samplePatient
import org.gauze.logic.port.Now
import org.gauze.logic.words.Word

/** [notice] is the text for patients, [shown] whether it was opened. */
data class ConsentState(
    val patient: Patient?,
    val scopes: Set<Scope>,
    val by: String,
    val forms: List<Choice>,
    val form: Choice?,
    val notice: Notice?,
    val shown: Boolean,
    val problem: Line?,
) {
    override fun toString() = "ConsentState"
}

sealed interface ConsentEvent {
    class Toggle(val scope: Scope) : ConsentEvent

    class By(val name: String) : ConsentEvent

    class Form(val form: Choice) : ConsentEvent

    data object Show : ConsentEvent

    data object Go : ConsentEvent

    data object NotAsked : ConsentEvent
}

private fun begun(patient: Patient?, choices: Choices, spoken: String): ConsentState {
    val forms = choices.consents.ifEmpty { listOf(Choice("verbal", spoken)) }
    return ConsentState(patient, setOf(Scope.CARE), "", forms, forms.singleOrNull(), choices.notices.firstOrNull { it.code == "patient" }, false, null)
}

/**
 * What the patient agreed to. Care is ticked at first, for that is why the phone is in the hand; the rest is asked. Where the hospital
 * lists no form there is one, called [spoken]; of its notices the one with the code `patient` is shown.
 */
class ConsentPresenter(
    patient: Patient?,
    choices: Choices,
    spoken: String,
    private val now: Now,
    scope: CoroutineScope,
    private val agreed: (Consent?) -> Unit,
) : Presenter<ConsentState, ConsentEvent>(begun(patient, choices, spoken), scope) {
    override fun step(state: ConsentState, event: ConsentEvent): Step<ConsentState, ConsentEvent> = when (event) {
        is ConsentEvent.Toggle -> Step(toggle(state, event.scope))
        is ConsentEvent.By -> Step(state.copy(by = event.name, problem = null))
        is ConsentEvent.Form -> Step(state.copy(form = event.form, problem = null))
        ConsentEvent.Show -> Step(state.copy(shown = true))
        ConsentEvent.Go -> go(state)
        ConsentEvent.NotAsked -> Step(state) {
            agreed(null)
            null
        }
    }

    private fun toggle(state: ConsentState, scope: Scope) = state.copy(
        scopes = if (scope in state.scopes) state.scopes - scope else state.scopes + scope,
        problem = null,
    )

    private fun go(state: ConsentState): Step<ConsentState, ConsentEvent> {
        val form = state.form
        val missing = when {
            state.scopes.isEmpty() -> Word.ConsentMissingScope
            state.by.isBlank() -> Word.ConsentMissingBy
            form == null -> Word.ConsentMissingForm
            else -> null
        }
        if (missing != null || form == null) return Step(state.copy(problem = missing?.let { Line(it) }))
        val notice = state.notice.takeIf { state.shown }
        val at = Instant.ofEpochSecond(now.millis() / 1000).toString()
        return Step(state) {
            agreed(Consent(state.scopes, state.by.trim(), form, notice, at))
            null
        }
    }
}

private val forms = listOf(Choice("verbal", "Spoken"), Choice("written", "In writing"))
private val agreedByNobody = ConsentState(samplePatient, setOf(Scope.CARE), "", forms, null, null, false, null)

val consentSamples = mapOf(
    "start" to agreedByNobody,
    "missing" to agreedByNobody.copy(problem = Line(Word.ConsentMissingBy)),
    "notice" to agreedByNobody.copy(
        by = "The patient",
        form = forms[0],
        shown = true,
        notice = Notice("patient", 2, "A photo of your wound helps those who treat you to see how it heals."),
    ),
)

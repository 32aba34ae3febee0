package org.gauze.logic.signin

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.SignInMode
import org.gauze.logic.core.SigningIn
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.port.Browser
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/** [optional] where a photo may be taken without. */
data class SignInState(val optional: Boolean, val working: Boolean, val problem: Line?)

sealed interface SignInEvent {
    data object Start : SignInEvent

    /** Null where the browser was left. */
    class Ended(val outcome: Outcome<String>?) : SignInEvent

    data object Later : SignInEvent
}

/** Signing in at the hospital. The name of whoever had the phone before is not shown. */
class SignInPresenter(
    private val core: SigningIn,
    private val browser: Browser,
    scope: CoroutineScope,
    private val gone: () -> Unit,
) : Presenter<SignInState, SignInEvent>(SignInState(core.signInMode() != SignInMode.REQUIRED, false, null), scope) {
    override fun step(state: SignInState, event: SignInEvent): Step<SignInState, SignInEvent> = when (event) {
        SignInEvent.Start ->
            if (state.working) Step(state)
            else Step(state.copy(working = true, problem = null)) { SignInEvent.Ended(signIn()) }
        is SignInEvent.Ended -> when (val outcome = event.outcome) {
            is Outcome.Done -> leave(state)
            is Outcome.Failed -> Step(state.copy(working = false, problem = Failures.line(outcome.failure)))
            null -> Step(state.copy(working = false, problem = Line(Word.ErrorSignInCancelled)))
        }
        SignInEvent.Later -> if (state.optional) leave(state) else Step(state)
    }

    private suspend fun signIn(): Outcome<String>? = when (val page = core.beginSignIn()) {
        is Outcome.Failed -> page
        is Outcome.Done -> browser.visit(page.value)?.let { core.finishSignIn(it) }
    }

    private fun leave(state: SignInState) = Step<SignInState, SignInEvent>(state.copy(working = false, problem = null)) {
        gone()
        null
    }
}

val signInSamples = mapOf(
    "start" to SignInState(false, false, null),
    "working" to SignInState(true, true, null),
    "cancelled" to SignInState(true, false, Line(Word.ErrorSignInCancelled)),
)

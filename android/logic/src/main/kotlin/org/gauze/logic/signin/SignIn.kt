package org.gauze.logic.signin

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.port.SignIn
import org.gauze.logic.port.SignInResult
import org.gauze.logic.words.Word

data class SignInState(val working: Boolean, val problem: Line?)

sealed interface SignInEvent {
    data object Start : SignInEvent

    class Ended(val result: SignInResult) : SignInEvent
}

/** Signing in at the hospital. The name of whoever had the phone before is not shown. */
class SignInPresenter(
    private val browser: SignIn,
    scope: CoroutineScope,
    private val signedIn: (SignInResult.SignedIn) -> Unit,
) : Presenter<SignInState, SignInEvent>(SignInState(false, null), scope) {
    override fun step(state: SignInState, event: SignInEvent): Step<SignInState, SignInEvent> = when (event) {
        SignInEvent.Start ->
            if (state.working) Step(state)
            else Step(SignInState(true, null)) { SignInEvent.Ended(browser.signIn()) }
        is SignInEvent.Ended -> when (val result = event.result) {
            is SignInResult.SignedIn -> Step(SignInState(false, null)) {
                signedIn(result)
                null
            }
            SignInResult.Cancelled -> problem(Word.SigninCancelled)
            SignInResult.Unreachable -> problem(Word.SigninUnreachable)
            SignInResult.Refused -> problem(Word.SigninRefused)
        }
    }

    private fun problem(word: Word) = Step<SignInState, SignInEvent>(SignInState(false, Line(word)))
}

val signInSamples = mapOf(
    "start" to SignInState(false, null),
    "working" to SignInState(true, null),
    "cancelled" to SignInState(false, Line(Word.SigninCancelled)),
)

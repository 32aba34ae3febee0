package org.gauze.logic.flow

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.launch

/** A new state, and what is to be done because of it: its answer comes back as an event. */
class Step<out S, out E>(val state: S, val effect: (suspend () -> E?)? = null)

/**
 * One screen's state. [send] changes it in one synchronous function, [step]; what takes time runs in [scope] and comes
 * back as an event, so that no two changes ever overlap.
 */
abstract class Presenter<S : Any, E : Any>(initial: S, private val scope: CoroutineScope) {
    private val mutable = MutableStateFlow(initial)
    val states: StateFlow<S> = mutable.asStateFlow()
    val state: S get() = mutable.value

    @Synchronized
    fun send(event: E) {
        val step = step(mutable.value, event)
        mutable.value = step.state
        step.effect?.let { effect -> scope.launch { effect()?.let(::send) } }
    }

    protected abstract fun step(state: S, event: E): Step<S, E>
}

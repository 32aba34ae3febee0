package org.gauze.logic.port

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map
import org.gauze.logic.core.Fix
import org.gauze.logic.core.Locating

sealed interface LocationEvent {
    /** It may be asked; nothing is known yet. */
    data object Looking : LocationEvent

    class Found(val fix: Fix) : LocationEvent

    data object NotAllowed : LocationEvent
}

/** Where the phone is. */
fun interface Locations {
    /** The system is asked for as long as the flow is collected. */
    fun open(): Flow<LocationEvent>
}

/**
 * Tells [core] where the phone is for as long as it is collected, and only where the policy has areas. Screens hear whether
 * the system may be asked, and never a position.
 */
fun Locations.told(core: Locating): Flow<Boolean> = flow {
    if (core.wantsPosition()) emitAll(open().map { event ->
        if (event is LocationEvent.Found) core.located(event.fix)
        event != LocationEvent.NotAllowed
    })
}

package org.gauze.logic.camera

import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.transformWhile
import org.gauze.logic.port.Camera
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault

private val ends = setOf(CameraFault.IN_USE, CameraFault.BROKEN).map(CameraEvent::Failed)

/** The camera for as long as it is shown: where a call or another app took it, or it stopped, it is opened anew every [pause] milliseconds. */
fun Camera.shown(pause: Long = 2_000): Flow<CameraEvent> = flow {
    while (true) {
        emitAll(open().transformWhile {
            emit(it)
            it !in ends
        })
        delay(pause)
    }
}

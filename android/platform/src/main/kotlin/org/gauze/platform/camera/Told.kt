package org.gauze.platform.camera

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.selects.select
import org.gauze.logic.port.CameraEvent

/**
 * What one opening of a camera tells, until it is ended. A frame that comes before the last one is done with takes its place; nothing
 * else is ever left out, and a photo that nobody takes any more is overwritten.
 */
internal class Told {
    private val events = Channel<CameraEvent>(Channel.UNLIMITED, onUndeliveredElement = ::letGo)
    private val frames = Channel<CameraEvent>(Channel.CONFLATED)

    fun tell(event: CameraEvent) {
        val told = (if (event is CameraEvent.Seen) frames else events).trySend(event).isSuccess
        if (!told) letGo(event)
    }

    /** Events before frames. */
    suspend fun next(): CameraEvent = select {
        events.onReceive { it }
        frames.onReceive { it }
    }

    fun end() {
        events.cancel()
        frames.cancel()
    }

    private fun letGo(event: CameraEvent) {
        if (event is CameraEvent.Taken) event.shot.close()
    }
}

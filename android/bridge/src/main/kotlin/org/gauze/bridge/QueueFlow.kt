package org.gauze.bridge

import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import org.gauze.core.CaptureId
import org.gauze.core.QueueObserver
import org.gauze.core.QueueState
import org.gauze.core.UploadQueue

/** A photo that moved or stopped. */
data class Moved(val id: CaptureId, val state: QueueState)

/**
 * Every photo that moves or stops, first where each stands now. Collecting subscribes; ending the collection ends the
 * subscription. Nothing is dropped: a collector that is slow delays nobody.
 */
fun UploadQueue.moves(): Flow<Moved> = callbackFlow {
    val handle = observe(object : QueueObserver {
        override fun changed(id: CaptureId, state: QueueState) {
            trySend(Moved(id, state))
        }
    })
    awaitClose {
        handle.cancel()
        handle.close()
    }
}.buffer(Channel.UNLIMITED)

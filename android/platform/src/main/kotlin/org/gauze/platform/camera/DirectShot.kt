package org.gauze.platform.camera

import java.nio.ByteBuffer
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference
import org.gauze.logic.port.Shot

/**
 * A photo in memory of its own outside the heap, so that no collector copies it; overwritten when it is done with. The
 * next photo gets the same memory: fresh pages for 4 MiB cost more than the copy.
 */
class DirectShot(from: ByteBuffer, override val side: Int) : Shot {
    private val room = SPARE.getAndSet(null)?.takeIf { it.capacity() >= from.remaining() }
        ?: ByteBuffer.allocateDirect(from.remaining())
    private val closed = AtomicBoolean()

    override val jpeg: ByteBuffer = room.duplicate().put(from).flip() as ByteBuffer

    /** Once: memory that was given back twice would hold two photos at a time. */
    override fun close() {
        if (closed.getAndSet(true)) return
        room.clear()
        while (room.hasRemaining()) room.put(NOTHING, 0, minOf(NOTHING.size, room.remaining()))
        room.clear()
        SPARE.set(room)
    }

    private companion object {
        val NOTHING = ByteArray(64 * 1024)
        val SPARE = AtomicReference<ByteBuffer?>(null)
    }
}

package org.gauze.platform.camera

import java.nio.ByteBuffer
import org.gauze.logic.port.Shot

/** A photo in memory of its own outside the heap, so that no collector copies it; overwritten when it is done with. */
class DirectShot(from: ByteBuffer, override val width: Int) : Shot {
    override val jpeg: ByteBuffer = ByteBuffer.allocateDirect(from.remaining()).put(from).flip() as ByteBuffer

    override fun close() {
        jpeg.clear()
        while (jpeg.hasRemaining()) jpeg.put(NOTHING, 0, minOf(NOTHING.size, jpeg.remaining()))
        jpeg.clear()
    }

    private companion object {
        val NOTHING = ByteArray(64 * 1024)
    }
}

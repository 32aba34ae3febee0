package org.gauze.platform.camera

import kotlin.math.max
import org.gauze.logic.core.Fitness
import org.gauze.logic.port.Frame
import org.gauze.logic.port.Judge
import org.gauze.platform.scan.ScaleMarker

/**
 * Sharpness and exposure of the middle of a frame. Sharpness is how narrow edges are, 0 to 1000: as the core judges photos, across and
 * down, of which the duller counts; exposure is how far the mean is from mid grey, -1000 at black to 1000 at white. A scale marker is
 * looked for anywhere in it.
 */
class FrameJudge : Judge {
    private val scale = ScaleMarker()

    override fun judge(frame: Frame): Fitness {
        val left = frame.width / 4
        val top = frame.height / 4
        val across = Edges()
        val down = Edges()
        var sum = 0L
        var count = 0L
        for (y in max(1, top) until frame.height - top - 1) {
            for (x in max(1, left) until frame.width - left - 1) {
                val here = frame.at(x, y)
                across.add(frame.at(x - 1, y), here, frame.at(x + 1, y))
                down.add(frame.at(x, y - 1), here, frame.at(x, y + 1))
                sum += here
                count++
            }
        }
        if (count == 0L) return Fitness(0, 0)
        val sharpness = listOfNotNull(across.sharpness(), down.sharpness()).minOrNull() ?: 0
        val mean = sum.toDouble() / count
        val most = if (mean < MID_GREY) MID_GREY else WHITE - MID_GREY
        return Fitness(sharpness, ((mean - MID_GREY) / most * MOST).toInt(), scale.find(frame))
    }

    /** How brightness changes in one direction; where it does not, nothing is said. */
    private class Edges {
        private var first = 0L
        private var second = 0L

        fun add(before: Int, here: Int, after: Int) {
            first += (here - before).toLong() * (here - before)
            val bend = 2 * here - before - after
            second += bend.toLong() * bend
        }

        fun sharpness(): Int? = if (first == 0L) null else (SCALE * second / first).coerceAtMost(MOST.toLong()).toInt()
    }

    private fun Frame.at(x: Int, y: Int) = luma[y * stride + x].toInt() and 0xff

    private companion object {
        const val MID_GREY = 118.0
        const val WHITE = 255.0

        /** An edge that is five pixels of a frame wide is at 120. */
        const val SCALE = 300L
        const val MOST = 1000
    }
}

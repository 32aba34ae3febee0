package org.gauze.platform.camera

import kotlin.math.max
import org.gauze.logic.core.Fitness
import org.gauze.logic.port.Frame
import org.gauze.logic.port.Judge
import org.gauze.platform.scan.ScaleMarker

/**
 * Sharpness and exposure of the middle of a frame. Sharpness is the Laplacian's spread against the brightness's, 0 to 1000;
 * exposure is how far the mean is from mid grey, -1000 at black to 1000 at white. A scale marker is looked for anywhere in it.
 */
class FrameJudge : Judge {
    private val scale = ScaleMarker()

    override fun judge(frame: Frame): Fitness {
        val left = frame.width / 4
        val top = frame.height / 4
        var sum = 0L
        var squares = 0L
        var edges = 0L
        var count = 0L
        for (y in max(1, top) until frame.height - top - 1) {
            for (x in max(1, left) until frame.width - left - 1) {
                val here = frame.at(x, y)
                val laplacian = 4 * here - frame.at(x - 1, y) - frame.at(x + 1, y) - frame.at(x, y - 1) - frame.at(x, y + 1)
                sum += here
                squares += here.toLong() * here
                edges += laplacian.toLong() * laplacian
                count++
            }
        }
        if (count == 0L) return Fitness(0, 0)
        val mean = sum.toDouble() / count
        val spread = max(1.0, squares.toDouble() / count - mean * mean)
        val sharpness = (edges.toDouble() / count / spread * SCALE).toInt().coerceIn(0, MOST)
        val most = if (mean < MID_GREY) MID_GREY else WHITE - MID_GREY
        return Fitness(sharpness, ((mean - MID_GREY) / most * MOST).toInt(), scale.find(frame))
    }

    private fun Frame.at(x: Int, y: Int) = luma[y * stride + x].toInt() and 0xff

    private companion object {
        const val MID_GREY = 118.0
        const val WHITE = 255.0
        const val SCALE = 500.0
        const val MOST = 1000
    }
}

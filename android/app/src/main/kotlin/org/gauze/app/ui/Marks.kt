package org.gauze.app.ui

import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.Path
import androidx.compose.ui.graphics.StrokeCap
import androidx.compose.ui.graphics.drawscope.DrawScope
import androidx.compose.ui.graphics.drawscope.Stroke

/** Tick, triangle, octagon's cross, ring: told apart without colour. */
internal fun DrawScope.drawMark(tone: Tone, colour: Color) {
    val w = size.width
    val line = Stroke(w / 8, cap = StrokeCap.Round)
    when (tone) {
        Tone.GOOD -> drawPath(Path().apply { moveTo(w * .1f, w * .55f); lineTo(w * .4f, w * .85f); lineTo(w * .9f, w * .2f) }, colour, style = line)
        Tone.WARNING -> {
            drawPath(Path().apply { moveTo(w * .5f, w * .1f); lineTo(w * .95f, w * .9f); lineTo(w * .05f, w * .9f); close() }, colour, style = line)
            drawLine(colour, Offset(w * .5f, w * .4f), Offset(w * .5f, w * .62f), w / 10)
        }
        Tone.BAD -> {
            drawCircle(colour, w * .44f, style = line)
            drawLine(colour, Offset(w * .5f, w * .25f), Offset(w * .5f, w * .56f), w / 8, StrokeCap.Round)
            drawCircle(colour, w / 14, Offset(w * .5f, w * .74f))
        }
        Tone.PLAIN -> drawCircle(colour, w * .4f, style = line)
    }
}

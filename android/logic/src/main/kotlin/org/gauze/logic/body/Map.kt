package org.gauze.logic.body

import org.gauze.logic.core.Side
import org.gauze.logic.core.Side.LEFT
import org.gauze.logic.core.Side.RIGHT
import org.gauze.logic.words.Word

/** The spots of the figure for each turn. The figure itself is drawn out of them. */
object BodyMap {
    fun spots(turn: Turn): List<Spot> = when (turn) {
        Turn.FRONT -> FRONT
        Turn.BACK -> BACK
        Turn.LEFT -> profile(LEFT)
        Turn.RIGHT -> profile(RIGHT)
        Turn.FEET -> FEET
    }

    /** One spot on each side of the middle; [right] is which of the patient's sides is on the viewer's left. */
    @Suppress("LongParameterList") // Where it is and how large: one thing in four numbers.
    private fun pair(word: Word, out: Int, y: Int, w: Int, h: Int, viewersLeft: Side): List<Spot> {
        val other = if (viewersLeft == RIGHT) LEFT else RIGHT
        return listOf(Spot(word, viewersLeft, 500 - out, y, w, h), Spot(word, other, 500 + out, y, w, h))
    }

    private val FRONT = listOf(
        Spot(Word.BodyHead, null, 500, 70, 75, 62),
        Spot(Word.BodyNeck, null, 500, 152, 45, 20),
        Spot(Word.BodyChest, null, 500, 245, 150, 70),
        Spot(Word.BodyAbdomen, null, 500, 395, 130, 78),
    ) + pair(Word.BodyArm, 225, 300, 55, 125, RIGHT) + pair(Word.BodyHand, 245, 470, 60, 42, RIGHT) +
        pair(Word.BodyHip, 80, 505, 62, 30, RIGHT) + pair(Word.BodyThigh, 80, 610, 62, 72, RIGHT) +
        pair(Word.BodyKnee, 80, 712, 55, 28, RIGHT) + pair(Word.BodyLowerLeg, 80, 815, 50, 72, RIGHT) +
        pair(Word.BodyFoot, 95, 930, 70, 40, RIGHT)

    private val BACK = listOf(
        Spot(Word.BodyHead, null, 500, 70, 75, 62),
        Spot(Word.BodyNeck, null, 500, 152, 45, 20),
        Spot(Word.BodyUpperBack, null, 500, 245, 150, 70),
        Spot(Word.BodyLowerBack, null, 500, 365, 130, 48),
        Spot(Word.BodySacrum, null, 500, 442, 60, 28),
    ) + pair(Word.BodyArm, 225, 300, 55, 125, LEFT) + pair(Word.BodyHand, 245, 470, 60, 42, LEFT) +
        pair(Word.BodyButtock, 80, 510, 68, 36, LEFT) + pair(Word.BodyThigh, 80, 625, 62, 74, LEFT) +
        pair(Word.BodyLowerLeg, 80, 795, 52, 88, LEFT) + pair(Word.BodyHeel, 90, 935, 62, 38, LEFT)

    private fun profile(side: Side) = listOf(
        Spot(Word.BodyHead, null, 500, 70, 85, 62),
        Spot(Word.BodyNeck, null, 500, 152, 45, 20),
        Spot(Word.BodyArm, side, 500, 290, 80, 110),
        Spot(Word.BodyHip, side, 500, 465, 105, 55),
        Spot(Word.BodyThigh, side, 500, 600, 85, 70),
        Spot(Word.BodyKnee, side, 500, 708, 70, 28),
        Spot(Word.BodyLowerLeg, side, 500, 805, 65, 62),
        Spot(Word.BodyAnkle, side, 500, 893, 60, 22),
        Spot(Word.BodyFoot, side, 530, 950, 110, 30),
    )

    /** From below: the patient's right foot is on the viewer's left. */
    private val FEET = pair(Word.BodyToe, 220, 170, 150, 110, RIGHT) + pair(Word.BodySole, 220, 480, 140, 180, RIGHT) +
        pair(Word.BodyHeel, 220, 790, 130, 110, RIGHT)
}

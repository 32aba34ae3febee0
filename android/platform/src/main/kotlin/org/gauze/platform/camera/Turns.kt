package org.gauze.platform.camera

/** Quarter turns of a camera that faces away from the screen, in degrees clockwise: between its sensor, the phone in the hand and the screen. */
internal object Turns {
    /** By how much a photo is turned to be upright, as Android says it of JPEG_ORIENTATION; [held] is from the phone's natural position. */
    fun photo(sensor: Int, held: Int): Int = Math.floorMod(sensor + (held + 45) / 90 * 90, 360)

    /** By how much the screen turns what the sensor sees; [screen] is one of Surface's rotations, which go the other way round. */
    fun finder(sensor: Int, screen: Int): Int = Math.floorMod(sensor - 90 * screen, 360)

    /** How a phone is held whose screen follows the hand. */
    fun held(screen: Int): Int = Math.floorMod(-90 * screen, 360)

    /** Where on the sensor a point of the finder lies; both from 0 to 1, from the left and the top. */
    fun onSensor(x: Float, y: Float, finder: Int): Pair<Float, Float> = when (finder) {
        90 -> y to 1 - x
        180 -> 1 - x to 1 - y
        270 -> 1 - y to x
        else -> x to y
    }
}

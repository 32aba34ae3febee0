package org.gauze.platform

import android.view.Surface
import org.gauze.platform.camera.Turns
import org.junit.Assert.assertEquals
import org.junit.Test

/** By hand from Android's documentation of JPEG_ORIENTATION, SENSOR_ORIENTATION and OrientationEventListener. */
class TurnsTest {
    private val quarters = listOf(0, 90, 180, 270)

    @Test
    fun a_photo_is_upright_however_the_phone_is_held_and_its_sensor_lies() {
        val expected = mapOf(
            0 to listOf(0, 90, 180, 270), 90 to listOf(90, 180, 270, 0), 180 to listOf(180, 270, 0, 90), 270 to listOf(270, 0, 90, 180),
        )
        for ((sensor, turns) in expected) assertEquals("sensor $sensor", turns, quarters.map { Turns.photo(sensor, it) })
    }

    @Test
    fun a_hand_that_is_not_quite_straight_counts_to_the_nearest_quarter() {
        val held = listOf(0, 44, 45, 134, 135, 224, 225, 314, 315, 359)
        assertEquals(listOf(90, 90, 180, 180, 270, 270, 0, 0, 90, 90), held.map { Turns.photo(90, it) })
    }

    @Test
    fun the_finder_is_turned_against_the_screen_and_a_phone_whose_screen_follows_shows_what_the_photo_will() {
        val screens = listOf(Surface.ROTATION_0, Surface.ROTATION_90, Surface.ROTATION_180, Surface.ROTATION_270)
        assertEquals(listOf(90, 0, 270, 180), screens.map { Turns.finder(90, it) })
        for (sensor in quarters) for (screen in screens) {
            assertEquals("$sensor, $screen", Turns.finder(sensor, screen), Turns.photo(sensor, Turns.held(screen)))
        }
    }

    @Test
    fun a_tap_on_the_finder_is_the_same_spot_of_the_sensor() {
        // What lies at the left and a quarter down on the sensor, as each screen shows it.
        val shown = mapOf(0 to (0f to 0.25f), 90 to (0.75f to 0f), 180 to (1f to 0.75f), 270 to (0.25f to 1f))
        for ((turn, at) in shown) assertEquals("$turn", 0f to 0.25f, Turns.onSensor(at.first, at.second, turn))
    }
}

package org.gauze.platform.camera

import android.content.Context
import android.hardware.Sensor
import android.hardware.SensorEvent
import android.hardware.SensorEventListener
import android.hardware.SensorManager
import kotlin.math.abs
import kotlin.math.atan2
import kotlin.math.hypot
import kotlin.math.roundToInt
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.distinctUntilChanged
import org.gauze.logic.port.Level

/** By gravity, which every phone measures; a phone without the sensor says nothing. */
class GravityLevel(context: Context) : Level {
    private val manager = context.getSystemService(SensorManager::class.java)!!

    override fun leans(): Flow<Int?> = callbackFlow {
        val listener = object : SensorEventListener {
            override fun onSensorChanged(event: SensorEvent) {
                trySend(degrees(event.values))
            }

            override fun onAccuracyChanged(sensor: Sensor?, accuracy: Int) = Unit
        }
        val sensor = manager.getDefaultSensor(Sensor.TYPE_GRAVITY) ?: manager.getDefaultSensor(Sensor.TYPE_ACCELEROMETER)
        sensor?.let { manager.registerListener(listener, it, SensorManager.SENSOR_DELAY_UI) }
        awaitClose { manager.unregisterListener(listener) }
    }.buffer(Channel.CONFLATED).distinctUntilChanged()

    internal companion object {
        /** Of the pull along the phone's axes: x to its right, y to its top, z out of its screen. */
        fun degrees(pull: FloatArray): Int? {
            val (x, y, z) = pull
            if (abs(z) > 2 * hypot(x, y)) return null
            val leans = Math.toDegrees(atan2(-x, y).toDouble()).roundToInt()
            // On its side is level too: to the nearest of the four.
            return Math.floorMod(leans + 45, 90) - 45
        }
    }
}

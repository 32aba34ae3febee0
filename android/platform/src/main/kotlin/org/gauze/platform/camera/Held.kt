package org.gauze.platform.camera

import android.content.Context
import android.hardware.display.DisplayManager
import android.view.Display
import android.view.OrientationEventListener

/** How the phone is held, by gravity, and how its screen shows. Over a wound it lies flat, and counts as it was held before. */
internal class Held(context: Context) : OrientationEventListener(context) {
    private val displays = context.getSystemService(DisplayManager::class.java)!!
    @Volatile private var degrees: Int? = null

    /** One of Surface's rotations. */
    val screen: Int get() = displays.getDisplay(Display.DEFAULT_DISPLAY)?.rotation ?: 0

    /** Clockwise from the phone's natural position; as the screen shows until gravity said something. */
    val now: Int get() = degrees ?: Turns.held(screen)

    override fun onOrientationChanged(orientation: Int) {
        if (orientation != ORIENTATION_UNKNOWN) degrees = orientation
    }
}

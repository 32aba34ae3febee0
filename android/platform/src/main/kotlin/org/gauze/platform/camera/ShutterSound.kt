package org.gauze.platform.camera

import android.media.MediaActionSound
import org.gauze.logic.port.Sound

/** The system's own shutter sound, as loud as the phone is set. */
class ShutterSound : Sound {
    private val sounds by lazy { MediaActionSound().apply { load(MediaActionSound.SHUTTER_CLICK) } }

    override fun safe() = try {
        sounds.play(MediaActionSound.SHUTTER_CLICK)
    } catch (_: RuntimeException) {
        // A phone that has no such sound is silent; the tick is on its screen.
    }
}

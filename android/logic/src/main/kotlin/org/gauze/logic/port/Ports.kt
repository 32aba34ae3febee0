package org.gauze.logic.port

import java.nio.ByteBuffer
import kotlinx.coroutines.flow.Flow
import org.gauze.logic.core.Fitness
import org.gauze.logic.core.KeyedState
import org.gauze.logic.flow.Line

/** A frame of the preview: the brightness plane alone, row by row, [stride] bytes a row. It sees what the photo will. */
class Frame(val luma: ByteArray, val width: Int, val height: Int, val stride: Int = width)

/** A photo as the camera made it, [side] pixels at its longer side. [jpeg] is direct; [close] overwrites it and gives it back. */
interface Shot : AutoCloseable {
    val jpeg: ByteBuffer
    val side: Int
}

/** With NOT_TAKEN, a photo that was asked for does not come, and the camera stays as it is; with the others it has ended. */
enum class CameraFault { NO_PERMISSION, IN_USE, NO_CAMERA, BROKEN, NOT_TAKEN }

sealed interface CameraEvent {
    data object Ready : CameraEvent

    data class Failed(val fault: CameraFault) : CameraEvent

    class Seen(val frame: Frame) : CameraEvent

    class Taken(val shot: Shot) : CameraEvent
}

/** The camera: pictures leave it as bytes in memory, never as files. */
interface Camera {
    /** Opens it; the flow ends it when its collection ends. */
    fun open(): Flow<CameraEvent>

    /** One photo, which comes as [CameraEvent.Taken]. Only while open. */
    fun shoot()

    fun torch(on: Boolean)

    /** [x] and [y] from 0 to 1, from the left and top of the preview. */
    fun focus(x: Float, y: Float)
}

/** Judges a preview's frame: sharpness, exposure, the scale marker. */
fun interface Judge {
    fun judge(frame: Frame): Fitness
}

/** Reads a wristband's symbol out of a frame: its text, or null. */
fun interface Scanner {
    fun read(frame: Frame): String?
}

enum class Authentication { CONFIRMED, DECLINED, NOT_SET_UP, LOCKED_OUT }

/** The system's own prompt: a face, a finger, or the phone's code. */
fun interface Biometric {
    suspend fun authenticate(title: String): Authentication
}

/** What the people who manage the phone set. */
interface ManagedConfiguration {
    /** A JSON object of the settings; `{}` where there are none. */
    fun read(): String

    /** Whenever it changes, first as it stands. */
    fun changes(): Flow<String>

    /** Tells the console how each setting was taken. */
    fun report(states: List<KeyedState>)
}

/** Transfers that outlive the screen. */
interface BackgroundUploads {
    /** [bytes] is what there is to send, 0 where nobody counted; [asked] that a person waits. */
    fun schedule(bytes: Long, asked: Boolean)

    fun cancel()
}

enum class Nudge { NONE, WAITING, REFUSED }

/** Of the oldest photo that a note speaks of: since when, in milliseconds since 1970, and why. */
class Oldest(val since: Long, val why: Line?)

/** Notes of the system. They never name a person or show a picture. */
fun interface Notes {
    /** [waiting] photos wait. */
    fun show(nudge: Nudge, waiting: Int, oldest: Oldest?)
}

/** The system's own browser, never a view of the app. */
fun interface Browser {
    /** Opens [page] and returns the address it came back with; null where it was left. */
    suspend fun visit(page: String): String?
}

/** Milliseconds since 1970. */
fun interface Now {
    fun millis(): Long
}

/** How the phone is held. */
fun interface Level {
    /** Degrees that it leans from upright, clockwise; null while it lies so flat that nothing is upright. */
    fun leans(): Flow<Int?>
}

/** A sound for whoever does not look at the screen. */
fun interface Sound {
    fun safe()
}

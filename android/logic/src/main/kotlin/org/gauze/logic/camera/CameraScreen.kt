package org.gauze.logic.camera

import java.nio.ByteBuffer
import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Capturing
import org.gauze.logic.core.FenceMode
import org.gauze.logic.core.Fitness
import org.gauze.logic.core.Locating
import org.gauze.logic.core.Marker
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Outside
import org.gauze.logic.core.Patient
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.core.Side
import org.gauze.logic.core.Site
import org.gauze.logic.core.orNull
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.patient.samplePatient
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault
import org.gauze.logic.port.Judge
import org.gauze.logic.port.Shot
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/** Where the shutter stands. SAFE comes only after the core has the photo on flash, sealed. */
enum class Shutter { CLOSED, READY, TAKING, SAFE }

/**
 * [verdict] is what the preview looks like, [marker] how its scale marker lies, where there is one: neither ever stops
 * anybody. [tilt] is how many degrees the phone leans from upright; null where it lies flat, or nobody measures.
 * [outside] is what the hospital's fences say of this place: the shutter works, and the core refuses. [askPosition]: the
 * hospital has fences, and the system may not be asked where the phone is.
 */
data class CameraState(
    val patient: Patient?,
    val site: Site?,
    val shutter: Shutter,
    val torch: Boolean,
    val grid: Boolean,
    val ghost: Boolean,
    val hasGhost: Boolean,
    val verdict: Word?,
    val marker: Word?,
    val problem: Line?,
    val askPermission: Boolean,
    val tilt: Int? = null,
    val outside: Line? = null,
    val askPosition: Boolean = false,
) {
    override fun toString() = "CameraState($shutter)"
}

sealed interface CameraScreenEvent {
    class From(val event: CameraEvent) : CameraScreenEvent

    data object Shoot : CameraScreenEvent

    class Torch(val on: Boolean) : CameraScreenEvent

    class Grid(val on: Boolean) : CameraScreenEvent

    class Ghost(val on: Boolean) : CameraScreenEvent

    /** The last photo of this wound could be opened. */
    data object GhostFound : CameraScreenEvent

    class Leans(val degrees: Int?) : CameraScreenEvent

    class Focus(val x: Float, val y: Float) : CameraScreenEvent

    /** The core may have heard where the phone is; [allowed]: the system may be asked. */
    class Looked(val allowed: Boolean) : CameraScreenEvent

    class Placed(val outside: Outside?) : CameraScreenEvent

    class Kept(val outcome: Outcome<String>) : CameraScreenEvent
}

/** A photo that is safe: how fit it is, where that could be judged, and its small picture for whoever took it. */
class KeptPhoto(val id: String, val fitness: Fitness?, picture: ByteArray? = null) {
    /** A JPEG until [forget]; null also where the hospital lets this phone show none. */
    @Volatile var picture = picture
        private set

    fun forget() {
        picture?.fill(0)
        picture = null
    }
}

/** What the screen asks of the camera; the app hands it to the port. */
interface Handle {
    fun shoot()

    fun torch(on: Boolean)

    fun focus(x: Float, y: Float)

    /** The tick is on the screen: it sounds too. */
    fun safe()
}

class CameraPresenter(
    private val record: PhotoRecord,
    private val core: Capturing,
    private val places: Locating,
    private val camera: Handle,
    private val judge: Judge,
    scope: CoroutineScope,
    private val taken: (KeptPhoto) -> Unit,
) : Presenter<CameraState, CameraScreenEvent>(
        CameraState(record.patient, record.site, Shutter.CLOSED, false, false, false, false, null, null, null, false),
        scope,
    ) {
    /** As it lies in the last frame, and as it lay when the shutter was pressed; the frames' longer side. */
    private var marker: Marker? = null
    private var aimed: Marker? = null
    private var frameSide = 0

    override fun step(state: CameraState, event: CameraScreenEvent): Step<CameraState, CameraScreenEvent> = when (event) {
        is CameraScreenEvent.From -> from(state, event.event)
        CameraScreenEvent.Shoot -> shoot(state)
        is CameraScreenEvent.Torch -> Step(state.copy(torch = event.on)) { null.also { camera.torch(event.on) } }
        is CameraScreenEvent.Grid -> Step(state.copy(grid = event.on))
        is CameraScreenEvent.Ghost -> Step(state.copy(ghost = event.on && state.hasGhost))
        CameraScreenEvent.GhostFound -> Step(state.copy(ghost = true, hasGhost = true))
        is CameraScreenEvent.Leans -> Step(state.copy(tilt = event.degrees))
        is CameraScreenEvent.Focus -> Step(state) { null.also { camera.focus(event.x, event.y) } }
        is CameraScreenEvent.Looked -> Step(state.copy(askPosition = !event.allowed)) {
            CameraScreenEvent.Placed(places.outside(record.team))
        }
        is CameraScreenEvent.Placed -> Step(placed(state, event.outside))
        is CameraScreenEvent.Kept -> kept(state, event.outcome)
    }

    private fun from(state: CameraState, event: CameraEvent): Step<CameraState, CameraScreenEvent> = when (event) {
        // It was opened anew, and its light is off.
        CameraEvent.Ready -> Step(state.copy(shutter = Shutter.READY, torch = false, problem = null, askPermission = false))
        is CameraEvent.Failed -> Step(failed(state, event.fault))
        is CameraEvent.Seen -> {
            val seen = judge.judge(event.frame)
            marker = seen.marker
            frameSide = maxOf(event.frame.width, event.frame.height)
            Step(state.copy(verdict = verdict(seen), marker = lies(seen)))
        }
        is CameraEvent.Taken -> {
            val marker = inPixelsOf(event.shot)
            Step(state.copy(shutter = Shutter.TAKING)) { keep(event.shot, marker) }
        }
    }

    /** A photo that was not taken leaves the camera as it was. */
    private fun failed(state: CameraState, fault: CameraFault): CameraState = when {
        fault != CameraFault.NOT_TAKEN -> state.copy(
            shutter = Shutter.CLOSED,
            problem = Failures.camera(fault),
            askPermission = fault == CameraFault.NO_PERMISSION,
        )
        state.shutter == Shutter.TAKING -> state.copy(shutter = Shutter.READY, problem = Failures.camera(fault))
        else -> state
    }

    private fun shoot(state: CameraState): Step<CameraState, CameraScreenEvent> {
        if (state.shutter != Shutter.READY) return Step(state)
        aimed = marker
        return Step(state.copy(shutter = Shutter.TAKING, problem = null)) { null.also { camera.shoot() } }
    }

    /**
     * How fit the photo is, it says itself: no frame saw the hand at its moment. Then the tick, and the small picture after it, without
     * which the photo is as safe. It is overwritten in any case.
     */
    private fun keep(shot: Shot, marker: Marker?): CameraScreenEvent? = shot.use {
        val fitness = core.judge(it.jpeg)?.copy(marker = marker)
        val outcome = core.capture(it.jpeg.rewind() as ByteBuffer, with(fitness))
        send(CameraScreenEvent.Kept(outcome))
        if (outcome is Outcome.Done) {
            camera.safe()
            val picture = core.preview(outcome.value, it.jpeg.rewind() as ByteBuffer).orNull()
            taken(KeptPhoto(outcome.value, fitness, picture))
        }
        null
    }

    /** The marker was measured in the preview's pixels, and is recorded in the photo's. */
    private fun inPixelsOf(shot: Shot): Marker? =
        aimed?.let { Marker((it.nanometres.toLong() * frameSide / shot.side.coerceAtLeast(1)).toInt(), it.tilt) }

    private fun with(fitness: Fitness?) = PhotoRecord(
        record.patient, record.team, record.site, record.wound, record.series, record.view, record.consent, fitness, record.notes,
    )

    private fun kept(state: CameraState, outcome: Outcome<String>): Step<CameraState, CameraScreenEvent> = when (outcome) {
        is Outcome.Done -> Step(state.copy(shutter = Shutter.SAFE))
        // A camera that closed meanwhile is ready only when it says so.
        is Outcome.Failed -> Step(
            state.copy(
                shutter = if (state.shutter == Shutter.TAKING) Shutter.READY else state.shutter,
                problem = refused(state, Failures.line(outcome.failure)),
            ),
        )
    }

    /** What is refused here names the places, where they are known. */
    private fun refused(state: CameraState, line: Line): Line =
        state.outside?.takeIf { line.word == Word.ErrorOutsideFence && it.word == Word.CameraOutsideBlocked } ?: line

    /** Whoever went where photos are taken is no longer told that this one was not. */
    private fun placed(state: CameraState, outside: Outside?): CameraState {
        val line = when (outside?.mode) {
            FenceMode.WARN -> Line(Word.CameraOutside, outside.words)
            FenceMode.BLOCK_CAPTURE -> Line(Word.CameraOutsideBlocked, outside.words)
            else -> null
        }
        val problem = when {
            state.problem?.word !in elsewhere -> state.problem
            outside?.mode == FenceMode.BLOCK_CAPTURE -> line
            else -> null
        }
        return state.copy(outside = line, problem = problem)
    }

    companion object {
        private const val BLURRED = 120

        /** About two stops from mid grey. */
        private const val FAR = 750

        /** Thousandths of a degree: from here on lengths read from the picture are off by more than a thirtieth. */
        private const val SLANTED = 15_000

        private val elsewhere = setOf(Word.ErrorOutsideFence, Word.CameraOutsideBlocked)

        /** A fitness in words. */
        fun verdict(fitness: Fitness): Word = when {
            fitness.exposure < -FAR -> Word.FitDark
            fitness.exposure > FAR -> Word.FitBright
            fitness.sharpness < BLURRED -> Word.FitBlurred
            else -> Word.FitGood
        }

        /** How the marker lies, where there is one. */
        fun lies(fitness: Fitness): Word? =
            fitness.marker?.let { if (it.tilt > SLANTED) Word.CameraNotLevel else Word.CameraMarkerFound }
    }
}

private val ready = CameraState(
    samplePatient, Site("Heel", Side.LEFT), Shutter.READY, false, true, false, false, Word.FitGood, Word.CameraMarkerFound, null, false, tilt = 0,
)

val cameraSamples = mapOf(
    "ready" to ready,
    "blurred-nobody" to ready.copy(patient = null, site = null, verdict = Word.FitBlurred, marker = null),
    "no-permission" to ready.copy(shutter = Shutter.CLOSED, verdict = null, problem = Line(Word.CameraNoPermission), askPermission = true),
    "leaning-ghost" to ready.copy(ghost = true, hasGhost = true, marker = Word.CameraNotLevel, tilt = -12),
    "outside" to ready.copy(outside = Line(Word.CameraOutside, "Site A")),
    "outside-blocked" to ready.copy(outside = Line(Word.CameraOutsideBlocked, "Site A, Health centre B")),
    "outside-refused" to ready.copy(
        problem = Line(Word.CameraOutsideBlocked, "Site A, Health centre B"),
        outside = Line(Word.CameraOutsideBlocked, "Site A, Health centre B"),
    ),
    "ask-position" to ready.copy(askPosition = true),
    "not-taken" to ready.copy(problem = Failures.camera(CameraFault.NOT_TAKEN)),
    "full" to ready.copy(problem = Line(Word.ErrorStorageFull)),
    "safe" to ready.copy(shutter = Shutter.SAFE),
)

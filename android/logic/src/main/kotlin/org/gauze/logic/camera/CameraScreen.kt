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
import org.gauze.logic.core.map
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

    class Kept(val outcome: Outcome<KeptPhoto>) : CameraScreenEvent
}

/** A photo that is safe, with what was seen of it. */
class KeptPhoto(val id: String, val fitness: Fitness)

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
    private var seen = Fitness(0, 0)
    private var seenWidth = 0

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
        CameraEvent.Ready -> Step(state.copy(shutter = Shutter.READY, problem = null, askPermission = false))
        is CameraEvent.Failed -> Step(
            state.copy(
                shutter = Shutter.CLOSED,
                problem = Line(fault(event.fault)),
                askPermission = event.fault == CameraFault.NO_PERMISSION,
            ),
        )
        is CameraEvent.Seen -> {
            seen = judge.judge(event.frame)
            seenWidth = event.frame.width
            Step(state.copy(verdict = verdict(seen), marker = seen.marker?.let(::lies)))
        }
        is CameraEvent.Taken -> Step(state.copy(shutter = Shutter.TAKING)) { keep(event.shot, inPixelsOf(event.shot)) }
    }

    private fun shoot(state: CameraState): Step<CameraState, CameraScreenEvent> {
        if (state.shutter != Shutter.READY) return Step(state)
        return Step(state.copy(shutter = Shutter.TAKING, problem = null)) { null.also { camera.shoot() } }
    }

    /** The tick first, and the small picture after it: without one the photo is as safe. It is overwritten in any case. */
    private fun keep(shot: Shot, fitness: Fitness): CameraScreenEvent? = shot.use {
        val outcome = core.capture(it.jpeg, with(fitness)).map { id -> KeptPhoto(id, fitness) }
        send(CameraScreenEvent.Kept(outcome))
        if (outcome is Outcome.Done) {
            camera.safe()
            core.preview(outcome.value.id, it.jpeg.rewind() as ByteBuffer)
            taken(outcome.value)
        }
        null
    }

    /** The marker was measured in the preview's pixels, and is recorded in the photo's. */
    private fun inPixelsOf(shot: Shot): Fitness {
        val marker = seen.marker ?: return seen
        val nanometres = (marker.nanometres.toLong() * seenWidth / shot.width.coerceAtLeast(1)).toInt()
        return seen.copy(marker = Marker(nanometres, marker.tilt))
    }

    private fun with(fitness: Fitness) = PhotoRecord(
        record.patient, record.team, record.site, record.wound, record.series, record.view, record.consent, fitness, record.notes,
    )

    private fun kept(state: CameraState, outcome: Outcome<KeptPhoto>): Step<CameraState, CameraScreenEvent> = when (outcome) {
        is Outcome.Done -> Step(state.copy(shutter = Shutter.SAFE))
        is Outcome.Failed -> Step(state.copy(shutter = Shutter.READY, problem = Failures.line(outcome.failure)))
    }

    /** Whoever went where photos are taken is no longer told that this one was not. */
    private fun placed(state: CameraState, outside: Outside?): CameraState {
        val line = when (outside?.mode) {
            FenceMode.WARN -> Line(Word.CameraOutside, outside.words)
            FenceMode.BLOCK_CAPTURE -> Line(Word.CameraOutsideBlocked, outside.words)
            else -> null
        }
        val arrived = outside?.mode != FenceMode.BLOCK_CAPTURE && state.problem?.word == Word.ErrorOutsideFence
        return state.copy(outside = line, problem = if (arrived) null else state.problem)
    }

    private fun fault(fault: CameraFault): Word = when (fault) {
        CameraFault.NO_PERMISSION -> Word.CameraNoPermission
        CameraFault.IN_USE -> Word.CameraInUse
        CameraFault.NO_CAMERA -> Word.CameraNoCamera
        CameraFault.BROKEN -> Word.CameraBroken
    }

    companion object {
        private const val BLURRED = 120

        /** About two stops from mid grey. */
        private const val FAR = 750

        /** Thousandths of a degree: from here on lengths read from the picture are off by more than a thirtieth. */
        private const val SLANTED = 15_000

        /** A fitness in words. */
        fun verdict(fitness: Fitness): Word = when {
            fitness.exposure < -FAR -> Word.FitDark
            fitness.exposure > FAR -> Word.FitBright
            fitness.sharpness < BLURRED -> Word.FitBlurred
            else -> Word.FitGood
        }

        private fun lies(marker: Marker): Word = if (marker.tilt > SLANTED) Word.CameraNotLevel else Word.CameraMarkerFound
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
        problem = Line(Word.ErrorOutsideFence), outside = Line(Word.CameraOutsideBlocked, "Site A, Health centre B"),
    ),
    "ask-position" to ready.copy(askPosition = true),
    "full" to ready.copy(problem = Line(Word.ErrorStorageFull)),
    "safe" to ready.copy(shutter = Shutter.SAFE),
)

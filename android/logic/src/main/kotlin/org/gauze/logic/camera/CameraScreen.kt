package org.gauze.logic.camera

import java.nio.ByteBuffer
import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Capturing
import org.gauze.logic.core.Fitness
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Patient
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.core.Side
import org.gauze.logic.core.Site
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

/** [verdict] is what the preview looks like; it never stops anybody. */
data class CameraState(
    val patient: Patient?,
    val site: Site?,
    val shutter: Shutter,
    val torch: Boolean,
    val grid: Boolean,
    val ghost: Boolean,
    val hasGhost: Boolean,
    val verdict: Word?,
    val marker: Boolean,
    val problem: Line?,
    val askPermission: Boolean,
) {
    override fun toString() = "CameraState($shutter)"
}

sealed interface CameraScreenEvent {
    class From(val event: CameraEvent) : CameraScreenEvent

    data object Shoot : CameraScreenEvent

    class Torch(val on: Boolean) : CameraScreenEvent

    class Grid(val on: Boolean) : CameraScreenEvent

    class Ghost(val on: Boolean) : CameraScreenEvent

    class Focus(val x: Float, val y: Float) : CameraScreenEvent

    class Kept(val outcome: Outcome<KeptPhoto>) : CameraScreenEvent
}

/** A photo that is safe, with what was seen of it. */
class KeptPhoto(val id: String, val fitness: Fitness)

/** What the screen asks of the camera; the app hands it to the port. */
interface Handle {
    fun shoot()

    fun torch(on: Boolean)

    fun focus(x: Float, y: Float)
}

class CameraPresenter(
    private val record: PhotoRecord,
    hasGhost: Boolean,
    private val core: Capturing,
    private val camera: Handle,
    private val judge: Judge,
    scope: CoroutineScope,
    private val taken: (KeptPhoto) -> Unit,
) : Presenter<CameraState, CameraScreenEvent>(
        CameraState(record.patient, record.site, Shutter.CLOSED, false, false, hasGhost, hasGhost, null, false, null, false),
        scope,
    ) {
    private var seen = Fitness(0, 0)

    override fun step(state: CameraState, event: CameraScreenEvent): Step<CameraState, CameraScreenEvent> = when (event) {
        is CameraScreenEvent.From -> from(state, event.event)
        CameraScreenEvent.Shoot -> shoot(state)
        is CameraScreenEvent.Torch -> Step(state.copy(torch = event.on)) { null.also { camera.torch(event.on) } }
        is CameraScreenEvent.Grid -> Step(state.copy(grid = event.on))
        is CameraScreenEvent.Ghost -> Step(state.copy(ghost = event.on && state.hasGhost))
        is CameraScreenEvent.Focus -> Step(state) { null.also { camera.focus(event.x, event.y) } }
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
            Step(state.copy(verdict = verdict(seen), marker = seen.marker != null))
        }
        is CameraEvent.Taken -> Step(state.copy(shutter = Shutter.TAKING)) { keep(event.shot, seen) }
    }

    private fun shoot(state: CameraState): Step<CameraState, CameraScreenEvent> {
        if (state.shutter != Shutter.READY) return Step(state)
        return Step(state.copy(shutter = Shutter.TAKING, problem = null)) { null.also { camera.shoot() } }
    }

    /** The picture is overwritten whatever comes of it. */
    private fun keep(shot: Shot, fitness: Fitness): CameraScreenEvent = shot.use {
        val outcome = when (val captured = core.capture(it.jpeg, with(fitness))) {
            is Outcome.Failed -> captured
            is Outcome.Done -> {
                // Without a small picture the photo is as safe as with one.
                core.preview(captured.value, it.jpeg.rewind() as ByteBuffer)
                Outcome.Done(KeptPhoto(captured.value, fitness))
            }
        }
        CameraScreenEvent.Kept(outcome)
    }

    private fun with(fitness: Fitness) = PhotoRecord(
        record.patient, record.team, record.site, record.wound, record.series, record.view, record.consent, fitness, record.notes,
    )

    private fun kept(state: CameraState, outcome: Outcome<KeptPhoto>): Step<CameraState, CameraScreenEvent> = when (outcome) {
        is Outcome.Done -> Step(state.copy(shutter = Shutter.SAFE)) {
            taken(outcome.value)
            null
        }
        is Outcome.Failed -> Step(state.copy(shutter = Shutter.READY, problem = Failures.line(outcome.failure)))
    }

    private fun fault(fault: CameraFault): Word = when (fault) {
        CameraFault.NO_PERMISSION -> Word.CameraNoPermission
        CameraFault.IN_USE -> Word.CameraInUse
        CameraFault.NO_CAMERA -> Word.CameraNoCamera
        CameraFault.BROKEN -> Word.CameraBroken
    }

    companion object {
        private const val BLURRED = 120
        private const val STOP = 1000

        /** A fitness in words. */
        fun verdict(fitness: Fitness): Word = when {
            fitness.exposure < -2 * STOP -> Word.FitDark
            fitness.exposure > 2 * STOP -> Word.FitBright
            fitness.sharpness < BLURRED -> Word.FitBlurred
            else -> Word.FitGood
        }
    }
}

private val ready = CameraState(
    samplePatient, Site("Heel", Side.LEFT), Shutter.READY, false, true, false, false, Word.FitGood, true, null, false,
)

val cameraSamples = mapOf(
    "ready" to ready,
    "blurred-nobody" to ready.copy(patient = null, site = null, verdict = Word.FitBlurred, marker = false),
    "no-permission" to ready.copy(shutter = Shutter.CLOSED, verdict = null, problem = Line(Word.CameraNoPermission), askPermission = true),
    "full" to ready.copy(problem = Line(Word.ErrorStorageFull)),
    "safe" to ready.copy(shutter = Shutter.SAFE),
)

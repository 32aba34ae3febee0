package org.gauze.logic.patient

import java.time.LocalDate
import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Enrolling
import org.gauze.logic.core.Established
import org.gauze.logic.core.Identifier
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Reviewing
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.port.Authentication
import org.gauze.logic.port.Biometric
import org.gauze.logic.port.CameraFault
import org.gauze.logic.words.Failures
import org.gauze.logic.wristband.Band
import org.gauze.logic.wristband.Refusal
import org.gauze.logic.wristband.Wristband
import org.gauze.logic.words.Word

/** How the patient is being found. */
enum class Way { CHOOSE, SCAN, LIST, TYPE, CONFIRM }

enum class Field { FAMILY, GIVEN, BORN, NUMBER, REASON }

/** What was typed, and what is wrong with each field. */
data class Typed(val fields: Map<Field, String> = emptyMap(), val faults: Map<Field, Line> = emptyMap()) {
    operator fun get(field: Field) = fields[field].orEmpty()

    override fun toString() = "Typed"
}

/**
 * [scanned] is true where name and birth are still to be asked for because the band carries the number alone. [worklist] is the
 * patients of photos on this phone, null while they are locked; [listed] is false where the phone may show no photos. [camera] is
 * why no band is scanned, null where one is looked for.
 */
data class PatientState(
    val way: Way,
    val typed: Typed,
    val found: Patient?,
    val confirmed: Set<Identifier>,
    val problem: Line?,
    val worklist: List<Patient>?,
    val scanned: Boolean,
    val listed: Boolean,
    val working: Boolean,
    val camera: CameraFault? = null,
) {
    val enough get() = confirmed.size >= 2

    /** Whether it shows somebody who was found in photos. */
    internal val ofPhotos get() = way == Way.LIST || found?.established == Established.Worklist

    override fun toString() = "PatientState($way)"
}

sealed interface PatientEvent {
    class Choose(val way: Way) : PatientEvent

    class Scanned(val text: String) : PatientEvent

    /** The camera sees, or why it does not. */
    class Camera(val fault: CameraFault?) : PatientEvent

    class Type(val field: Field, val text: String) : PatientEvent

    data object TypedAll : PatientEvent

    data object Unlock : PatientEvent

    class Answered(val answer: Authentication) : PatientEvent

    class Offered(val outcome: Outcome<List<Patient>>) : PatientEvent

    class Listed(val patient: Patient) : PatientEvent

    /** Whenever the screen is left, or the app leaves it. */
    data object Lock : PatientEvent

    class Confirm(val identifier: Identifier, val matches: Boolean) : PatientEvent

    data object Go : PatientEvent

    data object Nobody : PatientEvent
}

/**
 * Finds out whose photo it will be: by the band, the list or typing; never without two identifiers said aloud. Who came out of
 * photos is on the screen only while these are unlocked.
 */
class PatientPresenter(
    standing: Enrolling,
    private val core: Reviewing,
    private val biometric: Biometric,
    private val wristband: Wristband,
    private val today: () -> LocalDate,
    scope: CoroutineScope,
    private val chosen: (Patient?) -> Unit,
) : Presenter<PatientState, PatientEvent>(
        PatientState(Way.CHOOSE, Typed(), null, emptySet(), null, null, false, standing.standing().reviewDenied == null, false),
        scope,
    ) {
    override fun step(state: PatientState, event: PatientEvent): Step<PatientState, PatientEvent> = when (event) {
        is PatientEvent.Choose -> choose(state, event.way)
        is PatientEvent.Scanned -> Step(if (state.way == Way.SCAN) scanned(state, wristband.read(event.text)) else state)
        is PatientEvent.Camera -> Step(if (state.way == Way.SCAN) state.copy(camera = event.fault) else state)
        is PatientEvent.Type -> Step(type(state, event))
        PatientEvent.TypedAll -> Step(typedAll(state))
        PatientEvent.Unlock ->
            if (state.working) Step(state)
            else Step(state.copy(working = true, problem = null)) { PatientEvent.Answered(biometric.authenticate("unlock")) }
        is PatientEvent.Answered -> if (state.way == Way.LIST) answered(state, event.answer) else Step(state)
        is PatientEvent.Offered ->
            if (state.way == Way.LIST && state.working) Step(offered(state, event.outcome))
            else Step<PatientState, PatientEvent>(state).also { core.lock() }
        is PatientEvent.Listed -> Step(found(state, event.patient).copy(worklist = null))
        PatientEvent.Lock -> if (state.ofPhotos) locked(state, Way.LIST) else Step(state)
        is PatientEvent.Confirm -> Step(confirm(state, event))
        PatientEvent.Go -> go(state)
        PatientEvent.Nobody -> Step(fresh(state)) {
            chosen(null)
            null
        }
    }

    private fun fresh(state: PatientState) = state.copy(
        way = Way.CHOOSE,
        typed = Typed(),
        found = null,
        confirmed = emptySet(),
        problem = null,
        worklist = null,
        scanned = false,
        working = false,
        camera = null,
    )

    private fun choose(state: PatientState, way: Way): Step<PatientState, PatientEvent> = when {
        way == Way.LIST -> Step(fresh(state).copy(way = way, working = true)) { PatientEvent.Offered(core.patients()) }
        state.ofPhotos -> locked(state, way)
        else -> Step(fresh(state).copy(way = way))
    }

    /** At once: what is launched may end with the screen. What is unlocked only then comes as an offer that nobody waits for. */
    private fun locked(state: PatientState, way: Way): Step<PatientState, PatientEvent> {
        core.lock()
        return Step(fresh(state).copy(way = way))
    }

    private fun answered(state: PatientState, answer: Authentication): Step<PatientState, PatientEvent> = when (answer) {
        Authentication.CONFIRMED -> Step(state.copy(working = true)) {
            when (val unlocked = core.unlock()) {
                is Outcome.Done -> PatientEvent.Offered(core.patients())
                is Outcome.Failed -> PatientEvent.Offered(unlocked)
            }
        }
        else -> Step(state.copy(working = false, problem = Failures.line(answer)))
    }

    private fun offered(state: PatientState, outcome: Outcome<List<Patient>>): PatientState = when (outcome) {
        is Outcome.Done -> state.copy(worklist = outcome.value, working = false)
        // That it is locked is what the screen says anyway.
        is Outcome.Failed ->
            state.copy(working = false, problem = outcome.failure.takeUnless { it.code == "locked" }?.let(Failures::line))
    }

    private fun found(state: PatientState, patient: Patient) =
        state.copy(way = Way.CONFIRM, found = patient, confirmed = emptySet(), problem = null)

    private fun scanned(state: PatientState, band: Band): PatientState = when (band) {
        is Band.Refused -> state.copy(problem = Line(refusal(band.why)))
        is Band.Local -> needsName(state, band.number)
        is Band.Person ->
            if (band.family != null && band.given != null && band.born != null) found(state, Entry.of(band))
            else needsName(state, band.number)
    }

    private fun needsName(state: PatientState, number: String) = state.copy(
        way = Way.TYPE,
        scanned = true,
        typed = Typed(mapOf(Field.NUMBER to number)),
        problem = Line(Word.BandNeedsName),
    )

    /** A number that was scanned and then written over is one that was typed, and needs its reason. */
    private fun type(state: PatientState, event: PatientEvent.Type): PatientState = state.copy(
        problem = null,
        scanned = state.scanned && (event.field != Field.NUMBER || event.text == state.typed[Field.NUMBER]),
        typed = Typed(state.typed.fields + (event.field to event.text), state.typed.faults - event.field),
    )

    private fun typedAll(state: PatientState): PatientState {
        val own = wristband.format.local
        val faults = Entry.faults(state.typed, state.scanned, today(), own)
        if (faults.isNotEmpty()) return state.copy(typed = state.typed.copy(faults = faults))
        return found(state, Entry.of(state.typed, state.scanned, own))
    }

    private fun confirm(state: PatientState, event: PatientEvent.Confirm): PatientState {
        val known = state.found?.known().orEmpty()
        if (event.identifier !in known) return state
        val confirmed = if (event.matches) state.confirmed + event.identifier else state.confirmed - event.identifier
        return state.copy(confirmed = confirmed, problem = null)
    }

    private fun go(state: PatientState): Step<PatientState, PatientEvent> {
        val patient = state.found ?: return Step(state)
        if (!state.enough) return Step(state.copy(problem = Line(Word.PatientConfirmMore)))
        return Step(fresh(state)) {
            chosen(patient.confirmedBy(state.confirmed))
            null
        }
    }

    private fun refusal(why: Refusal): Word = when (why) {
        Refusal.CHECK_DIGIT -> Word.BandCheckDigit
        Refusal.NOT_A_PATIENT -> Word.BandNotAPatient
        Refusal.UNREADABLE -> Word.BandUnreadable
        Refusal.OTHER_ISSUER -> Word.BandOtherIssuer
    }
}

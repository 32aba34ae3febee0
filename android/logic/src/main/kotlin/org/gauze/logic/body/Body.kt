package org.gauze.logic.body

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Side
import org.gauze.logic.core.Site
import org.gauze.logic.core.SiteChoice
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step
import org.gauze.logic.patient.samplePatient
import org.gauze.logic.words.Word

/** Which way the figure is turned. */
enum class Turn { FRONT, BACK, LEFT, RIGHT, FEET }

/**
 * A place to touch: its middle and half its size in thousandths of the figure's width and height. [side] is the
 * patient's own side, which is the viewer's other side from the front.
 */
data class Spot(val word: Word, val side: Side?, val x: Int, val y: Int, val w: Int, val h: Int)

data class BodyState(
    val patient: Patient?,
    val turn: Turn,
    val sites: List<SiteChoice>,
    val chosen: Site?,
    val askSide: Boolean,
    val problem: Line?,
) {
    override fun toString() = "BodyState($turn)"
}

sealed interface BodyEvent {
    class Turned(val turn: Turn) : BodyEvent

    /** A spot of the map, with its words in the hospital's language. */
    class Touched(val words: String, val side: Side?) : BodyEvent

    class Picked(val site: SiteChoice) : BodyEvent

    class Sided(val side: Side) : BodyEvent

    data object Go : BodyEvent

    data object Skip : BodyEvent
}

/**
 * Where it is. Where the hospital has a list, a touch picks the list's entry of that name, and what the list does not have
 * cannot be chosen; where it has none, the words of the map stand for themselves.
 */
class BodyPresenter(
    patient: Patient?,
    sites: List<SiteChoice>,
    scope: CoroutineScope,
    private val chosen: (Site?) -> Unit,
) : Presenter<BodyState, BodyEvent>(BodyState(patient, Turn.FRONT, sites, null, false, null), scope) {
    override fun step(state: BodyState, event: BodyEvent): Step<BodyState, BodyEvent> = when (event) {
        is BodyEvent.Turned -> Step(state.copy(turn = event.turn))
        is BodyEvent.Touched -> Step(touched(state, event))
        is BodyEvent.Picked -> Step(picked(state, event.site, null))
        is BodyEvent.Sided -> Step(state.copy(chosen = state.chosen?.copy(side = event.side), askSide = false, problem = null))
        BodyEvent.Go -> go(state)
        BodyEvent.Skip -> leave(state, null)
    }

    private fun touched(state: BodyState, event: BodyEvent.Touched): BodyState {
        if (state.sites.isEmpty()) return state.copy(chosen = Site(event.words, event.side), askSide = false, problem = null)
        val listed = state.sites.firstOrNull { it.words.equals(event.words, ignoreCase = true) }
            ?: return state.copy(problem = Line(Word.ErrorSiteNotListed))
        return picked(state, listed, event.side)
    }

    private fun picked(state: BodyState, site: SiteChoice, side: Side?) = state.copy(
        chosen = Site(site.words, side.takeIf { site.sided }, site.system, site.code),
        askSide = site.sided && side == null,
        problem = null,
    )

    private fun go(state: BodyState): Step<BodyState, BodyEvent> = when {
        state.chosen == null -> Step(state.copy(problem = Line(Word.BodyChoose)))
        state.askSide -> Step(state.copy(problem = Line(Word.BodyChooseSide)))
        else -> leave(state, state.chosen)
    }

    private fun leave(state: BodyState, site: Site?) = Step<BodyState, BodyEvent>(state) {
        chosen(site)
        null
    }
}

private val start = BodyState(samplePatient, Turn.FRONT, emptyList(), null, false, null)

val bodySamples = mapOf(
    "front" to start,
    "back-chosen" to start.copy(turn = Turn.BACK, chosen = Site("Heel", Side.LEFT)),
    "side" to start.copy(turn = Turn.LEFT),
    "feet-ask-side" to start.copy(turn = Turn.FEET, chosen = Site("Heel"), askSide = true, problem = Line(Word.BodyChooseSide)),
)

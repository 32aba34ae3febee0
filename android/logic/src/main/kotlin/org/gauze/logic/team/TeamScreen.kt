package org.gauze.logic.team

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Choice
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step

/** The hospital's teams, and the one that photos go to now, if any. */
data class TeamState(val teams: List<Choice>, val now: Choice?)

sealed interface TeamEvent {
    class Choose(val team: Choice) : TeamEvent
}

/** Which team whoever uses the phone works in: its people see the photos. */
class TeamPresenter(teams: List<Choice>, now: Choice?, scope: CoroutineScope, private val chosen: (Choice) -> Unit) :
    Presenter<TeamState, TeamEvent>(TeamState(teams, now), scope) {
    override fun step(state: TeamState, event: TeamEvent): Step<TeamState, TeamEvent> = when (event) {
        is TeamEvent.Choose -> Step(state) {
            if (event.team in state.teams) chosen(event.team)
            null
        }
    }
}

private val teams = listOf(
    Choice("tissue-viability", "Tissue viability"),
    Choice("burns", "Burns and plastic surgery"),
    Choice("community", "Community nursing, north of the river and the islands"),
)

val teamSamples = mapOf(
    "first" to TeamState(teams, null),
    "change" to TeamState(teams, teams[1]),
)

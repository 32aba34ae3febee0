package org.gauze.app.ui

import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import org.gauze.logic.flow.Line
import org.gauze.logic.incident.Incident
import org.gauze.logic.incident.IncidentEvent
import org.gauze.logic.incident.IncidentState
import org.gauze.logic.settings.BlockedState
import org.gauze.logic.settings.HelpState
import org.gauze.logic.settings.SettingsState
import org.gauze.logic.words.Word

@Composable
fun IncidentView(state: IncidentState, back: () -> Unit, send: (IncidentEvent) -> Unit) = Page(
    Word.IncidentTitle,
    actions = {
        Said(state.said, if (state.said?.word == Word.IncidentDiscarded) Tone.GOOD else Tone.BAD)
        if (state.chosen == null) QuietAction(Word.Back, back) else QuietAction(Word.Back) { send(IncidentEvent.Choose(null)) }
    },
) {
    val chosen = state.chosen
    if (chosen == null) {
        Text(say(Word.IncidentBody))
        Incident.entries.forEach { incident -> OtherAction(incident.happened) { send(IncidentEvent.Choose(incident)) } }
        return@Page
    }
    Text(say(chosen.happened), style = MaterialTheme.typography.titleMedium)
    Text(say(chosen.act))
    if (state.support == null) Text(say(Word.IncidentNoContact)) else Support(Word.IncidentContact, state.support)
    state.waiting.forEach { item ->
        QueueRow(item)
        GraveAction(Word.CheckAgainConsequence, Word.IncidentDiscard) { send(IncidentEvent.Discard(item.id)) }
    }
}

/** Where the settings lead. */
class SettingsWays(
    val help: () -> Unit,
    val incident: () -> Unit,
    val team: () -> Unit,
    val signOut: () -> Unit,
    val back: () -> Unit,
)

@Composable
fun SettingsView(state: SettingsState, ways: SettingsWays) = Page(
    Word.SettingsTitle,
    actions = {
        OtherAction(Word.SettingsIncident, onClick = ways.incident)
        OtherAction(Word.SettingsHelp, onClick = ways.help)
        if (state.canChangeTeam) OtherAction(Word.SettingsTeamChange, onClick = ways.team)
        if (state.canSignOut) OtherAction(Word.SettingsSignOut, onClick = ways.signOut)
        QuietAction(Word.Back, ways.back)
    },
) {
    Part(Word.SettingsPhone, state.phone)
    Part(Word.SettingsMay, state.may)
    Part(Word.SettingsMayNot, state.mayNot)
    Part(Word.SettingsLicences, listOf(Line(Word.SettingsLicencesBody), state.version))
}

@Composable
private fun Part(title: Word, lines: List<Line>) {
    HorizontalDivider(color = LocalTones.current.line)
    Text(say(title), Modifier.semantics { heading() }, style = MaterialTheme.typography.titleMedium)
    lines.forEach { Text(say(it)) }
}

/** Locked by the hospital, or wiped. */
@Composable
fun BlockedView(state: BlockedState, sendNow: () -> Unit, enrol: () -> Unit) = Page(
    if (state.wiped) Word.WipedTitle else Word.LockedTitle,
    actions = {
        if (state.unsent > 0) MainAction(Word.LockedSend, onClick = sendNow)
        if (state.wiped) OtherAction(Word.WipedEnrol, onClick = enrol)
    },
) {
    Text(say(if (state.wiped) Word.WipedBody else Word.LockedBody))
    Said(state.why)
    if (state.unsent > 0) Text(say(Line(Word.LockedWaiting, state.unsent.toString())))
    else Text(say(Word.WipedNothing))
    Support(Word.LockedContact, state.support)
}

@Composable
fun HelpView(state: HelpState, back: () -> Unit) = Page(Word.HelpTitle, actions = { MainAction(Word.Done, onClick = back) }) {
    state.lines.forEach { Text(say(it)) }
    Support(Word.HelpContact, state.support)
}

/** What the first screen leads to besides a new photo. */
@Composable
fun ColumnScope.More(queue: () -> Unit, review: () -> Unit, settings: () -> Unit) {
    OtherAction(Word.HomeQueue, onClick = queue)
    OtherAction(Word.HomeReview, onClick = review)
    QuietAction(Word.HomeMore, onClick = settings)
}

package org.gauze.app.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.FilterChip
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp
import org.gauze.logic.core.Happened
import org.gauze.logic.flow.Line
import org.gauze.logic.incident.Incident
import org.gauze.logic.incident.IncidentEvent
import org.gauze.logic.incident.IncidentState
import org.gauze.logic.incident.Noticed
import org.gauze.logic.incident.ReportForm
import org.gauze.logic.incident.ReportItem
import org.gauze.logic.settings.BlockedState
import org.gauze.logic.settings.HelpState
import org.gauze.logic.settings.SettingsState
import org.gauze.logic.settings.Stop
import org.gauze.logic.words.Word

private val goodWords = setOf(Word.IncidentDiscarded, Word.ReportKept)

@Composable
fun IncidentView(state: IncidentState, back: () -> Unit, send: (IncidentEvent) -> Unit) {
    val form = state.form
    if (form != null) ReportView(form, send) else WhatHappened(state, back, send)
}

@Composable
private fun WhatHappened(state: IncidentState, back: () -> Unit, send: (IncidentEvent) -> Unit) = Page(
    Word.IncidentTitle,
    actions = {
        Said(state.said, if (state.said?.word in goodWords) Tone.GOOD else Tone.BAD)
        OtherAction(Word.IncidentTell) { send(IncidentEvent.Tell(true)) }
        if (state.chosen == null) QuietAction(Word.Back, back) else QuietAction(Word.Back) { send(IncidentEvent.Choose(null)) }
    },
) {
    val chosen = state.chosen
    if (chosen == null) {
        Text(say(Word.IncidentBody))
        Incident.entries.forEach { incident -> OtherAction(incident.happened) { send(IncidentEvent.Choose(incident)) } }
        if (state.reports.isNotEmpty()) Kept(state.reports)
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

/** What was told here and is on the phone until the hospital has it. */
@Composable
private fun Kept(reports: List<ReportItem>) {
    HorizontalDivider(color = LocalTones.current.line)
    Text(say(Word.ReportMine), Modifier.semantics { heading() }, style = MaterialTheme.typography.titleMedium)
    reports.forEach { report ->
        report.written?.let { Text(say(it), fontWeight = FontWeight.Medium) }
        Said(Line(report.state), if (report.state == Word.ReportSent) Tone.PLAIN else Tone.WARNING)
        Said(report.why)
    }
}

private val kindWords = mapOf(Happened.BREACH to Word.ReportBreach, Happened.NEAR_MISS to Word.ReportNearMiss)

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun ReportView(form: ReportForm, send: (IncidentEvent) -> Unit) = Page(
    Word.ReportTitle,
    actions = {
        Said(form.fault)
        MainAction(Word.ReportSend, !form.sending) { send(IncidentEvent.Send) }
        QuietAction(Word.Back) { send(IncidentEvent.Tell(false)) }
    },
) {
    fun write(change: (ReportForm) -> ReportForm) = send(IncidentEvent.Write(change))
    Text(say(Word.ReportLead))
    Heading(Word.ReportKind)
    kindWords.forEach { (kind, word) -> Pick(say(word), form.kind == kind) { write { it.copy(kind = kind) } } }
    Field(Line(Word.ReportWhat), form.what, lines = 4) { text -> write { it.copy(what = text) } }
    Text(say(Word.ReportWhatHint), color = LocalTones.current.muted)
    Field(Line(Word.ReportWhose), form.whose) { text -> write { it.copy(whose = text) } }
    Text(say(Word.ReportWhoseHint), color = LocalTones.current.muted)
    Heading(Word.ReportNoticed)
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Noticed.entries.forEach { noticed ->
            FilterChip(form.noticed == noticed, { write { it.copy(noticed = noticed) } }, { Text(say(noticed.word)) }, Modifier.heightIn(min = 48.dp))
        }
    }
    if (form.noticed == Noticed.EARLIER) Field(Line(Word.ReportDay), form.day) { text -> write { it.copy(day = text) } }
    if (form.photos.isEmpty()) return@Page
    Heading(Word.ReportPhoto)
    Pick(say(Word.ReportNoPhoto), form.photo == null) { write { it.copy(photo = null) } }
    form.photos.forEach { item ->
        Pick(say(item.taken), form.photo == item.id, listOfNotNull(item.label, say(item.stage)).joinToString(", ")) {
            write { it.copy(photo = item.id) }
        }
    }
}

@Composable
private fun Heading(word: Word) =
    Text(say(word), Modifier.semantics { heading() }, style = MaterialTheme.typography.titleMedium)

/** Where the settings lead. */
class SettingsWays(
    val help: () -> Unit,
    val incident: () -> Unit,
    val team: () -> Unit,
    val signOut: () -> Unit,
    val licences: (() -> Unit)?,
    val back: () -> Unit,
)

@Composable
fun SettingsView(state: SettingsState, ways: SettingsWays) = Page(
    Word.SettingsTitle,
    actions = { QuietAction(Word.Back, ways.back) },
) {
    OtherAction(Word.SettingsIncident, onClick = ways.incident)
    OtherAction(Word.SettingsHelp, onClick = ways.help)
    if (state.canChangeTeam) OtherAction(Word.SettingsTeamChange, onClick = ways.team)
    if (state.canSignOut) OtherAction(Word.SettingsSignOut, onClick = ways.signOut)
    Part(Word.SettingsPhone, state.phone)
    Part(Word.SettingsMay, state.may)
    Part(Word.SettingsMayNot, state.mayNot)
    Part(Word.SettingsLicences, listOf(Line(Word.SettingsLicencesBody), state.version))
    if (ways.licences != null) OtherAction(Word.SettingsLicencesRead, onClick = ways.licences)
}

@Composable
private fun Part(title: Word, lines: List<Line>) {
    HorizontalDivider(color = LocalTones.current.line)
    Text(say(title), Modifier.semantics { heading() }, style = MaterialTheme.typography.titleMedium)
    lines.forEach { Text(say(it)) }
}

/** What each library that is packed asks to be told of it. Of so many paragraphs only those are laid out that are seen. */
@Composable
fun LicencesView(paragraphs: List<String>, back: () -> Unit) = Surface(Modifier.fillMaxSize(), color = MaterialTheme.colorScheme.surface) {
    Box(Modifier.safeDrawingPadding(), contentAlignment = Alignment.TopCenter) {
        Column(Modifier.widthIn(max = 640.dp).fillMaxSize().padding(16.dp), Arrangement.spacedBy(12.dp)) {
            Text(say(Word.SettingsLicences), Modifier.semantics { heading() }, style = MaterialTheme.typography.titleLarge)
            LazyColumn(Modifier.weight(1f), verticalArrangement = Arrangement.spacedBy(12.dp)) { items(paragraphs) { Text(it) } }
            MainAction(Word.Done, onClick = back)
        }
    }
}

/** Where a phone leads that is locked or wiped. */
class BlockedWays(val send: () -> Unit, val enrol: () -> Unit, val incident: () -> Unit)

/** Locked by the hospital, or wiped. */
@Composable
fun BlockedView(state: BlockedState, ways: BlockedWays) = Page(
    if (state.stop == Stop.WIPED) Word.WipedTitle else Word.LockedTitle,
    actions = {
        if (state.sends) MainAction(Word.LockedSend, onClick = ways.send)
        if (state.over) OtherAction(Word.WipedEnrol, onClick = ways.enrol)
        OtherAction(Word.SettingsIncident, onClick = ways.incident)
    },
) {
    Text(
        say(
            when (state.stop) {
                Stop.SUSPENDED -> Word.LockedBody
                Stop.REVOKED -> Word.LockedRevoked
                Stop.WIPED -> Word.WipedBody
            },
        ),
    )
    // That it was wiped is the title.
    if (state.stop != Stop.WIPED) Said(state.why)
    if (state.unsent > 0) Text(say(Line(Word.LockedWaiting, state.unsent.toString())))
    if (state.reports > 0) Text(say(Line(Word.LockedReports, state.reports.toString())))
    if (state.unsent + state.reports == 0L) Text(say(Word.WipedNothing))
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

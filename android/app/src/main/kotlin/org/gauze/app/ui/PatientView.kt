package org.gauze.app.ui

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp
import java.time.LocalDate
import org.gauze.logic.core.Identifier
import org.gauze.logic.core.Patient
import org.gauze.logic.flow.Line
import org.gauze.logic.patient.Field
import org.gauze.logic.patient.PatientEvent
import org.gauze.logic.patient.PatientState
import org.gauze.logic.patient.Way
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings

/** The first screen. [more] leads to everything that is not a new photo. */
@Composable
fun PatientView(
    state: PatientState,
    viewfinder: @Composable () -> Unit,
    allow: () -> Unit,
    more: @Composable ColumnScope.() -> Unit,
    send: (PatientEvent) -> Unit,
) = Page(
    if (state.way == Way.CONFIRM) Word.PatientConfirmTitle else Word.PatientTitle,
    banner = { if (state.way == Way.CONFIRM) Banner(state.found) },
    actions = { Actions(state, allow, more, send) },
) {
    when (state.way) {
        Way.CHOOSE -> Choose(state.listed, send)
        Way.SCAN -> Scanning(Word.PatientScanning, state.camera, viewfinder)
        Way.LIST -> Worklist(state, send)
        Way.TYPE -> TypeIn(state, send)
        Way.CONFIRM -> Confirm(state, send)
    }
}

@Composable
private fun ColumnScope.Actions(
    state: PatientState, allow: () -> Unit, more: @Composable ColumnScope.() -> Unit, send: (PatientEvent) -> Unit,
) {
    Said(state.problem, if (state.problem?.word == Word.BandNeedsName) Tone.PLAIN else Tone.BAD)
    when (state.way) {
        Way.CHOOSE -> {
            MainAction(Word.PatientScan) { send(PatientEvent.Choose(Way.SCAN)) }
            more()
        }
        Way.SCAN -> {
            AllowCamera(state.camera, allow)
            OtherAction(Word.PatientType) { send(PatientEvent.Choose(Way.TYPE)) }
            QuietAction(Word.Cancel) { send(PatientEvent.Choose(Way.CHOOSE)) }
        }
        Way.LIST -> QuietAction(Word.Cancel) { send(PatientEvent.Choose(Way.CHOOSE)) }
        Way.TYPE -> {
            MainAction(Word.Next) { send(PatientEvent.TypedAll) }
            QuietAction(Word.Cancel) { send(PatientEvent.Choose(Way.CHOOSE)) }
        }
        Way.CONFIRM -> {
            MainAction(Word.PatientConfirmed, state.enough) { send(PatientEvent.Go) }
            QuietAction(Word.PatientOther) { send(PatientEvent.Choose(Way.CHOOSE)) }
        }
    }
}

@Composable
private fun Choose(listed: Boolean, send: (PatientEvent) -> Unit) {
    if (listed) OtherAction(Word.PatientList) { send(PatientEvent.Choose(Way.LIST)) }
    OtherAction(Word.PatientType) { send(PatientEvent.Choose(Way.TYPE)) }
    Text(say(Word.PatientNoneConsequence), color = LocalTones.current.muted)
    OtherAction(Word.PatientNone) { send(PatientEvent.Nobody) }
}

@Composable
private fun Worklist(state: PatientState, send: (PatientEvent) -> Unit) {
    val patients = state.worklist
    if (patients == null) {
        Text(say(Word.PatientListLocked))
        OtherAction(Word.PatientListUnlock, !state.working) { send(PatientEvent.Unlock) }
        return
    }
    if (patients.isEmpty()) Said(Line(Word.PatientListEmpty), Tone.PLAIN)
    patients.forEach { patient ->
        Outlined({ send(PatientEvent.Listed(patient)) }, Modifier.fillMaxWidth().heightIn(min = 72.dp)) {
            Column(Modifier.fillMaxWidth(), horizontalAlignment = Alignment.Start, verticalArrangement = Arrangement.Center) {
                Text(Wordings.name(patient), fontWeight = FontWeight.Bold, color = MaterialTheme.colorScheme.onSurface)
                Text(say(Wordings.born(patient.born, LocalToday.current())), color = MaterialTheme.colorScheme.onSurface)
                Text(say(Wordings.number(patient, LocalOwnNumber.current)), color = MaterialTheme.colorScheme.onSurface)
            }
        }
    }
}

@Composable
private fun TypeIn(state: PatientState, send: (PatientEvent) -> Unit) {
    val own = LocalOwnNumber.current
    val fields = listOf(
        Field.NUMBER to if (own == null) Line(Word.PatientNumber) else Line(Word.PatientNumberOr, own),
        Field.FAMILY to Line(Word.PatientFamily),
        Field.GIVEN to Line(Word.PatientGiven),
        Field.BORN to Line(Word.PatientBirth),
    ) + if (state.scanned) emptyList() else listOf(Field.REASON to Line(Word.PatientReason))
    fields.forEach { (field, label) ->
        Field(label, state.typed[field], state.typed.faults[field]) { send(PatientEvent.Type(field, it)) }
    }
}

@Composable
private fun Confirm(state: PatientState, send: (PatientEvent) -> Unit) {
    val patient = state.found ?: return
    Identifier.entries.filter { it in patient.known() }.forEach { identifier ->
        Tick(named(identifier), identifier in state.confirmed, detail(patient, identifier)) {
            send(PatientEvent.Confirm(identifier, it))
        }
    }
    Text(say(Word.PatientConfirmMore), color = LocalTones.current.muted)
}

@Composable
private fun named(identifier: Identifier): String =
    LocalOwnNumber.current.takeIf { identifier == Identifier.LOCAL } ?: say(Wordings.identifier(identifier))

private fun detail(patient: Patient, identifier: Identifier): String = when (identifier) {
    Identifier.NAME -> Wordings.name(patient)
    Identifier.BORN -> Wordings.date(LocalDate.parse(patient.born))
    Identifier.NHS -> Wordings.grouped(patient.nhs.orEmpty())
    Identifier.CHI -> Wordings.grouped(patient.chi.orEmpty())
    Identifier.HC -> Wordings.grouped(patient.hc.orEmpty())
    Identifier.LOCAL -> patient.local.orEmpty()
}

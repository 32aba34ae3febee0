package org.gauze.app.ui

import android.view.inputmethod.EditorInfo
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.selectable
import androidx.compose.foundation.selection.toggleable
import androidx.compose.foundation.text.contextmenu.data.TextContextMenuKeys
import androidx.compose.foundation.text.contextmenu.modifier.filterTextContextMenuComponents
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Button
import androidx.compose.material3.ButtonDefaults
import androidx.compose.material3.Checkbox
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.OutlinedTextField
import androidx.compose.material3.RadioButton
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.material3.TextButton
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.remember
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.Alignment
import androidx.compose.ui.ExperimentalComposeUiApi
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.ClipEntry
import androidx.compose.ui.platform.Clipboard
import androidx.compose.ui.platform.InterceptPlatformTextInput
import androidx.compose.ui.platform.LocalClipboard
import androidx.compose.ui.platform.PlatformTextInputInterceptor
import androidx.compose.ui.platform.LocalConfiguration
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp
import java.time.LocalDate
import org.gauze.logic.core.Patient
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings

/**
 * One question a screen: [title], what there is to read and choose, and [actions] at the thumb's end: below, or beside where the window
 * is low. On wide windows the column keeps a readable width.
 */
@Composable
fun Page(title: Word, banner: @Composable () -> Unit = {}, actions: @Composable ColumnScope.() -> Unit = {}, content: @Composable ColumnScope.() -> Unit) {
    Surface(Modifier.fillMaxSize(), color = MaterialTheme.colorScheme.surface) {
        Box(Modifier.safeDrawingPadding().imePadding(), contentAlignment = Alignment.TopCenter) {
            if (isLow()) Column(Modifier.fillMaxSize()) {
                banner()
                Row(Modifier.weight(1f)) {
                    Reading(title, Modifier.weight(1f), content)
                    Column(
                        Modifier.width(SIDE).verticalScroll(rememberScrollState()).padding(top = 16.dp, end = 16.dp, bottom = 16.dp),
                        Arrangement.spacedBy(8.dp), content = actions,
                    )
                }
            } else Column(Modifier.widthIn(max = 640.dp).fillMaxSize()) {
                banner()
                Reading(title, Modifier.weight(1f), content)
                Column(Modifier.padding(start = 16.dp, end = 16.dp, bottom = 16.dp), Arrangement.spacedBy(8.dp), content = actions)
            }
        }
    }
}

@Composable
private fun Reading(title: Word, room: Modifier, content: @Composable ColumnScope.() -> Unit) = Column(
    room.verticalScroll(rememberScrollState()).padding(16.dp), verticalArrangement = Arrangement.spacedBy(12.dp),
) {
    Text(say(title), style = MaterialTheme.typography.titleLarge, modifier = Modifier.semantics { heading() })
    content()
}

/** A phone on its side. The window's own size, which a keyboard leaves alone: a field keeps its place while somebody types. */
@Composable
fun isLow(): Boolean = LocalConfiguration.current.run { screenWidthDp > screenHeightDp && screenHeightDp < 480 }

/** How wide what is pressed is, where it stands beside what is looked at. */
val SIDE = 280.dp

/** The day by which ages are told: asked for each time, since a screen may stay over midnight. */
val LocalToday = staticCompositionLocalOf<() -> LocalDate> { { LocalDate.now() } }

/** What the hospital calls its own number of a patient, where its policy says how that is written. */
val LocalOwnNumber = staticCompositionLocalOf<String?> { null }

/** Who the patient is, in the same form and place on every screen. */
@Composable
fun Banner(patient: Patient?) {
    Surface(color = MaterialTheme.colorScheme.secondaryContainer, modifier = Modifier.fillMaxWidth()) {
        if (patient == null) Text(say(Word.BannerNobody), Modifier.padding(16.dp, if (isLow()) 8.dp else 12.dp))
        else if (isLow()) FlowRow(Modifier.padding(16.dp, 8.dp), Arrangement.spacedBy(16.dp), itemVerticalAlignment = Alignment.CenterVertically) {
            Identity(patient)
        } else Column(Modifier.padding(16.dp, 12.dp)) { Identity(patient) }
    }
}

@Composable
private fun Identity(patient: Patient) {
    Text(Wordings.name(patient), style = MaterialTheme.typography.titleMedium, fontWeight = FontWeight.Bold)
    Text(say(Wordings.born(patient.born, LocalToday.current())))
    Text(say(Wordings.number(patient, LocalOwnNumber.current)))
}

/** The one main action. */
@Composable
fun MainAction(word: Word, enabled: Boolean = true, onClick: () -> Unit) {
    Button(onClick, Modifier.fillMaxWidth().heightIn(min = 56.dp), enabled = enabled, shape = MaterialTheme.shapes.small) { Text(say(word)) }
}

@Composable
fun OtherAction(word: Word, enabled: Boolean = true, onClick: () -> Unit) {
    Outlined(onClick, Modifier.fillMaxWidth().heightIn(min = 48.dp), enabled) { Text(say(word)) }
}

/** A choice that is no main action. Material would make it a pill. */
@Composable
fun Outlined(onClick: () -> Unit, modifier: Modifier, enabled: Boolean = true, content: @Composable RowScope.() -> Unit) =
    OutlinedButton(onClick, modifier, enabled, MaterialTheme.shapes.small, content = content)

@Composable
fun QuietAction(word: Word, onClick: () -> Unit) {
    Plain(word, Modifier.fillMaxWidth(), onClick)
}

@Composable
fun Plain(word: Word, modifier: Modifier = Modifier, onClick: () -> Unit) {
    TextButton(onClick, modifier.heightIn(min = 48.dp), shape = MaterialTheme.shapes.small) { Text(say(word)) }
}

/** What cannot be taken back: its consequence before the button. */
@Composable
fun GraveAction(consequence: Word, word: Word, enabled: Boolean = true, onClick: () -> Unit) {
    Column(verticalArrangement = Arrangement.spacedBy(4.dp)) {
        Text(say(consequence), color = LocalTones.current.muted)
        OutlinedButton(
            onClick, Modifier.fillMaxWidth().heightIn(min = 56.dp), enabled, MaterialTheme.shapes.small,
            colors = ButtonDefaults.outlinedButtonColors(contentColor = MaterialTheme.colorScheme.error),
        ) { Text(say(word)) }
    }
}

enum class Tone { GOOD, WARNING, BAD, PLAIN }

/** A state: a shape and a word in a colour, never a colour alone, and what else is so. Read out when it changes. */
@Composable
fun Said(line: Line?, tone: Tone = Tone.BAD, besides: Line? = null) {
    if (line == null) return
    Row(
        Modifier.fillMaxWidth().background(MaterialTheme.colorScheme.surfaceVariant).padding(12.dp)
            .semantics(mergeDescendants = true) { liveRegion = LiveRegionMode.Polite },
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Mark(tone)
        Spacer(Modifier.width(12.dp))
        FlowRow(horizontalArrangement = Arrangement.spacedBy(12.dp)) {
            Text(say(line), color = colour(tone))
            if (besides != null) Text(say(besides), color = LocalTones.current.good)
        }
    }
}

@Composable
fun Mark(tone: Tone, modifier: Modifier = Modifier) {
    val colour = colour(tone)
    androidx.compose.foundation.Canvas(modifier.size(20.dp)) { drawMark(tone, colour) }
}

@Composable
fun colour(tone: Tone): Color = when (tone) {
    Tone.GOOD -> LocalTones.current.good
    Tone.WARNING -> LocalTones.current.warning
    Tone.BAD -> MaterialTheme.colorScheme.error
    Tone.PLAIN -> LocalTones.current.information
}

/** A row that is ticked as a whole, large enough for gloves. */
@Composable
fun Tick(label: String, ticked: Boolean, detail: String? = null, onChange: (Boolean) -> Unit) {
    Row(
        Modifier.fillMaxWidth().heightIn(min = 56.dp).toggleable(ticked, role = Role.Checkbox, onValueChange = onChange),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        Checkbox(ticked, null, Modifier.padding(end = 12.dp))
        Column {
            Text(label)
            if (detail != null) Text(detail, fontWeight = FontWeight.Bold)
        }
    }
}

/** One of several rows, of which one is chosen; as large as [Tick]. */
@Composable
fun Pick(label: String, picked: Boolean, detail: String? = null, onPick: () -> Unit) {
    Row(
        Modifier.fillMaxWidth().heightIn(min = 56.dp).selectable(picked, role = Role.RadioButton, onClick = onPick),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        RadioButton(picked, null, Modifier.padding(end = 12.dp))
        Column {
            Text(label)
            if (detail != null) Text(detail, color = LocalTones.current.muted)
        }
    }
}

/** Keyboards are asked to learn nothing of what is typed, and told that it is no text to correct or complete. */
@OptIn(ExperimentalComposeUiApi::class)
private val unlearnt = PlatformTextInputInterceptor { request, next ->
    next.startInputMethod { editor ->
        request.createInputConnection(editor).also { editor.imeOptions = editor.imeOptions or EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING }
    }
}

/** What is typed names people: it is pasted over, and goes to nobody, whichever way it is copied or cut. */
private class PasteOnly(system: Clipboard) : Clipboard by system {
    override suspend fun setClipEntry(clipEntry: ClipEntry?) = Unit
}

/** Nor is it offered: to copy, to cut, or to hand it to another app that works on text. */
private val offered = setOf(TextContextMenuKeys.PasteKey, TextContextMenuKeys.SelectAllKey)

/** The one way to type. What is wrong with what was typed stands under it. */
@OptIn(ExperimentalComposeUiApi::class)
@Composable
fun Field(label: Line, text: String, fault: Line? = null, lines: Int = 1, onChange: (String) -> Unit) {
    val system = LocalClipboard.current
    CompositionLocalProvider(LocalClipboard provides remember(system) { PasteOnly(system) }) {
        InterceptPlatformTextInput(unlearnt) {
            OutlinedTextField(
                value = text,
                onValueChange = onChange,
                label = { Text(say(label)) },
                isError = fault != null,
                supportingText = fault?.let { { Text(say(it)) } },
                minLines = lines,
                singleLine = lines == 1,
                keyboardOptions = KeyboardOptions(autoCorrectEnabled = false, keyboardType = KeyboardType.Password),
                modifier = Modifier.fillMaxWidth().filterTextContextMenuComponents { it.key in offered },
            )
        }
    }
}

@Composable
fun Support(word: Word, contact: String?) {
    if (contact != null) Text(say(Line(word, contact)), fontWeight = FontWeight.Medium)
}

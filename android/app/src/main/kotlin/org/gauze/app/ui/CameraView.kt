package org.gauze.app.ui

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.Image
import androidx.compose.foundation.background
import androidx.compose.foundation.gestures.detectTapGestures
import androidx.compose.foundation.horizontalScroll
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clipToBounds
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.drawscope.rotate
import androidx.compose.ui.input.pointer.pointerInput
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.platform.LocalConfiguration
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.onClick
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import kotlin.math.abs
import org.gauze.logic.camera.CameraScreenEvent
import org.gauze.logic.camera.CameraState
import org.gauze.logic.camera.Shutter
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings

/** What the camera screen leads to besides a photo; over the lock screen to no site, no consent and no position. */
class CameraWays(
    val site: (() -> Unit)?,
    val consent: (() -> Unit)?,
    val allow: () -> Unit,
    val position: (() -> Unit)?,
    val back: () -> Unit,
)

@Composable
fun CameraView(
    state: CameraState,
    viewfinder: @Composable () -> Unit,
    ghost: ImageBitmap?,
    ways: CameraWays,
    send: (CameraScreenEvent) -> Unit,
) =
    Surface(Modifier.fillMaxSize(), color = MaterialTheme.colorScheme.surface) {
        Column(Modifier.safeDrawingPadding()) {
            Banner(state.patient)
            if (liesOnItsSide()) Row(Modifier.weight(1f)) {
                Finder(state, viewfinder, ghost, send, Modifier.weight(1f).fillMaxHeight())
                Column(Modifier.width(SIDE).fillMaxHeight().padding(16.dp, 8.dp)) {
                    Column(Modifier.weight(1f).verticalScroll(rememberScrollState()), Arrangement.spacedBy(8.dp)) {
                        Told(state, ways)
                        FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
                            Seldom(state, ways, send)
                        }
                    }
                    Pressed(state, ways, send)
                }
            } else {
                Finder(state, viewfinder, ghost, send, Modifier.weight(1f).fillMaxWidth())
                Column(Modifier.padding(16.dp, 8.dp), Arrangement.spacedBy(8.dp)) {
                    Told(state, ways)
                    // One row that scrolls.
                    Row(Modifier.horizontalScroll(rememberScrollState()), Arrangement.spacedBy(8.dp)) { Seldom(state, ways, send) }
                    Pressed(state, ways, send)
                }
            }
        }
    }

/** Where the window is wider than high the picture has its whole height, and what is pressed stands beside it. */
@Composable
private fun liesOnItsSide() = LocalConfiguration.current.run { screenWidthDp > screenHeightDp }

@Composable
private fun Finder(
    state: CameraState, viewfinder: @Composable () -> Unit, ghost: ImageBitmap?, send: (CameraScreenEvent) -> Unit, room: Modifier,
) = Box(room.background(viewingGrey).clipToBounds(), Alignment.Center) {
    val (seen, middle) = say(Word.CameraFinder) to say(Word.CameraFocus)
    Box(
        Modifier
            .pointerInput(Unit) { detectTapGestures { send(CameraScreenEvent.Focus(it.x / size.width, it.y / size.height)) } }
            // Who does not see where to touch focuses on the middle.
            .semantics {
                contentDescription = seen
                onClick(middle) { true.also { send(CameraScreenEvent.Focus(0.5f, 0.5f)) } }
            },
    ) {
        viewfinder()
        if (ghost != null && state.ghost) Image(ghost, null, Modifier.matchParentSize(), contentScale = ContentScale.Fit, alpha = FAINT)
        if (state.grid && state.shutter != Shutter.CLOSED) {
            Grid(Modifier.matchParentSize())
            state.tilt?.let { Level(it, Modifier.matchParentSize()) }
        }
    }
}

@Composable
private fun Grid(over: Modifier) = Canvas(over) {
    listOf(1 / 3f, 2 / 3f).forEach {
        drawLine(Color.White, Offset(size.width * it, 0f), Offset(size.width * it, size.height), 2f)
        drawLine(Color.White, Offset(0f, size.height * it), Offset(size.width, size.height * it), 2f)
    }
}

/** The horizon beside two marks that turn with the phone: in line with them, it is level. The middle is the picture's. */
@Composable
private fun Level(tilt: Int, over: Modifier) = Canvas(over) {
    val reach = size.width * 0.3f
    val thick = if (abs(tilt) <= LEVEL) 6f else 3f
    for ((colour, more) in listOf(Color.Black to 3f, Color.White to 0f)) for (side in listOf(-1, 1)) {
        val from = { part: Float -> Offset(center.x + side * reach * part, center.y) }
        drawLine(colour, from(1f), from(1.35f), 6f + more)
        rotate(-tilt.toFloat()) { drawLine(colour, from(0.6f), from(1f), thick + more) }
    }
}

/** One thing at a time where it can be: every line saved here is the picture's. */
@Composable
private fun Told(state: CameraState, ways: CameraWays) {
    Said(state.problem)
    if (state.outside != state.problem) Said(state.outside, Tone.WARNING)
    if (state.askPosition && ways.position != null) Said(Line(Word.CameraPosition), Tone.PLAIN)
    when (state.shutter) {
        Shutter.CLOSED -> if (state.problem == null) Said(Line(Word.CameraStarting), Tone.PLAIN)
        Shutter.READY -> if (state.problem == null) Verdict(state.verdict, state.marker)
        Shutter.TAKING -> Said(Line(Word.CameraSealing), Tone.PLAIN)
        Shutter.SAFE -> Said(Line(Word.CameraSafe), Tone.GOOD)
    }
}

/** What is pressed seldom. */
@Composable
private fun Seldom(state: CameraState, ways: CameraWays, send: (CameraScreenEvent) -> Unit) {
    if (state.askPosition) ways.position?.let { Small(Word.CameraPositionAllow, it) }
    ways.site?.let { Small(state.site?.let(Wordings::site) ?: Line(Word.BodyTitle), it) }
    Small(if (state.torch) Word.CameraTorchOff else Word.CameraTorchOn) { send(CameraScreenEvent.Torch(!state.torch)) }
    Small(if (state.grid) Word.CameraGridOff else Word.CameraGridOn) { send(CameraScreenEvent.Grid(!state.grid)) }
    if (state.hasGhost) Small(if (state.ghost) Word.CameraGhostOff else Word.CameraGhost) { send(CameraScreenEvent.Ghost(!state.ghost)) }
    if (state.patient != null) ways.consent?.let { Small(Word.ConsentForm, it) }
}

@Composable
private fun Pressed(state: CameraState, ways: CameraWays, send: (CameraScreenEvent) -> Unit) =
    Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
        Plain(Word.Back, onClick = ways.back)
        if (state.askPermission) MainAction(Word.CameraAllow, onClick = ways.allow)
        else MainAction(Word.CameraShoot, state.shutter == Shutter.READY) { send(CameraScreenEvent.Shoot) }
    }

/** How fit a picture is, and how its marker lies: what is wrong first, and alone. */
@Composable
fun Verdict(verdict: Word?, marker: Word?) = when {
    verdict != null && verdict != Word.FitGood -> Said(Line(verdict), Tone.WARNING)
    marker == Word.CameraNotLevel -> Said(Line(Word.CameraNotLevel), Tone.WARNING)
    else -> Said(verdict?.let { Line(it) }, Tone.GOOD, marker?.let { Line(it) })
}

@Composable
private fun Small(word: Word, onClick: () -> Unit) = Small(Line(word), onClick)

@Composable
private fun Small(line: Line, onClick: () -> Unit) {
    Outlined(onClick, Modifier.heightIn(min = 48.dp)) { Text(say(line)) }
}

private const val FAINT = 0.4f

/** Degrees that nobody sees. */
private const val LEVEL = 2

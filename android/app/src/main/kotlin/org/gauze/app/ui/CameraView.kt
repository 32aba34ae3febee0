package org.gauze.app.ui

import androidx.compose.foundation.Canvas
import androidx.compose.foundation.background
import androidx.compose.foundation.gestures.detectTapGestures
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.OutlinedButton
import androidx.compose.material3.Surface
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.input.pointer.pointerInput
import androidx.compose.ui.unit.dp
import org.gauze.logic.camera.CameraScreenEvent
import org.gauze.logic.camera.CameraState
import org.gauze.logic.camera.Shutter
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings

/** What the camera screen leads to besides a photo. */
class CameraWays(val site: () -> Unit, val consent: () -> Unit, val allow: () -> Unit, val back: () -> Unit)

@Composable
fun CameraView(state: CameraState, viewfinder: @Composable () -> Unit, ways: CameraWays, send: (CameraScreenEvent) -> Unit) =
    Surface(Modifier.fillMaxSize(), color = MaterialTheme.colorScheme.surface) {
        Column(Modifier.safeDrawingPadding()) {
            Banner(state.patient)
            Text(say(Wordings.site(state.site)), Modifier.padding(horizontal = 16.dp, vertical = 4.dp), color = LocalTones.current.muted)
            Box(Modifier.weight(1f).fillMaxWidth().background(viewingGrey).pointerInput(Unit) {
                detectTapGestures { send(CameraScreenEvent.Focus(it.x / size.width, it.y / size.height)) }
            }) {
                viewfinder()
                if (state.grid && state.shutter != Shutter.CLOSED) Grid()
            }
            Column(Modifier.padding(16.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) { Below(state, ways, send) }
        }
    }

@Composable
private fun Grid() = Canvas(Modifier.fillMaxSize()) {
    listOf(1 / 3f, 2 / 3f).forEach {
        drawLine(Color.White, Offset(size.width * it, 0f), Offset(size.width * it, size.height), 2f)
        drawLine(Color.White, Offset(0f, size.height * it), Offset(size.width, size.height * it), 2f)
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Below(state: CameraState, ways: CameraWays, send: (CameraScreenEvent) -> Unit) {
    Said(state.problem)
    when (state.shutter) {
        Shutter.CLOSED -> if (state.problem == null) Said(Line(Word.CameraStarting), Tone.PLAIN)
        Shutter.READY -> Verdict(state)
        Shutter.TAKING -> Said(Line(Word.CameraSealing), Tone.PLAIN)
        Shutter.SAFE -> Said(Line(Word.CameraSafe), Tone.GOOD)
    }
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
        Small(if (state.torch) Word.CameraTorchOff else Word.CameraTorchOn) { send(CameraScreenEvent.Torch(!state.torch)) }
        Small(if (state.grid) Word.CameraGridOff else Word.CameraGridOn) { send(CameraScreenEvent.Grid(!state.grid)) }
        Small(Word.BodyTitle, ways.site)
        if (state.patient != null) Small(Word.ConsentForm, ways.consent)
    }
    if (state.askPermission) MainAction(Word.CameraAllow, onClick = ways.allow)
    else MainAction(Word.CameraShoot, state.shutter == Shutter.READY) { send(CameraScreenEvent.Shoot) }
    QuietAction(Word.Back, ways.back)
}

@Composable
private fun Verdict(state: CameraState) {
    val verdict = state.verdict ?: return
    Said(Line(verdict), if (verdict == Word.FitGood) Tone.GOOD else Tone.WARNING)
    if (state.marker) Text(say(Word.CameraMarkerFound), color = LocalTones.current.good)
}

@Composable
private fun Small(word: Word, onClick: () -> Unit) {
    OutlinedButton(onClick, Modifier.heightIn(min = 48.dp)) { Text(say(word)) }
}

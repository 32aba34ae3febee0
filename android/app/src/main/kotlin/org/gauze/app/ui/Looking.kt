package org.gauze.app.ui

import android.graphics.BitmapFactory
import androidx.compose.foundation.Image
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.width
import androidx.compose.material3.HorizontalDivider
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.asImageBitmap
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.unit.dp
import org.gauze.logic.check.CheckEvent
import org.gauze.logic.check.CheckState
import org.gauze.logic.flow.Line
import org.gauze.logic.queue.QueueEvent
import org.gauze.logic.queue.QueueItem
import org.gauze.logic.queue.QueuePresenter
import org.gauze.logic.queue.QueueState
import org.gauze.logic.review.ReviewEvent
import org.gauze.logic.review.ReviewState
import org.gauze.logic.words.Word

@Composable
fun CheckView(state: CheckState, send: (CheckEvent) -> Unit) = Page(
    Word.CheckTitle,
    banner = { Banner(state.patient) },
    actions = {
        Said(state.problem)
        MainAction(Word.CheckKeep, !state.working) { send(CheckEvent.Keep) }
        OtherAction(Word.CheckAnother, !state.working) { send(CheckEvent.Another) }
        GraveAction(Word.CheckAgainConsequence, Word.CheckAgain, !state.working) { send(CheckEvent.Again) }
    },
) {
    Verdict(state.verdict, state.marker)
    Said(Line(Word.CheckSafe), Tone.GOOD)
    state.picture?.let { Picture(it, say(Word.CheckPicture)) }
}

/** A photo on neutral grey, square corners, nothing over it. */
@Composable
fun Picture(jpeg: ByteArray, description: String) {
    val bitmap = remember(jpeg) { BitmapFactory.decodeByteArray(jpeg, 0, jpeg.size) } ?: return
    Box(Modifier.fillMaxWidth().background(viewingGrey).padding(12.dp)) {
        Image(bitmap.asImageBitmap(), description, Modifier.fillMaxWidth(), contentScale = ContentScale.Fit)
    }
}

@Composable
fun QueueView(state: QueueState, back: () -> Unit, notes: () -> Unit, send: (QueueEvent) -> Unit) = Page(
    Word.QueueTitle,
    actions = {
        Said(state.unlisted)
        Said(state.problem.takeUnless { it == state.unlisted })
        if (state.sending) Said(Line(Word.QueueSending), Tone.PLAIN)
        MainAction(Word.QueueSend, !state.sending && !state.items.isNullOrEmpty()) { send(QueueEvent.Send) }
        QuietAction(Word.Back, back)
    },
) {
    Said(state.tooMany, Tone.WARNING)
    val items = state.items.orEmpty()
    if (state.items?.isEmpty() == true && state.unlisted == null) Said(Line(Word.QueueEmpty), Tone.GOOD)
    items.forEach { item -> QueueRow(item) }
    if (state.cut) Text(say(Line(Word.QueueMore, QueuePresenter.MOST.toString())), color = LocalTones.current.muted)
    Support(Word.QueueSupport, state.support)
    if (state.askNotes && items.isNotEmpty()) {
        Text(say(Word.QueueNotes), color = LocalTones.current.muted)
        OtherAction(Word.QueueNotesAllow, onClick = notes)
    }
}

@Composable
fun QueueRow(item: QueueItem) {
    val tone = when (item.stage) {
        Word.QueueRefused -> Tone.BAD
        Word.QueueWaiting -> Tone.WARNING
        Word.QueueDiscarded -> Tone.PLAIN
        else -> Tone.GOOD
    }
    Row(Modifier.fillMaxWidth().padding(vertical = 8.dp)) {
        Mark(tone, Modifier.padding(top = 2.dp))
        Spacer(Modifier.width(12.dp))
        Column {
            Text(say(item.stage), color = colour(tone), style = MaterialTheme.typography.titleMedium)
            Text(say(item.taken))
            item.label?.let { Text(it) }
            item.why?.let { Text(say(it)) }
            item.next?.let { Text(say(it), color = LocalTones.current.muted) }
        }
    }
    HorizontalDivider(color = LocalTones.current.line)
}

@Composable
fun ReviewView(state: ReviewState, back: () -> Unit, send: (ReviewEvent) -> Unit) = Page(
    Word.ReviewTitle,
    banner = { state.open?.let { Banner(it.item.patient) } },
    actions = {
        Said(state.problem)
        when {
            state.open != null -> MainAction(Word.ReviewClose) { send(ReviewEvent.Close) }
            state.items == null -> MainAction(Word.ReviewUnlock, !state.working) { send(ReviewEvent.Unlock) }
            else -> MainAction(Word.ReviewLock) { send(ReviewEvent.Lock) }
        }
        QuietAction(Word.Back, back)
    },
) {
    val open = state.open
    val items = state.items
    when {
        items == null -> Text(say(Word.ReviewLocked))
        open != null -> {
            val taken = say(Line(Word.QueueTaken, open.item.taken))
            Text(taken)
            Picture(open.picture, open.item.label ?: taken)
            open.item.label?.let { Text(it) }
        }
        items.isEmpty() -> Said(Line(Word.ReviewEmpty), Tone.PLAIN)
        else -> items.forEach { item ->
            Outlined({ send(ReviewEvent.Open(item.id)) }, Modifier.fillMaxWidth().heightIn(min = 64.dp)) {
                Column(Modifier.fillMaxWidth()) {
                    Text(say(Line(Word.ReviewOpen, item.taken)), color = MaterialTheme.colorScheme.onSurface)
                    item.label?.let { Text(it, color = LocalTones.current.muted) }
                }
            }
        }
    }
}

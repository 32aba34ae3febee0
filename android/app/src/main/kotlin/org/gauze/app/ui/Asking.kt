package org.gauze.app.ui

import androidx.compose.foundation.background
import androidx.compose.foundation.border
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.offset
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.material3.FilterChip
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalLayoutDirection
import androidx.compose.ui.platform.LocalResources
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.selected
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.dp
import java.time.ZoneId
import org.gauze.logic.body.BodyEvent
import org.gauze.logic.body.BodyMap
import org.gauze.logic.body.BodyState
import org.gauze.logic.body.Turn
import org.gauze.logic.consent.ConsentEvent
import org.gauze.logic.consent.ConsentState
import org.gauze.logic.core.Scope
import org.gauze.logic.core.Side
import org.gauze.logic.core.Site
import org.gauze.logic.flow.Line
import org.gauze.logic.wound.WoundEvent
import org.gauze.logic.wound.WoundState
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings

private val scopeWords = mapOf(
    Scope.CARE to Word.ConsentCare,
    Scope.TEACHING to Word.ConsentTeaching,
    Scope.PUBLICATION to Word.ConsentPublication,
)

@OptIn(ExperimentalLayoutApi::class)
@Composable
fun ConsentView(state: ConsentState, send: (ConsentEvent) -> Unit) = Page(
    Word.ConsentTitle,
    banner = { Banner(state.patient) },
    actions = {
        Said(state.problem)
        MainAction(Word.ConsentGo) { send(ConsentEvent.Go) }
        QuietAction(Word.ConsentLater) { send(ConsentEvent.NotAsked) }
    },
) {
    scopeWords.forEach { (scope, word) -> Tick(say(word), scope in state.scopes) { send(ConsentEvent.Toggle(scope)) } }
    Field(Line(Word.ConsentBy), state.by) { send(ConsentEvent.By(it)) }
    Text(say(Word.ConsentByHint), color = LocalTones.current.muted)
    Text(say(Word.ConsentForm))
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        state.forms.forEach { form ->
            FilterChip(state.form == form, { send(ConsentEvent.Form(form)) }, { Text(form.words) }, Modifier.heightIn(min = 48.dp))
        }
    }
    val notice = state.notice
    if (notice != null && state.shown) Text(notice.words)
    else if (notice != null) OtherAction(Word.ConsentShown) { send(ConsentEvent.Show) }
}

private val turnWords = mapOf(
    Turn.FRONT to Word.BodyFront, Turn.BACK to Word.BodyBack, Turn.LEFT to Word.BodyLeft,
    Turn.RIGHT to Word.BodyRight, Turn.FEET to Word.BodyFeet,
)
private val sideWords = mapOf(
    Side.LEFT to Word.SideLeft, Side.RIGHT to Word.SideRight, Side.MIDLINE to Word.SideMidline, Side.BOTH to Word.SideBoth,
)

@OptIn(ExperimentalLayoutApi::class)
@Composable
fun BodyView(state: BodyState, send: (BodyEvent) -> Unit) = Page(
    Word.BodyTitle,
    banner = { Banner(state.patient) },
    actions = {
        Said(state.problem)
        state.chosen?.let { Said(Line(Word.BodyChosen, say(Wordings.site(it))), Tone.PLAIN) }
        if (state.askSide) Sides(send)
        MainAction(Word.Next, state.chosen != null) { send(BodyEvent.Go) }
        QuietAction(Word.WoundSkip) { send(BodyEvent.Skip) }
    },
) {
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Turn.entries.forEach { turn ->
            FilterChip(state.turn == turn, { send(BodyEvent.Turned(turn)) }, { Text(say(turnWords.getValue(turn))) }, Modifier.heightIn(min = 48.dp))
        }
    }
    Figure(state, send)
    if (state.sites.isNotEmpty()) Text(say(Word.BodyList))
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        state.sites.forEach { site ->
            FilterChip(state.chosen?.code == site.code, { send(BodyEvent.Picked(site)) }, { Text(site.words) }, Modifier.heightIn(min = 48.dp))
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Sides(send: (BodyEvent) -> Unit) {
    Text(say(Word.BodySide))
    FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
        sideWords.forEach { (side, word) -> Outlined({ send(BodyEvent.Sided(side)) }, Modifier.heightIn(min = 48.dp)) { Text(say(word)) } }
    }
}

/** The figure out of its spots; each is a button that says its name and side. A body's left is no matter of which way people write. */
@Composable
private fun Figure(state: BodyState, send: (BodyEvent) -> Unit) = CompositionLocalProvider(LocalLayoutDirection provides LayoutDirection.Ltr) {
    val resources = LocalResources.current
    BoxWithConstraints(Modifier.widthIn(max = 420.dp).fillMaxWidth().aspectRatio(0.72f)) {
        val width = maxWidth
        val height = maxHeight
        BodyMap.spots(state.turn).forEach { spot ->
            val words = spot.word.text(resources)
            val name = Wordings.site(Site(words, spot.side)).text(resources)
            val chosen = state.chosen?.words == words && state.chosen?.side == spot.side
            val shape = RoundedCornerShape(minOf(width * (spot.w / 1000f), height * (spot.h / 1000f)) * 0.8f)
            Box(
                Modifier
                    .offset(width * ((spot.x - spot.w) / 1000f), height * ((spot.y - spot.h) / 1000f))
                    .size(width * (spot.w / 500f), height * (spot.h / 500f))
                    .padding(1.dp)
                    .background(if (chosen) MaterialTheme.colorScheme.primary else MaterialTheme.colorScheme.surfaceVariant, shape)
                    .border(if (chosen) 3.dp else 1.dp, if (chosen) MaterialTheme.colorScheme.onSurface else MaterialTheme.colorScheme.outline, shape)
                    .clickable { send(BodyEvent.Touched(words, spot.side)) }
                    .semantics {
                        contentDescription = name
                        selected = chosen
                    },
            )
        }
    }
}

@Composable
fun WoundView(state: WoundState, zone: ZoneId, send: (WoundEvent) -> Unit) = Page(
    Word.WoundTitle,
    banner = { Banner(state.patient) },
    actions = {
        Said(state.problem)
        MainAction(Word.WoundNew) { send(WoundEvent.New) }
        QuietAction(Word.WoundSkip) { send(WoundEvent.Skip) }
    },
) {
    val wounds = state.wounds
    if (wounds == null) {
        Text(say(Word.WoundLocked))
        OtherAction(Word.WoundUnlock, !state.working) { send(WoundEvent.Unlock) }
        return@Page
    }
    if (wounds.isEmpty()) Text(say(Word.WoundNone))
    wounds.forEach { wound ->
        Outlined({ send(WoundEvent.Earlier(wound)) }, Modifier.fillMaxWidth().heightIn(min = 64.dp)) {
            androidx.compose.foundation.layout.Column(Modifier.fillMaxWidth()) {
                Text(say(Wordings.site(wound.site)), color = MaterialTheme.colorScheme.onSurface)
                Text(say(Line(Word.WoundFrom, Wordings.time(wound.namedAt, zone))), color = LocalTones.current.muted)
            }
        }
    }
}

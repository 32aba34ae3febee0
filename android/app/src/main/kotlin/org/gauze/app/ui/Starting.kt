package org.gauze.app.ui

import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.dp
import org.gauze.logic.enrol.EnrolEvent
import org.gauze.logic.enrol.EnrolState
import org.gauze.logic.flow.Line
import org.gauze.logic.notice.NoticeEvent
import org.gauze.logic.notice.NoticeState
import org.gauze.logic.signin.SignInEvent
import org.gauze.logic.signin.SignInState
import org.gauze.logic.team.TeamEvent
import org.gauze.logic.team.TeamState
import org.gauze.logic.words.Word

/** [viewfinder] shows what the camera sees while a code is scanned; [allow] asks the system for it. */
@Composable
fun EnrolView(state: EnrolState, viewfinder: @Composable () -> Unit, allow: () -> Unit, send: (EnrolEvent) -> Unit) = Page(
    Word.EnrolTitle,
    actions = {
        Said(state.problem)
        if (state.working) Said(Line(Word.EnrolWorking), Tone.PLAIN)
        MainAction(Word.EnrolStart, !state.working) { send(EnrolEvent.Start) }
        AllowCamera(state.camera, allow)
        if (state.scanning) QuietAction(Word.Cancel) { send(EnrolEvent.StopScan) }
        else if (!state.managed) OtherAction(Word.EnrolScan, !state.working) { send(EnrolEvent.Scan) }
    },
) {
    Text(say(Word.EnrolBody))
    if (state.managed) Said(Line(Word.EnrolManaged), Tone.GOOD)
    if (state.scanning) Scanning(null, state.camera, viewfinder)
    else if (!state.managed) {
        Text(say(Word.EnrolPasteHint))
        Field(Line(Word.EnrolPaste), state.pasted, lines = 4) { send(EnrolEvent.Pasted(it)) }
    }
    Support(Word.EnrolSupport, state.support)
}

@Composable
fun SignInView(state: SignInState, send: (SignInEvent) -> Unit) = Page(
    Word.SigninTitle,
    actions = {
        Said(state.problem)
        if (state.working) Said(Line(Word.SigninWorking), Tone.PLAIN)
        MainAction(Word.SigninStart, !state.working) { send(SignInEvent.Start) }
        if (state.optional) QuietAction(Word.SigninLater) { send(SignInEvent.Later) }
    },
) {
    Text(say(Word.SigninBody))
    Text(say(Word.SigninShared))
}

@Composable
fun NoticeView(state: NoticeState, send: (NoticeEvent) -> Unit) = Page(
    Word.NoticeTitle,
    actions = {
        if (!state.read) Text(say(Word.NoticeWait))
        MainAction(Word.NoticeAccept, state.read && !state.working) { send(NoticeEvent.Accept) }
    },
) {
    Text(state.notice.words)
    Text(say(Line(Word.NoticeVersion, state.notice.version.toString())), color = LocalTones.current.muted)
    EndSeen { send(NoticeEvent.EndSeen) }
}

@Composable
fun TeamView(state: TeamState, send: (TeamEvent) -> Unit) = Page(
    Word.TeamTitle,
    actions = { state.now?.let { now -> QuietAction(Word.Back) { send(TeamEvent.Choose(now)) } } },
) {
    Text(say(Word.TeamBody))
    state.now?.let { Said(Line(Word.TeamNow, it.words), Tone.PLAIN) }
    state.teams.forEach { team ->
        Outlined({ send(TeamEvent.Choose(team)) }, Modifier.fillMaxWidth().heightIn(min = 56.dp)) { Text(team.words) }
    }
}

/** Composed behind the last line, and told when that has been on the screen. */
@Composable
private fun EndSeen(seen: () -> Unit) {
    Box(Modifier.onVisible(seen))
}

package org.gauze.logic.notice

import kotlinx.coroutines.CoroutineScope
import org.gauze.logic.core.Notice
import org.gauze.logic.core.Noticing
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Step

/** A notice of the hospital to whoever uses the phone. [read] is true when its end was on the screen; [working]: they said so. */
data class NoticeState(val notice: Notice, val read: Boolean, val working: Boolean = false)

sealed interface NoticeEvent {
    data object EndSeen : NoticeEvent

    data object Accept : NoticeEvent
}

class NoticePresenter(
    notice: Notice,
    private val core: Noticing,
    scope: CoroutineScope,
    private val accepted: (Notice) -> Unit,
) : Presenter<NoticeState, NoticeEvent>(NoticeState(notice, false), scope) {
    override fun step(state: NoticeState, event: NoticeEvent): Step<NoticeState, NoticeEvent> = when (event) {
        NoticeEvent.EndSeen -> Step(state.copy(read = true))
        NoticeEvent.Accept ->
            if (!state.read || state.working) Step(state)
            else Step(state.copy(working = true)) {
                core.readNotice(state.notice)
                accepted(state.notice)
                null
            }
    }
}

private const val SAMPLE = "Photos are part of the patient's record. Ask before each photo. Show only what is needed.\n\n" +
    "The photo leaves this phone sealed and is opened at the hospital alone. It is not in the gallery."

val noticeSamples = mapOf(
    "unread" to NoticeState(Notice("staff", 3, SAMPLE), false),
    "read" to NoticeState(Notice("staff", 3, SAMPLE), true),
)

package org.gauze.platform.upload

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import org.gauze.logic.flow.Line
import org.gauze.logic.port.Notes
import org.gauze.logic.port.Nudge
import org.gauze.logic.port.Oldest

/** The sentences of the notes, in the app's language; [say] says why something waits. */
class NoteWords(val channel: String, val waiting: String, val refused: String, val sending: String, val say: (Line) -> String)

/** Notes that name nobody: they say that something waits, since when and why, and lead to the app. */
class SystemNotes(private val context: Context, private val icon: Int, private val opens: Class<*>, private val words: NoteWords) : Notes {
    private val manager = context.getSystemService(NotificationManager::class.java)!!

    init {
        manager.createNotificationChannel(
            NotificationChannel(CHANNEL, words.channel, NotificationManager.IMPORTANCE_LOW).apply { setShowBadge(true) },
        )
    }

    override fun show(nudge: Nudge, waiting: Int, oldest: Oldest?) = when (nudge) {
        Nudge.NONE -> manager.cancel(WAITING)
        Nudge.WAITING -> manager.notify(WAITING, note(words.waiting, waiting, oldest))
        Nudge.REFUSED -> manager.notify(WAITING, note(words.refused, waiting, oldest))
    }

    /** Shown by the system while a transfer runs. */
    fun sending(): Notification = note(words.sending, 0, null)

    private fun note(text: String, number: Int, oldest: Oldest?): Notification = Notification.Builder(context, CHANNEL)
        .setSmallIcon(icon)
        .setContentTitle(text)
        .setNumber(number)
        .setShowWhen(oldest != null)
        .apply {
            oldest?.let { setWhen(it.since) }
            oldest?.why?.let(words.say)?.let { setContentText(it).setStyle(Notification.BigTextStyle().bigText(it)) }
        }
        .setOnlyAlertOnce(true)
        .setVisibility(Notification.VISIBILITY_PUBLIC)
        .setContentIntent(PendingIntent.getActivity(context, 0, Intent(context, opens), PendingIntent.FLAG_IMMUTABLE))
        .build()

    companion object {
        const val SENDING = 1
        private const val WAITING = 2
        private const val CHANNEL = "waiting"
    }
}

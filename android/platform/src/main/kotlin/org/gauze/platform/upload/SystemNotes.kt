package org.gauze.platform.upload

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.content.Context
import android.content.Intent
import org.gauze.logic.port.Notes
import org.gauze.logic.port.Nudge

/** The sentences of the notes, in the app's language. */
class NoteWords(val channel: String, val waiting: String, val refused: String, val sending: String)

/** Notes that name nobody: they say that something waits, and lead to the app. */
class SystemNotes(private val context: Context, private val icon: Int, private val opens: Class<*>, private val words: NoteWords) : Notes {
    private val manager = context.getSystemService(NotificationManager::class.java)!!

    init {
        manager.createNotificationChannel(
            NotificationChannel(CHANNEL, words.channel, NotificationManager.IMPORTANCE_LOW).apply { setShowBadge(true) },
        )
    }

    override fun show(nudge: Nudge, waiting: Int) = when (nudge) {
        Nudge.NONE -> manager.cancel(WAITING)
        Nudge.WAITING -> manager.notify(WAITING, note(words.waiting, waiting))
        Nudge.REFUSED -> manager.notify(WAITING, note(words.refused, waiting))
    }

    /** Shown by the system while a transfer runs. */
    fun sending(): Notification = note(words.sending, 0)

    private fun note(text: String, number: Int): Notification = Notification.Builder(context, CHANNEL)
        .setSmallIcon(icon)
        .setContentTitle(text)
        .setNumber(number)
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

package org.gauze.app

import android.app.Application
import androidx.work.Configuration
import org.gauze.logic.core.Outcome
import org.gauze.logic.port.Nudge
import org.gauze.platform.upload.NoteWords
import org.gauze.platform.upload.Run
import org.gauze.platform.upload.Sender
import org.gauze.platform.upload.SystemNotes
import org.gauze.platform.upload.Uploads

/** One graph a process; jobs of the system find it here. */
open class GauzeApplication : Application(), Configuration.Provider, Sender {
    open val graph: AppGraph by lazy { AppGraph(this) }
    private val notes by lazy {
        val words = NoteWords(
            getString(R.string.notes_channel),
            getString(R.string.notes_waiting),
            getString(R.string.notes_refused),
            getString(R.string.notes_sending),
        )
        SystemNotes(this, R.drawable.ic_gauze, MainActivity::class.java, words)
    }

    /** Ids of WorkManager's jobs, apart from our own. */
    override val workManagerConfiguration: Configuration
        get() = Configuration.Builder().setJobSchedulerJobIdRange(Uploads.WORK_JOBS.first, Uploads.WORK_JOBS.last).build()

    override fun notes() = notes

    override suspend fun send(): Run {
        val core = (graph.core() as? Outcome.Done)?.value ?: return Run.WAITS
        if (!core.standing().enrolled) return Run.EMPTY
        val sent = core.send(false)
        val standing = core.standing()
        notes.show(
            when {
                standing.refused > 0 -> Nudge.REFUSED
                standing.unsent > 0 -> Nudge.WAITING
                else -> Nudge.NONE
            },
            standing.unsent.toInt(),
        )
        return if (sent is Outcome.Done && standing.unsent == 0L) Run.EMPTY else Run.WAITS
    }
}

package org.gauze.app

import android.app.Application
import android.view.textclassifier.TextClassificationManager
import android.view.textclassifier.TextClassifier
import androidx.work.Configuration
import org.gauze.logic.core.Outcome
import org.gauze.logic.queue.show
import org.gauze.platform.upload.Run
import org.gauze.platform.upload.Sender
import org.gauze.platform.upload.Uploads

/** One graph a process; jobs of the system find it here. */
open class GauzeApplication : Application(), Configuration.Provider, Sender {
    open val graph: AppGraph by lazy { AppGraph(this) }

    override fun onCreate() {
        super.onCreate()
        // The system looks into text that is selected, to offer what to do with it: into names, here.
        getSystemService(TextClassificationManager::class.java)!!.setTextClassifier(TextClassifier.NO_OP)
    }

    /** Ids of WorkManager's jobs, apart from our own. */
    override val workManagerConfiguration: Configuration
        get() = Configuration.Builder().setJobSchedulerJobIdRange(Uploads.WORK_JOBS.first, Uploads.WORK_JOBS.last).build()

    override fun notes() = graph.notes

    override suspend fun send(asked: Boolean): Run {
        val core = (graph.core() as? Outcome.Done)?.value ?: return Run.WAITS
        if (!core.standing().enrolled) return Run.EMPTY
        val sent = core.send(asked)
        val standing = core.standing()
        graph.notes.show(standing, graph.network)
        return if (sent is Outcome.Done && !standing.waits) Run.EMPTY else Run.WAITS
    }
}

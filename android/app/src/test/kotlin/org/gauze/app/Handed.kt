package org.gauze.app

import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.content.Intent
import android.os.Build
import androidx.work.ListenableWorker
import androidx.work.WorkInfo
import androidx.work.WorkManager
import androidx.work.testing.TestListenableWorkerBuilder
import kotlinx.coroutines.runBlocking
import org.gauze.platform.upload.Run
import org.gauze.platform.upload.TransferJob
import org.gauze.platform.upload.TransferWorker
import org.gauze.platform.upload.Uploads
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf

/** What the app handed to the system, and the system that starts it. */
class Handed(private val app: TestApplication) {
    private val jobs = app.getSystemService(JobScheduler::class.java)!!
    private val works = WorkManager.getInstance(app)

    /** A person waits for it: a job of theirs, where Android has such. */
    val asked: Boolean
        get() = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) jobs.getPendingJob(Uploads.JOB) != null else worked

    /** Work stands in line. */
    val worked: Boolean
        get() = works.getWorkInfosForUniqueWork(Uploads.ONCE).get().any { it.state == WorkInfo.State.ENQUEUED }

    fun forget() = Uploads(app).cancel()

    /** The job goes first, which starts with a network alone; else the net under everything is run, as it is every quarter of an hour. */
    fun run(): Run {
        if (!app.phone.online || jobs.getPendingJob(Uploads.JOB) == null) return work()
        return job().also { if (it == Run.EMPTY) jobs.cancel(Uploads.JOB) }
    }

    private fun job(): Run {
        val service = Robolectric.buildService(TransferJob::class.java).create().get()
        service.onBind(Intent())
        check(service.onStartJob(parameters())) { "it ended before it began" }
        val ended = shadowOf(service)
        while (!ended.isJobFinished) Thread.sleep(10)
        return if (ended.isRescheduleNeeded) Run.WAITS else Run.EMPTY
    }

    private fun work(): Run {
        check(works.getWorkInfosForUniqueWork(Uploads.NET).get().single().state == WorkInfo.State.ENQUEUED)
        val worker = TestListenableWorkerBuilder<TransferWorker>(app).setRunAttemptCount(0).build()
        return when (runBlocking { worker.doWork() }) {
            ListenableWorker.Result.success() -> Run.EMPTY
            ListenableWorker.Result.retry() -> Run.WAITS
            else -> error("it gave up")
        }
    }

    /** Its constructor is the system's own, and another one in each version. */
    private fun parameters(): JobParameters {
        val constructor = JobParameters::class.java.declaredConstructors.maxBy { it.parameterCount }
        constructor.isAccessible = true
        val nothing = constructor.parameterTypes.map {
            when (it) {
                Int::class.java -> Uploads.JOB
                Boolean::class.java -> false
                else -> null
            }
        }
        return constructor.newInstance(*nothing.toTypedArray<Any?>()) as JobParameters
    }
}

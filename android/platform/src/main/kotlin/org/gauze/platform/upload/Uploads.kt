package org.gauze.platform.upload

import android.app.job.JobInfo
import android.app.job.JobScheduler
import android.content.ComponentName
import android.content.Context
import android.net.NetworkCapabilities
import android.net.NetworkRequest
import android.os.Build
import androidx.annotation.RequiresApi
import androidx.work.BackoffPolicy
import androidx.work.Constraints
import androidx.work.ExistingPeriodicWorkPolicy
import androidx.work.ExistingWorkPolicy
import androidx.work.NetworkType
import androidx.work.OneTimeWorkRequestBuilder
import androidx.work.OutOfQuotaPolicy
import androidx.work.PeriodicWorkRequestBuilder
import androidx.work.WorkInfo
import androidx.work.WorkManager
import androidx.work.workDataOf
import java.util.concurrent.TimeUnit
import org.gauze.logic.port.BackgroundUploads

/**
 * Transfers that outlive the screen: a user-initiated job on Android 14 and newer, which starts at once and has no quota;
 * WorkManager below it, and beside it every quarter of an hour as the net under both. Both survive a restart: the
 * job is persisted, and WorkManager writes its work down by itself.
 */
class Uploads(private val context: Context, private val now: Int = Build.VERSION.SDK_INT) : BackgroundUploads {
    override fun schedule(bytes: Long, asked: Boolean) {
        keepTrying()
        val started = asked && now >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE && userInitiated(bytes)
        if (!started) once(asked)
    }

    override fun cancel() {
        context.getSystemService(JobScheduler::class.java)!!.cancel(JOB)
        WorkManager.getInstance(context).cancelUniqueWork(ONCE)
        WorkManager.getInstance(context).cancelUniqueWork(NET)
    }

    @RequiresApi(Build.VERSION_CODES.UPSIDE_DOWN_CAKE)
    private fun userInitiated(bytes: Long): Boolean {
        // A request wants by itself a network that is no VPN: on a phone that is always on one it would wait for ever.
        val network = NetworkRequest.Builder()
            .addCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET)
            .removeCapability(NetworkCapabilities.NET_CAPABILITY_NOT_VPN)
            .build()
        val job = JobInfo.Builder(JOB, ComponentName(context, TransferJob::class.java))
            .setUserInitiated(true)
            .setPersisted(true)
            .setRequiredNetwork(network)
            .apply { if (bytes > 0) setEstimatedNetworkBytes(ANSWERS, bytes) }
            .build()
        return try {
            context.getSystemService(JobScheduler::class.java)!!.schedule(job) == JobScheduler.RESULT_SUCCESS
        } catch (_: SecurityException) {
            false // Only while the app is on the screen; the worker goes in its place.
        }
    }

    /** Somebody waits for it: ahead of other work, as far as the system's quota goes. */
    private fun once(asked: Boolean) {
        val work = OneTimeWorkRequestBuilder<TransferWorker>()
            .setConstraints(CONNECTED)
            .setBackoffCriteria(BackoffPolicy.EXPONENTIAL, 30, TimeUnit.SECONDS)
            .setInputData(workDataOf(TransferWorker.ASKED to asked))
            .apply { if (asked) setExpedited(OutOfQuotaPolicy.RUN_AS_NON_EXPEDITED_WORK_REQUEST) }
            .build()
        val manager = WorkManager.getInstance(context)
        val standing = manager.getWorkInfosForUniqueWork(ONCE)
        standing.addListener({ manager.enqueueUniqueWork(ONCE, behind(standing.get().map(WorkInfo::state), asked), work) }, Runnable::run)
    }

    /** What becomes of what stands in line. */
    private fun behind(standing: List<WorkInfo.State>, asked: Boolean) = when {
        // A run that has counted what there is may know nothing of this: another comes after it, and one is enough.
        WorkInfo.State.RUNNING in standing ->
            if (WorkInfo.State.BLOCKED in standing) ExistingWorkPolicy.KEEP else ExistingWorkPolicy.APPEND_OR_REPLACE
        // What failed before waits for hours: somebody who asks does not.
        asked -> ExistingWorkPolicy.REPLACE
        else -> ExistingWorkPolicy.KEEP
    }

    private fun keepTrying() {
        val work = PeriodicWorkRequestBuilder<TransferWorker>(15, TimeUnit.MINUTES).setConstraints(CONNECTED).build()
        WorkManager.getInstance(context).enqueueUniquePeriodicWork(NET, ExistingPeriodicWorkPolicy.KEEP, work)
    }

    companion object {
        /** Outside the range that WorkManager is given. */
        const val JOB = 7
        const val ONCE = "send"
        const val NET = "send.net"

        /** What WorkManager numbers its own jobs with. */
        val WORK_JOBS = 1_000..100_000
        private const val ANSWERS = 64_000L
        private val CONNECTED = Constraints.Builder().setRequiredNetworkType(NetworkType.CONNECTED).build()
    }
}

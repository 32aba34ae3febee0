package org.gauze.platform.upload

import android.app.job.JobParameters
import android.app.job.JobService
import android.os.Build
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch

/** How one run of the queue ended. */
enum class Run { EMPTY, WAITS }

/** What sends. The application is one: whatever the system starts finds it there. */
interface Sender {
    /** Sends what can be sent and returns when there is nothing more to do now. [asked]: what is backing off is tried too. */
    suspend fun send(asked: Boolean): Run

    fun notes(): SystemNotes
}

/** A transfer that a person started: held until the queue is empty or the system takes it away. */
class TransferJob : JobService() {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private var running: Job? = null

    override fun onStartJob(parameters: JobParameters): Boolean {
        val sender = application as? Sender ?: return false
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) {
            setNotification(parameters, SystemNotes.SENDING, sender.notes().sending(), JOB_END_NOTIFICATION_POLICY_REMOVE)
        }
        running = scope.launch { jobFinished(parameters, sender.send(asked = true) == Run.WAITS) }
        return true
    }

    /** What was not sent is tried again. */
    override fun onStopJob(parameters: JobParameters): Boolean {
        running?.cancel()
        return true
    }
}

package org.gauze.platform.upload

import android.content.Context
import androidx.work.CoroutineWorker
import androidx.work.ForegroundInfo
import androidx.work.WorkerParameters

/** One run of the queue by WorkManager; what waits is tried again with a growing pause. */
class TransferWorker(context: Context, parameters: WorkerParameters) : CoroutineWorker(context, parameters) {
    /** Below Android 12 work that goes ahead is a service with a note. */
    override suspend fun getForegroundInfo(): ForegroundInfo =
        ForegroundInfo(SystemNotes.SENDING, (applicationContext as Sender).notes().sending())

    override suspend fun doWork(): Result {
        val sender = applicationContext as? Sender ?: return Result.failure()
        val asked = inputData.getBoolean(ASKED, false) && runAttemptCount == 0
        return if (sender.send(asked) == Run.EMPTY) Result.success() else Result.retry()
    }

    companion object {
        /** Somebody waits for its first attempt. */
        const val ASKED = "asked"
    }
}

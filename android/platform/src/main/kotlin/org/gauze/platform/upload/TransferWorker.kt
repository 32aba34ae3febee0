package org.gauze.platform.upload

import android.content.Context
import androidx.work.CoroutineWorker
import androidx.work.WorkerParameters

/** One run of the queue by WorkManager; what waits is tried again with a growing pause. */
class TransferWorker(context: Context, parameters: WorkerParameters) : CoroutineWorker(context, parameters) {
    override suspend fun doWork(): Result {
        val sender = applicationContext as? Sender ?: return Result.failure()
        return if (sender.send() == Run.EMPTY) Result.success() else Result.retry()
    }
}

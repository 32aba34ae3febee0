package org.gauze.platform

import android.app.Activity
import android.app.Application
import android.app.Notification
import android.app.NotificationManager
import android.app.job.JobParameters
import android.app.job.JobScheduler
import android.content.Intent
import android.net.NetworkCapabilities
import android.os.Build
import androidx.test.core.app.ApplicationProvider
import androidx.work.Configuration
import androidx.work.ListenableWorker
import androidx.work.WorkInfo
import androidx.work.WorkManager
import androidx.work.testing.TestListenableWorkerBuilder
import androidx.work.testing.WorkManagerTestInitHelper
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.runBlocking
import org.gauze.logic.flow.Line
import org.gauze.logic.port.Nudge
import org.gauze.logic.port.Oldest
import org.gauze.logic.words.Word
import org.gauze.platform.upload.NoteWords
import org.gauze.platform.upload.Run
import org.gauze.platform.upload.Sender
import org.gauze.platform.upload.SystemNotes
import org.gauze.platform.upload.TransferJob
import org.gauze.platform.upload.TransferWorker
import org.gauze.platform.upload.Uploads
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadow.api.Shadow

/** An app that sends, as far as a test lets it. */
class SendingApplication : Application(), Sender {
    val asked = CopyOnWriteArrayList<Boolean>()

    /** How the next run ends, once it does. */
    var end = CompletableDeferred(Run.EMPTY)
    @Volatile var stopped = false

    override suspend fun send(asked: Boolean): Run {
        this.asked += asked
        return try {
            end.await()
        } catch (e: CancellationException) {
            stopped = true
            throw e
        }
    }

    override fun notes() = notes

    private val notes by lazy {
        val words = NoteWords("Channel", "Photos wait", "Refused", "Sending") { it.word.resource }
        SystemNotes(this, android.R.drawable.ic_menu_camera, Activity::class.java, words)
    }
}

/** What is handed to the system, what the system starts of it, and what is said at the icon. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [29, 35], application = SendingApplication::class)
class TransferTest {
    private val app = ApplicationProvider.getApplicationContext<SendingApplication>()
    private val jobs = app.getSystemService(JobScheduler::class.java)!!
    private val works by lazy { WorkManager.getInstance(app) }
    private val manager = shadowOf(app.getSystemService(NotificationManager::class.java)!!)
    private val userInitiated = Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE

    @Before
    fun background() = WorkManagerTestInitHelper.initializeTestWorkManager(app, Configuration.Builder().build())

    private fun once() = works.getWorkInfosForUniqueWork(Uploads.ONCE).get()

    /** What stands in line, once it stands there so. */
    private fun once(so: (List<WorkInfo>) -> Boolean): List<WorkInfo> {
        val until = System.currentTimeMillis() + 20_000
        while (!so(once())) {
            assertTrue("${once()}", System.currentTimeMillis() < until)
            shadowOf(android.os.Looper.getMainLooper()).idle()
            Thread.sleep(10)
        }
        return once()
    }

    private fun states(works: List<WorkInfo>) = works.map { it.state }

    @Test
    fun transfers_are_user_initiated_on_new_phones_and_work_on_old_ones_and_outlive_a_restart() {
        Uploads(app).schedule(5_000_000, asked = true)
        val job = jobs.getPendingJob(Uploads.JOB)
        if (userInitiated) {
            assertTrue(job!!.isUserInitiated && job.isPersisted)
            assertEquals(5_000_000L, job.estimatedNetworkUploadBytes)
            val network = job.requiredNetwork!!
            val needed = listOf(NetworkCapabilities.NET_CAPABILITY_INTERNET, NetworkCapabilities.NET_CAPABILITY_NOT_VPN).map(network::hasCapability)
            assertEquals("a network, be it a VPN", listOf(true, false), needed)
            assertTrue(once().isEmpty())
        } else {
            assertNull(job)
            once { states(it) == listOf(WorkInfo.State.ENQUEUED) }
        }
        assertEquals(1, works.getWorkInfosForUniqueWork(Uploads.NET).get().size)
        Uploads(app).cancel()
        assertNull(jobs.getPendingJob(Uploads.JOB))
    }

    /** After some failures it would stand there for hours. */
    @Test
    fun whoever_asks_stands_behind_no_attempt_that_failed_before() {
        val old = Uploads(app, now = 33)
        old.schedule(0, asked = false)
        val first = once { it.size == 1 }.single().id
        old.schedule(0, asked = false)
        repeat(20) { assertEquals("nobody asked: what stands in line stays there", first, once().single().id) }
        old.schedule(0, asked = true)
        once { works -> works.any { it.state == WorkInfo.State.ENQUEUED && it.id != first } }
    }

    @Test
    fun a_run_is_cut_by_nobody_and_what_comes_meanwhile_goes_in_one_after_it() {
        val old = Uploads(app, now = 33)
        app.end = CompletableDeferred()
        old.schedule(0, asked = true)
        val driver = WorkManagerTestInitHelper.getTestDriver(app)!!
        val first = once { it.size == 1 }.single().id
        driver.setAllConstraintsMet(first)
        once { states(it) == listOf(WorkInfo.State.RUNNING) }
        old.schedule(0, asked = true)
        val next = once { it.size == 2 }.single { it.id != first }
        for (asked in listOf(false, true)) old.schedule(0, asked)
        repeat(20) { assertEquals(setOf(WorkInfo.State.RUNNING, WorkInfo.State.BLOCKED), states(once()).toSet()) }
        assertEquals("one is enough", 2, once().size)
        app.end.complete(Run.EMPTY)
        once { works -> works.any { it.id == next.id && it.state == WorkInfo.State.ENQUEUED } }
        driver.setAllConstraintsMet(next.id)
        once { works -> works.all { it.state == WorkInfo.State.SUCCEEDED } }
        assertEquals(listOf(true, true) to false, app.asked to app.stopped)
    }

    @Test
    fun work_that_sent_all_ends_and_what_waits_is_tried_again_for_nobody_in_particular() = runBlocking {
        val worker = { attempt: Int ->
            TestListenableWorkerBuilder<TransferWorker>(app, androidx.work.workDataOf(TransferWorker.ASKED to true)).setRunAttemptCount(attempt).build()
        }
        assertEquals(ListenableWorker.Result.success(), worker(0).doWork())
        app.end = CompletableDeferred(Run.WAITS)
        assertEquals(ListenableWorker.Result.retry(), worker(1).doWork())
        val net = TestListenableWorkerBuilder<TransferWorker>(app).setRunAttemptCount(0).build()
        net.doWork()
        assertEquals(listOf(true, false, false), app.asked)
        assertEquals("Sending", net.getForegroundInfo().notification.extras.getString(Notification.EXTRA_TITLE))
    }

    /** WorkManager makes it by its name, as it does on a phone. */
    @Test
    fun what_stands_in_line_is_started_when_there_is_a_network() {
        Uploads(app, now = 33).schedule(0, asked = true)
        val work = once { it.size == 1 }.single().id
        WorkManagerTestInitHelper.getTestDriver(app)!!.setAllConstraintsMet(work)
        once { states(it) == listOf(WorkInfo.State.SUCCEEDED) }
        assertEquals(listOf(true), app.asked)
    }

    private fun job() = Robolectric.buildService(TransferJob::class.java).create().get().also { it.onBind(Intent()) }

    private fun ended(service: TransferJob): Boolean {
        val shadow = shadowOf(service)
        val until = System.currentTimeMillis() + 20_000
        while (!shadow.isJobFinished) {
            check(System.currentTimeMillis() < until)
            Thread.sleep(10)
        }
        return shadow.isRescheduleNeeded
    }

    @Test
    fun a_job_is_held_until_all_is_sent_and_asks_for_another_where_something_waits() {
        val service = job()
        app.end = CompletableDeferred()
        assertTrue(service.onStartJob(parameters()))
        assertFalse("held", shadowOf(service).isJobFinished)
        app.end.complete(Run.EMPTY)
        assertFalse(ended(service))
        val again = job()
        app.end = CompletableDeferred(Run.WAITS)
        again.onStartJob(parameters())
        assertTrue(ended(again))
        assertEquals("a person started it", listOf(true, true), app.asked)
    }

    @Test
    fun a_job_that_the_system_takes_away_stops_and_wants_to_go_on_later() {
        val service = job()
        app.end = CompletableDeferred()
        service.onStartJob(parameters())
        while (app.asked.isEmpty()) Thread.sleep(10)
        assertTrue(service.onStopJob(parameters()))
        while (!app.stopped) Thread.sleep(10)
        assertFalse(shadowOf(service).isJobFinished)
    }

    @Test
    fun notes_say_that_something_waits_or_was_refused_since_when_and_why_and_lead_to_the_app() {
        val notes = app.notes()
        notes.show(Nudge.WAITING, 3, Oldest(1_796_000_000_000, Line(Word.ErrorUnreachable)))
        val waiting = manager.allNotifications.single()
        assertEquals("Photos wait" to 3, waiting.extras.getString(Notification.EXTRA_TITLE) to waiting.number)
        assertEquals(1_796_000_000_000 to true, waiting.`when` to waiting.extras.getBoolean(Notification.EXTRA_SHOW_WHEN))
        val why = listOf(Notification.EXTRA_TEXT, Notification.EXTRA_BIG_TEXT).map { waiting.extras.getCharSequence(it).toString() }
        assertEquals(listOf("error_unreachable", "error_unreachable"), why)
        assertEquals(Notification.VISIBILITY_PUBLIC, waiting.visibility)
        assertEquals(Activity::class.java.name, shadowOf(waiting.contentIntent).savedIntent.component!!.className)
        notes.show(Nudge.REFUSED, 3, null)
        val refused = manager.allNotifications.single()
        assertEquals("Refused", refused.extras.getString(Notification.EXTRA_TITLE))
        assertFalse("nobody knows since when", refused.extras.getBoolean(Notification.EXTRA_SHOW_WHEN))
        notes.show(Nudge.NONE, 0, null)
        assertTrue(manager.allNotifications.isEmpty())
        val channel = app.getSystemService(NotificationManager::class.java)!!.notificationChannels.single()
        assertEquals(NotificationManager.IMPORTANCE_LOW, channel.importance)
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

package org.gauze.app

import android.app.Notification
import androidx.compose.ui.test.junit4.v2.createEmptyComposeRule
import java.nio.ByteBuffer
import java.time.Duration
import java.time.Instant
import java.util.concurrent.CountDownLatch
import kotlin.math.roundToLong
import org.gauze.logic.core.Core
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.core.Stage
import org.gauze.logic.flow.Route
import org.gauze.logic.port.CameraFault
import org.gauze.logic.port.DiskProtection
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word
import org.gauze.platform.upload.Run
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** What goes wrong on a ward, on the real core against a real hospital: each ends in a sentence, and no photo is lost. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w360dp-h720dp-mdpi", application = TestApplication::class)
class TroubleTest {
    private val rule = createEmptyComposeRule()
    private val nurse = Nurse(rule)

    @get:Rule val chain: RuleChain = RuleChain.outerRule(nurse).around(rule)

    private fun atTheCamera() {
        nurse.setUp()
        nurse.scan()
        nurse.confirm()
        nurse.see(Word.CameraShoot)
    }

    @Test
    fun a_phone_that_is_turned_before_the_photo_came_shows_no_tick_and_takes_it_again() {
        atTheCamera()
        nurse.camera.delivers.value = false
        nurse.tap(Word.CameraShoot)
        nurse.see(Word.CameraSealing)
        nurse.turn()
        nurse.camera.delivers.value = true
        nurse.tap(Word.CameraShoot)
        nurse.see(Word.CheckSafe)
        nurse.seePicture()
        nurse.turn()
        nurse.see(Word.CheckSafe)
        nurse.seePicture()
        nurse.leaveAndComeBack()
        nurse.see(Word.CheckSafe)
        assertFalse("left, and no longer shown", nurse.pictured())
        assertEquals(1 to 1, nurse.photos().size to (nurse.app.graph as TestGraph).ticks.get())
    }

    @Test
    fun a_photo_that_is_sealed_after_the_app_was_left_is_shown_to_nobody_who_comes_back() {
        val (begun, sealing) = List(2) { CountDownLatch(1) }
        (nurse.app.graph as TestGraph).around = {
            object : Core by it {
                override fun capture(jpeg: ByteBuffer, record: PhotoRecord): Outcome<String> {
                    begun.countDown()
                    sealing.await()
                    return it.capture(jpeg, record)
                }
            }
        }
        atTheCamera()
        nurse.tap(Word.CameraShoot)
        nurse.until("a photo that is being sealed") { begun.count == 0L }
        nurse.leave()
        sealing.countDown()
        nurse.until("the photo, safe") { nurse.journey().route.value is Route.Check }
        nurse.comeBack()
        nurse.see(Word.CheckSafe)
        assertFalse(nurse.pictured())
        assertEquals("somebody sees to it that it goes", listOf(nurse.said(R.string.notes_waiting)), nurse.saidAtTheIcon())
    }

    @Test
    fun a_camera_that_stopped_comes_back_by_itself() {
        atTheCamera()
        nurse.camera.fault.value = CameraFault.BROKEN
        nurse.see(Word.CameraBroken)
        nurse.camera.fault.value = null
        nurse.tap(Word.CameraShoot)
        nurse.see(Word.CheckSafe)
    }

    @Test
    fun a_camera_that_a_call_took_comes_back_by_itself_and_one_that_is_forbidden_when_it_is_allowed() {
        atTheCamera()
        nurse.camera.fault.value = CameraFault.IN_USE
        nurse.see(Word.CameraInUse)
        nurse.camera.fault.value = CameraFault.NO_PERMISSION
        nurse.see(Word.CameraNoPermission)
        nurse.camera.fault.value = null
        nurse.leaveAndComeBack()
        nurse.tap(Word.CameraShoot)
        nurse.see(Word.CheckSafe)
    }

    @Test
    fun a_wristband_is_not_looked_for_in_silence_while_a_call_has_the_camera() {
        nurse.setUp()
        nurse.camera.fault.value = CameraFault.IN_USE
        nurse.tap(Word.PatientScan)
        nurse.see(Word.CameraInUse)
        nurse.camera.fault.value = null
        nurse.see(Word.PatientConfirmTitle)
    }

    @Test
    fun a_directory_that_Android_does_not_protect_or_not_yet_opens_nothing_and_says_so() {
        nurse.setUp()
        nurse.die()
        nurse.app.phone.disk = DiskProtection.WRONG
        nurse.open()
        nurse.see(Word.ErrorStorageUnprotected)
        nurse.app.phone.disk = DiskProtection.NOT_YET_UNLOCKED
        nurse.tap(Word.TryAgain)
        nurse.see(Word.ErrorNotYetUnlocked)
        nurse.app.phone.disk = DiskProtection.HELD
        nurse.tap(Word.TryAgain)
        nurse.see(Word.PatientTitle)
    }

    @Test
    fun a_token_that_another_phone_used_says_so() {
        val settings = Hospital.next()
        nurse.manage(settings)
        nurse.open()
        nurse.tap(Word.EnrolStart)
        nurse.see(Word.PatientTitle)
        nurse.die()
        nurse.app.another()
        nurse.open()
        nurse.tap(Word.EnrolStart)
        nurse.see(Word.ErrorTokenUsed)
    }

    @Test
    fun keys_that_are_gone_leave_the_photo_waiting_with_its_cause() {
        nurse.setUp()
        nurse.takeOne()
        nurse.app.phone.destroy(deviceToo = true)
        assertEquals(Run.WAITS, nurse.send())
        val waits = nurse.photos().single()
        assertTrue(waits.stage == Stage.UNSIGNED || waits.stage == Stage.SIGNED)
        val code = nurse.core().standing().reviewDenied ?: waits.waiting?.code
        assertNotNull("a cause", code)
        assertNotNull(code, Failures.word(code!!))
    }

    @Test
    fun a_phone_that_the_hospital_revoked_says_so_and_keeps_what_is_sealed() {
        nurse.setUp()
        nurse.takeOne()
        val device = nurse.core().standing().device!!
        Hospital.lost(device)
        assertEquals(Run.WAITS, nurse.send())
        nurse.leaveAndComeBack()
        nurse.see(Word.ErrorRevoked)
        assertEquals(1, nurse.photos().size)
    }

    @Test
    fun without_a_network_the_photo_waits_and_goes_in_the_next_process() {
        nurse.setUp()
        nurse.app.phone.online = false
        nurse.takeOne()
        assertEquals("nobody kept it yet", listOf<String>(), nurse.saidAtTheIcon())
        nurse.tap(Word.CheckKeep)
        nurse.see(Word.PatientTitle)
        val waits = listOf(nurse.said(R.string.notes_waiting))
        assertEquals("before the system ran anything", waits, nurse.saidAtTheIcon())
        val note = nurse.app.atTheIcon().single()
        assertEquals(nurse.word(Word.ErrorUnreachable), note.extras.getCharSequence(Notification.EXTRA_TEXT).toString())
        assertEquals(Instant.parse(nurse.photos().single().takenAt).toEpochMilli(), note.`when`)
        nurse.journey().open(Route.Queue)
        nurse.see(Word.QueueWaiting)
        nurse.see(Word.ErrorUnreachable)
        assertEquals(Run.WAITS, nurse.send())
        assertEquals(waits, nurse.saidAtTheIcon())
        nurse.app.phone.online = true
        nurse.see(Word.QueueNext)
        nurse.die()
        assertEquals(Run.EMPTY, nurse.send())
        assertEquals(Stage.STORED, nurse.photos().single().stage)
        assertEquals(listOf<String>(), nurse.saidAtTheIcon())
    }

    @Test
    fun a_photo_that_nobody_kept_is_said_at_the_icon_once_the_app_is_left() {
        nurse.setUp()
        nurse.takeOne()
        nurse.leaveAndComeBack()
        assertEquals(listOf(nurse.said(R.string.notes_waiting)), nurse.saidAtTheIcon())
    }

    @Test
    fun over_the_lock_screen_a_photo_is_taken_and_sealed_and_nothing_of_before_is_shown() {
        nurse.setUp()
        nurse.takeOne()
        nurse.die()
        nurse.open(LockedCameraActivity::class.java)
        nurse.see(Word.BannerNobody)
        nurse.tap(Word.CameraShoot)
        nurse.until("a second photo, handed over") { nurse.photos().size == 2 && nurse.handed.asked }
        assertTrue(listOf("SMITH", "John", nurse.word(Word.BodyTitle), nurse.word(Word.ConsentForm)).none(nurse::sees))
        // After the tick it is ready for the next of the same visit.
        nurse.handed.forget()
        nurse.shootByKey()
        nurse.until("a third photo, handed over") { nurse.photos().size == 3 && nurse.handed.asked }
        assertEquals(listOf(nurse.said(R.string.notes_waiting)), nurse.saidAtTheIcon())
    }

    @Test
    fun a_phone_that_the_hospital_ordered_to_wipe_opens_nothing_any_more_and_keeps_what_is_sealed() {
        nurse.setUp()
        nurse.takeOne()
        assertTrue(nurse.app.phone.opens)
        Hospital.wiped(nurse.core().standing().device!!)
        assertEquals(Run.WAITS, nurse.send())
        assertEquals("wiped", nurse.core().standing().reviewDenied)
        assertFalse(nurse.app.phone.opens)
        nurse.leaveAndComeBack()
        nurse.see(Word.WipedTitle)
        nurse.die()
        nurse.open()
        nurse.see(Word.WipedTitle)
        assertEquals(1, nurse.photos().size)
    }

    @Test
    fun a_lock_screen_that_was_taken_away_ends_looking_and_neither_taking_nor_sending() {
        nurse.setUp()
        nurse.takeOne()
        nurse.tap(Word.CheckKeep)
        nurse.app.phone.invalidate()
        nurse.tap(Word.HomeReview)
        nurse.tap(Word.ReviewUnlock)
        nurse.see(Word.ErrorReviewKeyGone)
        nurse.tap(Word.Back)
        nurse.takeOne()
        assertEquals(Run.EMPTY, nurse.send())
        assertEquals(listOf(Stage.STORED, Stage.STORED), nurse.photos().map { it.stage })
    }

    @Test
    fun a_lock_screen_that_was_taken_away_from_an_empty_phone_is_made_good_by_the_step_that_it_says() {
        nurse.setUp()
        nurse.app.phone.invalidate()
        nurse.tap(Word.HomeReview)
        nurse.tap(Word.ReviewUnlock)
        nurse.see(Word.ErrorReviewKeyGone)
        nurse.tap(Word.Back)
        nurse.seeNothingToSend()
        nurse.openAgain()
        nurse.takeOne()
        nurse.tap(Word.CheckKeep)
        nurse.look()
    }

    @Test
    fun a_phone_that_was_restarted_sends_nothing_before_it_is_unlocked_and_all_after() {
        nurse.setUp()
        nurse.takeOne()
        nurse.die()
        nurse.app.phone.disk = DiskProtection.NOT_YET_UNLOCKED
        assertEquals(Run.WAITS, nurse.send())
        nurse.app.phone.disk = DiskProtection.HELD
        assertEquals(Run.EMPTY, nurse.send())
        assertEquals(Stage.STORED, nurse.photos().single().stage)
        nurse.open()
        nurse.see(Word.PatientTitle)
    }

    @Test
    fun a_full_disk_ticks_nothing_says_so_and_takes_the_photo_when_there_is_room() {
        atTheCamera()
        Faults.diskFull {
            nurse.tap(Word.CameraShoot)
            nurse.see(Word.ErrorStorageFull)
            assertEquals(0 to 0, nurse.photos().size to (nurse.app.graph as TestGraph).ticks.get())
        }
        nurse.tap(Word.CameraShoot)
        nurse.see(Word.CheckSafe)
        assertEquals(1 to 1, nurse.photos().size to (nurse.app.graph as TestGraph).ticks.get())
    }

    @Test
    fun a_clock_that_is_a_year_wrong_keeps_no_photo_from_being_taken_and_sent() {
        nurse.setUp()
        val now = Instant.now()
        for (days in listOf(-400L, 400L)) Faults.clockWrong(days) {
            val before = nurse.photos().map { it.id }
            nurse.takeOne()
            val taken = Instant.parse(nurse.photos().single { it.id !in before }.takenAt)
            assertEquals("by the phone's clock", days, (Duration.between(now, taken).toHours() / 24.0).roundToLong())
            nurse.tap(Word.CheckKeep)
            nurse.see(Word.PatientTitle)
            assertEquals(Run.EMPTY, nurse.send())
        }
        assertEquals(listOf(Stage.STORED, Stage.STORED), nurse.photos().map { it.stage })
    }

    @Test
    fun a_day_without_a_network_holds_every_photo_and_sends_them_all_after() {
        nurse.setUp()
        nurse.app.phone.online = false
        repeat(3) {
            nurse.takeOne()
            nurse.tap(Word.CheckKeep)
            nurse.see(Word.PatientTitle)
            assertEquals(Run.WAITS, nurse.send())
        }
        nurse.die()
        nurse.app.phone.online = true
        Faults.clockWrong(1) {
            assertEquals(Run.EMPTY, nurse.send())
        }
        assertEquals(List(3) { Stage.STORED }, nurse.photos().map { it.stage })
    }
}

package org.gauze.platform

import android.app.Application
import android.graphics.Rect
import android.graphics.SurfaceTexture
import android.hardware.Sensor
import android.hardware.SensorManager
import android.hardware.camera2.CameraAccessException
import android.hardware.camera2.CameraCharacteristics
import android.hardware.camera2.CameraDevice
import android.hardware.camera2.CameraManager
import android.hardware.camera2.CameraMetadata
import android.hardware.camera2.CaptureRequest
import android.os.Handler
import android.os.Looper
import android.view.Surface
import androidx.test.core.app.ApplicationProvider
import java.nio.ByteBuffer
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault
import org.gauze.logic.port.Frame
import org.gauze.logic.port.Shot
import org.gauze.platform.camera.Camera2
import org.gauze.platform.camera.Held
import org.gauze.platform.camera.Running
import org.gauze.platform.camera.Told
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertSame
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.SensorEventBuilder
import org.robolectric.shadows.ShadowCameraCharacteristics
import org.robolectric.shadows.ShadowSensor

/** What the adapter asks of a camera, and what it says where that does not do it. No sensor, no lens: those nobody has here. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [29, 35])
class CameraTest {
    private val app: Application = ApplicationProvider.getApplicationContext()
    private val sensors = app.getSystemService(SensorManager::class.java)!!
    private val said = ArrayList<CameraEvent>()
    private val device = FakeDevice()
    private val photo = surface()
    private val frames = surface()
    private lateinit var running: Running

    private fun surface() = Surface(SurfaceTexture(0))

    private val characteristics = ShadowCameraCharacteristics.newCameraCharacteristics().also {
        shadowOf(it).set(CameraCharacteristics.LENS_FACING, CameraCharacteristics.LENS_FACING_BACK)
        shadowOf(it).set(CameraCharacteristics.SENSOR_ORIENTATION, 90)
        shadowOf(it).set(CameraCharacteristics.SENSOR_INFO_ACTIVE_ARRAY_SIZE, Rect(0, 0, 4000, 3000))
    }

    @Before
    fun opening() {
        shadowOf(sensors).addSensor(ShadowSensor.newInstance(Sensor.TYPE_ACCELEROMETER))
        running = Running(characteristics, Held(app).also { it.enable() }, photo, frames, Handler(Looper.getMainLooper())) { said += it }
    }

    private fun faults() = said.map { (it as? CameraEvent.Failed)?.fault }

    /** Open, with a finder, and ready. */
    private fun ready() {
        running.show(surface())
        running.onOpened(device)
        device.sessions.last().run { callback.onConfigured(this) }
        assertEquals(listOf<CameraEvent>(CameraEvent.Ready), said)
        said.clear()
    }

    /** The phone is held so, by what pulls at it along its own axes. */
    private fun held(x: Float, y: Float, z: Float = 0f) {
        val event = SensorEventBuilder.newBuilder().setSensor(sensors.getDefaultSensor(Sensor.TYPE_ACCELEROMETER)!!).setValues(floatArrayOf(x, y, z))
        shadowOf(sensors).sendSensorEventToListeners(event.build())
    }

    private fun turned(): Int? {
        running.shoot()
        return device.asked(CameraDevice.TEMPLATE_STILL_CAPTURE).get(CaptureRequest.JPEG_ORIENTATION)
    }

    @Test
    fun a_photo_is_turned_as_the_phone_is_held_and_over_a_wound_as_it_was_held_before() {
        ready()
        assertEquals("as the screen shows, until gravity says something", 90, turned())
        held(9.8f, 0f)
        assertEquals("its right side is up", 0, turned())
        held(-9.8f, 0f)
        assertEquals("its left side is up", 180, turned())
        held(0.1f, 0.2f, 9.8f)
        assertEquals("flat, it says nothing", 180, turned())
        held(0f, -9.8f)
        assertEquals(270, turned())
        held(0f, 9.8f)
        assertEquals(90, turned())
        assertEquals(6, device.sessions.single().captures.size)
        assertEquals(95.toByte(), device.asked(CameraDevice.TEMPLATE_STILL_CAPTURE).get(CaptureRequest.JPEG_QUALITY))
    }

    @Test
    fun a_photo_goes_to_its_own_surface_and_the_preview_to_the_finders_and_the_frames() {
        val finder = surface()
        running.show(finder)
        running.onOpened(device)
        val session = device.sessions.single().also { it.callback.onConfigured(it) }
        running.shoot()
        assertEquals(listOf(photo), session.captures.single().first.targets.toList())
        assertEquals(setOf(frames, finder), session.repeating!!.targets.toSet())
    }

    @Test
    fun light_and_focus_are_asked_for_of_preview_and_photo_alike() {
        ready()
        val preview = { device.asked(CameraDevice.TEMPLATE_PREVIEW) }
        assertEquals(CameraMetadata.CONTROL_AF_MODE_CONTINUOUS_PICTURE, preview().get(CaptureRequest.CONTROL_AF_MODE))
        assertEquals(CameraMetadata.FLASH_MODE_OFF, preview().get(CaptureRequest.FLASH_MODE))
        assertNull(preview().get(CaptureRequest.CONTROL_AF_REGIONS))
        running.torch(true)
        running.focus(0.25f, 0.5f)
        running.shoot()
        for (template in listOf(CameraDevice.TEMPLATE_PREVIEW, CameraDevice.TEMPLATE_STILL_CAPTURE)) device.asked(template).run {
            assertEquals(CameraMetadata.FLASH_MODE_TORCH, get(CaptureRequest.FLASH_MODE))
            // A quarter from the finder's left is a quarter from the sensor's bottom, which lies on its side.
            assertEquals(Rect(1800, 2050, 2200, 2450), get(CaptureRequest.CONTROL_AF_REGIONS)!!.single().rect)
        }
    }

    @Test
    fun a_camera_that_opens_for_somebody_who_left_is_let_go() {
        running.close()
        running.onOpened(device)
        assertTrue(device.closed && device.sessions.isEmpty())
        assertEquals(emptyList<CameraEvent>(), said)
    }

    @Test
    fun a_session_that_comes_for_somebody_who_left_is_let_go() {
        running.show(surface())
        running.onOpened(device)
        running.close()
        device.sessions.single().run { callback.onConfigured(this) }
        assertTrue(device.closed && device.sessions.single().closed)
        assertEquals(emptyList<CameraEvent>(), said)
    }

    @Test
    fun the_finders_surface_is_waited_for_and_the_next_one_gets_a_session_of_its_own() {
        running.onOpened(device)
        assertTrue("nothing to show it on", device.sessions.isEmpty())
        val (first, second) = List(2) { surface() }
        running.show(first)
        val early = device.sessions.single()
        assertEquals(listOf(frames, first, photo), early.outputs)
        early.callback.onConfigured(early)
        running.show(null)
        assertTrue(early.closed)
        running.shoot()
        assertEquals("whoever waits for a photo hears that none comes", listOf(null, CameraFault.BROKEN), faults())
        running.show(second)
        val late = device.sessions.last()
        assertEquals(listOf(frames, second, photo), late.outputs)
        early.callback.onConfigured(early)
        late.callback.onConfigured(late)
        assertEquals(listOf(CameraEvent.Ready, CameraEvent.Ready), said.filter { it == CameraEvent.Ready })
        running.shoot()
        assertEquals(1, late.captures.size)
    }

    @Test
    fun a_camera_that_refuses_says_why_and_ends_nothing_else() {
        val refusals = mapOf(
            CameraAccessException(CameraAccessException.CAMERA_IN_USE) to CameraFault.IN_USE,
            CameraAccessException(CameraAccessException.CAMERA_DISABLED) to CameraFault.NO_PERMISSION,
            CameraAccessException(CameraAccessException.CAMERA_ERROR) to CameraFault.BROKEN,
            IllegalArgumentException("Surface was abandoned") to CameraFault.BROKEN,
            IllegalStateException("closed") to CameraFault.BROKEN,
            SecurityException("no") to CameraFault.NO_PERMISSION,
        )
        for ((refusal, fault) in refusals) {
            device.refuses = refusal
            running.show(surface())
            running.onOpened(device)
            assertEquals("$refusal", fault, faults().last())
        }
        device.refuses = null
        running.show(surface())
        device.sessions.last().run { callback.onConfigured(this) }
        assertEquals(CameraEvent.Ready, said.last())
        device.refuses = CameraAccessException(CameraAccessException.CAMERA_ERROR)
        running.shoot()
        assertEquals(CameraFault.BROKEN, faults().last())
        said.clear()
        running.torch(true)
        assertEquals("its own end is told by itself", emptyList<CameraEvent>(), said)
        running.onDisconnected(device)
        assertTrue(device.closed)
        assertEquals(listOf(CameraFault.IN_USE), faults())
    }

    @Test
    fun a_photo_that_does_not_come_is_told_and_not_waited_for() {
        ready()
        running.shoot()
        val (request, told) = device.sessions.single().captures.single()
        told!!.onCaptureBufferLost(device.sessions.single(), request, photo, 1)
        assertEquals("and the camera stays open", listOf(CameraFault.NOT_TAKEN), faults())
        running.shoot()
        assertEquals(2, device.sessions.single().captures.size)
    }

    @Test
    fun a_session_that_comes_late_for_a_surface_that_is_shown_again_is_let_go() {
        val finder = surface()
        running.onOpened(device)
        running.show(finder)
        running.show(null)
        running.show(finder)
        val (early, late) = device.sessions
        early.callback.onConfigureFailed(early)
        early.callback.onConfigured(early)
        assertEquals(emptyList<CameraEvent>() to true, said to early.closed)
        late.callback.onConfigured(late)
        assertEquals(listOf<CameraEvent>(CameraEvent.Ready), said)
        running.shoot()
        assertEquals(0 to 1, early.captures.size to late.captures.size)
    }

    @Test
    fun a_session_begins_without_a_light_as_the_screen_says() {
        running.torch(true)
        ready()
        assertEquals(CameraMetadata.FLASH_MODE_OFF, device.asked(CameraDevice.TEMPLATE_PREVIEW).get(CaptureRequest.FLASH_MODE))
    }

    private class FakeShot : Shot {
        var closed = 0
        override val jpeg: ByteBuffer = ByteBuffer.allocateDirect(1)
        override val side = 1

        override fun close() {
            closed++
        }
    }

    @Test
    fun a_photo_that_nobody_takes_any_more_is_overwritten_whether_it_came_before_the_end_or_after() = runBlocking {
        val (taken, left, late) = List(3) { FakeShot() }
        val told = Told()
        val frame = CameraEvent.Seen(Frame(ByteArray(1), 1, 1))
        told.tell(frame)
        for (shot in listOf(taken, left)) told.tell(CameraEvent.Taken(shot))
        assertSame(taken, (told.next() as CameraEvent.Taken).shot)
        told.end()
        told.tell(CameraEvent.Taken(late))
        assertEquals(listOf(0, 1, 1), listOf(taken, left, late).map { it.closed })
    }

    @Test
    fun of_frames_the_newest_waits_and_nothing_else_is_left_out() = runBlocking {
        val told = Told()
        val frames = List(2) { CameraEvent.Seen(Frame(ByteArray(1), 1, 1)) }
        frames.forEach(told::tell)
        repeat(2) { told.tell(CameraEvent.Ready) }
        assertEquals(listOf(CameraEvent.Ready, CameraEvent.Ready, frames.last()), List(3) { told.next() })
    }

    /** By Robolectric's own camera, from the permission to the end. */
    @Test
    fun the_systems_camera_is_opened_waits_for_the_finder_and_is_let_go_and_opened_again() = runBlocking {
        shadowOf(app).grantPermissions(android.Manifest.permission.CAMERA)
        shadowOf(app.getSystemService(CameraManager::class.java)!!).addCamera("0", characteristics)
        val finder = MutableStateFlow<Surface?>(null)
        val camera = Camera2(app, finder)
        repeat(2) {
            val events = Channel<CameraEvent>(Channel.UNLIMITED)
            val watching = launch(Dispatchers.Default) { camera.open().collect(events::send) }
            finder.value = surface()
            assertEquals(CameraEvent.Ready, withTimeout(20_000) { events.receive() })
            camera.torch(true)
            camera.shoot()
            finder.value = null
            finder.value = surface()
            // The photo that the finder's end cut off may be told before.
            withTimeout(20_000) { while (events.receive() != CameraEvent.Ready) Unit }
            watching.cancel()
            watching.join()
        }
        // Whoever takes the first event and goes leaves it to the next.
        repeat(3) { assertEquals(CameraEvent.Ready, withTimeout(20_000) { camera.open().first() }) }
    }
}

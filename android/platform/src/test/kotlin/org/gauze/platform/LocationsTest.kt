package org.gauze.platform

import android.Manifest
import android.app.Application
import android.location.Location
import android.location.LocationManager
import android.os.Build
import android.os.SystemClock
import androidx.test.core.app.ApplicationProvider
import java.util.TimeZone
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.gauze.logic.core.Choice
import org.gauze.logic.core.Fix
import org.gauze.logic.core.Locating
import org.gauze.logic.core.Outside
import org.gauze.logic.port.LocationEvent
import org.gauze.logic.port.told
import org.gauze.platform.place.SystemLocations
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** A core of these fences, which keeps what it hears. */
private class Fences(private val some: Boolean) : Locating {
    val heard = ArrayList<Fix>()

    override fun wantsPosition() = some

    override fun located(fix: Fix) {
        heard += fix
    }

    override fun outside(team: Choice?): Outside? = null
}

/** On the framework of the oldest phone too, where other providers are asked. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [29, 35])
class LocationsTest {
    private val app: Application = ApplicationProvider.getApplicationContext()
    private val manager = app.getSystemService(LocationManager::class.java)!!
    private val shadow = shadowOf(manager)
    private val provider = if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) LocationManager.FUSED_PROVIDER else LocationManager.GPS_PROVIDER
    private val asked get() = manager.allProviders.filter { shadow.getLocationUpdateListeners(it).isNotEmpty() }

    private fun allow(vararg permissions: String) {
        shadowOf(app).grantPermissions(*permissions)
        shadow.setLocationEnabled(true)
        shadow.setProviderEnabled(provider, true)
    }

    private fun here(age: Long = 0, accuracy: Float? = 12f) = Location(provider).apply {
        latitude = 55.86
        longitude = -4.25
        if (accuracy != null) this.accuracy = accuracy
        time = System.currentTimeMillis()
        elapsedRealtimeNanos = SystemClock.elapsedRealtimeNanos() - age * 1_000_000
    }

    @Test
    fun without_fences_the_system_is_asked_nothing() = runBlocking {
        allow(*SystemLocations.PERMISSIONS)
        val core = Fences(false)
        assertEquals(emptyList<Boolean>(), SystemLocations(app).told(core).toList())
        assertEquals(emptyList<String>(), asked)
    }

    @Test
    fun a_position_reaches_the_core_while_the_screen_is_shown_and_the_system_is_left_alone_after_it() = runBlocking {
        allow(*SystemLocations.PERMISSIONS)
        val core = Fences(true)
        val heard = ArrayList<Boolean>()
        val shown = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) { SystemLocations(app).told(core).collect(heard::add) }
        assertTrue(asked.toString(), provider in asked)
        shadow.simulateLocation(here())
        shadowOf(android.os.Looper.getMainLooper()).idle()
        assertEquals(55.86 to -4.25, core.heard.last().run { latitude to longitude })
        assertTrue(heard.toString(), heard.isNotEmpty() && heard.all { it })
        shown.cancelAndJoin()
        assertEquals(emptyList<String>(), asked)
    }

    @Test
    fun where_it_is_not_allowed_it_says_so_and_asks_nothing() = runBlocking {
        assertEquals(LocationEvent.NotAllowed, SystemLocations(app).open().first())
        val shown = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) { SystemLocations(app).told(Fences(true)).collect() }
        assertEquals(emptyList<String>(), asked)
        shown.cancelAndJoin()
    }

    @Test
    fun a_coarse_position_alone_is_none_and_the_fine_one_is_still_asked_for() = runBlocking {
        allow(Manifest.permission.ACCESS_COARSE_LOCATION)
        shadow.setProviderEnabled(LocationManager.NETWORK_PROVIDER, true)
        val heard = ArrayList<Boolean>()
        val shown = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) { SystemLocations(app).told(Fences(true)).collect(heard::add) }
        assertEquals(listOf(false) to emptyList<String>(), heard to asked)
        shown.cancelAndJoin()
        allow(Manifest.permission.ACCESS_FINE_LOCATION)
        assertEquals(LocationEvent.Looking, SystemLocations(app).open().first())
    }

    @Test
    fun a_fix_says_how_far_the_local_clock_is_off_in_minutes() {
        val before = TimeZone.getDefault()
        try {
            val said = listOf("GMT+05:30", "GMT", "GMT-03:30").map { zone ->
                TimeZone.setDefault(TimeZone.getTimeZone(zone))
                SystemLocations.fix(here()).utcOffset
            }
            assertEquals(listOf(330, 0, -210), said)
        } finally {
            TimeZone.setDefault(before)
        }
    }

    @Test
    fun a_fix_says_how_old_and_how_sure_it_is_and_whether_a_program_made_it_up() {
        val fix = SystemLocations.fix(here(age = 90_000))
        assertTrue(fix.age in 90_000..100_000)
        assertEquals(12.0 to false, fix.accuracy to fix.mock)
        assertEquals(Double.POSITIVE_INFINITY, SystemLocations.fix(here(accuracy = null)).accuracy, 0.0)
        val made = here()
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S) made.isMock = true
        else Location::class.java.getMethod("setIsFromMockProvider", Boolean::class.java).invoke(made, true)
        assertTrue(SystemLocations.fix(made).mock)
        assertEquals("Fix", fix.toString())
    }
}

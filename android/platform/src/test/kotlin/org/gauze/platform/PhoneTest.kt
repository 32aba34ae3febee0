package org.gauze.platform

import android.app.Activity
import android.app.Application
import android.app.KeyguardManager
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.content.RestrictionsManager
import android.content.pm.PackageManager
import android.hardware.Sensor
import android.hardware.SensorManager
import android.hardware.biometrics.BiometricPrompt
import android.media.IAudioService
import android.media.MediaActionSound
import android.net.ConnectivityManager
import android.net.NetworkCapabilities
import android.os.Build
import android.os.Bundle
import android.os.IInterface
import android.os.Looper
import androidx.test.core.app.ApplicationProvider
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.gauze.logic.port.Authentication
import org.gauze.platform.camera.GravityLevel
import org.gauze.platform.camera.ShutterSound
import org.gauze.platform.keys.SystemBiometric
import org.gauze.platform.managed.Restrictions
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.SensorEventBuilder
import org.robolectric.shadows.ShadowBiometricPrompt
import org.robolectric.shadows.ShadowMediaActionSound
import org.robolectric.shadows.ShadowNetworkCapabilities
import org.robolectric.shadows.ShadowSensor
import org.robolectric.shadows.ShadowServiceManager
import org.robolectric.util.ReflectionHelpers

/** A sound service that is told of players and says nothing: Robolectric's own stand-in needs a class that no framework here has. */
@Implements(className = "android.media.PlayerBase", isInAndroidSdk = false)
class QuietService {
    companion object {
        @JvmStatic
        @Implementation
        fun getService(): IAudioService = IAudioService.Default()
    }
}

/** What the phone itself answers: network, browser, prompt, sound, level, device management's broadcast. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [29, 35])
class PhoneTest {
    private val app: Application = ApplicationProvider.getApplicationContext()
    private val activity: Activity by lazy { Robolectric.buildActivity(Activity::class.java).setup().get() }

    @Test
    fun a_network_is_one_that_leads_to_the_internet() {
        val manager = app.getSystemService(ConnectivityManager::class.java)!!
        val with = { capability: Int? -> ShadowNetworkCapabilities.newInstance().also { made -> capability?.let(shadowOf(made)::addCapability) } }
        shadowOf(manager).setNetworkCapabilities(manager.activeNetwork, with(null))
        assertFalse(SystemNetwork(app).reachable())
        shadowOf(manager).setNetworkCapabilities(manager.activeNetwork, with(NetworkCapabilities.NET_CAPABILITY_INTERNET))
        assertTrue(SystemNetwork(app).reachable())
        @Suppress("DEPRECATION") // How Robolectric takes the network away.
        shadowOf(manager).setActiveNetworkInfo(null)
        assertFalse(SystemNetwork(app).reachable())
    }

    @Test
    fun the_browser_opens_the_page_and_comes_back_with_the_address_that_it_called() = runBlocking {
        val browser = SystemBrowser { activity }
        val visit = async(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) { browser.visit("https://idp.test/page") }
        val opened = shadowOf(activity).nextStartedActivity
        assertEquals(Intent.ACTION_VIEW to "https://idp.test/page", opened.action to opened.dataString)
        assertTrue(Intent.CATEGORY_BROWSABLE in opened.categories)
        // A window that comes back because of an address hears the address first.
        browser.cameBack("org.gauze.app:/signed-in?code=1")
        browser.resumed()
        assertEquals("org.gauze.app:/signed-in?code=1", visit.await())
    }

    @Test
    fun a_browser_that_was_left_or_is_not_there_comes_back_with_nothing() = runBlocking {
        val browser = SystemBrowser { activity }
        val visit = async(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) { browser.visit("https://idp.test/page") }
        browser.cameBack(null)
        assertFalse("the launcher brings no address", visit.isCompleted)
        browser.resumed()
        assertNull(visit.await())
        shadowOf(app).checkActivities(true)
        assertNull(browser.visit("https://idp.test/page"))
        assertNull(SystemBrowser { null }.visit("https://idp.test/page"))
    }

    @Test
    @Config(shadows = [QuietService::class])
    fun a_tick_sounds_each_time() = ShutterSound().run {
        safe()
        safe()
        assertEquals(2, ShadowMediaActionSound.getPlayCount(MediaActionSound.SHUTTER_CLICK))
    }

    @Test
    fun the_level_is_heard_while_the_camera_is_shown_and_the_sensor_is_left_alone_after_it() = runBlocking {
        val manager = app.getSystemService(SensorManager::class.java)!!
        val shadow = shadowOf(manager)
        val heard = CopyOnWriteArrayList<Int?>()
        val mute = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) { GravityLevel(app).leans().collect(heard::add) }
        assertTrue("no sensor, no word", shadow.listeners.isEmpty() && heard.isEmpty())
        mute.cancelAndJoin()
        val sensor = ShadowSensor.newInstance(Sensor.TYPE_ACCELEROMETER)
        shadow.addSensor(sensor)
        val shown = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) { GravityLevel(app).leans().collect(heard::add) }
        assertEquals(1, shadow.listeners.size)
        for (pull in listOf(floatArrayOf(0f, 9.8f, 0f), floatArrayOf(-1.7f, 9.66f, 0f), floatArrayOf(0.1f, 0.1f, 9.8f))) {
            shadow.sendSensorEventToListeners(SensorEventBuilder.newBuilder().setSensor(sensor).setValues(pull).build())
        }
        assertEquals(listOf(0, 10, null), heard)
        shown.cancelAndJoin()
        assertTrue(shadow.listeners.isEmpty())
    }

    @Test
    fun what_device_management_sets_arrives_when_it_says_that_it_changed_and_nobody_listens_after() = runBlocking {
        val manager = shadowOf(app.getSystemService(RestrictionsManager::class.java)!!)
        val heard = CopyOnWriteArrayList<String>()
        val listening = launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) { Restrictions(app) {}.changes().collect(heard::add) }
        manager.setApplicationRestrictions(Bundle().apply { putString("ward", "9") })
        app.sendBroadcast(Intent(Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED))
        shadowOf(Looper.getMainLooper()).idle()
        assertEquals(listOf("{}", """{"ward":"9"}"""), heard)
        listening.cancelAndJoin()
        val filter = IntentFilter(Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED)
        assertTrue(shadowOf(app).registeredReceivers.none { it.intentFilter.hasAction(filter.getAction(0)) })
    }

    /** What the phone's prompt answers, or that its user was not asked. */
    private fun prompted(secure: Boolean = true, answer: () -> Unit): Authentication = runBlocking {
        shadowOf(app.getSystemService(KeyguardManager::class.java)!!).setIsDeviceSecure(secure)
        promptable()
        val asked = async(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) { SystemBiometric({ activity }, "Look at photos").authenticate("unlock") }
        if (!asked.isCompleted) {
            answer()
            shadowOf(Looper.getMainLooper()).idle()
        }
        asked.await()
    }

    @Test
    fun the_prompts_answers_are_told_apart() {
        assertEquals(Authentication.CONFIRMED, prompted { ShadowBiometricPrompt.authenticateCurrentSessionSuccessfully() })
        val said = { code: Int -> prompted { ShadowBiometricPrompt.authenticateCurrentSessionWithError(code, "") } }
        assertEquals(Authentication.DECLINED, said(BiometricPrompt.BIOMETRIC_ERROR_USER_CANCELED))
        assertEquals(Authentication.LOCKED_OUT, said(BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT))
        assertEquals(Authentication.LOCKED_OUT, said(BiometricPrompt.BIOMETRIC_ERROR_LOCKOUT_PERMANENT))
        assertEquals(Authentication.NOT_SET_UP, said(BiometricPrompt.BIOMETRIC_ERROR_NO_DEVICE_CREDENTIAL))
        // A finger that was not known is one of several attempts: the prompt goes on.
        val later = prompted {
            ShadowBiometricPrompt.failCurrentSessionOnce()
            shadowOf(Looper.getMainLooper()).idle()
            ShadowBiometricPrompt.authenticateCurrentSessionSuccessfully()
        }
        assertEquals(Authentication.CONFIRMED, later)
        assertEquals("without a lock screen nothing is asked", Authentication.NOT_SET_UP, prompted(secure = false) { error("asked") })
        runBlocking { assertEquals(Authentication.DECLINED, SystemBiometric({ null }, "t").authenticate("t")) }
    }

    /** Android 10 looks for a sensor and for its service by itself, before Robolectric's prompt is asked. */
    private fun promptable() {
        shadowOf(app.packageManager).setSystemFeature(PackageManager.FEATURE_FINGERPRINT, true)
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.R) return
        val type = Class.forName("android.hardware.biometrics.IBiometricService").asSubclass(IInterface::class.java)
        ShadowServiceManager.addBinderService(Context.BIOMETRIC_SERVICE, type, ReflectionHelpers.createNullProxy(type))
    }

    @Test
    fun a_screen_that_goes_takes_its_prompt_with_it() = runBlocking {
        promptable()
        shadowOf(app.getSystemService(KeyguardManager::class.java)!!).setIsDeviceSecure(true)
        val asked = async(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) { SystemBiometric({ activity }, "t").authenticate("t") }
        assertNotNull(ShadowBiometricPrompt.getCurrentPrompt())
        asked.cancelAndJoin()
        shadowOf(Looper.getMainLooper()).idle()
        assertNull(ShadowBiometricPrompt.getCurrentPrompt())
    }
}

package org.gauze.platform

import android.app.Application
import android.app.admin.DevicePolicyManager
import android.content.ComponentName
import android.content.IntentFilter
import android.os.Bundle
import android.os.Handler
import android.os.Looper
import android.os.Messenger
import androidx.test.core.app.ApplicationProvider
import org.gauze.logic.core.KeyedState
import org.gauze.platform.managed.AppStates
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

@RunWith(RobolectricTestRunner::class)
@Config(sdk = [29, 35])
class AppStatesTest {
    private val app: Application = ApplicationProvider.getApplicationContext()
    private val heard = ArrayList<Pair<String, Bundle>>()

    private fun agent(name: String): ComponentName = ComponentName(name, "$name.Reports").also { agent ->
        val packages = shadowOf(app.packageManager)
        packages.addServiceIfNotPresent(agent)
        packages.addIntentFilterForService(agent, IntentFilter(AppStates.ACTION))
        val handler = Handler(Looper.getMainLooper()) { message -> heard.add(name to message.data) }
        shadowOf(app).setComponentNameAndServiceForBindServiceForIntent(
            android.content.Intent(AppStates.ACTION).setComponent(agent), agent, Messenger(handler).binder,
        )
    }

    @Test
    fun whoever_owns_the_phone_and_the_store_hear_how_each_setting_was_taken_and_nobody_else() {
        val owner = agent("org.example.agent")
        agent(AppStates.STORE)
        agent("org.example.stranger")
        shadowOf(app.getSystemService(DevicePolicyManager::class.java)!!).setDeviceOwner(owner)
        AppStates(app).send(listOf(KeyedState("gateway", false, "taken", ""), KeyedState("token", true, "not a token", "x")))
        shadowOf(Looper.getMainLooper()).idle()
        assertEquals(setOf("org.example.agent", AppStates.STORE), heard.map { it.first }.toSet())
        @Suppress("DEPRECATION") // Its successor is newer than the oldest phone.
        val states = heard.first().second.getParcelableArrayList<Bundle>("androidx.enterprise.feedback.APP_STATES")!!
        assertEquals(
            listOf("gateway, 1, taken, ", "token, 2, not a token, x"),
            states.map { state ->
                val text = { name: String -> state.getString("androidx.enterprise.feedback.APP_STATE_$name") }
                "${text("KEY")}, ${state.getInt("androidx.enterprise.feedback.APP_STATE_SEVERITY")}, ${text("MESSAGE")}, ${text("DATA")}"
            },
        )
    }

    @Test
    fun nothing_to_say_binds_nobody() {
        agent(AppStates.STORE)
        AppStates(app).send(emptyList())
        shadowOf(Looper.getMainLooper()).idle()
        assertEquals(0, heard.size)
    }
}

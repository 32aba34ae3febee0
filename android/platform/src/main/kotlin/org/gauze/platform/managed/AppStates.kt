package org.gauze.platform.managed

import android.app.admin.DevicePolicyManager
import android.content.ComponentName
import android.content.Context
import android.content.Intent
import android.content.ServiceConnection
import android.os.Bundle
import android.os.IBinder
import android.os.Message
import android.os.Messenger
import android.os.RemoteException
import org.gauze.logic.core.KeyedState

/**
 * Keyed app states (Android Enterprise): how each setting was taken, told to whoever owns the phone or its work profile
 * and to the managed Play store, in the messages that Google's feedback library sends. Nobody else is told.
 */
class AppStates(private val context: Context) {
    private val owners = context.getSystemService(DevicePolicyManager::class.java)!!

    fun send(states: List<KeyedState>) {
        if (states.isEmpty()) return
        receivers().forEach { context.bindService(Intent(ACTION).setComponent(it), Delivery(states), Context.BIND_AUTO_CREATE) }
    }

    private fun receivers(): List<ComponentName> = context.packageManager.queryIntentServices(Intent(ACTION), 0)
        .map { ComponentName(it.serviceInfo.packageName, it.serviceInfo.name) }
        .filter { it.packageName == STORE || owners.isDeviceOwnerApp(it.packageName) || owners.isProfileOwnerApp(it.packageName) }

    /** Says it once and lets go. An agent that is gone meanwhile hears it at the next change. */
    private inner class Delivery(private val states: List<KeyedState>) : ServiceConnection {
        override fun onServiceConnected(name: ComponentName, service: IBinder) {
            try {
                Messenger(service).send(message(states))
            } catch (_: RemoteException) {
                return
            } finally {
                context.unbindService(this)
            }
        }

        override fun onServiceDisconnected(name: ComponentName) = Unit

        override fun onNullBinding(name: ComponentName) = context.unbindService(this)
    }

    internal companion object {
        const val ACTION = "androidx.enterprise.feedback.action.APP_STATES"
        const val NAMES = "androidx.enterprise.feedback.APP_STATE"
        const val STORE = "com.android.vending"
        private const val STATE = 1
        private const val INFO = 1
        private const val ERROR = 2

        fun message(states: List<KeyedState>): Message = Message.obtain().apply {
            what = STATE
            data = Bundle().apply { putParcelableArrayList("${NAMES}S", ArrayList(states.map(::bundle))) }
        }

        private fun bundle(state: KeyedState) = Bundle().apply {
            putString("${NAMES}_KEY", state.key)
            putInt("${NAMES}_SEVERITY", if (state.error) ERROR else INFO)
            putString("${NAMES}_MESSAGE", state.message)
            putString("${NAMES}_DATA", state.data)
        }
    }
}

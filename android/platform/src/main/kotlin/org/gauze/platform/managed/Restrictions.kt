package org.gauze.platform.managed

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.content.RestrictionsManager
import android.os.Bundle
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import org.gauze.logic.core.KeyedState
import org.gauze.logic.port.ManagedConfiguration
import org.json.JSONObject

/** What device management set, read anew whenever it says that it changed; every value as text, as the core takes it. */
class Restrictions(private val context: Context, private val feedback: (List<KeyedState>) -> Unit) : ManagedConfiguration {
    private val manager = context.getSystemService(RestrictionsManager::class.java)!!

    override fun read(): String = json(manager.applicationRestrictions ?: Bundle.EMPTY)

    override fun changes(): Flow<String> = callbackFlow {
        val receiver = object : BroadcastReceiver() {
            override fun onReceive(context: Context, intent: Intent) {
                trySend(read())
            }
        }
        // Sent by the system alone, to receivers that are registered.
        context.registerReceiver(receiver, IntentFilter(Intent.ACTION_APPLICATION_RESTRICTIONS_CHANGED))
        trySend(read())
        awaitClose { context.unregisterReceiver(receiver) }
    }

    override fun report(states: List<KeyedState>) = feedback(states)

    companion object {
        @Suppress("DEPRECATION") // Its successors want the type, which is what is being found out.
        internal fun json(bundle: Bundle): String {
            val values = JSONObject()
            bundle.keySet().sorted().forEach { key -> bundle.get(key)?.let { values.put(key, it) } }
            return values.toString()
        }
    }
}

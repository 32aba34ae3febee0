package org.gauze.platform

import android.app.Activity
import android.content.ActivityNotFoundException
import android.content.Intent
import android.net.Uri
import kotlinx.coroutines.CompletableDeferred
import org.gauze.logic.port.Browser

/**
 * The system's browser for the hospital's sign-in (RFC 8252): it opens the page and comes back with an address of the
 * app's own scheme, which the activity hands to [cameBack]. An app that is resumed without one was left by its user.
 */
class SystemBrowser(private val activity: () -> Activity?) : Browser {
    @Volatile private var waiting: CompletableDeferred<String?>? = null
    @Volatile private var away = false

    override suspend fun visit(page: String): String? {
        val on = activity() ?: return null
        val answer = CompletableDeferred<String?>()
        waiting = answer
        away = false
        try {
            on.startActivity(Intent(Intent.ACTION_VIEW, Uri.parse(page)).addCategory(Intent.CATEGORY_BROWSABLE))
        } catch (_: ActivityNotFoundException) {
            return null
        }
        away = true
        return answer.await()
    }

    /** The address that the browser called, if it is a sign-in's. */
    fun cameBack(address: String?) {
        if (address != null) waiting?.complete(address)
    }

    /** Comes after [cameBack] where the browser called. */
    fun resumed() {
        if (away) waiting?.complete(null)
    }
}

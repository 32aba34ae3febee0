package org.gauze.app

import android.app.Activity
import android.content.Intent
import android.net.Uri
import android.provider.Settings
import androidx.activity.ComponentActivity
import androidx.activity.result.ActivityResultLauncher
import androidx.activity.result.contract.ActivityResultContracts

/**
 * Asks the system for permissions, of which [needed] counts. One that was refused for good, or by device management, leads to [settings].
 * A first question that was dismissed looks the same: so the first refusal that this process sees leads nowhere, and whoever presses
 * again is led there. Nothing at all was answered where the question was cut.
 */
internal fun ComponentActivity.asks(needed: String, settings: () -> Unit, answered: () -> Unit): ActivityResultLauncher<Array<String>> =
    registerForActivityResult(ActivityResultContracts.RequestMultiplePermissions()) { answers ->
        if (answers[needed] == false) {
            val again = !(application as GauzeApplication).graph.refused.add(needed)
            if (again && !shouldShowRequestPermissionRationale(needed)) settings()
        }
        answered()
    }

/** Where the person allows what the system asks for no more. */
internal fun Activity.ownSettings() =
    startActivity(Intent(Settings.ACTION_APPLICATION_DETAILS_SETTINGS, Uri.fromParts("package", packageName, null)))

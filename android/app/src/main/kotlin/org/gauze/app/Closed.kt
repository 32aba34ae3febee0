package org.gauze.app

import android.app.Activity
import android.os.Build
import android.view.View
import android.view.WindowManager

/** What this window shows is in no screenshot, recording, list of recent apps, form filler or assistant; TalkBack still reads it. */
internal fun Activity.keepToItself() {
    window.addFlags(WindowManager.LayoutParams.FLAG_SECURE)
    window.decorView.importantForAutofill = View.IMPORTANT_FOR_AUTOFILL_NO_EXCLUDE_DESCENDANTS
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.TIRAMISU) setRecentsScreenshotEnabled(false)
    if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.UPSIDE_DOWN_CAKE) {
        window.decorView.setAccessibilityDataSensitive(View.ACCESSIBILITY_DATA_SENSITIVE_YES)
    }
}

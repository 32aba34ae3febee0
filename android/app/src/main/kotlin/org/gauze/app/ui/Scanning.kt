package org.gauze.app.ui

import androidx.compose.foundation.layout.Box
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import org.gauze.logic.port.CameraFault
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/** What the camera sees while a code is looked for, under [hint], or under why it sees nothing: it comes back in the same place. */
@Composable
fun Scanning(hint: Word?, fault: CameraFault?, viewfinder: @Composable () -> Unit) {
    if (fault != null) Said(Failures.camera(fault))
    else if (hint != null) Text(say(hint))
    Box { viewfinder() }
}

@Composable
fun AllowCamera(fault: CameraFault?, allow: () -> Unit) {
    if (fault == CameraFault.NO_PERMISSION) OtherAction(Word.CameraAllow, onClick = allow)
}

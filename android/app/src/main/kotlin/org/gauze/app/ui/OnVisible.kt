package org.gauze.app.ui

import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.composed
import androidx.compose.ui.layout.boundsInRoot
import androidx.compose.ui.layout.onGloballyPositioned
import androidx.compose.ui.layout.findRootCoordinates

/** Calls [seen] once, when this place lies inside what its scrolling parents show. */
internal fun Modifier.onVisible(seen: () -> Unit): Modifier = composed {
    var told by remember { mutableStateOf(false) }
    onGloballyPositioned { at ->
        val top = at.localToRoot(androidx.compose.ui.geometry.Offset.Zero).y
        val parent = at.parentLayoutCoordinates?.parentLayoutCoordinates?.boundsInRoot() ?: at.findRootCoordinates().boundsInRoot()
        if (!told && top <= parent.bottom + 1f) {
            told = true
            seen()
        }
    }
}

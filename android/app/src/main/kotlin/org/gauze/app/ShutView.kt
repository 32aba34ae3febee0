package org.gauze.app

import androidx.compose.runtime.Composable
import org.gauze.app.ui.MainAction
import org.gauze.app.ui.Page
import org.gauze.app.ui.Said
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Word

/** The store did not open: why, and how to go on. */
@Composable
fun ShutView(why: Line?, again: () -> Unit) = Page(Word.AppName, actions = { MainAction(Word.TryAgain, onClick = again) }) {
    Said(why)
}

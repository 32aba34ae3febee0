package org.gauze.app.ui

import android.content.res.Resources
import androidx.compose.runtime.Composable
import androidx.compose.ui.platform.LocalResources
import org.gauze.app.R
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Word

private val ids: Map<Word, Int> by lazy { Word.entries.associateWith { R.string::class.java.getField(it.resource).getInt(null) } }

/** The sentence in the language of [resources]. */
fun Line.text(resources: Resources): String {
    val sentence = resources.getString(ids.getValue(word), *args.toTypedArray())
    return help?.let { sentence + " " + Line(Word.HelpDesk, it).text(resources) } ?: sentence
}

fun Word.text(resources: Resources): String = resources.getString(ids.getValue(this))

@Composable
fun say(word: Word): String = word.text(LocalResources.current)

@Composable
fun say(line: Line): String = line.text(LocalResources.current)

package org.gauze.logic.flow

import org.gauze.logic.words.Word

/** A sentence of the app: its words are in the app's resources, [args] is put into them. [help] is read to the help desk. */
data class Line(val word: Word, val args: List<String> = emptyList(), val help: String? = null) {
    constructor(word: Word, vararg args: String) : this(word, args.toList())
}

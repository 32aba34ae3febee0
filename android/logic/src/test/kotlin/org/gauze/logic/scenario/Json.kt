package org.gauze.logic.scenario

/** Reads JSON with whole numbers alone: maps, lists, strings, longs, booleans and null. */
internal class Json private constructor(private val text: String) {
    private var at = 0

    private fun value(): Any? {
        blanks()
        return when (text[at]) {
            '{' -> {
                val members = LinkedHashMap<String, Any?>()
                sequence('}') {
                    val key = string()
                    blanks()
                    expect(':')
                    members[key] = value()
                }
                members
            }
            '[' -> ArrayList<Any?>().also { items -> sequence(']') { items += value() } }
            '"' -> string()
            't' -> word("true", true)
            'f' -> word("false", false)
            'n' -> word("null", null)
            else -> text.substring(at).takeWhile { it == '-' || it.isDigit() }.also { at += it.length }.toLong()
        }
    }

    private fun sequence(end: Char, item: () -> Unit) {
        at++
        blanks()
        while (text[at] != end) {
            item()
            blanks()
            if (text[at] == ',') at++
            blanks()
        }
        at++
    }

    private fun string(): String = buildString {
        expect('"')
        while (text[at] != '"') {
            if (text[at] != '\\') append(text[at++]) else escaped()
        }
        at++
    }

    private fun StringBuilder.escaped() {
        val escape = text[at + 1]
        at += 2
        when (escape) {
            'n' -> append('\n')
            't' -> append('\t')
            'u' -> {
                append(text.substring(at, at + 4).toInt(16).toChar())
                at += 4
            }
            else -> append(escape)
        }
    }

    private fun <T> word(word: String, value: T): T {
        check(text.startsWith(word, at)) { text.substring(at).take(20) }
        at += word.length
        return value
    }

    private fun expect(char: Char) = check(text[at++] == char) { "no $char before ${text.substring(at).take(20)}" }

    private fun blanks() {
        while (at < text.length && text[at].isWhitespace()) at++
    }

    companion object {
        fun read(text: String): Any? = Json(text).value()
    }
}

internal operator fun Any?.get(key: String): Any? = (this as? Map<*, *>)?.get(key)

internal val Any?.text get() = this as? String

internal val Any?.int get() = (this as Long).toInt()

internal val Any?.list: List<Any?> get() = this as? List<Any?> ?: emptyList()

/** The entry of an enumeration that this names: `check_digit` is `CHECK_DIGIT`. */
internal inline fun <reified T : Enum<T>> Any?.named(): T = enumValueOf<T>((this as String).uppercase())

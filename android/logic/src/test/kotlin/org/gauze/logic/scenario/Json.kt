package org.gauze.logic.scenario

/** Reads JSON with whole numbers alone: maps, lists, strings, longs, booleans and null. */
internal class Json private constructor(private val source: String) {
    private var at = 0

    private fun value(): Any? {
        blanks()
        return when (source[at]) {
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
            else -> source.substring(at).takeWhile { it == '-' || it.isDigit() }.also { at += it.length }.toLong()
        }
    }

    private fun sequence(end: Char, item: () -> Unit) {
        at++
        blanks()
        while (source[at] != end) {
            item()
            blanks()
            if (source[at] == ',') at++
            blanks()
        }
        at++
    }

    private fun string(): String = buildString {
        expect('"')
        while (source[at] != '"') {
            if (source[at] != '\\') append(source[at++]) else escaped()
        }
        at++
    }

    private fun StringBuilder.escaped() {
        val escape = source[at + 1]
        at += 2
        when (escape) {
            'n' -> append('\n')
            't' -> append('\t')
            'u' -> {
                append(source.substring(at, at + 4).toInt(16).toChar())
                at += 4
            }
            else -> append(escape)
        }
    }

    private fun <T> word(word: String, value: T): T {
        check(source.startsWith(word, at)) { source.substring(at).take(20) }
        at += word.length
        return value
    }

    private fun expect(char: Char) = check(source[at++] == char) { "no $char before ${source.substring(at).take(20)}" }

    private fun blanks() {
        while (at < source.length && source[at].isWhitespace()) at++
    }

    companion object {
        fun read(text: String): Any? = Json(text).value()
    }
}

@Suppress("UNCHECKED_CAST") // What is read has texts for keys.
internal operator fun Any?.get(key: String): Any? = (this as? Map<String, Any?>)?.get(key)

internal val Any?.text get() = this as? String

internal val Any?.int get() = (this as Long).toInt()

internal val Any?.list: List<Any?> get() = this as? List<Any?> ?: emptyList()

/** The entry of an enumeration that this names: `check_digit` is `CHECK_DIGIT`. */
internal inline fun <reified T : Enum<T>> Any?.named(): T = enumValueOf<T>((this as String).uppercase())

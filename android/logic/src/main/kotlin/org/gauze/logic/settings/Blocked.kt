package org.gauze.logic.settings

import org.gauze.logic.core.Standing
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/** What the hospital did with a phone that may take no photos. Where a certificate of its maker was withdrawn it takes and sends on. */
enum class Stop { SUSPENDED, REVOKED, WIPED }

data class BlockedState(val stop: Stop, val why: Line, val unsent: Long, val reports: Long, val support: String?) {
    /** A revoked phone is refused whatever it sends. */
    val sends get() = stop != Stop.REVOKED && unsent + reports > 0

    /** A new token sets it up again. */
    val over get() = stop != Stop.SUSPENDED
}

object Blocked {
    /** What stands in the way, if anything does. */
    fun of(standing: Standing, support: String?): BlockedState? {
        val why = standing.reviewDenied ?: return null
        val stop = Stop.entries.find { it.name.lowercase() == why } ?: return null
        return BlockedState(stop, Failures.waiting(why), standing.unsent, standing.reports, support)
    }
}

val lockedSamples = mapOf(
    "suspended" to BlockedState(Stop.SUSPENDED, Line(Word.ErrorSuspended), 3, 0, "extension 4242"),
    "revoked" to BlockedState(Stop.REVOKED, Line(Word.ErrorRevoked), 2, 0, null),
    "reported" to BlockedState(Stop.SUSPENDED, Line(Word.ErrorSuspended), 0, 1, "extension 4242"),
)

val wipedSamples = mapOf(
    "waiting" to BlockedState(Stop.WIPED, Line(Word.ErrorWiped), 2, 0, "extension 4242"),
    "nothing" to BlockedState(Stop.WIPED, Line(Word.ErrorWiped), 0, 0, null),
)

/** The help page. */
data class HelpState(val lines: List<Line>, val support: String?)

fun help(support: String?) = HelpState(
    listOf(
        Word.HelpTake, Word.HelpNetwork, Word.HelpWifi, Word.HelpGallery, Word.HelpBattery, Word.HelpLost,
    ).map { Line(it) },
    support,
)

val helpSamples = mapOf("contact" to help("extension 4242"), "none" to help(null))

package org.gauze.logic.settings

import org.gauze.logic.core.Standing
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/** A phone that may not take photos: [wiped], or locked by the hospital. */
data class BlockedState(val wiped: Boolean, val why: Line, val unsent: Long, val reports: Long, val support: String?)

object Blocked {
    private val locking = setOf("suspended", "revoked", "certificate_revoked")

    /** What stands in the way, if anything does. */
    fun of(standing: Standing, support: String?): BlockedState? {
        val why = standing.reviewDenied ?: return null
        if (why != "wiped" && why !in locking) return null
        return BlockedState(why == "wiped", Failures.waiting(why), standing.unsent, standing.reports, support)
    }
}

val lockedSamples = mapOf(
    "suspended" to BlockedState(false, Line(Word.ErrorSuspended), 3, 0, "extension 4242"),
    "revoked" to BlockedState(false, Line(Word.ErrorRevoked), 0, 0, null),
    "reported" to BlockedState(false, Line(Word.ErrorRevoked), 0, 1, "extension 4242"),
)

val wipedSamples = mapOf(
    "waiting" to BlockedState(true, Line(Word.ErrorWiped), 2, 0, "extension 4242"),
    "nothing" to BlockedState(true, Line(Word.ErrorWiped), 0, 0, null),
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

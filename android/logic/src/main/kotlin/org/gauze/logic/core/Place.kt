package org.gauze.logic.core

/**
 * Where the phone is, as its system says: degrees, [accuracy] in metres that hold it with 68 %, [age] in milliseconds,
 * [mock] where a program made it up, [utcOffset] in minutes for the hours of a fence. Has no useful `toString`: what is
 * printed by accident says no place.
 */
class Fix(val latitude: Double, val longitude: Double, val accuracy: Double, val age: Long, val mock: Boolean, val utcOffset: Int) {
    override fun toString() = "Fix"
}

/** What is not allowed outside a fence; each includes those before it, but for the sentence of WARN. */
enum class FenceMode { RECORD, WARN, BLOCK_EXPORT, BLOCK_VIEW, BLOCK_CAPTURE }

/** The phone is outside of every fence that asks for [mode]; [words] is where they are. */
data class Outside(val mode: FenceMode, val words: String)

interface Locating {
    /** Whether the policy in force has areas that a phone judges: otherwise nobody asks where it is. */
    fun wantsPosition(): Boolean

    /** Kept in memory alone, until the next one. */
    fun located(fix: Fix)

    /** What is not allowed here to a photo of [team]; null where all is, and where nobody can tell. */
    fun outside(team: Choice?): Outside?
}

package org.gauze.logic.core

/** How an identifier came to be known. */
sealed interface Established {
    data object Wristband : Established

    data object Worklist : Established

    /** By hand, and why. */
    data class Typed(val reason: String) : Established
}

/** What two of are confirmed aloud before a photo is tied to anybody. */
enum class Identifier { NAME, BORN, NHS, CHI, HC, LOCAL }

/**
 * A person. Numbers are digits without spaces; [born] is `YYYY-MM-DD`. Has no useful `toString`: what is printed by
 * accident names nobody.
 */
class Patient(
    val family: String,
    val given: String,
    val born: String,
    val nhs: String? = null,
    val chi: String? = null,
    val hc: String? = null,
    val local: String? = null,
    val established: Established = Established.Wristband,
    val confirmed: Set<Identifier> = emptySet(),
) {
    fun confirmedBy(identifiers: Set<Identifier>) =
        Patient(family, given, born, nhs, chi, hc, local, established, identifiers)

    /** Which identifiers this person has. */
    fun known(): Set<Identifier> = buildSet {
        add(Identifier.NAME)
        add(Identifier.BORN)
        if (nhs != null) add(Identifier.NHS)
        if (chi != null) add(Identifier.CHI)
        if (hc != null) add(Identifier.HC)
        if (local != null) add(Identifier.LOCAL)
    }

    private fun parts() = listOf(family, given, born, nhs, chi, hc, local, established, confirmed)

    override fun equals(other: Any?) = other is Patient && other.parts() == parts()

    override fun hashCode() = parts().hashCode()

    override fun toString() = "Patient"
}

enum class Side { LEFT, RIGHT, MIDLINE, BOTH }

/** A place of the body, out of the hospital's list where it has one. */
data class Site(val words: String, val side: Side? = null, val system: String? = null, val code: String? = null)

enum class Framing { CONTEXT, STRAIGHT, CLOSE }

enum class Scope { CARE, TEACHING, PUBLICATION }

data class Choice(val code: String, val words: String)

data class SiteChoice(val system: String, val code: String, val words: String, val sided: Boolean)

data class Notice(val code: String, val version: Int, val words: String)

/** How the last digit of a number is made from the others. */
enum class CheckDigit { MODULUS10, MODULUS11 }

/**
 * How the hospital writes its own number of a patient, and what it calls it: in a shape `#` is a digit, `@` a capital letter,
 * all else itself.
 */
data class LocalNumbers(val words: String, val shapes: List<String>, val check: CheckDigit?)

/**
 * What people choose from, out of the signed policy; an empty list leaves the choice free. Without [localNumber] the hospital's own
 * numbers are not known.
 */
data class Choices(
    val teams: List<Choice> = emptyList(),
    val sites: List<SiteChoice> = emptyList(),
    val consents: List<Choice> = emptyList(),
    val notices: List<Notice> = emptyList(),
    val localNumber: LocalNumbers? = null,
)

/** What was agreed to: [at] is RFC 3339 in UTC. */
data class Consent(val scopes: Set<Scope>, val by: String, val form: Choice, val notice: Notice?, val at: String)

/** [sharpness] 0 (blurred) to 1000; [exposure] -1000 (black) to 1000 (burnt out), 0 is right. */
data class Fitness(val sharpness: Int, val exposure: Int, val marker: Marker? = null)

/** A scale marker found in the picture: nanometres per pixel, tilt in thousandths of a degree. */
data class Marker(val nanometres: Int, val tilt: Int)

/** Everything that is sealed with one photo. */
class PhotoRecord(
    val patient: Patient? = null,
    val team: Choice? = null,
    val site: Site? = null,
    val wound: String? = null,
    val series: String? = null,
    val view: Framing? = null,
    val consent: Consent? = null,
    val fitness: Fitness? = null,
    val notes: String? = null,
) {
    override fun toString() = "PhotoRecord"
}

package org.gauze.logic.core

import java.nio.ByteBuffer
import kotlinx.coroutines.flow.Flow

/** What to do about something that did not happen. */
enum class Remedy { TAKE_AGAIN, FREE_STORAGE, UNLOCK, SIGN_IN, ENROL, RETRY, ASK_IT, NOT_POSSIBLE, REPORT }

/** What about this phone the hospital does not accept: [code] is a stable slug, [help] what its user reads to the help desk. */
data class EnrolmentRefusal(val code: String, val help: String)

/** Why something did not happen: [code] is the core's stable slug, [advice] its own sentence in English. */
data class Failure(val remedy: Remedy, val code: String, val advice: String, val refusal: EnrolmentRefusal? = null)

/** Nothing is thrown out of the core: an answer, or why not. */
sealed interface Outcome<out T> {
    data class Done<T>(val value: T) : Outcome<T>

    data class Failed(val failure: Failure) : Outcome<Nothing>
}

inline fun <T, R> Outcome<T>.map(change: (T) -> R): Outcome<R> = when (this) {
    is Outcome.Done -> Outcome.Done(change(value))
    is Outcome.Failed -> this
}

fun <T> Outcome<T>.orNull(): T? = (this as? Outcome.Done)?.value

/** How far a photo has come. */
enum class Stage { UNSIGNED, SIGNED, STORED, FILED, REFUSED }

/** Why a photo waits, and since how many attempts; [notBefore] in milliseconds since 1970. */
data class Waiting(val code: String, val advice: String, val attempts: Int, val notBefore: Long?)

/** A photo on this phone. [takenAt] is RFC 3339; [label] is there only while review is unlocked. */
class Photo(
    val id: String,
    val takenAt: String,
    val bytes: Long,
    val stage: Stage,
    val waiting: Waiting? = null,
    val label: String? = null,
    val patient: Patient? = null,
    val previewed: Boolean = false,
    val void: Boolean = false,
) {
    override fun toString() = "Photo($id)"
}

/** The oldest of some photos: when it was taken, in milliseconds since 1970, and the code of what stops it. */
data class OldestPhoto(val takenAt: Long, val waiting: String? = null)

/** What this phone is and what it holds. What was discarded is neither of the oldest. */
data class Standing(
    val device: String? = null,
    val gateway: String? = null,
    val ward: String? = null,
    val policy: Long = 0,
    val unsent: Long = 0,
    val reports: Long = 0,
    val stored: Long = 0,
    val refused: Long = 0,
    val damaged: Long = 0,
    val trustStale: Boolean = false,
    val trustRefused: String? = null,
    val tooManyUnsent: String? = null,
    val reviewDenied: String? = null,
    val storageTrouble: String? = null,
    val oldestUnsent: OldestPhoto? = null,
    val oldestRefused: OldestPhoto? = null,
) {
    val enrolled get() = device != null

    /** Whether the system is to give time for it: photos, or reports of what went wrong. */
    val waits get() = unsent + reports > 0
}

/** One setting's verdict, as device management wants it back. */
data class KeyedState(val key: String, val error: Boolean, val message: String, val data: String)

data class Configured(
    val accepted: Boolean,
    val states: List<KeyedState>,
    val problems: List<String>,
    val support: String?,
)

/** What one run of the queue did; [nextAt] in milliseconds since 1970. */
data class Sent(val stored: Long, val filed: Int, val refused: Long, val waiting: Map<String, String>, val nextAt: Long?)

/** [newest] is its newest photo that may be shown here. */
data class Wound(val id: String, val site: Site?, val namedAt: String, val newest: String? = null)

data class WipedReport(val unsent: Long, val keyDestroyed: Boolean)

/** A file that the operating system carries: a sealed photo to a ticketed address. */
data class Transfer(val photo: String, val url: String, val file: String, val bytes: Long)

/** How the system's transfer ended. */
sealed interface TransferEnd {
    class Answered(val status: Int, val body: ByteArray) : TransferEnd

    data object Cut : TransferEnd

    data object Unreachable : TransferEnd

    data object FileGone : TransferEnd
}

interface Enrolling {
    fun standing(): Standing

    /** Judges what device management says; [values] is a JSON object of its keys. */
    fun configure(values: String): Outcome<Configured>

    /** With what a person pasted or scanned. */
    suspend fun enrol(pasted: String): Outcome<Unit>

    /** With what device management set: consoles that know text alone write numbers as digits and leave fields empty. */
    suspend fun enrolManaged(values: String): Outcome<Unit>

    fun wipe(): Outcome<WipedReport>
}

interface Capturing {
    fun choices(): Choices

    /** How fit a photo is, of its own bytes; null where nothing can be drawn of them. */
    fun judge(jpeg: ByteBuffer): Fitness?

    /** [jpeg] is direct and lives until the return, with which the photo is on flash, sealed. */
    fun capture(jpeg: ByteBuffer, record: PhotoRecord): Outcome<String>

    /** Makes the small picture of the list, out of the same bytes: the answer is for whoever took it, null where photos are not shown. */
    fun preview(id: String, jpeg: ByteBuffer): Outcome<ByteArray?>

    fun newWound(patient: Patient, site: Site?): Outcome<String>

    fun newSeries(): String
}

interface Reviewing {
    fun unlock(): Outcome<Unit>

    fun lock()

    fun photo(id: String): Outcome<ByteArray>

    fun thumbnail(id: String): Outcome<ByteArray>

    fun wounds(patient: Patient): Outcome<List<Wound>>

    /** Of the photos that may be shown here, newest first: chosen from a list, and with nothing confirmed. */
    fun patients(): Outcome<List<Patient>>
}

/** Whether it happened. */
enum class Happened { BREACH, NEAR_MISS }

/**
 * What somebody says that went wrong. [whose] is empty where that is not known, [noticedAt] is RFC 3339 and null for now. Has no useful
 * `toString`: it may name a patient.
 */
class WentWrong(val kind: Happened, val what: String, val whose: String, val photo: String?, val noticedAt: String?) {
    override fun toString() = "WentWrong"
}

/** A report that is on this phone until the hospital has it; [sent]: the gateway has it already. */
data class WaitingReport(val id: String, val writtenAt: String?, val sent: Boolean, val waiting: String? = null)

interface Reporting {
    /** Kept, sealed, once this is done. */
    fun report(said: WentWrong): Outcome<Unit>

    /** The oldest first. */
    fun reports(): List<WaitingReport>
}

interface Sending {
    /** The newest photos first. */
    fun photos(most: Int): Outcome<List<Photo>>

    fun discard(id: String): Outcome<Unit>

    /** [asked]: somebody waits for it, so what is backing off is tried too. */
    suspend fun send(asked: Boolean): Outcome<Sent>

    suspend fun transfers(asked: Boolean): Outcome<List<Transfer>>

    /** What to carry next: one that was cut is taken up again at once. */
    suspend fun ended(photo: String, end: TransferEnd): Outcome<List<Transfer>>

    /** Ids of photos that moved or stopped. */
    fun moves(): Flow<String>
}

/** Whether a photo needs somebody who is signed in. */
enum class SignInMode { REQUIRED, ASKED }

interface SigningIn {
    /** Null where the hospital has nobody sign in. */
    fun signInMode(): SignInMode?

    /** The name of whoever is signed in. */
    fun clinician(): String?

    /** The page that the system's browser opens. */
    suspend fun beginSignIn(): Outcome<String>

    /** [callback] is the whole address that the browser came back to; the answer is a name. */
    suspend fun finishSignIn(callback: String): Outcome<String>

    /** Locks review too. */
    fun signOut()
}

interface Noticing {
    /** Whether whoever has the phone in hand has read this version of a notice to staff on it. */
    fun hasRead(notice: Notice): Boolean

    /** They have: where they are signed in the hospital hears of it and they are not asked again here, else until the phone changes hands. */
    fun readNotice(notice: Notice)
}

/** The whole core as the screens see it. */
interface Core : Enrolling, Capturing, Reviewing, Sending, Reporting, SigningIn, Noticing, Locating, AutoCloseable

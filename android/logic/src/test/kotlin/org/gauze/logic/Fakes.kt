package org.gauze.logic

import java.nio.ByteBuffer
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emptyFlow
import org.gauze.logic.core.Choice
import org.gauze.logic.core.Choices
import org.gauze.logic.core.Configured
import org.gauze.logic.core.Core
import org.gauze.logic.core.Failure
import org.gauze.logic.core.Fitness
import org.gauze.logic.core.Fix
import org.gauze.logic.core.Notice
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Outside
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Photo
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.core.Remedy
import org.gauze.logic.core.Sent
import org.gauze.logic.core.SignInMode
import org.gauze.logic.core.Site
import org.gauze.logic.core.Stage
import org.gauze.logic.core.Standing
import org.gauze.logic.core.Transfer
import org.gauze.logic.core.TransferEnd
import org.gauze.logic.core.WaitingReport
import org.gauze.logic.core.WentWrong
import org.gauze.logic.core.WipedReport
import org.gauze.logic.core.Wound

/** A core that behaves as the real one as far as the screens can tell: photos move, review locks, failures are typed. */
class FakeCore(var standing: Standing = Standing(device = "d")) : Core {
    var choices = Choices()
    var fails: Failure? = null
    var unlocked = false
    var series = "series"
    val records = ArrayList<PhotoRecord>()
    val photos = ArrayList<Photo>()
    var enrolledWith: String? = null

    private fun <T> answer(value: () -> T): Outcome<T> = fails?.let { Outcome.Failed(it) } ?: Outcome.Done(value())

    private fun <T> open(value: () -> T): Outcome<T> =
        if (unlocked) answer(value) else Outcome.Failed(Failure(Remedy.UNLOCK, "locked", ""))

    override fun standing() = standing

    override fun configure(values: String) = answer { Configured(true, emptyList(), emptyList(), "extension 4242") }

    override suspend fun enrol(pasted: String) = enrolled(pasted)

    override suspend fun enrolManaged(values: String) = enrolled("managed $values")

    private fun enrolled(with: String) = answer {
        enrolledWith = with
        standing = standing.copy(device = "d")
    }

    override fun wipe() = answer { WipedReport(0, true) }

    override fun choices() = choices

    /** What a photo's own bytes say; null where nothing can be drawn of them. */
    var judged: Fitness? = Fitness(500, 0)

    override fun judge(jpeg: ByteBuffer) = judged.also { check(jpeg.isDirect && jpeg.hasRemaining()) }

    override fun capture(jpeg: ByteBuffer, record: PhotoRecord) = answer {
        check(jpeg.isDirect && jpeg.hasRemaining())
        records += record
        photos += Photo("photo-${photos.size}", "2026-11-29T08:00:00Z", 1, Stage.UNSIGNED)
        photos.last().id
    }

    /** Whether the hospital lets this phone show photos. */
    var shows = true

    override fun preview(id: String, jpeg: ByteBuffer): Outcome<ByteArray?> = answer {
        check(jpeg.isDirect && jpeg.hasRemaining())
        if (shows) byteArrayOf(1) else null
    }

    override fun newWound(patient: Patient, site: Site?) = answer { "wound" }

    override fun newSeries() = series

    override fun unlock() = answer { unlocked = true }

    override fun lock() {
        unlocked = false
    }

    override fun photo(id: String) = open { byteArrayOf(1, 2, 3) }

    override fun thumbnail(id: String) = open { byteArrayOf(1) }

    override fun wounds(patient: Patient) = open { emptyList<Wound>() }

    var patients = emptyList<Patient>()

    override fun patients() = open { patients }

    override fun photos(most: Int) = answer { photos.reversed().take(most) }

    override fun discard(id: String) = answer { photos.removeIf { it.id == id }.let { } }

    val reports = ArrayList<WaitingReport>()

    override fun report(said: WentWrong) = answer {
        reports += WaitingReport("report-${reports.size}", "2026-11-29T09:12:00Z", false)
    }

    override fun reports() = reports.toList()

    override suspend fun send(asked: Boolean) = answer { Sent(photos.size.toLong(), 0, 0, emptyMap(), null) }

    override suspend fun transfers(asked: Boolean) = answer { emptyList<Transfer>() }

    override suspend fun ended(photo: String, end: TransferEnd) = answer { emptyList<Transfer>() }

    override fun moves(): Flow<String> = emptyFlow()

    var mode: SignInMode? = null
    var signedIn: String? = null

    override fun signInMode() = mode

    override fun clinician() = signedIn

    override suspend fun beginSignIn() = answer { "https://idp.test/page" }

    override suspend fun finishSignIn(callback: String) = answer { "A Nurse".also { signedIn = it } }

    override fun signOut() {
        read.removeIf { (who, _) -> who == null }
        signedIn = null
        lock()
    }

    /** By whoever was signed in; what nobody in particular read is forgotten when the phone changes hands. */
    private val read = HashSet<Pair<String?, Notice>>()

    override fun hasRead(notice: Notice) = signedIn to notice in read

    override fun readNotice(notice: Notice) {
        read += signedIn to notice
    }

    /** Null: the policy has no fences. */
    var fixes: ArrayList<Fix>? = null
    var outside: Outside? = null

    override fun wantsPosition() = fixes != null

    override fun located(fix: Fix) {
        fixes!! += fix
    }

    override fun outside(team: Choice?) = outside

    override fun close() = Unit
}

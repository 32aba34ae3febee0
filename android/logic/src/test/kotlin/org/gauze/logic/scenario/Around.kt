package org.gauze.logic.scenario

import java.nio.ByteBuffer
import org.gauze.logic.FakeCore
import org.gauze.logic.camera.Handle
import org.gauze.logic.core.CheckDigit
import org.gauze.logic.core.Choice
import org.gauze.logic.core.Choices
import org.gauze.logic.core.Core
import org.gauze.logic.core.EnrolmentRefusal
import org.gauze.logic.core.Established
import org.gauze.logic.core.Failure
import org.gauze.logic.core.FenceMode
import org.gauze.logic.core.Fitness
import org.gauze.logic.core.LocalNumbers
import org.gauze.logic.core.Marker
import org.gauze.logic.core.Notice
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Outside
import org.gauze.logic.core.Patient
import org.gauze.logic.core.Photo
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.core.Side
import org.gauze.logic.core.SignInMode
import org.gauze.logic.core.Site
import org.gauze.logic.core.SiteChoice
import org.gauze.logic.core.Standing
import org.gauze.logic.core.Waiting
import org.gauze.logic.core.WaitingReport
import org.gauze.logic.core.WentWrong
import org.gauze.logic.core.Wound
import org.gauze.logic.core.map
import org.gauze.logic.port.Authentication

/** A core that keeps what is asked of it. */
internal class ToldCore(private val fake: FakeCore, private val told: MutableList<List<Any?>>) : Core by fake {
    override suspend fun enrol(pasted: String): Outcome<Unit> {
        told += listOf("enrol", pasted)
        return fake.enrol(pasted)
    }

    override suspend fun enrolManaged(values: String): Outcome<Unit> {
        told += listOf("enrol_managed", values)
        return fake.enrolManaged(values)
    }

    override fun capture(jpeg: ByteBuffer, record: PhotoRecord): Outcome<String> {
        told += listOf("capture", shown(record))
        return fake.capture(jpeg, record)
    }

    override fun lock() {
        told += listOf("lock")
        fake.lock()
    }

    override fun wounds(patient: Patient): Outcome<List<Wound>> =
        fake.wounds(patient).map { listOf(Wound("earlier", Site("Heel", Side.LEFT), "2026-11-20T09:12:00Z")) }

    override fun discard(id: String): Outcome<Unit> {
        told += listOf("discard", id)
        return fake.discard(id)
    }

    override fun report(said: WentWrong): Outcome<Unit> {
        told += listOf("report", shown(said))
        return fake.report(said)
    }

    override suspend fun send(asked: Boolean): Outcome<org.gauze.logic.core.Sent> {
        told += listOf("send", asked)
        return fake.send(asked)
    }

    override suspend fun finishSignIn(callback: String): Outcome<String> {
        told += listOf("finish_sign_in", callback)
        return fake.finishSignIn(callback)
    }

    override fun readNotice(notice: Notice) {
        told += listOf("read_notice", shown(notice))
        fake.readNotice(notice)
    }

    override fun signOut() {
        told += listOf("sign_out")
        fake.signOut()
    }
}

/** Who stands around the screen of a scenario. */
internal class Around {
    val fake = FakeCore()
    val told = ArrayList<List<Any?>>()
    val core = ToldCore(fake, told)
    var answer = Authentication.CONFIRMED
    var callback: String? = null
    var online = true
    var fitness = Fitness(500, 0)
    val camera = object : Handle {
        override fun shoot() {
            told += listOf("shoot")
        }

        override fun torch(on: Boolean) {
            told += listOf("torch", on)
        }

        override fun focus(x: Float, y: Float) {
            told += listOf("focus")
        }

        override fun safe() {
            told += listOf("safe")
        }
    }

    /** Sets what a scenario says of them. */
    fun set(given: Any?) {
        for ((key, value) in given as? Map<*, *> ?: return) when (key) {
            "fails" -> fake.fails = value?.let { failure(it.list) }
            "unlocked" -> fake.unlocked = value == true
            "biometric" -> answer = value.named()
            "browser" -> callback = value.text
            "online" -> online = value == true
            "fitness" -> fitness = fitness(value.list)
            "judged" -> fake.judged = value?.let { fitness(it.list) }
            "shows" -> fake.shows = value == true
            "standing" -> fake.standing = standing(value)
            "choices" -> fake.choices = choices(value)
            "sign_in" -> fake.mode = value?.named<SignInMode>()
            "series" -> fake.series = value.text!!
            "outside" -> fake.outside = value?.let { Outside(it.list[0].named<FenceMode>(), it.list[1].text!!) }
            "clinician" -> fake.signedIn = value.text
            "photos" -> {
                fake.photos.clear()
                value.list.forEach { fake.photos += photo(it) }
            }
            "reports" -> {
                fake.reports.clear()
                value.list.forEach { fake.reports += report(it) }
            }
            "patients" -> fake.patients = value.list.mapNotNull { patient(it, Established.Worklist) }
            "patient", "sites", "forms", "notice", "notices", "support", "record", "local", "teams", "team" -> Unit
            else -> error("nobody knows $key")
        }
    }
}

/** Kind and code; where the hospital refuses the phone, why and what is read to the help desk. */
private fun failure(value: List<Any?>) =
    Failure(value[0].named(), value[1].text!!, "", if (value.size > 2) EnrolmentRefusal(value[2].text!!, value[3].text!!) else null)

/** Sharpness and exposure; nanometres and tilt of the marker, where there is one. */
private fun fitness(value: List<Any?>) =
    Fitness(value[0].int, value[1].int, if (value.size > 2) Marker(value[2].int, value[3].int) else null)

private fun long(value: Any?) = value as Long? ?: 0

private fun standing(value: Any?) = Standing(
    device = value["device"].text,
    gateway = value["gateway"].text,
    ward = value["ward"].text,
    policy = long(value["policy"]),
    unsent = long(value["unsent"]),
    reports = long(value["reports"]),
    damaged = long(value["damaged"]),
    trustStale = value["trust_stale"] == true,
    trustRefused = value["trust_refused"].text,
    tooManyUnsent = value["too_many_unsent"].text,
    reviewDenied = value["review_denied"].text,
    storageTrouble = value["storage_trouble"].text,
)

private fun choices(value: Any?) = Choices(
    teams = value["teams"].list.map(::team),
    sites = value["sites"].list.map(::siteChoice),
    consents = value["consents"].list.map { Choice(it.text!!, it.text!!) },
    notices = value["notices"].list.mapNotNull(::notice),
)

private fun photo(value: Any?): Photo {
    val waiting = value["waiting"].list
    return Photo(
        id = value["id"].text!!,
        takenAt = value["taken_at"].text ?: "2026-11-29T08:00:00Z",
        bytes = 1,
        stage = value["stage"].named(),
        waiting = if (waiting.isEmpty()) null else Waiting(waiting[0].text!!, "", 1, waiting.getOrNull(1) as Long?),
        label = value["label"].text,
        patient = patient(value["patient"], Established.Worklist),
        previewed = value["previewed"] == true,
        void = value["void"] == true,
    )
}

private fun report(value: Any?) = WaitingReport(
    value["id"].text!!, value["written_at"].text, value["sent"] == true, value["waiting"].text,
)

internal fun patient(value: Any?, established: Established = Established.Wristband) = value["family"].text?.let { family ->
    Patient(
        family, value["given"].text.orEmpty(), value["born"].text.orEmpty(), nhs = value["nhs"].text, chi = value["chi"].text,
        hc = value["hc"].text, local = value["local"].text, established = established,
    )
}

internal fun notice(value: Any?) = value["code"].text?.let { Notice(it, value["version"].int, "") }

internal fun localNumbers(value: Any?) = value["words"].text?.let { words ->
    LocalNumbers(words, value["shapes"].list.map { it.text!! }, value["check"]?.named<CheckDigit>())
}

internal fun team(value: Any?) = Choice(value.text!!, value.text!!)

internal fun siteChoice(value: Any?) =
    SiteChoice("snomed", value.list[1].text!!, value.list[0].text!!, value.list[2] == true)

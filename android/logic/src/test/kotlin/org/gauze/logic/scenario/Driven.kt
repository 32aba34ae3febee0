package org.gauze.logic.scenario

import java.nio.ByteBuffer
import java.time.LocalDate
import java.time.ZoneOffset
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import org.gauze.logic.body.BodyEvent
import org.gauze.logic.body.BodyPresenter
import org.gauze.logic.camera.CameraPresenter
import org.gauze.logic.camera.CameraScreenEvent
import org.gauze.logic.camera.KeptPhoto
import org.gauze.logic.check.CheckEvent
import org.gauze.logic.check.CheckPresenter
import org.gauze.logic.consent.ConsentEvent
import org.gauze.logic.consent.ConsentPresenter
import org.gauze.logic.core.Choice
import org.gauze.logic.core.Choices
import org.gauze.logic.core.Fitness
import org.gauze.logic.core.Happened
import org.gauze.logic.core.Notice
import org.gauze.logic.core.Patient
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.core.Side
import org.gauze.logic.core.Site
import org.gauze.logic.core.Wound
import org.gauze.logic.enrol.EnrolEvent
import org.gauze.logic.enrol.EnrolPresenter
import org.gauze.logic.flow.Journey
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Route
import org.gauze.logic.incident.Incident
import org.gauze.logic.incident.IncidentEvent
import org.gauze.logic.incident.IncidentPresenter
import org.gauze.logic.incident.Noticed
import org.gauze.logic.incident.ReportForm
import org.gauze.logic.incident.Ways
import org.gauze.logic.notice.NoticeEvent
import org.gauze.logic.notice.NoticePresenter
import org.gauze.logic.patient.PatientEvent
import org.gauze.logic.patient.PatientPresenter
import org.gauze.logic.patient.samplePatient
import org.gauze.logic.port.Biometric
import org.gauze.logic.port.Browser
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.Frame
import org.gauze.logic.port.Judge
import org.gauze.logic.port.Network
import org.gauze.logic.port.Now
import org.gauze.logic.port.Shot
import org.gauze.logic.queue.QueueEvent
import org.gauze.logic.queue.QueuePresenter
import org.gauze.logic.review.ReviewEvent
import org.gauze.logic.review.ReviewPresenter
import org.gauze.logic.settings.Blocked
import org.gauze.logic.settings.Settings
import org.gauze.logic.settings.Working
import org.gauze.logic.settings.help
import org.gauze.logic.signin.SignInEvent
import org.gauze.logic.signin.SignInPresenter
import org.gauze.logic.team.TeamEvent
import org.gauze.logic.team.TeamPresenter
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings
import org.gauze.logic.wound.WoundChoice
import org.gauze.logic.wound.WoundEvent
import org.gauze.logic.wound.WoundPresenter
import org.gauze.logic.wristband.BandFormat
import org.gauze.logic.wristband.Wristband

/** One screen under a scenario's hands. */
internal class Driven(val state: () -> Any?, val send: (String, List<Any?>) -> Unit)

private fun <S : Any, E : Any> driven(presenter: Presenter<S, E>, shown: (S) -> Any?, event: (String, List<Any?>) -> E) =
    Driven({ shown(presenter.state) }) { name, with -> presenter.send(event(name, with)) }

private fun unknown(name: String): Nothing = error("nobody knows $name")

/** Effects run at once: each step ends when its answer is in the state. */
private val scope = CoroutineScope(Dispatchers.Unconfined)

internal fun Around.driven(screen: String, given: Any?): Driven = when (screen) {
    "enrol" -> driven(EnrolPresenter(core, scope) { told += listOf("enrolled") }, ::shown, ::enrol)
    "sign_in" -> driven(SignInPresenter(core, Browser { callback }, scope) { told += listOf("gone") }, ::shown) { name, _ ->
        when (name) {
            "start" -> SignInEvent.Start
            "later" -> SignInEvent.Later
            else -> unknown(name)
        }
    }
    "notice" -> driven(NoticePresenter(notice(given["notice"])!!, core, scope) { told += listOf("accepted", shown(it)) }, ::shown) { name, _ ->
        when (name) {
            "end_seen" -> NoticeEvent.EndSeen
            "accept" -> NoticeEvent.Accept
            else -> unknown(name)
        }
    }
    "team" -> {
        val now = given["team"].text?.let { team(it) }
        val presenter = TeamPresenter(given["teams"].list.map(::team), now, scope) { told += listOf("chosen", it.code) }
        driven(presenter, ::shown) { name, with ->
            when (name) {
                "choose" -> TeamEvent.Choose(team(with[0]))
                else -> unknown(name)
            }
        }
    }
    "patient" -> patients(given)
    "consent" -> consents(given)
    "body" -> bodies(given)
    "wound" -> wounds(given)
    "camera" -> cameras(given)
    "check" -> {
        val kept = KeptPhoto("photo-0", fake.judged, byteArrayOf(1).takeIf { fake.shows })
        val presenter = CheckPresenter(kept, patient(given["patient"]), core, scope) { told += listOf("checked", shown(it)) }
        driven(presenter, ::shown) { name, _ ->
            when (name) {
                "keep" -> CheckEvent.Keep
                "another" -> CheckEvent.Another
                "again" -> CheckEvent.Again
                "lock" -> CheckEvent.Lock
                else -> unknown(name)
            }
        }
    }
    "queue" -> driven(QueuePresenter(core, core, Network { online }, ZoneOffset.UTC, given["support"].text, scope), ::shown) { name, with ->
        when (name) {
            "moved" -> QueueEvent.Moved
            "send" -> QueueEvent.Send
            "notes" -> QueueEvent.Notes(with[0] == true)
            else -> unknown(name)
        }
    }
    "review" -> driven(ReviewPresenter(core, core, Biometric { answer }, ZoneOffset.UTC, scope), ::shown) { name, with ->
        when (name) {
            "unlock" -> ReviewEvent.Unlock
            "answered" -> ReviewEvent.Answered(with[0].named())
            "listed" -> ReviewEvent.Listed(core.photos(1))
            "open" -> ReviewEvent.Open(with[0].text!!)
            "opened" -> ReviewEvent.Opened(with[0].text!!, core.photo(with[0].text!!))
            "close" -> ReviewEvent.Close
            "lock" -> ReviewEvent.Lock
            else -> unknown(name)
        }
    }
    "incident" -> incidents(given)
    "journey" -> journey(given)
    "wristband" -> wristband(given)
    "settings" -> Driven({ emptyMap<String, Any?>() }) { name, with ->
        told += listOf(
            when (name) {
                "settings" -> {
                    val working = Working(with.getOrNull(2)?.let { team(it) }, with.getOrNull(3) == true)
                    shown(Settings.of(core.standing(), with[0] as Boolean?, "0.1.0", with[1] == true, working))
                }
                "blocked" -> shown(Blocked.of(core.standing(), given["support"].text))
                "help" -> shown(help(given["support"].text))
                else -> unknown(name)
            },
        )
    }
    else -> unknown(screen)
}

private fun enrol(name: String, with: List<Any?>): EnrolEvent = when (name) {
    "managed" -> EnrolEvent.Managed(with[0].text!!)
    "pasted" -> EnrolEvent.Pasted(with[0].text!!)
    "scanned" -> EnrolEvent.Scanned(with[0].text!!)
    "scan" -> EnrolEvent.Scan
    "camera" -> EnrolEvent.Camera(with[0]?.named())
    "stop_scan" -> EnrolEvent.StopScan
    "start" -> EnrolEvent.Start
    else -> unknown(name)
}

private fun Around.incidents(given: Any?): Driven {
    val presenter = IncidentPresenter(Ways(core, core, core), ZoneOffset.UTC, { 1_796_000_000_123 }, given["support"].text, scope) { told += listOf("kept") }
    fun write(change: (ReportForm) -> ReportForm) = IncidentEvent.Write(change)
    return driven(presenter, ::shown) { name, with ->
        when (name) {
            "choose" -> IncidentEvent.Choose(with[0]?.named<Incident>())
            "discard" -> IncidentEvent.Discard(with[0].text!!)
            "look" -> IncidentEvent.Look
            "tell" -> IncidentEvent.Tell(with[0] == true)
            "kind" -> write { it.copy(kind = with[0].named<Happened>()) }
            "what" -> write { it.copy(what = with[0].text!!) }
            "whose" -> write { it.copy(whose = with[0].text!!) }
            "noticed" -> write { it.copy(noticed = with[0].named<Noticed>()) }
            "day" -> write { it.copy(day = with[0].text!!) }
            "photo" -> write { it.copy(photo = with[0].text) }
            "send" -> IncidentEvent.Send
            else -> unknown(name)
        }
    }
}

private fun Around.patients(given: Any?): Driven {
    val bands = Wristband(BandFormat(local = localNumbers(given["local"])))
    val presenter = PatientPresenter(core, core, Biometric { answer }, bands, { LocalDate.parse("2026-11-29") }, scope) {
        told += listOf("chosen", shown(it))
    }
    return driven(presenter, ::shown) { name, with ->
        when (name) {
            "choose" -> PatientEvent.Choose(with[0].named())
            "scanned" -> PatientEvent.Scanned(with[0].text!!)
            "camera" -> PatientEvent.Camera(with[0]?.named())
            "type" -> PatientEvent.Type(with[0].named(), with[1].text!!)
            "typed_all" -> PatientEvent.TypedAll
            "unlock" -> PatientEvent.Unlock
            "answered" -> PatientEvent.Answered(with[0].named())
            "offered" -> PatientEvent.Offered(core.patients())
            "listed" -> PatientEvent.Listed(presenter.state.worklist!![with[0].int])
            "lock" -> PatientEvent.Lock
            "confirm" -> PatientEvent.Confirm(with[0].named(), with[1] == true)
            "go" -> PatientEvent.Go
            "nobody" -> PatientEvent.Nobody
            else -> unknown(name)
        }
    }
}

private fun Around.consents(given: Any?): Driven {
    val forms = given["forms"].list.map { Choice(it.text!!, it.text!!) }
    val choices = Choices(consents = forms, notices = given["notices"].list.map { notice(it)!! })
    val presenter = ConsentPresenter(patient(given["patient"]), choices, "Spoken", Now { 1_796_000_000_123 }, scope) {
        told += listOf("agreed", shown(it))
    }
    return driven(presenter, ::shown) { name, with ->
        when (name) {
            "toggle" -> ConsentEvent.Toggle(with[0].named())
            "by" -> ConsentEvent.By(with[0].text!!)
            "form" -> ConsentEvent.Form(Choice(with[0].text!!, with[0].text!!))
            "show" -> ConsentEvent.Show
            "go" -> ConsentEvent.Go
            "not_asked" -> ConsentEvent.NotAsked
            else -> unknown(name)
        }
    }
}

private fun Around.bodies(given: Any?): Driven {
    val sites = given["sites"].list.map(::siteChoice)
    val presenter = BodyPresenter(patient(given["patient"]), sites, scope) { told += listOf("chosen", shown(it)) }
    return driven(presenter, ::shown) { name, with ->
        when (name) {
            "turned" -> BodyEvent.Turned(with[0].named())
            "touched" -> BodyEvent.Touched(with[0].text!!, with[1]?.named<Side>())
            "picked" -> BodyEvent.Picked(sites[with[0].int])
            "sided" -> BodyEvent.Sided(with[0].named())
            "go" -> BodyEvent.Go
            "skip" -> BodyEvent.Skip
            else -> unknown(name)
        }
    }
}

private fun Around.wounds(given: Any?): Driven {
    val presenter = WoundPresenter(patient(given["patient"]) ?: samplePatient, core, Biometric { answer }, scope) {
        told += when (it) {
            is WoundChoice.Earlier -> listOf("chosen", "earlier", shown(it.wound))
            WoundChoice.New -> listOf("chosen", "new")
            WoundChoice.None -> listOf("chosen", "none")
        }
    }
    return driven(presenter, ::shown) { name, with ->
        when (name) {
            "unlock" -> WoundEvent.Unlock
            "answered" -> WoundEvent.Answered(with[0].named())
            "found" -> WoundEvent.Found(core.wounds(presenter.state.patient))
            "lock" -> WoundEvent.Lock
            "earlier" -> WoundEvent.Earlier(presenter.state.wounds!![with[0].int])
            "new" -> WoundEvent.New
            "skip" -> WoundEvent.Skip
            else -> unknown(name)
        }
    }
}

private class Picture : Shot {
    override val jpeg: ByteBuffer = ByteBuffer.allocateDirect(1)
    override val side = 4000

    override fun close() = Unit
}

private fun Around.cameras(given: Any?): Driven {
    val record = PhotoRecord(patient(given["patient"]), site = given["record"]["site"].text?.let { Site(it) }, wound = given["record"]["wound"].text)
    val presenter = CameraPresenter(record, core, core, camera, Judge { fitness }, scope) {
        told += listOf("taken", it.id, shown(it.fitness), shown(it.picture))
    }
    return driven(presenter, ::shown) { name, with ->
        when (name) {
            "ready" -> CameraScreenEvent.From(CameraEvent.Ready)
            "failed" -> CameraScreenEvent.From(CameraEvent.Failed(with[0].named()))
            "seen" -> CameraScreenEvent.From(CameraEvent.Seen(Frame(ByteArray(1), 1000, 1, 1)))
            "taken" -> CameraScreenEvent.From(CameraEvent.Taken(Picture()))
            "shoot" -> CameraScreenEvent.Shoot
            "torch" -> CameraScreenEvent.Torch(with[0] == true)
            "grid" -> CameraScreenEvent.Grid(with[0] == true)
            "ghost" -> CameraScreenEvent.Ghost(with[0] == true)
            "ghost_found" -> CameraScreenEvent.GhostFound
            "leans" -> CameraScreenEvent.Leans(with[0]?.int)
            "looked" -> CameraScreenEvent.Looked(with[0] == true)
            "focus" -> CameraScreenEvent.Focus(0.5f, 0.5f)
            else -> unknown(name)
        }
    }
}

private fun Around.journey(given: Any?): Driven {
    val journey = Journey(core)
    journey.support = given["support"].text
    val seen = ArrayList<Route>()
    var picture: ByteArray? = null
    val photo = { KeptPhoto("photo-0", Fitness(500, 0), byteArrayOf(1).also { picture = it }) }
    return Driven({ mapOf("route" to shown(journey.route.value), "picture" to shown(picture)) }) { name, with ->
        val first = with.firstOrNull()
        if (seen.lastOrNull() !== journey.route.value) seen += journey.route.value
        when (name) {
            "start" -> journey.start()
            "check" -> journey.check()
            "left" -> journey.left()
            "resumed" -> journey.resumed()
            "enrolled" -> journey.enrolled()
            "signed_in" -> journey.signedIn()
            "signed_out" -> journey.signedOut()
            "accepted" -> seen.newest<Route.Notice>().notice.let {
                core.readNotice(it)
                journey.accepted(it)
            }
            "team" -> journey.team(team(first))
            "ask_team" -> journey.askTeam()
            "patient" -> journey.patient(patient(first))
            "consent" -> journey.consent(null, seen.newest<Route.Consent>().patient)
            "site" -> journey.site(first.text?.let { Site(it) }, seen.newest<Route.Body>().patient)
            "wound" -> journey.wound(choice(first.text!!, with.getOrNull(1).text), seen.newest<Route.Wound>().patient)
            "wound_at_first" -> journey.wound(choice(first.text!!, null), seen.oldest<Route.Wound>().patient)
            "ask_site" -> journey.askSite()
            "ask_consent" -> journey.askConsent()
            "taken" -> journey.taken(photo(), seen.newest<Route.Camera>().record)
            "taken_at_first" -> journey.taken(photo(), seen.oldest<Route.Camera>().record)
            "checked" -> journey.checked(first.named(), seen.newest<Route.Check>().kept)
            "open" -> journey.open(route(first.text!!))
            else -> unknown(name)
        }
    }
}

/** The newest screen of that kind: an answer is given on it, in front or not. */
private inline fun <reified R : Route> List<Route>.newest() = filterIsInstance<R>().last()

private inline fun <reified R : Route> List<Route>.oldest() = filterIsInstance<R>().first()

private fun choice(name: String, newest: String?) = when (name) {
    "new" -> WoundChoice.New
    "none" -> WoundChoice.None
    else -> WoundChoice.Earlier(Wound(name, null, "2026-11-20T09:12:00Z", newest))
}

private fun route(name: String): Route = when (name) {
    "patient" -> Route.Patient
    "queue" -> Route.Queue
    "review" -> Route.Review
    "incident" -> Route.Incident
    "settings" -> Route.Settings
    "help" -> Route.Help
    "licences" -> Route.Licences
    "enrol" -> Route.Enrol
    else -> unknown(name)
}

private fun Around.wristband(given: Any?): Driven {
    val bands = Wristband(BandFormat(local = localNumbers(given["local"])))
    return Driven({ emptyMap<String, Any?>() }) { name, with ->
        val text = with[0].text.orEmpty()
        told += listOf(
            when (name) {
                "read" -> shown(bands.read(text))
                "born" -> shown(Wordings.born(text, LocalDate.parse(with[1].text)))
                "time" -> Wordings.time(text, ZoneOffset.UTC)
                "name" -> Wordings.name(Patient(text, with[1].text!!, ""))
                "number" -> shown(Wordings.number(patient(with[0])!!, with.getOrNull(1).text))
                "site" -> shown(Wordings.site(Site(text, with[1]?.named<Side>())))
                else -> unknown(name)
            },
        )
    }
}

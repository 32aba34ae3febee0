package org.gauze.logic.flow

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import org.gauze.logic.camera.KeptPhoto
import org.gauze.logic.check.Checked
import org.gauze.logic.core.Choice
import org.gauze.logic.core.Consent
import org.gauze.logic.core.Core
import org.gauze.logic.core.Notice
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Patient
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.core.SignInMode
import org.gauze.logic.core.Site
import org.gauze.logic.settings.Blocked
import org.gauze.logic.settings.BlockedState
import org.gauze.logic.wound.WoundChoice

/** Which screen is shown, with what it needs. */
sealed interface Route {
    data object Enrol : Route

    data object SignIn : Route

    class Notice(val notice: org.gauze.logic.core.Notice) : Route

    /** Where the hospital has several teams. */
    class Team(val teams: List<Choice>) : Route

    data object Patient : Route

    class Consent(val patient: org.gauze.logic.core.Patient?) : Route

    class Body(val patient: org.gauze.logic.core.Patient?) : Route

    class Wound(val patient: org.gauze.logic.core.Patient) : Route

    /** [ghost] is the last photo of the same wound. */
    class Camera(val record: PhotoRecord, val ghost: String? = null) : Route

    class Check(val kept: KeptPhoto, val patient: org.gauze.logic.core.Patient?) : Route

    data object Queue : Route

    data object Review : Route

    data object Incident : Route

    data object Settings : Route

    data object Help : Route

    data object Licences : Route

    class Stopped(val state: BlockedState) : Route
}

/**
 * From one screen to the next. Patient, consent, site and wound of the photo being taken are here, in memory and nowhere
 * else: a process that ends forgets them, and what was photographed is in the core by then.
 *
 * An answer counts from its own screen alone, while that is in front: whoever left it is led nowhere by it, and what it says of one
 * patient is never another's. Answers come on any thread; each moves the journey in one step.
 */
class Journey(private val core: Core) {
    private val mutable = MutableStateFlow<Route>(Route.Patient)
    val route: StateFlow<Route> = mutable.asStateFlow()
    private var asked = false
    @Volatile private var visit = Visit()

    /** The app is not in front. */
    private var away = false

    /** The newest photo of each wound: as this process took it, or as the core knows it. */
    private val newest = HashMap<String, String>()

    private var worksIn: Choice? = null

    /** The team that photos go to: the hospital's only one, or as whoever uses the phone said. Forgotten when it changes hands. */
    val team: Choice? get() = core.choices().teams.let { teams -> teams.singleOrNull() ?: worksIn?.takeIf { it in teams } }

    /** Whom to ask, as device management said. */
    @Volatile var support: String? = null

    private data class Visit(
        val patient: Patient? = null,
        val consent: Consent? = null,
        val site: Site? = null,
        val wound: String? = null,
        val series: String? = null,
    )

    /** At the start and whenever the app comes back: what stands in the way first. */
    fun start() = go(::anew)

    /** As [start] where something stands in the way now; where nothing does, and where somebody tells what went wrong, the screen stays. */
    fun check() {
        val blocked = Blocked.of(core.standing(), support) ?: return
        if (route.value != Route.Incident) go { Route.Stopped(blocked) }
    }

    /** The app is not in front any more: whoever comes back sees no photo, also none that is sealed only now. */
    @Synchronized
    fun left() {
        away = true
        (mutable.value as? Route.Check)?.kept?.forget()
    }

    @Synchronized
    fun resumed() {
        away = false
    }

    /**
     * A photo is seen on its own check alone: whichever way that is left, its small picture goes from memory. Photos that were
     * unlocked stay so for one visit, or while they are looked at: before any other screen they are locked again. That is work on
     * the disk: from where nothing unlocks them nothing is locked.
     */
    @Synchronized
    private fun go(next: () -> Route) {
        val (left, to) = mutable.value to next()
        if (mayBeUnlocked(left) && !staysUnlocked(to)) core.lock()
        mutable.value = to
        if (left is Route.Check) left.kept.forget()
    }

    private fun staysUnlocked(to: Route) = when (to) {
        is Route.Consent, is Route.Body, is Route.Wound, is Route.Camera, is Route.Check, Route.Review -> true
        else -> false
    }

    /** A patient may be chosen from unlocked photos. */
    private fun mayBeUnlocked(at: Route) = at == Route.Patient || staysUnlocked(at)

    /** The screen in front, where it is [own]. */
    private inline fun <reified R : Route> inFront(own: (R) -> Boolean): R? = (mutable.value as? R)?.takeIf(own)

    /** [go] where [at] is in front still. */
    @Synchronized
    private fun leave(at: Route, next: () -> Route): Boolean {
        if (mutable.value !== at) return false
        go(next)
        return true
    }

    private fun anew(): Route {
        visit = Visit()
        return first()
    }

    private fun first(): Route {
        val standing = core.standing()
        Blocked.of(standing, support)?.let { return Route.Stopped(it) }
        if (!standing.enrolled) return Route.Enrol
        if (core.signInMode() != null && core.clinician() == null && !asked) return Route.SignIn
        val choices = core.choices()
        choices.notices.firstOrNull { it.code == STAFF && !core.hasRead(it) }?.let { return Route.Notice(it) }
        return if (choices.teams.size > 1 && team == null) Route.Team(choices.teams) else Route.Patient
    }

    fun enrolled() = start()

    /** Signed in, or gone on without where the hospital lets that be. */
    fun signedIn() {
        leave(Route.SignIn) {
            asked = core.signInMode() != SignInMode.REQUIRED
            anew()
        }
    }

    /** A shared phone changes hands: review is locked, and the next person reads what they have not read here. */
    fun signedOut() = go {
        asked = false
        core.signOut()
        worksIn = null
        newest.clear()
        anew()
    }

    /** The core knows that it was read. */
    fun accepted(notice: Notice) {
        inFront<Route.Notice> { it.notice == notice }?.let { leave(it, ::first) }
    }

    /** Asked for from the settings too. */
    fun askTeam() = go { Route.Team(core.choices().teams) }

    fun team(team: Choice) {
        val at = inFront<Route.Team> { team in it.teams } ?: return
        leave(at) {
            worksIn = team
            first()
        }
    }

    /** On to the next question that the hospital's rules ask; straight to the camera where they ask none. */
    fun patient(patient: Patient?) {
        leave(Route.Patient) {
            visit = Visit(patient = patient, series = core.newSeries())
            val choices = core.choices()
            when {
                patient != null && choices.consents.isNotEmpty() -> Route.Consent(patient)
                choices.sites.isNotEmpty() -> Route.Body(patient)
                else -> camera()
            }
        }
    }

    fun consent(consent: Consent?, of: Patient?) {
        val at = inFront<Route.Consent> { it.patient == of } ?: return
        leave(at) {
            visit = visit.copy(consent = consent)
            if (visit.site == null && core.choices().sites.isNotEmpty()) Route.Body(of) else camera()
        }
    }

    fun site(site: Site?, of: Patient?) {
        val at = inFront<Route.Body> { it.patient == of } ?: return
        leave(at) {
            visit = visit.copy(site = site)
            if (of == null) camera() else Route.Wound(of)
        }
    }

    fun wound(choice: WoundChoice, of: Patient) {
        val at = inFront<Route.Wound> { it.patient == of } ?: return
        val wound = when (choice) {
            is WoundChoice.Earlier -> choice.wound.id
            WoundChoice.New -> (core.newWound(of, visit.site) as? Outcome.Done)?.value
            WoundChoice.None -> null
        }
        leave(at) {
            val known = (choice as? WoundChoice.Earlier)?.wound?.newest
            if (wound != null && known != null) newest.putIfAbsent(wound, known)
            visit = visit.copy(wound = wound)
            camera()
        }
    }

    /** From the camera: where it is, or what was agreed to. */
    fun askSite() = ask { Route.Body(visit.patient) }

    fun askConsent() = ask { Route.Consent(visit.patient) }

    private fun ask(what: () -> Route) {
        inFront<Route.Camera> { true }?.let { leave(it, what) }
    }

    /**
     * A photo is safe: on to its check, while its own camera is still in front. Whoever left meanwhile, or chose another site or
     * wound, is not led back, and finds it among those that wait. Whether somebody checks it now.
     */
    @Synchronized
    fun taken(kept: KeptPhoto, of: PhotoRecord): Boolean {
        val at = inFront<Route.Camera> { same(it.record, of) }
        if (at == null || away) kept.forget()
        return at != null && leave(at) { Route.Check(kept, of.patient) } && !away
    }

    private fun same(one: PhotoRecord, other: PhotoRecord) =
        one.patient == other.patient && one.series == other.series && one.wound == other.wound && one.site == other.site

    fun checked(what: Checked, of: KeptPhoto) {
        val at = inFront<Route.Check> { it.kept == of } ?: return
        leave(at) {
            visit.wound?.let { if (what != Checked.AGAIN) newest[it] = of.id }
            if (what == Checked.KEPT) anew() else camera()
        }
    }

    fun open(route: Route) {
        if (route == Route.Patient) start() else go { route }
    }

    private fun camera() = Route.Camera(
        PhotoRecord(
            patient = visit.patient,
            team = team,
            site = visit.site,
            wound = visit.wound,
            series = visit.series,
            consent = visit.consent,
        ),
        visit.wound?.let(newest::get),
    )

    private companion object {
        const val STAFF = "staff"
    }
}

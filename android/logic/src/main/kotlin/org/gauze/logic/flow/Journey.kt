package org.gauze.logic.flow

import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import org.gauze.logic.camera.KeptPhoto
import org.gauze.logic.check.Checked
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

    class Stopped(val state: BlockedState) : Route
}

/** Which notices whoever uses the phone has read; forgotten when a shared phone changes hands. */
interface Acknowledged {
    fun has(notice: Notice): Boolean

    fun keep(notice: Notice)

    fun forget()
}

/**
 * From one screen to the next. Patient, consent, site and wound of the photo being taken are here, in memory and nowhere
 * else: a process that ends forgets them, and what was photographed is in the core by then.
 */
class Journey(private val core: Core, private val acknowledged: Acknowledged) {
    private val mutable = MutableStateFlow<Route>(Route.Patient)
    val route: StateFlow<Route> = mutable.asStateFlow()
    private var asked = false
    private var visit = Visit()

    /** The newest photo of each wound: as this process took it, or as the core knows it. */
    private val newest = HashMap<String, String>()

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
    fun start() {
        visit = Visit()
        mutable.value = first()
    }

    /** As [start] where something stands in the way now; where nothing does, the screen stays. */
    fun check() {
        val blocked = Blocked.of(core.standing(), support)
        if (blocked != null) mutable.value = Route.Stopped(blocked)
    }

    private fun first(): Route {
        val standing = core.standing()
        Blocked.of(standing, support)?.let { return Route.Stopped(it) }
        if (!standing.enrolled) return Route.Enrol
        if (core.signInMode() != null && core.clinician() == null && !asked) return Route.SignIn
        return core.choices().notices.firstOrNull { it.code == STAFF && !acknowledged.has(it) }?.let { Route.Notice(it) }
            ?: Route.Patient
    }

    fun enrolled() = start()

    /** Signed in, or gone on without where the hospital lets that be. */
    fun signedIn() {
        asked = core.signInMode() != SignInMode.REQUIRED
        start()
    }

    /** A shared phone changes hands: review is locked and the next person reads the notices. */
    fun signedOut() {
        asked = false
        core.signOut()
        acknowledged.forget()
        newest.clear()
        start()
    }

    fun accepted(notice: Notice) {
        acknowledged.keep(notice)
        mutable.value = first()
    }

    /** On to the next question that the hospital's rules ask; straight to the camera where they ask none. */
    fun patient(patient: Patient?) {
        visit = Visit(patient = patient, series = core.newSeries())
        val choices = core.choices()
        mutable.value = when {
            patient != null && choices.consents.isNotEmpty() -> Route.Consent(patient)
            choices.sites.isNotEmpty() -> Route.Body(patient)
            else -> camera()
        }
    }

    fun consent(consent: Consent?) {
        visit = visit.copy(consent = consent)
        mutable.value = if (visit.site == null && core.choices().sites.isNotEmpty()) Route.Body(visit.patient) else camera()
    }

    fun site(site: Site?) {
        visit = visit.copy(site = site)
        mutable.value = visit.patient?.let { Route.Wound(it) } ?: camera()
    }

    fun wound(choice: WoundChoice) {
        val wound = when (choice) {
            is WoundChoice.Earlier -> choice.wound.id.also { id -> choice.wound.newest?.let { newest.putIfAbsent(id, it) } }
            WoundChoice.New -> visit.patient?.let { (core.newWound(it, visit.site) as? Outcome.Done)?.value }
            WoundChoice.None -> null
        }
        visit = visit.copy(wound = wound)
        mutable.value = camera()
    }

    /** From the camera: where it is, or what was agreed to. */
    fun askSite() {
        mutable.value = Route.Body(visit.patient)
    }

    fun askConsent() {
        mutable.value = Route.Consent(visit.patient)
    }

    /**
     * A photo is safe: on to its check, while its own camera is still in front. Whoever left meanwhile, or chose another site or
     * wound, is not led back, and finds it among those that wait. Whether it is checked.
     */
    fun taken(kept: KeptPhoto, of: PhotoRecord): Boolean {
        val inFront = mutable.value
        return inFront is Route.Camera && same(inFront.record, of) && mutable.compareAndSet(inFront, Route.Check(kept, of.patient))
    }

    /** Records of no visit are nobody's: two of them are not the same. */
    private fun same(one: PhotoRecord, other: PhotoRecord) =
        one.series != null && one.series == other.series && one.wound == other.wound && one.site == other.site

    fun checked(what: Checked) {
        val kept = (mutable.value as? Route.Check)?.kept.takeIf { what != Checked.AGAIN }
        visit.wound?.let { wound -> kept?.let { newest[wound] = it.id } }
        if (what == Checked.KEPT) start() else mutable.value = camera()
    }

    fun open(route: Route) {
        if (route == Route.Patient) start() else mutable.value = route
    }

    private fun camera() = Route.Camera(
        PhotoRecord(
            patient = visit.patient,
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

package org.gauze.app

import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.DisposableEffect
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus
import org.gauze.app.ui.BlockedView
import org.gauze.app.ui.BlockedWays
import org.gauze.app.ui.BodyView
import org.gauze.app.ui.CameraWays
import org.gauze.app.ui.CheckView
import org.gauze.app.ui.ConsentView
import org.gauze.app.ui.EnrolView
import org.gauze.app.ui.HelpView
import org.gauze.app.ui.IncidentView
import org.gauze.app.ui.LicencesView
import org.gauze.app.ui.LocalOwnNumber
import org.gauze.app.ui.LocalToday
import org.gauze.app.ui.More
import org.gauze.app.ui.NoticeView
import org.gauze.app.ui.PatientView
import org.gauze.app.ui.QueueView
import org.gauze.app.ui.ReviewView
import org.gauze.app.ui.SettingsView
import org.gauze.app.ui.SettingsWays
import org.gauze.app.ui.SignInView
import org.gauze.app.ui.TeamView
import org.gauze.app.ui.WoundView
import org.gauze.app.ui.say
import org.gauze.logic.body.BodyPresenter
import org.gauze.logic.camera.KeptPhoto
import org.gauze.logic.camera.shown
import org.gauze.logic.check.CheckEvent
import org.gauze.logic.check.CheckPresenter
import org.gauze.logic.check.Checked
import org.gauze.logic.consent.ConsentPresenter
import org.gauze.logic.core.Core
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.enrol.EnrolEvent
import org.gauze.logic.enrol.EnrolPresenter
import org.gauze.logic.flow.Journey
import org.gauze.logic.flow.Presenter
import org.gauze.logic.flow.Route
import org.gauze.logic.incident.IncidentEvent
import org.gauze.logic.incident.IncidentPresenter
import org.gauze.logic.incident.Ways
import org.gauze.logic.notice.NoticePresenter
import org.gauze.logic.patient.PatientEvent
import org.gauze.logic.patient.PatientPresenter
import org.gauze.logic.patient.Way
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault
import org.gauze.logic.port.told
import org.gauze.logic.queue.QueueEvent
import org.gauze.logic.queue.QueuePresenter
import org.gauze.logic.queue.show
import org.gauze.logic.review.ReviewEvent
import org.gauze.logic.review.ReviewPresenter
import org.gauze.logic.settings.Settings
import org.gauze.logic.settings.Working
import org.gauze.logic.settings.help
import org.gauze.logic.signin.SignInPresenter
import org.gauze.logic.team.TeamPresenter
import org.gauze.logic.wound.WoundEvent
import org.gauze.logic.wound.WoundPresenter
import org.gauze.logic.words.Word
import org.gauze.logic.wristband.BandFormat
import org.gauze.logic.wristband.Wristband

/** What only a window can ask of its user. */
class Asks(val camera: () -> Unit, val position: () -> Unit, val notes: () -> Unit)

/** How often what waits is looked at while it is shown, in milliseconds. */
private const val LOOK_EVERY_MS = 5_000L

/** A presenter for the route that is shown, its view, and what the window tells both. */
class Screens(
    private val graph: AppGraph,
    private val core: Core,
    private val journey: Journey,
    scope: CoroutineScope,
    private val asks: Asks,
) {
    /** The core's calls take their time: not on the thread that draws. */
    private val work = scope + Dispatchers.Default
    private val opened = MutableStateFlow(0)
    private val shutters = Shutters()
    private var settings = "{}"

    /** Tells the screen that shows photos, or whom they show, that it is left. */
    private var lock: (() -> Unit)? = null

    fun managed(values: String) {
        settings = values
        work.launch {
            val configured = (core.configure(values) as? Outcome.Done)?.value ?: return@launch
            journey.support = configured.support
            graph.managed.report(configured.states)
        }
    }

    /** In front again: what stands in the way now, and what the hospital says by now is fetched. */
    fun resumed() {
        journey.resumed()
        work.launch { journey.check() }
        graph.uploads.schedule(0, asked = false)
    }

    /**
     * Off the screen: photos are locked, and what waits is said at the icon and handed to the system. At once: what were
     * launched here would end with the activity.
     */
    fun left() {
        journey.left()
        lock?.invoke()
        core.lock()
        val standing = core.standing()
        graph.notes.show(standing, graph.network)
        if (standing.waits) graph.uploads.schedule(0, asked = false)
    }

    fun shoot(): Boolean = shutters.shoot()

    /** A permission was given or refused: what waits for it looks again. */
    fun answered() {
        opened.value++
    }

    fun back() = journey.open(Route.Patient)

    @Composable
    fun View() {
        val route by journey.route.collectAsState()
        val own = remember(route) { core.choices().localNumber?.words }
        CompositionLocalProvider(LocalOwnNumber provides own, LocalToday provides graph.today) { Screen(route) }
    }

    @Composable
    private fun Screen(at: Route) {
        when (at) {
            Route.Enrol -> Enrol()
            Route.SignIn -> show(shown(at) { SignInPresenter(core, graph.browser, it) { journey.signedIn() } }) { state, send -> SignInView(state, send) }
            is Route.Notice -> show(shown(at) { NoticePresenter(at.notice, core, it, journey::accepted) }) { state, send -> NoticeView(state, send) }
            is Route.Team -> show(shown(at) { TeamPresenter(at.teams, journey.team, it, journey::team) }) { state, send -> TeamView(state, send) }
            Route.Patient -> Patient()
            is Route.Consent -> Consent(at)
            is Route.Body -> show(shown(at) { BodyPresenter(at.patient, core.choices().sites, it) { site -> journey.site(site, at.patient) } }) { state, send -> BodyView(state, send) }
            is Route.Wound -> {
                val (state, send) = shown(at) { WoundPresenter(at.patient, core, graph.biometric, it) { choice -> journey.wound(choice, at.patient) } }
                Locked(at) { send(WoundEvent.Lock) }
                WoundView(state, graph.zone, send)
            }
            is Route.Camera -> {
                val again by opened.collectAsState()
                val ways = CameraWays(journey::askSite, journey::askConsent, asks.camera, asks.position, ::back)
                TakePhoto(graph, core, at, again, shutters, ways) {
                    taken(it, at.record)
                }
            }
            is Route.Check -> Check(at)
            Route.Queue -> Queue()
            Route.Review -> Review()
            Route.Incident -> Incident(at)
            Route.Settings -> SettingsView(
                Settings.of(
                    core.standing(),
                    graph.hardware,
                    graph.version,
                    core.clinician() != null,
                    Working(journey.team, core.choices().teams.size > 1),
                ),
                SettingsWays(
                    { journey.open(Route.Help) },
                    { journey.open(Route.Incident) },
                    journey::askTeam,
                    journey::signedOut,
                    { journey.open(Route.Licences) }.takeIf { graph.licences.isNotEmpty() },
                    ::back,
                ),
            )
            Route.Licences -> LicencesView(graph.licences, ::back)
            Route.Help -> HelpView(help(journey.support), ::back)
            is Route.Stopped -> BlockedView(
                at.state,
                BlockedWays({ graph.uploads.schedule(0, asked = true) }, { journey.open(Route.Enrol) }, { journey.open(Route.Incident) }),
            )
        }
    }

    /** A photo is safe. Where its check is not in front, nobody sees to it that it goes. */
    private fun taken(photo: KeptPhoto, of: PhotoRecord) {
        if (!journey.taken(photo, of)) graph.handOver(core, asked = false)
    }

    /** While [at] is shown, it is told when the app is left. */
    @Composable
    private fun Locked(at: Any, tell: () -> Unit) = DisposableEffect(at) {
        lock = tell
        onDispose { if (lock === tell) lock = null }
    }

    @Composable
    private fun Check(at: Route.Check) {
        val scope = rememberCoroutineScope()
        val presenter = remember(at) { CheckPresenter(at.kept, at.patient, core, scope + Dispatchers.Default) { checked(it, at.kept) } }
        Locked(at) { presenter.send(CheckEvent.Lock) }
        val state by presenter.states.collectAsState()
        CheckView(state, presenter::send)
    }

    private fun checked(what: Checked, of: KeptPhoto) {
        if (what != Checked.AGAIN) graph.handOver(core, asked = true)
        journey.checked(what, of)
    }

    /** The presenter of [route], for as long as that is shown. */
    @Composable
    private fun <S : Any, E : Any> shown(route: Route, make: (CoroutineScope) -> Presenter<S, E>): Pair<S, (E) -> Unit> {
        val scope = rememberCoroutineScope()
        val presenter = remember(route) { make(scope + Dispatchers.Default) }
        val state by presenter.states.collectAsState()
        return state to presenter::send
    }

    @Composable
    private fun <S, E> show(shown: Pair<S, (E) -> Unit>, view: @Composable (S, (E) -> Unit) -> Unit) = view(shown.first, shown.second)

    @Composable
    private fun Enrol() {
        val scope = rememberCoroutineScope()
        val presenter = remember { EnrolPresenter(core, scope + Dispatchers.Default, journey::enrolled) }
        LaunchedEffect(Unit) { graph.managed.changes().collect { presenter.send(EnrolEvent.Managed(it)) } }
        val state by presenter.states.collectAsState()
        if (state.scanning) Scan({ presenter.send(EnrolEvent.Camera(it)) }) { presenter.send(EnrolEvent.Scanned(it)) }
        EnrolView(state, { graph.viewfinder.View() }, asks.camera, presenter::send)
    }

    @Composable
    private fun Patient() {
        val scope = rememberCoroutineScope()
        val presenter = remember {
            val bands = Wristband(BandFormat(local = core.choices().localNumber))
            PatientPresenter(core, core, graph.biometric, bands, graph.today, scope + Dispatchers.Default, journey::patient)
        }
        Locked(presenter) { presenter.send(PatientEvent.Lock) }
        DisposableEffect(presenter) { onDispose { presenter.send(PatientEvent.Lock) } }
        val state by presenter.states.collectAsState()
        if (state.way == Way.SCAN) Scan({ presenter.send(PatientEvent.Camera(it)) }) { presenter.send(PatientEvent.Scanned(it)) }
        PatientView(
            state,
            { graph.viewfinder.View() },
            asks.camera,
            { More({ journey.open(Route.Queue) }, { journey.open(Route.Review) }, { journey.open(Route.Settings) }) },
            presenter::send,
        )
    }

    /** Frames are read in memory, one after the other, until the screen goes; [saw]: the camera sees, or why it does not. */
    @Composable
    private fun Scan(saw: (CameraFault?) -> Unit, found: (String) -> Unit) {
        val again by opened.collectAsState()
        WhileInFront(again) {
            graph.camera.shown().collect { event ->
                when (event) {
                    CameraEvent.Ready -> saw(null)
                    is CameraEvent.Seen -> graph.scanner.read(event.frame)?.let(found)
                    is CameraEvent.Failed -> {
                        saw(event.fault)
                        if (event.fault == CameraFault.NO_PERMISSION && again == 0) asks.camera()
                    }
                    is CameraEvent.Taken -> event.shot.close()
                }
            }
        }
    }

    @Composable
    private fun Consent(at: Route.Consent) {
        val spoken = say(Word.ConsentVerbal)
        val (state, send) = shown(at) { scope ->
            ConsentPresenter(at.patient, core.choices(), spoken, graph.now, scope) { journey.consent(it, at.patient) }
        }
        ConsentView(state, send)
    }

    @Composable
    private fun Incident(at: Route) {
        val (state, send) = shown(at) {
            IncidentPresenter(Ways(core, core, core), graph.zone, graph.now, journey.support, it) { graph.uploads.schedule(0, asked = true) }
        }
        WhileInFront {
            // Nobody tells when the hospital has a report.
            while (true) {
                send(IncidentEvent.Look)
                delay(LOOK_EVERY_MS)
            }
        }
        IncidentView(state, ::back, send)
    }

    @Composable
    private fun Queue() {
        val scope = rememberCoroutineScope()
        val presenter = remember { QueuePresenter(core, core, graph.network, graph.zone, journey.support, scope + Dispatchers.Default) }
        LaunchedEffect(Unit) { core.moves().collect { presenter.send(QueueEvent.Moved) } }
        WhileInFront {
            // Nobody tells when the network comes or goes.
            while (true) {
                presenter.send(QueueEvent.Moved)
                delay(LOOK_EVERY_MS)
            }
        }
        val again by opened.collectAsState()
        WhileInFront(again) { presenter.send(QueueEvent.Notes(graph.notesAllowed())) }
        val state by presenter.states.collectAsState()
        QueueView(state, ::back, asks.notes, presenter::send)
    }

    @Composable
    private fun Review() {
        val scope = rememberCoroutineScope()
        val presenter = remember { ReviewPresenter(core, core, graph.biometric, graph.zone, scope + Dispatchers.Default) }
        WhileInFront { graph.locations.told(core).collect() }
        Locked(presenter) { presenter.send(ReviewEvent.Lock) }
        DisposableEffect(presenter) { onDispose { presenter.send(ReviewEvent.Lock) } }
        val state by presenter.states.collectAsState()
        ReviewView(state, ::back, presenter::send)
    }
}

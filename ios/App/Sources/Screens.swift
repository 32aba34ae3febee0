import Foundation
import GauzeAdapter
import GauzeLogic
import GauzePlatform
import SwiftUI

/// A presenter for the route that is shown, its view, and what the window tells both.
@MainActor
final class Screens: ObservableObject {
    let graph: AppGraph
    let core: RustCore
    let journey: Journey
    /// Told by the window: the screen that shows photos or their patients, or did last, and what management last said.
    var lock: @MainActor () -> Void = {}
    @Published private(set) var settings = "{}"
    /// Counts what the person answered the system: whoever waits for an answer looks again.
    @Published private(set) var answered = 0

    init(_ graph: AppGraph, _ core: RustCore, _ journey: Journey) {
        self.graph = graph
        self.core = core
        self.journey = journey
    }

    func managed(_ values: String) {
        settings = values
        Task {
            guard let configured = core.configure(values).orNil else { return }
            journey.support = configured.support
            graph.managed.report(configured)
        }
    }

    func resumed() {
        journey.resumed()
        journey.check()
        graph.uploads.schedule(asked: false)
    }

    /// Off the screen: photos are locked, and what waits is handed to the system.
    func left() {
        journey.left()
        lock()
        core.lock()
        graph.confirmed.forget()
        let standing = core.standing()
        graph.notes.show(waiting: standing.unsent)
        if standing.waits { graph.uploads.schedule(asked: false) }
    }

    /// A photo is safe. Where its check is not in front, nobody sees to it that it goes.
    func taken(_ photo: KeptPhoto, of record: PhotoRecord) {
        if journey.taken(photo, of: record) { return }
        graph.notes.show(waiting: core.standing().unsent)
        graph.uploads.schedule(asked: false)
    }

    func allowCamera() {
        Task {
            await graph.permissions.allow()
            answered += 1
        }
    }

    func allowNotes() {
        Task {
            await graph.notes.ask()
            answered += 1
        }
    }

    func back() {
        journey.open(.patient)
    }
}

/// Holds a presenter for as long as its screen is shown.
@MainActor
final class Held<State: Sendable, Event: Sendable>: ObservableObject {
    let presenter: Presenter<State, Event>
    @Published private(set) var state: State
    private let work = Work()

    init(_ make: (Work) -> Presenter<State, Event>) {
        presenter = make(work)
        state = presenter.state
    }

    func watch() async {
        for await state in presenter.states.values() { self.state = state }
        work.cancel()
    }
}

/// A screen's view on its presenter's state.
struct Shown<State: Sendable, Event: Sendable, Content: View>: View {
    @StateObject private var held: Held<State, Event>
    private let content: (State, @escaping (Event) -> Void) -> Content
    private let begin: (Presenter<State, Event>) async -> Void

    init(
        _ make: @escaping (Work) -> Presenter<State, Event>,
        begin: @escaping (Presenter<State, Event>) async -> Void = { _ in },
        @ViewBuilder content: @escaping (State, @escaping (Event) -> Void) -> Content
    ) {
        _held = StateObject(wrappedValue: Held(make))
        self.content = content
        self.begin = begin
    }

    var body: some View {
        content(held.state) { held.presenter.send($0) }
            .task { await held.watch() }
            .task { await begin(held.presenter) }
    }
}

/// The screen of the present route; one that is shown twice in a row is another.
struct ScreensView: View {
    @ObservedObject var screens: Screens
    @State private var route = Route.patient
    @State private var turn = 0

    private var journey: Journey { screens.journey }
    private var core: RustCore { screens.core }
    private var graph: AppGraph { screens.graph }
    private var viewfinder: some View { Viewfinder(session: graph.camera.session).aspectRatio(0.75, contentMode: .fit) }

    var body: some View {
        screen.id(turn).environment(\.ownNumber, core.choices().localNumber?.words).task {
            for await next in journey.routes.values() {
                route = next
                turn += 1
            }
        }
    }

    @ViewBuilder private var screen: some View {
        switch route {
        case .enrol: enrol
        case .signIn:
            Shown({ SignInPresenter(core, graph.browser, $0) { journey.signedIn() } }) { SignInView(state: $0, send: $1) }
        case .notice(let notice):
            Shown({ NoticePresenter(notice, core, $0, accepted: journey.accepted) }) { NoticeView(state: $0, send: $1) }
        case .team(let teams):
            Shown({ TeamPresenter(teams, now: journey.team, $0, chosen: journey.team) }) { TeamView(state: $0, send: $1) }
        case .patient: patient
        case .consent(let patient): consent(patient)
        case .body(let patient):
            Shown({ BodyPresenter(patient, core.choices().sites, $0) { journey.site($0, of: patient) } }) {
                BodyView(state: $0, send: $1)
            }
        case .wound(let patient):
            Shown({ WoundPresenter(patient, core, graph.biometric, $0) { journey.wound($0, of: patient) } }) { presenter in
                screens.lock = { presenter.send(.lock) }
            } content: {
                WoundView(state: $0, zone: graph.zone, send: $1)
            }
        case .camera(let record, let ghost): camera(record, ghost)
        case .check(let kept, let patient): check(kept, patient)
        default: rest
        }
    }

    @ViewBuilder private var rest: some View {
        switch route {
        case .queue: queue
        case .review: review
        case .incident:
            incident
        case .settings: settings
        case .help: HelpView(state: help(journey.support), back: screens.back)
        case .licences: LicencesView(paragraphs: graph.licences, back: screens.back)
        case .stopped(let state):
            BlockedView(
                state: state,
                ways: BlockedWays(
                    send: { graph.uploads.schedule(asked: true) }, enrol: { journey.open(.enrol) },
                    incident: { journey.open(.incident) }
                )
            )
        default: EmptyView()
        }
    }

    private var enrol: some View {
        Shown({ EnrolPresenter(core, $0) { journey.enrolled() } }) { presenter in
            presenter.send(.managed(values: screens.settings))
        } content: { state, send in
            EnrolView(state: state, viewfinder: viewfinder, allow: screens.allowCamera, send: send)
                .onChange(of: screens.settings) { _, values in send(.managed(values: values)) }
                .task(id: Looking(state.scanning, screens.answered)) {
                    if state.scanning { await scan({ send(.camera($0)) }, found: { send(.scanned($0)) }) }
                }
        }
    }

    private var patient: some View {
        let today = { [zone = graph.zone] in Day(Date(), in: zone) }
        let more = MoreView(
            queue: { journey.open(.queue) }, review: { journey.open(.review) }, settings: { journey.open(.settings) }
        )
        return Shown({
            let bands = Wristband(BandFormat(local: core.choices().localNumber))
            return PatientPresenter(core, core, graph.biometric, bands, today: today, $0, chosen: journey.patient)
        }) { presenter in
            screens.lock = { presenter.send(.lock) }
        } content: { state, send in
            PatientView(state: state, viewfinder: viewfinder, allow: screens.allowCamera, more: more, send: send)
                .onDisappear { send(.lock) }
                .task(id: Looking(state.way == .scan, screens.answered)) {
                    if state.way == .scan { await scan({ send(.camera($0)) }, found: { send(.scanned($0)) }) }
                }
        }
    }

    /// When codes are looked for: begun anew once the person answered the system.
    private struct Looking: Equatable {
        let on: Bool
        let answered: Int

        init(_ on: Bool, _ answered: Int) {
            self.on = on
            self.answered = answered
        }
    }

    /// What the camera reads for as long as it is wanted; `saw`: it sees, or why it does not.
    private func scan(_ saw: (CameraFault?) -> Void, found: (String) -> Void) async {
        await graph.permissions.ask()
        for await event in graph.camera.shown() {
            switch event {
            case .ready: saw(nil)
            case .failed(let fault): saw(fault)
            case .read(let text): found(text)
            case .seen, .taken: break
            }
        }
    }

    private func consent(_ patient: Patient?) -> some View {
        Shown({
            ConsentPresenter(patient, core.choices(), spoken: say(.consentVerbal), graph.now, $0) { journey.consent($0, of: patient) }
        }) {
            ConsentView(state: $0, send: $1)
        }
    }

    private func camera(_ record: PhotoRecord, _ ghost: String?) -> some View {
        let ways = CameraWays(
            site: journey.askSite, consent: journey.askConsent, allow: screens.allowCamera, position: graph.locations.ask,
            back: screens.back
        )
        return TakePhoto(
            graph: graph, core: core, record: record, last: ghost, ways: ways,
            taken: { screens.taken($0, of: record) }
        )
        .id(screens.answered)
    }

    private func check(_ kept: KeptPhoto, _ patient: Patient?) -> some View {
        Shown({ CheckPresenter(kept, patient, core, $0) { checked($0, of: kept) } }) { presenter in
            screens.lock = { presenter.send(.lock) }
        } content: {
            CheckView(state: $0, send: $1)
        }
    }

    /// What is not taken again goes: a person waits for it.
    private func checked(_ what: Checked, of photo: KeptPhoto) {
        if what != .again {
            graph.notes.show(waiting: core.standing().unsent)
            graph.uploads.schedule(asked: true)
        }
        journey.checked(what, of: photo)
    }

    private var incident: some View {
        Shown({ work in
            IncidentPresenter(Ways(core, core, core), graph.zone, graph.now, support: journey.support, work) {
                graph.uploads.schedule(asked: true)
            }
        }) { presenter in
            // Nobody tells when the hospital has a report.
            while !Task.isCancelled {
                presenter.send(.look)
                try? await Task.sleep(for: .seconds(5))
            }
        } content: {
            IncidentView(state: $0, back: screens.back, send: $1)
        }
    }

    private var queue: some View {
        Shown({ QueuePresenter(core, core, graph.network, graph.zone, support: journey.support, $0) }) { presenter in
            presenter.send(.moved)
            for await _ in core.moves() { presenter.send(.moved) }
        } content: { state, send in
            QueueView(state: state, back: screens.back, notes: screens.allowNotes, send: send)
                .task(id: screens.answered) { send(.notes(allowed: await graph.notes.allowed())) }
                .task {
                    // Nobody tells when the network comes or goes.
                    while (try? await Task.sleep(for: .seconds(5))) != nil { send(.moved) }
                }
        }
    }

    private var review: some View {
        Shown({ ReviewPresenter(core, core, graph.biometric, graph.zone, $0) }) { presenter in
            screens.lock = { presenter.send(.lock) }
            for await _ in graph.locations.told(core) {}
        } content: { state, send in
            ReviewView(state: state, back: screens.back, send: send)
                .onDisappear { send(.lock) }
        }
    }

    private var settings: some View {
        let read: @MainActor () -> Void = { journey.open(.licences) }
        let ways = SettingsWays(
            help: { journey.open(.help) }, incident: { journey.open(.incident) }, team: journey.askTeam,
            signOut: journey.signedOut, licences: graph.licences.isEmpty ? nil : read, back: screens.back
        )
        let state = Settings.of(
            core.standing(), hardware: EnclaveKeys.inChip, version: graph.version, canSignOut: core.clinician() != nil,
            Working(journey.team, others: core.choices().teams.count > 1)
        )
        return SettingsView(state: state, ways: ways)
    }
}

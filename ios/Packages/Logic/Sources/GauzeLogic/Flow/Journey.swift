/// Which screen is shown, with what it needs.
public enum Route: Sendable {
    case enrol
    case signIn
    case notice(Notice)
    /// Where the hospital has several teams.
    case team([Choice])
    case patient
    case consent(Patient?)
    case body(Patient?)
    case wound(Patient)
    /// `ghost` is the last photo of the same wound.
    case camera(PhotoRecord, ghost: String?)
    case check(KeptPhoto, Patient?)
    case queue
    case review
    case incident
    case settings
    case help
    case licences
    case stopped(BlockedState)
}

/// From one screen to the next. Patient, consent, site and wound of the photo being taken are here, in memory and nowhere
/// else: a process that ends forgets them, and what was photographed is in the core by then.
///
/// An answer counts from its own screen alone, while that is in front: whoever left it is led nowhere by it, and what it says of one
/// patient is never another's.
@MainActor
public final class Journey {
    public let routes = Watched(Route.patient)
    public var route: Route { routes.value }
    /// Whom to ask, as device management said.
    public var support: String?

    /// The team that photos go to: the hospital's only one, or as whoever uses the phone said. Forgotten when it changes hands.
    public var team: Choice? {
        let teams = core.choices().teams
        return teams.count == 1 ? teams[0] : worksIn.flatMap { teams.contains($0) ? $0 : nil }
    }

    private var worksIn: Choice?
    private let core: any Core
    private var asked = false
    private var visit = Visit()
    /// The app is not in front.
    private var away = false
    /// The newest photo of each wound: as this process took it, or as the core knows it.
    private var newest: [String: String] = [:]

    private struct Visit: Unspoken {
        var patient: Patient?
        var consent: Consent?
        var site: Site?
        var wound: String?
        var series: String?
    }

    public init(_ core: any Core) {
        self.core = core
    }

    /// At the start and whenever the app comes back: what stands in the way first.
    public func start() {
        visit = Visit()
        go(first())
    }

    /// As `start` where something stands in the way now; where nothing does, and where somebody tells what went wrong, the screen stays.
    public func check() {
        if case .incident = route { return }
        if let blocked = Blocked.of(core.standing(), support) { go(.stopped(blocked)) }
    }

    /// The app is not in front any more: whoever comes back sees no photo, also none that is sealed only now.
    public func left() {
        away = true
        if case .check(let kept, _) = route { kept.forget() }
    }

    public func resumed() {
        away = false
    }

    private func first() -> Route {
        let standing = core.standing()
        if let blocked = Blocked.of(standing, support) { return .stopped(blocked) }
        if !standing.enrolled { return .enrol }
        if core.signInMode() != nil && core.clinician() == nil && !asked { return .signIn }
        let choices = core.choices()
        if let unread = choices.notices.first(where: { $0.code == "staff" && !core.hasRead($0) }) { return .notice(unread) }
        return choices.teams.count > 1 && team == nil ? .team(choices.teams) : .patient
    }

    public func enrolled() {
        start()
    }

    /// Signed in, or gone on without where the hospital lets that be.
    public func signedIn() {
        guard case .signIn = route else { return }
        asked = core.signInMode() != .required
        start()
    }

    /// A shared phone changes hands: review is locked, and the next person reads what they have not read here.
    public func signedOut() {
        asked = false
        core.signOut()
        worksIn = nil
        newest = [:]
        start()
    }

    /// The core knows that it was read.
    public func accepted(_ notice: Notice) {
        guard case .notice(let inFront) = route, inFront == notice else { return }
        go(first())
    }

    /// Asked for from the settings too.
    public func askTeam() {
        go(.team(core.choices().teams))
    }

    public func team(_ team: Choice) {
        guard case .team(let inFront) = route, inFront.contains(team) else { return }
        worksIn = team
        go(first())
    }

    /// On to the next question that the hospital's rules ask; straight to the camera where they ask none.
    public func patient(_ patient: Patient?) {
        guard case .patient = route else { return }
        visit = Visit(patient: patient, series: core.newSeries())
        let choices = core.choices()
        if patient != nil && !choices.consents.isEmpty {
            go(.consent(patient))
        } else if !choices.sites.isEmpty {
            go(.body(patient))
        } else {
            camera()
        }
    }

    public func consent(_ consent: Consent?, of patient: Patient?) {
        guard case .consent(let inFront) = route, inFront == patient else { return }
        visit.consent = consent
        if visit.site == nil && !core.choices().sites.isEmpty { go(.body(patient)) } else { camera() }
    }

    public func site(_ site: Site?, of patient: Patient?) {
        guard case .body(let inFront) = route, inFront == patient else { return }
        visit.site = site
        if let patient { go(.wound(patient)) } else { camera() }
    }

    public func wound(_ choice: WoundChoice, of patient: Patient) {
        guard case .wound(let inFront) = route, inFront == patient else { return }
        switch choice {
        case .earlier(let wound):
            visit.wound = wound.id
            newest[wound.id] = newest[wound.id] ?? wound.newest
        case .new: visit.wound = core.newWound(patient, visit.site).orNil
        case .none: visit.wound = nil
        }
        camera()
    }

    /// From the camera: where it is, or what was agreed to.
    public func askSite() {
        if case .camera = route { go(.body(visit.patient)) }
    }

    public func askConsent() {
        if case .camera = route { go(.consent(visit.patient)) }
    }

    /// A photo is safe: on to its check, while its own camera is still in front. Whoever left meanwhile, or chose another site or
    /// wound, is not led back, and finds it among those that wait. Whether somebody checks it now.
    @discardableResult
    public func taken(_ kept: KeptPhoto, of record: PhotoRecord) -> Bool {
        guard case .camera(let inFront, _) = route, Self.same(inFront, record) else {
            kept.forget()
            return false
        }
        if away { kept.forget() }
        go(.check(kept, record.patient))
        return !away
    }

    private static func same(_ one: PhotoRecord, _ other: PhotoRecord) -> Bool {
        one.patient == other.patient && one.series == other.series && one.wound == other.wound && one.site == other.site
    }

    public func checked(_ what: Checked, of photo: KeptPhoto) {
        guard case .check(let inFront, _) = route, inFront == photo else { return }
        if what != .again, let wound = visit.wound { newest[wound] = photo.id }
        if what == .kept { start() } else { camera() }
    }

    public func open(_ route: Route) {
        if case .patient = route { start() } else { go(route) }
    }

    private func camera() {
        var record = PhotoRecord(patient: visit.patient)
        record.team = team
        record.site = visit.site
        record.wound = visit.wound
        record.series = visit.series
        record.consent = visit.consent
        go(.camera(record, ghost: visit.wound.flatMap { newest[$0] }))
    }

    /// A photo is seen on its own check alone: whichever way that is left, its small picture goes from memory. Photos that were
    /// unlocked stay so for one visit, or while they are looked at: before any other screen they are locked again. That is work on
    /// the disk: from where nothing unlocks them nothing is locked.
    private func go(_ next: Route) {
        let left = route
        if Self.mayBeUnlocked(left) && !Self.staysUnlocked(next) { core.lock() }
        routes.set(next)
        if case .check(let kept, _) = left { kept.forget() }
    }

    private static func staysUnlocked(_ route: Route) -> Bool {
        switch route {
        case .consent, .body, .wound, .camera, .check, .review: true
        default: false
        }
    }

    /// A patient may be chosen from unlocked photos.
    private static func mayBeUnlocked(_ route: Route) -> Bool {
        if case .patient = route { return true }
        return staysUnlocked(route)
    }
}

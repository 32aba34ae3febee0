/// How the patient is being found.
public enum Way: Sendable, CaseIterable {
    case choose, scan, list, type, confirm
}

public enum Field: Sendable, CaseIterable {
    case family, given, born, number, reason
}

/// What was typed, and what is wrong with each field.
public struct Typed: Sendable, Equatable, Unspoken {
    public internal(set) var fields: [Field: String] = [:]
    public internal(set) var faults: [Field: Line] = [:]

    public subscript(_ field: Field) -> String { fields[field] ?? "" }
}

/// `scanned` is true where name and birth are still to be asked for because the band carries the number alone. `worklist` is the
/// patients of photos on this phone, nil while they are locked; `listed` is false where the phone may show no photos. `camera` is why
/// no band is scanned, nil where one is looked for.
public struct PatientState: Sendable, Unspoken {
    public internal(set) var way: Way
    public internal(set) var typed: Typed
    public internal(set) var found: Patient?
    public internal(set) var confirmed: Set<Identifier>
    public internal(set) var problem: Line?
    public internal(set) var worklist: [Patient]?
    public internal(set) var scanned: Bool
    public let listed: Bool
    public internal(set) var working: Bool
    public internal(set) var camera: CameraFault?

    public var enough: Bool { confirmed.count >= 2 }

    /// Whether it shows somebody who was found in photos.
    var ofPhotos: Bool { way == .list || found?.established == .worklist }

    init(_ way: Way, listed: Bool) {
        self.way = way
        typed = Typed()
        found = nil
        confirmed = []
        problem = nil
        worklist = nil
        scanned = false
        self.listed = listed
        working = false
        camera = nil
    }
}

public enum PatientEvent: Sendable, Unspoken {
    case choose(Way)
    case scanned(String)
    /// The camera sees, or why it does not.
    case camera(CameraFault?)
    case type(Field, String)
    case typedAll
    case unlock
    case answered(Authentication)
    case offered(Outcome<[Patient]>)
    case listed(Patient)
    /// Whenever the screen is left, or the app leaves it.
    case lock
    case confirm(Identifier, matches: Bool)
    case go
    case nobody
}

/// Finds out whose photo it will be: by the band, the list or typing; never without two identifiers said aloud. Who came out of
/// photos is on the screen only while these are unlocked.
public final class PatientPresenter: Presenter<PatientState, PatientEvent> {
    private let core: any Reviewing
    private let biometric: any Biometric
    private let wristband: Wristband
    private let today: () -> Day
    private let chosen: Telling<Patient?>

    public init(
        _ standing: any Enrolling, _ core: any Reviewing, _ biometric: any Biometric, _ wristband: Wristband,
        today: @escaping () -> Day, _ work: Work, chosen: @escaping Telling<Patient?>
    ) {
        self.core = core
        self.biometric = biometric
        self.wristband = wristband
        self.today = today
        self.chosen = chosen
        super.init(PatientState(.choose, listed: standing.standing().reviewDenied == nil), work)
    }

    override func step(_ state: PatientState, _ event: PatientEvent) -> Step<PatientState, PatientEvent> {
        var next = state
        switch event {
        case .choose(let way): return choose(state, way)
        case .scanned(let text): if state.way == .scan { scanned(&next, wristband.read(text)) }
        case .camera(let fault): if state.way == .scan { next.camera = fault }
        case .type(let field, let text):
            next.problem = nil
            // A number that was scanned and then written over is one that was typed, and needs its reason.
            if field == .number && text != state.typed[.number] { next.scanned = false }
            next.typed.fields[field] = text
            next.typed.faults[field] = nil
        case .typedAll: typedAll(&next)
        case .unlock:
            if state.working { return Step(state) }
            next.working = true
            next.problem = nil
            return Step(next) { [biometric] in .answered(await biometric.authenticate()) }
        case .answered(let answer): if state.way == .list { return answered(state, answer) }
        case .offered(let outcome):
            guard state.way == .list && state.working else { return Step(state, lock) }
            offered(&next, outcome)
        case .listed(let patient):
            found(&next, patient)
            next.worklist = nil
        case .lock: if state.ofPhotos { return locked(state, .list) }
        case .confirm(let identifier, let matches): confirm(&next, identifier, matches)
        case .go: return go(state)
        case .nobody: return leave(state, nil)
        }
        return Step(next)
    }

    private func fresh(_ state: PatientState, _ way: Way) -> PatientState { PatientState(way, listed: state.listed) }

    private func choose(_ state: PatientState, _ way: Way) -> Step<PatientState, PatientEvent> {
        if way != .list { return state.ofPhotos ? locked(state, way) : Step(fresh(state, way)) }
        var next = fresh(state, way)
        next.working = true
        return Step(next) { [core] in .offered(core.patients()) }
    }

    private func locked(_ state: PatientState, _ way: Way) -> Step<PatientState, PatientEvent> {
        Step(fresh(state, way), lock)
    }

    /// What is unlocked only after this comes as an offer that nobody waits for.
    private var lock: @Sendable () async -> PatientEvent? {
        { [core] in
            core.lock()
            return nil
        }
    }

    private func answered(_ state: PatientState, _ answer: Authentication) -> Step<PatientState, PatientEvent> {
        var next = state
        next.working = answer == .confirmed
        next.problem = Failures.line(answer)
        guard answer == .confirmed else { return Step(next) }
        return Step(next) { [core] in .offered(core.unlock().flatMap { core.patients() }) }
    }

    private func offered(_ state: inout PatientState, _ outcome: Outcome<[Patient]>) {
        state.working = false
        switch outcome {
        case .success(let patients): state.worklist = patients
        // That it is locked is what the screen says anyway.
        case .failure(let failure): state.problem = failure.code == "locked" ? nil : Failures.line(failure)
        }
    }

    private func found(_ state: inout PatientState, _ patient: Patient) {
        state.way = .confirm
        state.found = patient
        state.confirmed = []
        state.problem = nil
    }

    private func scanned(_ state: inout PatientState, _ band: Band) {
        switch band {
        case .refused(let why): state.problem = Line(refusal(why))
        case .local(let number): needsName(&state, number)
        case .person(let number, _, let family?, let given?, let born?, _):
            found(&state, Entry.numbered(number, family, given, born.iso, local: nil, .wristband))
        case .person(let number, _, _, _, _, _): needsName(&state, number)
        }
    }

    private func needsName(_ state: inout PatientState, _ number: String) {
        state.way = .type
        state.scanned = true
        state.typed = Typed(fields: [.number: number])
        state.problem = Line(.bandNeedsName)
    }

    private func typedAll(_ state: inout PatientState) {
        let faults = Entry.faults(state.typed, scanned: state.scanned, today(), wristband.format.local)
        if faults.isEmpty {
            found(&state, Entry.of(state.typed, scanned: state.scanned, wristband.format.local))
        } else {
            state.typed.faults = faults
        }
    }

    private func confirm(_ state: inout PatientState, _ identifier: Identifier, _ matches: Bool) {
        guard let patient = state.found, patient.known().contains(identifier) else { return }
        if matches { state.confirmed.insert(identifier) } else { state.confirmed.remove(identifier) }
        state.problem = nil
    }

    private func go(_ state: PatientState) -> Step<PatientState, PatientEvent> {
        guard let patient = state.found else { return Step(state) }
        guard state.enough else {
            var next = state
            next.problem = Line(.patientConfirmMore)
            return Step(next)
        }
        return leave(state, patient.confirmedBy(state.confirmed))
    }

    private func leave(_ state: PatientState, _ patient: Patient?) -> Step<PatientState, PatientEvent> {
        Step(fresh(state, .choose)) { [chosen] in
            await chosen(patient)
            return nil
        }
    }

    private func refusal(_ why: Refusal) -> Word {
        switch why {
        case .checkDigit: .bandCheckDigit
        case .notAPatient: .bandNotAPatient
        case .unreadable: .bandUnreadable
        case .otherIssuer: .bandOtherIssuer
        }
    }
}

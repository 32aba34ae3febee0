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

/// `scanned` is true where name and birth are still to be asked for because the band carries the number alone.
public struct PatientState: Sendable, Unspoken {
    public internal(set) var way: Way
    public internal(set) var typed: Typed
    public internal(set) var found: Patient?
    public internal(set) var confirmed: Set<Identifier>
    public internal(set) var problem: Line?
    public internal(set) var worklist: [Patient]
    public internal(set) var scanned: Bool

    public var enough: Bool { confirmed.count >= 2 }

    init(_ way: Way, worklist: [Patient] = []) {
        self.way = way
        typed = Typed()
        found = nil
        confirmed = []
        problem = nil
        self.worklist = worklist
        scanned = false
    }
}

public enum PatientEvent: Sendable, Unspoken {
    case choose(Way)
    case scanned(String)
    case type(Field, String)
    case typedAll
    case listed(Patient)
    case confirm(Identifier, matches: Bool)
    case go
    case nobody
}

/// Finds out whose photo it will be: by the band, the list or typing; never without two identifiers said aloud.
public final class PatientPresenter: Presenter<PatientState, PatientEvent> {
    private let wristband: Wristband
    private let today: () -> Day
    private let chosen: Telling<Patient?>

    public init(
        _ worklist: [Patient], _ wristband: Wristband, today: @escaping () -> Day, _ work: Work,
        chosen: @escaping Telling<Patient?>
    ) {
        self.wristband = wristband
        self.today = today
        self.chosen = chosen
        super.init(PatientState(.choose, worklist: worklist), work)
    }

    override func step(_ state: PatientState, _ event: PatientEvent) -> Step<PatientState, PatientEvent> {
        var next = state
        switch event {
        case .choose(let way): next = fresh(state, way)
        case .scanned(let text): if state.way == .scan { scanned(&next, wristband.read(text)) }
        case .type(let field, let text):
            next.problem = nil
            next.typed.fields[field] = text
            next.typed.faults[field] = nil
        case .typedAll: typedAll(&next)
        case .listed(let patient): found(&next, patient)
        case .confirm(let identifier, let matches): confirm(&next, identifier, matches)
        case .go: return go(state)
        case .nobody: return leave(state, nil)
        }
        return Step(next)
    }

    private func fresh(_ state: PatientState, _ way: Way) -> PatientState { PatientState(way, worklist: state.worklist) }

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
        let faults = Entry.faults(state.typed, scanned: state.scanned, today())
        if faults.isEmpty {
            found(&state, Entry.of(state.typed, scanned: state.scanned))
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

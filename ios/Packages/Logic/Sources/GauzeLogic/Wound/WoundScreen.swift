/// `wounds` is nil while they are locked.
public struct WoundState: Sendable, Unspoken {
    public let patient: Patient
    public internal(set) var wounds: [Wound]?
    public internal(set) var working: Bool
    public internal(set) var problem: Line?
}

public enum WoundEvent: Sendable {
    case unlock
    case answered(Authentication)
    case found(Outcome<[Wound]>)
    case earlier(Wound)
    case new
    case skip
    /// The app leaves the screen.
    case lock
}

/// What was decided about the wound.
public enum WoundChoice: Sendable, Equatable {
    case earlier(Wound)
    case new
    case none
}

public final class WoundPresenter: Presenter<WoundState, WoundEvent> {
    private let core: any Reviewing
    private let biometric: any Biometric
    private let chosen: Telling<WoundChoice>

    public init(
        _ patient: Patient, _ core: any Reviewing, _ biometric: any Biometric, _ work: Work,
        chosen: @escaping Telling<WoundChoice>
    ) {
        self.core = core
        self.biometric = biometric
        self.chosen = chosen
        super.init(WoundState(patient: patient, wounds: core.wounds(patient).orNil, working: false, problem: nil), work)
    }

    override func step(_ state: WoundState, _ event: WoundEvent) -> Step<WoundState, WoundEvent> {
        var next = state
        switch event {
        case .unlock:
            if state.working { return Step(state) }
            next.working = true
            next.problem = nil
            return Step(next) { [biometric] in .answered(await biometric.authenticate()) }
        case .answered(.confirmed):
            next.working = true
            return Step(next) { [core] in .found(core.unlock().flatMap { core.wounds(state.patient) }) }
        case .answered(let answer):
            next.working = false
            next.problem = Failures.line(answer)
        case .found(let outcome):
            if !state.working { return Step(state, lock) }
            found(&next, outcome)
        case .earlier(let wound): return leave(state, .earlier(wound))
        case .new: return leave(state, .new)
        case .skip: return leave(state, .none)
        case .lock: return Step(WoundState(patient: state.patient, wounds: nil, working: false, problem: nil), lock)
        }
        return Step(next)
    }

    /// What is unlocked only after this comes as wounds that nobody waits for.
    private var lock: @Sendable () async -> WoundEvent? {
        { [core] in
            core.lock()
            return nil
        }
    }

    private func found(_ state: inout WoundState, _ outcome: Outcome<[Wound]>) {
        state.working = false
        switch outcome {
        case .success(let wounds): state.wounds = wounds
        case .failure(let failure): state.problem = Failures.line(failure)
        }
    }

    private func leave(_ state: WoundState, _ choice: WoundChoice) -> Step<WoundState, WoundEvent> {
        Step(state) { [chosen] in
            await chosen(choice)
            return nil
        }
    }
}

private let heel = Wound(
    id: "0198f000-0000-7000-8000-000000000001", site: Site("Heel", .left), namedAt: "2026-11-20T09:12:00Z"
)
private let sacrum = Wound(
    id: "0198f000-0000-7000-8000-000000000002", site: Site("Sacrum"), namedAt: "2026-11-24T16:40:00Z"
)

public let woundSamples = [
    "locked": WoundState(patient: samplePatient, wounds: nil, working: false, problem: nil),
    "none": WoundState(patient: samplePatient, wounds: [], working: false, problem: nil),
    "two": WoundState(patient: samplePatient, wounds: [heel, sacrum], working: false, problem: nil),
    "declined": WoundState(patient: samplePatient, wounds: nil, working: false, problem: Line(.reviewDeclined)),
]

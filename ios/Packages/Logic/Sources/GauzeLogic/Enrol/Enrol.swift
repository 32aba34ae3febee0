/// Setting the phone up. `managed` says that device management has sent settings; `pasted` is what was typed or scanned. `camera` is
/// why nothing is scanned, nil where something is.
public struct EnrolState: Sendable, Unspoken {
    public internal(set) var managed: Bool
    public internal(set) var pasted: String
    public internal(set) var scanning: Bool
    public internal(set) var working: Bool
    public internal(set) var problem: Line?
    public internal(set) var support: String?
    public internal(set) var camera: CameraFault?
}

public enum EnrolEvent: Sendable, Unspoken {
    /// The settings as they stand; `{}` where there are none.
    case managed(values: String)
    case pasted(String)
    case scanned(String)
    case scan
    /// The camera sees, or why it does not.
    case camera(CameraFault?)
    case stopScan
    case start
    case ended(Outcome<Void>)
    case support(String?)
}

public final class EnrolPresenter: Presenter<EnrolState, EnrolEvent> {
    private let core: any Enrolling
    private let enrolled: Telling<Void>
    private var values = "{}"

    public init(_ core: any Enrolling, _ work: Work, enrolled: @escaping Telling<Void>) {
        self.core = core
        self.enrolled = enrolled
        super.init(
            EnrolState(managed: false, pasted: "", scanning: false, working: false, problem: nil, support: nil), work
        )
    }

    override func step(_ state: EnrolState, _ event: EnrolEvent) -> Step<EnrolState, EnrolEvent> {
        var next = state
        switch event {
        case .managed(let values): return managed(state, values)
        case .pasted(let text):
            next.pasted = text
            next.problem = nil
        case .scanned(let text): return scanned(state, text)
        case .scan:
            next.scanning = true
            next.problem = nil
        case .camera(let fault): if state.scanning { next.camera = fault }
        case .stopScan:
            next.scanning = false
            next.camera = nil
        case .start: return start(state)
        case .ended(let outcome): return ended(state, outcome)
        case .support(let contact): next.support = contact
        }
        return Step(next)
    }

    private func managed(_ state: EnrolState, _ arrived: String) -> Step<EnrolState, EnrolEvent> {
        values = arrived
        var next = state
        next.managed = arrived.contains("\"gateway\"")
        guard next.managed else { return Step(next) }
        return Step(next) { [core] in .support(core.configure(arrived).orNil?.support) }
    }

    private func scanned(_ state: EnrolState, _ text: String) -> Step<EnrolState, EnrolEvent> {
        guard state.scanning else { return Step(state) }
        var next = state
        guard text.trimmed.hasPrefix("{") else {
            next.problem = Line(.enrolScanOther)
            return Step(next)
        }
        next.scanning = false
        next.pasted = text
        return start(next)
    }

    private func start(_ state: EnrolState) -> Step<EnrolState, EnrolEvent> {
        if state.working { return Step(state) }
        var next = state
        let pasted = state.pasted.trimmed
        if pasted.isEmpty && !state.managed {
            next.problem = Line(.enrolNoSettings)
            return Step(next)
        }
        next.working = true
        next.problem = nil
        return Step(next) { [core, values] in
            .ended(pasted.isEmpty ? await core.enrolManaged(values) : await core.enrol(pasted))
        }
    }

    private func ended(_ state: EnrolState, _ outcome: Outcome<Void>) -> Step<EnrolState, EnrolEvent> {
        var next = state
        next.working = false
        switch outcome {
        case .success:
            next.pasted = ""
            next.problem = nil
            return Step(next) { [enrolled] in
                await enrolled(())
                return nil
            }
        case .failure(let failure):
            next.problem = Failures.line(failure)
            return Step(next)
        }
    }
}

private func sample(
    managed: Bool, scanning: Bool = false, working: Bool = false, problem: Line? = nil, support: String? = nil,
    camera: CameraFault? = nil
) -> EnrolState {
    EnrolState(
        managed: managed, pasted: "", scanning: scanning, working: working, problem: problem, support: support, camera: camera
    )
}

public let enrolSamples = [
    "empty": sample(managed: false),
    "managed": sample(managed: true, support: "extension 4242"),
    "working": sample(managed: true, working: true, support: "extension 4242"),
    "token-used": sample(managed: true, problem: Line(.errorTokenUsed), support: "extension 4242"),
    "refused": sample(managed: true, problem: Line(.refusedSerialUnlisted, help: "G07"), support: "extension 4242"),
    "scanning": sample(managed: false, scanning: true, problem: Line(.enrolScanOther)),
    "scanning-not-allowed": sample(managed: false, scanning: true, camera: .noPermission),
]

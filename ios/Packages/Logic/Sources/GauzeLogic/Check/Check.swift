/// `picture` is a JPEG while review is unlocked, nil otherwise; it is overwritten when the screen goes.
public struct CheckState: Sendable, Unspoken {
    public let patient: Patient?
    public let verdict: Word
    public let picture: Picture?
    public internal(set) var working: Bool
    public internal(set) var problem: Line?
}

public enum CheckEvent: Sendable {
    case keep
    case another
    case again
    case discarded(Outcome<Void>)
}

public enum Checked: Sendable, CaseIterable {
    case kept, another, again
}

public final class CheckPresenter: Presenter<CheckState, CheckEvent> {
    private let id: String
    private let sending: any Sending
    private let checked: Telling<Checked>

    public init(
        _ id: String, _ patient: Patient?, _ verdict: Word, _ reviewing: any Reviewing, _ sending: any Sending, _ work: Work,
        checked: @escaping Telling<Checked>
    ) {
        self.id = id
        self.sending = sending
        self.checked = checked
        let picture = reviewing.thumbnail(id).orNil
        super.init(
            CheckState(patient: patient, verdict: verdict, picture: picture, working: false, problem: nil), work
        )
    }

    override func step(_ state: CheckState, _ event: CheckEvent) -> Step<CheckState, CheckEvent> {
        var next = state
        switch event {
        case .keep: return leave(state, .kept)
        case .another: return leave(state, .another)
        case .again:
            if state.working { return Step(state) }
            next.working = true
            return Step(next) { [sending, id] in .discarded(sending.discard(id)) }
        case .discarded(.success): return leave(state, .again)
        case .discarded(.failure(let failure)):
            next.working = false
            next.problem = Failures.line(failure)
            return Step(next)
        }
    }

    private func leave(_ state: CheckState, _ what: Checked) -> Step<CheckState, CheckEvent> {
        Step(state) { [checked] in
            state.picture?.overwrite()
            await checked(what)
            return nil
        }
    }
}

public let checkSamples = [
    "good": CheckState(patient: samplePatient, verdict: .fitGood, picture: nil, working: false, problem: nil),
    "blurred": CheckState(patient: samplePatient, verdict: .fitBlurred, picture: nil, working: false, problem: nil),
    "sent-already": CheckState(
        patient: nil, verdict: .fitGood, picture: nil, working: false, problem: Line(.errorAlreadySent)
    ),
]

/// What the photo itself says of how fit it is, and how its marker lay; nil where nothing tells. `picture` is a JPEG of the photo that
/// was just taken, nil where the hospital lets the phone show none and once the app left the screen.
public struct CheckState: Sendable, Unspoken {
    public let patient: Patient?
    public let verdict: Word?
    public let marker: Word?
    public internal(set) var picture: Picture?
    public internal(set) var working: Bool
    public internal(set) var problem: Line?
}

public enum CheckEvent: Sendable {
    case keep
    case another
    case again
    case discarded(Outcome<Void>)
    /// The app leaves the screen: whoever comes back sees no photo.
    case lock
}

public enum Checked: Sendable, CaseIterable {
    case kept, another, again
}

public final class CheckPresenter: Presenter<CheckState, CheckEvent> {
    private let kept: KeptPhoto
    private let sending: any Sending
    private let checked: Telling<Checked>

    public init(
        _ kept: KeptPhoto, _ patient: Patient?, _ sending: any Sending, _ work: Work, checked: @escaping Telling<Checked>
    ) {
        self.kept = kept
        self.sending = sending
        self.checked = checked
        super.init(
            CheckState(
                patient: patient, verdict: kept.fitness.map { CameraPresenter.verdict($0) },
                marker: kept.fitness.flatMap { CameraPresenter.lies($0) }, picture: kept.picture, working: false, problem: nil
            ), work
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
            return Step(next) { [sending, kept] in .discarded(sending.discard(kept.id)) }
        case .discarded(.success): return leave(state, .again)
        case .discarded(.failure(let failure)):
            next.working = false
            next.problem = Failures.line(failure)
            return Step(next)
        case .lock:
            kept.forget()
            next.picture = nil
            return Step(next)
        }
    }

    private func leave(_ state: CheckState, _ what: Checked) -> Step<CheckState, CheckEvent> {
        Step(state) { [checked] in
            await checked(what)
            return nil
        }
    }
}

public let checkSamples = [
    "good": CheckState(
        patient: samplePatient, verdict: .fitGood, marker: .cameraMarkerFound, picture: nil, working: false, problem: nil
    ),
    "blurred": CheckState(
        patient: samplePatient, verdict: .fitBlurred, marker: nil, picture: nil, working: false, problem: nil
    ),
    "not-level": CheckState(
        patient: samplePatient, verdict: .fitGood, marker: .cameraNotLevel, picture: nil, working: false, problem: nil
    ),
    "sent-already": CheckState(
        patient: nil, verdict: .fitGood, marker: nil, picture: nil, working: false, problem: Line(.errorAlreadySent)
    ),
]

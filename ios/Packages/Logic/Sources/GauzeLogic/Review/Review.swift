import Foundation

public struct ReviewItem: Sendable, Equatable, Unspoken {
    public let id: String
    public let taken: String
    public let label: String?
    public var patient: Patient?
}

/// The photo on the screen, in memory alone, and whom it shows.
public struct OpenPhoto: Sendable, Unspoken {
    public let item: ReviewItem
    public let picture: Picture
}

/// `items` is nil while locked.
public struct ReviewState: Sendable, Unspoken {
    public let items: [ReviewItem]?
    public let open: OpenPhoto?
    public let working: Bool
    public let problem: Line?

    func with(
        items: [ReviewItem]? = nil, open: OpenPhoto? = nil, working: Bool = false, problem: Line? = nil
    ) -> ReviewState {
        ReviewState(items: items ?? self.items, open: open ?? self.open, working: working, problem: problem)
    }
}

public enum ReviewEvent: Sendable {
    case unlock
    case answered(Authentication)
    case listed(Outcome<[Photo]>)
    case open(id: String)
    case opened(id: String, Outcome<Picture>)
    case close
    /// By the button, and whenever the app leaves the screen.
    case lock
}

public final class ReviewPresenter: Presenter<ReviewState, ReviewEvent> {
    private let core: any Reviewing
    private let sending: any Sending
    private let biometric: any Biometric
    private let zone: TimeZone

    public init(
        _ core: any Reviewing, _ sending: any Sending, _ biometric: any Biometric, _ zone: TimeZone, _ work: Work
    ) {
        self.core = core
        self.sending = sending
        self.biometric = biometric
        self.zone = zone
        super.init(ReviewState(items: nil, open: nil, working: false, problem: nil), work)
    }

    override func step(_ state: ReviewState, _ event: ReviewEvent) -> Step<ReviewState, ReviewEvent> {
        switch event {
        case .unlock:
            if state.working { return Step(state) }
            return Step(state.with(working: true)) { [biometric] in .answered(await biometric.authenticate()) }
        case .answered(let answer): return answered(state, answer)
        case .listed(let outcome): return state.working ? listed(state, outcome) : Step(state, lock)
        case .open(let id):
            if state.working || state.items == nil { return Step(state) }
            return Step(state.with(working: true)) { [core] in .opened(id: id, core.photo(id)) }
        case .opened(let id, .success(let picture)): return opened(state, id, picture)
        case .opened(_, .failure(let failure)):
            return Step(state.working ? state.with(problem: Failures.line(failure)) : state)
        case .close: return Step(forget(state, state.items))
        case .lock: return Step(forget(state, nil), lock)
        }
    }

    /// What is unlocked only after this comes as a list that nobody waits for.
    private var lock: @Sendable () async -> ReviewEvent? {
        { [core] in
            core.lock()
            return nil
        }
    }

    private func listed(_ state: ReviewState, _ outcome: Outcome<[Photo]>) -> Step<ReviewState, ReviewEvent> {
        switch outcome {
        case .success(let photos): Step(state.with(items: photos.filter(\.previewed).map(item)))
        case .failure(let failure): Step(state.with(problem: Failures.line(failure)))
        }
    }

    /// One that nobody waits for any more is overwritten, and so is one in whose place another comes.
    private func opened(_ state: ReviewState, _ id: String, _ picture: Picture) -> Step<ReviewState, ReviewEvent> {
        guard state.working, let item = state.items?.first(where: { $0.id == id }) else {
            picture.overwrite()
            return Step(state)
        }
        state.open?.picture.overwrite()
        return Step(state.with(open: OpenPhoto(item: item, picture: picture)))
    }

    private func forget(_ state: ReviewState, _ items: [ReviewItem]?) -> ReviewState {
        state.open?.picture.overwrite()
        return ReviewState(items: items, open: nil, working: false, problem: nil)
    }

    private func answered(_ state: ReviewState, _ answer: Authentication) -> Step<ReviewState, ReviewEvent> {
        guard answer == .confirmed else { return Step(state.with(problem: Failures.line(answer))) }
        return Step(state.with(working: true)) { [core, sending] in
            .listed(core.unlock().flatMap { sending.photos(QueuePresenter.most) })
        }
    }

    private func item(_ photo: Photo) -> ReviewItem {
        ReviewItem(id: photo.id, taken: Wordings.time(photo.takenAt, zone), label: photo.label, patient: photo.patient)
    }
}

public let reviewSamples = [
    "locked": ReviewState(items: nil, open: nil, working: false, problem: nil),
    "declined": ReviewState(items: nil, open: nil, working: false, problem: Line(.reviewDeclined)),
    "outside": ReviewState(
        items: [ReviewItem(id: "1", taken: "29-Nov-2026 08:04", label: nil)], open: nil, working: false,
        problem: Line(.errorOutsideFence)
    ),
    "empty": ReviewState(items: [], open: nil, working: false, problem: nil),
    "list": ReviewState(
        items: [
            ReviewItem(id: "1", taken: "29-Nov-2026 08:04", label: "Zzyzx, Quillonbert, left heel"),
            ReviewItem(id: "2", taken: "29-Nov-2026 07:58", label: nil),
        ],
        open: nil, working: false, problem: nil
    ),
]

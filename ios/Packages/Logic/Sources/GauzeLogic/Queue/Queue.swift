import Foundation

/// One photo of the list: where it stands, since when and why. Nobody's name is in it but in `label`.
public struct QueueItem: Sendable, Equatable, Unspoken {
    public let id: String
    public let stage: Word
    public let taken: Line
    public let label: String?
    public let why: Line?
    public let next: Line?
}

/// `items` is nil until they were listed. `askNotes`: the phone may not yet say when photos wait. `tooMany`: more of them wait than the
/// hospital allows. `unlisted`: why they could not be listed just now.
public struct QueueState: Sendable, Unspoken {
    public internal(set) var items: [QueueItem]?
    public internal(set) var sending: Bool
    public internal(set) var problem: Line?
    public let support: String?
    public internal(set) var cut: Bool
    public internal(set) var askNotes: Bool
    public internal(set) var tooMany: Line?
    public internal(set) var unlisted: Line?
}

public enum QueueEvent: Sendable {
    /// A photo moved, the network may have come or gone, or the screen came back.
    case moved
    /// `online`: what waits for no cause of its own goes next.
    case listed(Outcome<[Photo]>, tooMany: String?, online: Bool)
    case send
    case sendEnded(Outcome<Sent>)
    case notes(allowed: Bool)
}

public final class QueuePresenter: Presenter<QueueState, QueueEvent> {
    private let core: any Sending
    private let phone: any Enrolling
    private let network: any Network
    private let zone: TimeZone

    public init(
        _ core: any Sending, _ phone: any Enrolling, _ network: any Network, _ zone: TimeZone, support: String?, _ work: Work
    ) {
        self.core = core
        self.phone = phone
        self.network = network
        self.zone = zone
        super.init(
            QueueState(
                items: nil, sending: false, problem: nil, support: support, cut: false, askNotes: false, tooMany: nil, unlisted: nil
            ), work
        )
    }

    override func step(_ state: QueueState, _ event: QueueEvent) -> Step<QueueState, QueueEvent> {
        var next = state
        switch event {
        case .moved: return list(state)
        case .listed(let outcome, let tooMany, let online):
            next.tooMany = tooMany.map(Failures.waiting)
            switch outcome {
            case .success(let photos):
                next.items = photos.prefix(Self.most).map { Self.item($0, zone, why: Self.why($0, online)) }
                next.cut = photos.count > Self.most
                next.unlisted = nil
            case .failure(let failure): next.unlisted = Failures.line(failure)
            }
        case .send:
            if state.sending { return Step(state) }
            next.sending = true
            next.problem = nil
            return Step(next) { [core] in .sendEnded(await core.send(asked: true)) }
        case .sendEnded(let outcome):
            next.sending = false
            next.problem = nil
            if case .failure(let failure) = outcome { next.problem = Failures.line(failure) }
            return list(next)
        case .notes(let allowed): next.askNotes = !allowed
        }
        return Step(next)
    }

    private func list(_ state: QueueState) -> Step<QueueState, QueueEvent> {
        Step(state) { [core, phone, network] in
            .listed(core.photos(Self.most + 1), tooMany: phone.standing().tooManyUnsent, online: network.reachable())
        }
    }

    /// The list shows the newest.
    public nonisolated static let most = 200

    nonisolated static func stage(_ photo: Photo) -> Word {
        if photo.void { return .queueDiscarded }
        switch photo.stage {
        case .stored: return .queueSent
        case .filed: return .queueInRecord
        case .refused: return .queueRefused
        case .unsigned, .signed: return .queueWaiting
        }
    }

    /// Why a photo waits: as the core found, or because there is no network; one that nothing holds up goes next.
    nonisolated static func why(_ photo: Photo, _ online: Bool) -> Line? {
        if let cause = cause(photo) { return cause }
        return stage(photo) == .queueWaiting ? Line(online ? .queueNext : .errorUnreachable) : nil
    }

    private nonisolated static func cause(_ photo: Photo) -> Line? { photo.waiting.map { Failures.waiting($0.code) } }

    nonisolated static func item(_ photo: Photo, _ zone: TimeZone) -> QueueItem { item(photo, zone, why: cause(photo)) }

    private nonisolated static func item(_ photo: Photo, _ zone: TimeZone, why: Line?) -> QueueItem {
        QueueItem(
            id: photo.id,
            stage: stage(photo),
            taken: Line(.queueTaken, Wordings.time(photo.takenAt, zone)),
            label: photo.label,
            why: why,
            next: photo.waiting?.notBefore.map {
                Line(.queueRetryAt, Wordings.time(Wordings.instant(ofMillis: $0), zone))
            }
        )
    }
}

private func sample(_ id: Int, _ stage: Stage, _ waiting: Waiting? = nil) -> QueueItem {
    let photo = Photo(
        id: "photo-\(id)", takenAt: "2026-11-29T08:0\(id):00Z", bytes: 2_400_000, stage: stage, waiting: waiting
    )
    return QueuePresenter.item(photo, .gmt)
}

let queueSample = [
    sample(4, .unsigned, Waiting(code: "unreachable", advice: "", attempts: 3, notBefore: 1_796_000_000_000)),
    sample(3, .stored),
    sample(2, .refused, Waiting(code: "photo_mismatch", advice: "", attempts: 1, notBefore: nil)),
    sample(1, .filed),
]

private func many(_ at: Int) -> QueueItem {
    let like = queueSample[at % 4]
    return QueueItem(
        id: "photo-\(at)", stage: like.stage, taken: like.taken, label: like.label, why: like.why, next: like.next
    )
}

private func state(
    _ items: [QueueItem]?, sending: Bool = false, support: String? = nil, _ change: (inout QueueState) -> Void = { _ in }
) -> QueueState {
    var state = QueueState(
        items: items, sending: sending, problem: nil, support: support, cut: false, askNotes: false, tooMany: nil, unlisted: nil
    )
    change(&state)
    return state
}

public let queueSamples = [
    "unlisted": state(nil) { $0.unlisted = Line(.errorDamaged) },
    "empty": state([]),
    "waiting": state(queueSample, support: "extension 4242") { $0.askNotes = true },
    "sending": state(Array(queueSample.prefix(1)), sending: true),
    "many": state((0..<QueuePresenter.most).map(many)) {
        $0.problem = Line(.errorAnsweredInBetween)
        $0.cut = true
        $0.tooMany = Line(.errorTooManyUnsent)
    },
]

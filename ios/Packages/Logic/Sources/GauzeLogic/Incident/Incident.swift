import Foundation

/// What may have happened, and what to do about it.
public enum Incident: Sendable, CaseIterable {
    case wrongPatient, seen, notSent, phoneLost, consent

    public var happened: Word {
        switch self {
        case .wrongPatient: .incidentWrongPatient
        case .seen: .incidentSeen
        case .notSent: .incidentNotSent
        case .phoneLost: .incidentPhoneLost
        case .consent: .incidentConsent
        }
    }

    public var act: Word {
        switch self {
        case .wrongPatient: .incidentWrongPatientDo
        case .seen: .incidentSeenDo
        case .notSent: .incidentNotSentDo
        case .phoneLost: .incidentPhoneLostDo
        case .consent: .incidentConsentDo
        }
    }

    public var discards: Bool { self == .wrongPatient || self == .consent }
}

/// `waiting` are the photos that can still be discarded here.
public struct IncidentState: Sendable, Unspoken {
    public internal(set) var chosen: Incident?
    public internal(set) var waiting: [QueueItem]
    public let support: String?
    public internal(set) var said: Line?
}

public enum IncidentEvent: Sendable {
    case choose(Incident?)
    case listed(waiting: [QueueItem])
    case discard(id: String)
    case discarded(id: String, Outcome<Void>)
}

public final class IncidentPresenter: Presenter<IncidentState, IncidentEvent> {
    private let sending: any Sending
    private let reviewing: any Reviewing
    private let zone: TimeZone

    public init(
        _ sending: any Sending, _ reviewing: any Reviewing, _ zone: TimeZone, support: String?, _ work: Work
    ) {
        self.sending = sending
        self.reviewing = reviewing
        self.zone = zone
        super.init(IncidentState(chosen: nil, waiting: [], support: support, said: nil), work)
    }

    override func step(_ state: IncidentState, _ event: IncidentEvent) -> Step<IncidentState, IncidentEvent> {
        var next = state
        switch event {
        case .choose(let incident):
            next.chosen = incident
            next.said = nil
            return Step(next) { [sending, reviewing, zone] in Self.act(incident, sending, reviewing, zone) }
        case .listed(let waiting): next.waiting = waiting
        case .discard(let id): return Step(next) { [sending] in .discarded(id: id, sending.discard(id)) }
        case .discarded(let id, .success):
            next.waiting.removeAll { $0.id == id }
            next.said = Line(.incidentDiscarded)
        case .discarded(_, .failure(let failure)): next.said = Failures.line(failure)
        }
        return Step(next)
    }

    private nonisolated static func act(
        _ incident: Incident?, _ sending: any Sending, _ reviewing: any Reviewing, _ zone: TimeZone
    ) -> IncidentEvent? {
        if incident == .seen { reviewing.lock() }
        guard let incident, incident.discards else { return nil }
        let photos = sending.photos(QueuePresenter.most).orNil ?? []
        let waiting = photos.filter { !$0.void && ($0.stage == .unsigned || $0.stage == .signed) }
        return .listed(waiting: waiting.map { QueuePresenter.item($0, zone) })
    }
}

public let incidentSamples = [
    "choose": IncidentState(chosen: nil, waiting: [], support: "extension 4242", said: nil),
    "wrong-patient": IncidentState(
        chosen: .wrongPatient, waiting: Array(queueSample.prefix(1)), support: "extension 4242", said: nil
    ),
    "phone-lost": IncidentState(chosen: .phoneLost, waiting: [], support: nil, said: nil),
]

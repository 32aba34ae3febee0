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

/// `waiting` are the photos that can still be discarded here; `form` is there while somebody writes to the hospital.
public struct IncidentState: Sendable, Unspoken {
    public internal(set) var chosen: Incident?
    public internal(set) var waiting: [QueueItem]
    public let support: String?
    public internal(set) var said: Line?
    public internal(set) var form: ReportForm?
    public internal(set) var reports: [ReportItem] = []
}

public enum IncidentEvent: Sendable, Unspoken {
    case choose(Incident?)
    case listed(waiting: [QueueItem])
    case discard(id: String)
    case discarded(id: String, Outcome<Void>)
    /// The screen came, or something may have gone.
    case look
    case reported([ReportItem])
    /// Opens the form, or closes it.
    case tell(open: Bool)
    case offered(photos: [QueueItem])
    /// Changes something of the form.
    case write(@Sendable (inout ReportForm) -> Void)
    case send
    case kept(Outcome<Void>)
}

/// What of the core this screen needs.
public struct Ways: Sendable {
    let sending: any Sending
    let reviewing: any Reviewing
    let reporting: any Reporting

    public init(_ sending: any Sending, _ reviewing: any Reviewing, _ reporting: any Reporting) {
        self.sending = sending
        self.reviewing = reviewing
        self.reporting = reporting
    }
}

public final class IncidentPresenter: Presenter<IncidentState, IncidentEvent> {
    private let core: Ways
    private let zone: TimeZone
    private let now: any Now
    private let kept: Telling<Void>

    public init(
        _ core: Ways, _ zone: TimeZone, _ now: any Now, support: String?, _ work: Work, kept: @escaping Telling<Void>
    ) {
        self.core = core
        self.zone = zone
        self.now = now
        self.kept = kept
        super.init(IncidentState(chosen: nil, waiting: [], support: support, said: nil), work)
    }

    override func step(_ state: IncidentState, _ event: IncidentEvent) -> Step<IncidentState, IncidentEvent> {
        var next = state
        switch event {
        case .choose(let incident):
            next.chosen = incident
            next.said = nil
            return Step(next) { [core, zone] in Self.act(incident, core, zone) }
        case .listed(let waiting): next.waiting = waiting
        case .discard(let id): return Step(next) { [core] in .discarded(id: id, core.sending.discard(id)) }
        case .discarded(let id, .success):
            next.waiting.removeAll { $0.id == id }
            next.said = Line(.incidentDiscarded)
        case .discarded(_, .failure(let failure)): next.said = Failures.line(failure)
        case .look: return Step(next) { [core, zone] in Self.reported(core, zone) }
        case .reported(let reports): next.reports = reports
        case .tell(true):
            next.form = ReportForm()
            next.said = nil
            return Step(next) { [core, zone] in .offered(photos: Self.photos(core, zone) { _ in true }) }
        case .tell(false): next.form = nil
        case .offered(let photos): next.form?.photos = photos
        case .write(let change):
            if var form = next.form {
                change(&form)
                form.fault = nil
                next.form = form
            }
        case .send: return sent(next)
        case .kept(.success):
            (next.form, next.chosen, next.said) = (nil, nil, Line(.reportKept))
            return Step(next) { [core, zone, kept] in
                await kept(())
                return Self.reported(core, zone)
            }
        // What was written stays on the screen.
        case .kept(.failure(let failure)):
            next.form?.sending = false
            next.form?.fault = Failures.line(failure)
        }
        return Step(next)
    }

    private func sent(_ state: IncidentState) -> Step<IncidentState, IncidentEvent> {
        guard let form = state.form, !form.sending else { return Step(state) }
        var next = state
        let meant = Reports.meant(form, now.millis(), zone)
        next.form?.fault = meant.fault
        guard let said = meant.said else { return Step(next) }
        next.form?.sending = true
        return Step(next) { [core] in .kept(core.reporting.report(said)) }
    }

    private nonisolated static func reported(_ core: Ways, _ zone: TimeZone) -> IncidentEvent {
        .reported(core.reporting.reports().map { Reports.item($0, zone) })
    }

    private nonisolated static func photos(
        _ core: Ways, _ zone: TimeZone, _ wanted: (Photo) -> Bool
    ) -> [QueueItem] {
        let photos = core.sending.photos(QueuePresenter.most).orNil ?? []
        return photos.filter { !$0.void && wanted($0) }.map { QueuePresenter.item($0, zone) }
    }

    private nonisolated static func act(_ incident: Incident?, _ core: Ways, _ zone: TimeZone) -> IncidentEvent? {
        if incident == .seen { core.reviewing.lock() }
        guard let incident, incident.discards else { return nil }
        return .listed(waiting: photos(core, zone) { $0.stage == .unsigned || $0.stage == .signed })
    }
}

public let incidentSamples = [
    "choose": IncidentState(chosen: nil, waiting: [], support: "extension 4242", said: nil),
    "wrong-patient": IncidentState(
        chosen: .wrongPatient, waiting: Array(queueSample.prefix(1)), support: "extension 4242", said: nil
    ),
    "phone-lost": IncidentState(chosen: .phoneLost, waiting: [], support: nil, said: nil),
    "form": IncidentState(chosen: nil, waiting: [], support: nil, said: nil, form: ReportForm(photos: queueSample)),
    "form-refused": IncidentState(
        chosen: .seen, waiting: [], support: nil, said: nil,
        form: ReportForm(
            kind: .nearMiss, what: "A photo lay open on the desk of the nurses' station while nobody was there.",
            whose: "Ward 9, one patient", noticed: .earlier, day: "31-11-2026", fault: Line(.reportDayWrong)
        )
    ),
    "kept": IncidentState(
        chosen: nil, waiting: [], support: "extension 4242", said: Line(.reportKept),
        reports: [
            ReportItem(id: "one", written: Line(.reportWritten, "29-Nov-2026 08:00"), state: .reportSent, why: nil),
            ReportItem(id: "two", written: Line(.reportWritten, "29-Nov-2026 09:12"), state: .reportWaits, why: Line(.errorKeyGone)),
        ]
    ),
]

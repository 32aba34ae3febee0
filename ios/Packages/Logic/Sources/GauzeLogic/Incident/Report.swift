import Foundation

/// When somebody noticed.
public enum Noticed: Sendable, CaseIterable {
    case now, today, yesterday, earlier

    public var word: Word {
        switch self {
        case .now: .reportNow
        case .today: .reportToday
        case .yesterday: .reportYesterday
        case .earlier: .reportEarlier
        }
    }
}

/// What is being written to the hospital. `day` is typed where it was noticed earlier.
public struct ReportForm: Sendable, Unspoken {
    public var kind: Happened?
    public var what = ""
    public var whose = ""
    public var noticed = Noticed.now
    public var day = ""
    public var photo: String?
    public internal(set) var photos: [QueueItem] = []
    public internal(set) var fault: Line?
    public internal(set) var sending = false
}

/// A report that this phone keeps: since when, how far it is, and what stops it.
public struct ReportItem: Sendable, Equatable {
    public let id: String
    public let written: Line?
    public let state: Word
    public let why: Line?
}

enum Reports {
    /// What the form says, or what is wrong with it. A day counts from its first moment.
    static func meant(_ form: ReportForm, _ now: Int64, _ zone: TimeZone) -> (said: WentWrong?, fault: Line?) {
        guard let kind = form.kind else { return (nil, Line(.reportKindMissing)) }
        let instant = Date(timeIntervalSince1970: Double(now) / 1000)
        let today = Day(instant, in: zone)
        let day: Day?
        switch form.noticed {
        case .now: day = nil
        case .today: day = today
        case .yesterday: day = today.before
        case .earlier:
            guard let typed = Day(iso: form.day.trimmed), typed <= today else { return (nil, Line(.reportDayWrong)) }
            day = typed
        }
        let at = day.map { $0.begins(in: zone).formatted(.iso8601) }
        return (WentWrong(kind: kind, what: form.what, whose: form.whose, photo: form.photo, noticedAt: at), nil)
    }

    static func item(_ report: WaitingReport, _ zone: TimeZone) -> ReportItem {
        let why = report.waiting.flatMap { onItsOwn.contains($0) ? nil : $0 }
        return ReportItem(
            id: report.id, written: report.writtenAt.map { Line(.reportWritten, Wordings.time($0, zone)) },
            state: report.sent ? .reportSent : .reportWaits, why: why.map(Failures.waiting)
        )
    }

    /// Nobody need do anything: that it waits is said already.
    private static let onItsOwn: Set = ["unreachable", "too_many_requests"]
}

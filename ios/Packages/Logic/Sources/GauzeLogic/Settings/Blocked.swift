/// What the hospital did with a phone that may take no photos. Where a certificate of its maker was withdrawn it takes and sends on.
public enum Stop: String, Sendable, CaseIterable {
    case suspended, revoked, wiped
}

public struct BlockedState: Sendable, Equatable {
    public let stop: Stop
    public let why: Line
    public let unsent: Int64
    public let reports: Int64
    public let support: String?

    /// A revoked phone is refused whatever it sends.
    public var sends: Bool { stop != .revoked && unsent + reports > 0 }

    /// A new token sets it up again.
    public var over: Bool { stop != .suspended }
}

public enum Blocked {
    /// What stands in the way, if anything does.
    public static func of(_ standing: Standing, _ support: String?) -> BlockedState? {
        guard let why = standing.reviewDenied, let stop = Stop(rawValue: why) else { return nil }
        return BlockedState(stop: stop, why: Failures.waiting(why), unsent: standing.unsent, reports: standing.reports, support: support)
    }
}

public let lockedSamples = [
    "suspended": BlockedState(stop: .suspended, why: Line(.errorSuspended), unsent: 3, reports: 0, support: "extension 4242"),
    "revoked": BlockedState(stop: .revoked, why: Line(.errorRevoked), unsent: 2, reports: 0, support: nil),
    "reported": BlockedState(stop: .suspended, why: Line(.errorSuspended), unsent: 0, reports: 1, support: "extension 4242"),
]

public let wipedSamples = [
    "waiting": BlockedState(stop: .wiped, why: Line(.errorWiped), unsent: 2, reports: 0, support: "extension 4242"),
    "nothing": BlockedState(stop: .wiped, why: Line(.errorWiped), unsent: 0, reports: 0, support: nil),
]

/// The help page.
public struct HelpState: Sendable, Equatable {
    public let lines: [Line]
    public let support: String?
}

public func help(_ support: String?) -> HelpState {
    let words: [Word] = [.helpTake, .helpNetwork, .helpWifi, .helpGallery, .helpBattery, .helpLost]
    return HelpState(lines: words.map { Line($0) }, support: support)
}

public let helpSamples = ["contact": help("extension 4242"), "none": help(nil)]

/// A phone that may not take photos: `wiped`, or locked by the hospital.
public struct BlockedState: Sendable, Equatable {
    public let wiped: Bool
    public let why: Line
    public let unsent: Int64
    public let reports: Int64
    public let support: String?
}

public enum Blocked {
    private static let locking: Set = ["suspended", "revoked", "certificate_revoked"]

    /// What stands in the way, if anything does.
    public static func of(_ standing: Standing, _ support: String?) -> BlockedState? {
        guard let why = standing.reviewDenied, why == "wiped" || locking.contains(why) else { return nil }
        return BlockedState(
            wiped: why == "wiped", why: Failures.waiting(why), unsent: standing.unsent, reports: standing.reports, support: support
        )
    }
}

public let lockedSamples = [
    "suspended": BlockedState(wiped: false, why: Line(.errorSuspended), unsent: 3, reports: 0, support: "extension 4242"),
    "revoked": BlockedState(wiped: false, why: Line(.errorRevoked), unsent: 0, reports: 0, support: nil),
    "reported": BlockedState(wiped: false, why: Line(.errorRevoked), unsent: 0, reports: 1, support: "extension 4242"),
]

public let wipedSamples = [
    "waiting": BlockedState(wiped: true, why: Line(.errorWiped), unsent: 2, reports: 0, support: "extension 4242"),
    "nothing": BlockedState(wiped: true, why: Line(.errorWiped), unsent: 0, reports: 0, support: nil),
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

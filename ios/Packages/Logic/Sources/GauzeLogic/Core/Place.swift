/// Where the phone is, as its system says: degrees, `accuracy` in metres that hold it with 68 %, `age` in milliseconds,
/// `mock` where a program made it up, `utcOffset` in minutes for the hours of a fence.
public struct Fix: Sendable, Equatable, Unspoken {
    public let latitude: Double
    public let longitude: Double
    public let accuracy: Double
    public let age: Int64
    public let mock: Bool
    public let utcOffset: Int

    public init(latitude: Double, longitude: Double, accuracy: Double, age: Int64, mock: Bool, utcOffset: Int) {
        self.latitude = latitude
        self.longitude = longitude
        self.accuracy = accuracy
        self.age = age
        self.mock = mock
        self.utcOffset = utcOffset
    }
}

/// What is not allowed outside a fence; each includes those before it, but for the sentence of `warn`.
public enum FenceMode: Sendable, CaseIterable {
    case record, warn, blockExport, blockView, blockCapture
}

/// The phone is outside of every fence that asks for `mode`; `words` is where they are.
public struct Outside: Sendable, Equatable {
    public let mode: FenceMode
    public let words: String

    public init(_ mode: FenceMode, _ words: String) {
        self.mode = mode
        self.words = words
    }
}

public protocol Locating: Sendable {
    /// Whether the policy in force has areas that a phone judges: otherwise nobody asks where it is.
    func wantsPosition() -> Bool

    /// Kept in memory alone, until the next one.
    func located(_ fix: Fix)

    /// What is not allowed here to a photo of `team`; nil where all is, and where nobody can tell.
    func outside(_ team: Choice?) -> Outside?
}

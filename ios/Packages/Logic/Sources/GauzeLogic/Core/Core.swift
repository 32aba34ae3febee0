import Foundation

/// What to do about something that did not happen.
public enum Remedy: Sendable, CaseIterable {
    case takeAgain, freeStorage, unlock, signIn, enrol, retry, askIt, notPossible, report
}

/// What about this phone the hospital does not accept: `code` is a stable slug, `help` what its user reads to the help desk.
public struct EnrolmentRefusal: Sendable, Equatable {
    public let code: String
    public let help: String

    public init(code: String, help: String) {
        self.code = code
        self.help = help
    }
}

/// Why something did not happen: `code` is the core's stable slug, `advice` its own sentence in English.
public struct Failure: Error, Sendable, Equatable {
    public let remedy: Remedy
    public let code: String
    public let advice: String
    public let refusal: EnrolmentRefusal?

    public init(_ remedy: Remedy, _ code: String, _ advice: String = "", _ refusal: EnrolmentRefusal? = nil) {
        self.remedy = remedy
        self.code = code
        self.advice = advice
        self.refusal = refusal
    }
}

/// Nothing is thrown out of the core: an answer, or why not.
public typealias Outcome<Value> = Result<Value, Failure>

extension Result {
    public var orNil: Success? { try? get() }
}

/// How far a photo has come.
public enum Stage: Sendable, CaseIterable {
    case unsigned, signed, stored, filed, refused
}

/// Why a photo waits, and since how many attempts; `notBefore` in milliseconds since 1970.
public struct Waiting: Sendable, Equatable {
    public let code: String
    public let advice: String
    public let attempts: Int
    public let notBefore: Int64?

    public init(code: String, advice: String, attempts: Int, notBefore: Int64?) {
        self.code = code
        self.advice = advice
        self.attempts = attempts
        self.notBefore = notBefore
    }
}

/// A photo on this phone. `takenAt` is RFC 3339; `label` is there only while review is unlocked.
public struct Photo: Sendable, Unspoken {
    public let id: String
    public let takenAt: String
    public let bytes: Int64
    public let stage: Stage
    public let waiting: Waiting?
    public let label: String?
    public let patient: Patient?
    public let previewed: Bool
    public let void: Bool

    public init(
        id: String, takenAt: String, bytes: Int64, stage: Stage, waiting: Waiting? = nil, label: String? = nil,
        patient: Patient? = nil, previewed: Bool = false, void: Bool = false
    ) {
        self.id = id
        self.takenAt = takenAt
        self.bytes = bytes
        self.stage = stage
        self.waiting = waiting
        self.label = label
        self.patient = patient
        self.previewed = previewed
        self.void = void
    }
}

/// What this phone is and what it holds.
public struct Standing: Sendable, Equatable {
    public var device: String?
    public var gateway: String?
    public var ward: String?
    public var policy: Int64 = 0
    public var unsent: Int64 = 0
    public var reports: Int64 = 0
    public var stored: Int64 = 0
    public var refused: Int64 = 0
    public var damaged: Int64 = 0
    public var trustStale = false
    public var trustRefused: String?
    public var tooManyUnsent: String?
    public var reviewDenied: String?
    public var storageTrouble: String?

    public init(device: String? = nil) {
        self.device = device
    }

    public var enrolled: Bool { device != nil }

    /// Whether the system is to give time for it: photos, or reports of what went wrong.
    public var waits: Bool { unsent + reports > 0 }
}

/// One setting's verdict, as device management wants it back.
public struct KeyedState: Sendable, Equatable {
    public let key: String
    public let error: Bool
    public let message: String
    public let data: String

    public init(key: String, error: Bool, message: String, data: String) {
        self.key = key
        self.error = error
        self.message = message
        self.data = data
    }
}

/// `feedback` is the JSON object that a console without states of its own gets back.
public struct Configured: Sendable, Equatable {
    public let accepted: Bool
    public let states: [KeyedState]
    public let problems: [String]
    public let support: String?
    public let feedback: String

    public init(accepted: Bool, states: [KeyedState], problems: [String], support: String?, feedback: String = "{}") {
        self.accepted = accepted
        self.states = states
        self.problems = problems
        self.support = support
        self.feedback = feedback
    }
}

/// What one run of the queue did; `nextAt` in milliseconds since 1970.
public struct Sent: Sendable, Equatable {
    public let stored: Int64
    public let filed: Int
    public let refused: Int64
    public let waiting: [String: String]
    public let nextAt: Int64?

    public init(stored: Int64, filed: Int, refused: Int64, waiting: [String: String], nextAt: Int64?) {
        self.stored = stored
        self.filed = filed
        self.refused = refused
        self.waiting = waiting
        self.nextAt = nextAt
    }
}

public struct Wound: Sendable, Equatable {
    public let id: String
    public let site: Site?
    public let namedAt: String
    /// Its newest photo that may be shown here.
    public let newest: String?

    public init(id: String, site: Site?, namedAt: String, newest: String? = nil) {
        self.id = id
        self.site = site
        self.namedAt = namedAt
        self.newest = newest
    }
}

public struct WipedReport: Sendable, Equatable {
    public let unsent: Int64
    public let keyDestroyed: Bool

    public init(unsent: Int64, keyDestroyed: Bool) {
        self.unsent = unsent
        self.keyDestroyed = keyDestroyed
    }
}

/// A file that the operating system carries: a sealed photo to a ticketed address. The address lets whoever has it send.
public struct Transfer: Sendable, Unspoken {
    public let photo: String
    public let url: String
    public let file: String
    public let bytes: Int64

    public init(photo: String, url: String, file: String, bytes: Int64) {
        self.photo = photo
        self.url = url
        self.file = file
        self.bytes = bytes
    }
}

/// How the system's transfer ended.
public enum TransferEnd: Sendable {
    case answered(status: Int, body: Data)
    case cut
    case unreachable
    case fileGone
}

/// Who vouches for a host to which the system speaks for the core: those whom it knows, these certificates (DER) and no
/// others, or nobody.
public enum Vouching: Sendable, Equatable {
    case system
    case only([Data])
    case nobody
}

public protocol Enrolling: Sendable {
    func standing() -> Standing

    /// Judges what device management says; `values` is a JSON object of its keys.
    func configure(_ values: String) -> Outcome<Configured>

    /// With what a person pasted or scanned.
    func enrol(_ pasted: String) async -> Outcome<Void>

    /// With what device management set: consoles that know text alone write numbers as digits and leave fields empty.
    func enrolManaged(_ values: String) async -> Outcome<Void>

    func wipe() -> Outcome<WipedReport>
}

public protocol Capturing: Sendable {
    func choices() -> Choices

    /// How fit a photo is, of its own bytes; nil where nothing can be drawn of them.
    func judge(_ jpeg: Picture) -> Fitness?

    /// Returns with the photo on flash, sealed.
    func capture(_ jpeg: Picture, _ record: PhotoRecord) -> Outcome<String>

    /// Makes the small picture of the list, out of the same bytes: the answer is for whoever took it, nil where photos are not shown.
    func preview(_ id: String, _ jpeg: Picture) -> Outcome<Picture?>

    func newWound(_ patient: Patient, _ site: Site?) -> Outcome<String>

    func newSeries() -> String?
}

public protocol Reviewing: Sendable {
    func unlock() -> Outcome<Void>

    func lock()

    func photo(_ id: String) -> Outcome<Picture>

    func thumbnail(_ id: String) -> Outcome<Picture>

    func wounds(_ patient: Patient) -> Outcome<[Wound]>

    /// Of the photos that may be shown here, newest first: chosen from a list, and with nothing confirmed.
    func patients() -> Outcome<[Patient]>
}

/// Whether it happened.
public enum Happened: Sendable, CaseIterable {
    case breach, nearMiss
}

/// What somebody says that went wrong. `whose` is empty where that is not known, `noticedAt` is RFC 3339 and nil for now.
public struct WentWrong: Sendable, Equatable, Unspoken {
    public let kind: Happened
    public let what: String
    public let whose: String
    public let photo: String?
    public let noticedAt: String?

    public init(kind: Happened, what: String, whose: String, photo: String?, noticedAt: String?) {
        self.kind = kind
        self.what = what
        self.whose = whose
        self.photo = photo
        self.noticedAt = noticedAt
    }
}

/// A report that is on this phone until the hospital has it; `sent`: the gateway has it already.
public struct WaitingReport: Sendable, Equatable {
    public let id: String
    public let writtenAt: String?
    public let sent: Bool
    public let waiting: String?

    public init(id: String, writtenAt: String?, sent: Bool, waiting: String? = nil) {
        self.id = id
        self.writtenAt = writtenAt
        self.sent = sent
        self.waiting = waiting
    }
}

public protocol Reporting: Sendable {
    /// Kept, sealed, once this is done.
    func report(_ said: WentWrong) -> Outcome<Void>

    /// The oldest first.
    func reports() -> [WaitingReport]
}

public protocol Sending: Sendable {
    /// The newest photos first.
    func photos(_ most: Int) -> Outcome<[Photo]>

    func discard(_ id: String) -> Outcome<Void>

    /// `asked`: somebody waits for it, so what is backing off is tried too. Ends with its task.
    func send(asked: Bool) async -> Outcome<Sent>

    func transfers(asked: Bool) async -> Outcome<[Transfer]>

    /// What to carry next: one that was cut is taken up again at once.
    func ended(_ photo: String, _ end: TransferEnd) async -> Outcome<[Transfer]>

    /// Who vouches for `host` while the system carries.
    func vouching(_ host: String) -> Vouching

    /// Ids of photos that moved or stopped.
    func moves() -> AsyncStream<String>
}

/// Whether a photo needs somebody who is signed in.
public enum SignInMode: Sendable, CaseIterable {
    case required, asked
}

public protocol SigningIn: Sendable {
    /// Nil where the hospital has nobody sign in.
    func signInMode() -> SignInMode?

    /// The name of whoever is signed in.
    func clinician() -> String?

    /// The page that the system's browser opens.
    func beginSignIn() async -> Outcome<String>

    /// `callback` is the whole address that the browser came back to; the answer is a name.
    func finishSignIn(_ callback: String) async -> Outcome<String>

    /// Locks review too.
    func signOut()
}

public protocol Noticing: Sendable {
    /// Whether whoever has the phone in hand has read this version of a notice to staff on it.
    func hasRead(_ notice: Notice) -> Bool

    /// They have: where they are signed in the hospital hears of it and they are not asked again here, else until the phone changes hands.
    func readNotice(_ notice: Notice)
}

/// The whole core as the screens see it.
public protocol Core: Enrolling, Capturing, Reviewing, Sending, Reporting, SigningIn, Noticing, Locating {}

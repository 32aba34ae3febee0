/// How an identifier came to be known.
public enum Established: Sendable, Equatable, Unspoken {
    case wristband
    case worklist
    /// By hand, and why.
    case typed(reason: String)
}

/// What two of are confirmed aloud before a photo is tied to anybody.
public enum Identifier: Sendable, CaseIterable, Comparable {
    case name, born, nhs, chi, hc, local
}

/// A person. Numbers are digits without spaces; `born` is `YYYY-MM-DD`.
public struct Patient: Sendable, Equatable, Unspoken {
    public let family: String
    public let given: String
    public let born: String
    public let nhs: String?
    public let chi: String?
    public let hc: String?
    public let local: String?
    public let established: Established
    public private(set) var confirmed: Set<Identifier>

    public init(
        _ family: String, _ given: String, _ born: String, nhs: String? = nil, chi: String? = nil, hc: String? = nil,
        local: String? = nil, established: Established = .wristband, confirmed: Set<Identifier> = []
    ) {
        self.family = family
        self.given = given
        self.born = born
        self.nhs = nhs
        self.chi = chi
        self.hc = hc
        self.local = local
        self.established = established
        self.confirmed = confirmed
    }

    public func confirmedBy(_ identifiers: Set<Identifier>) -> Patient {
        var patient = self
        patient.confirmed = identifiers
        return patient
    }

    /// Which identifiers this person has.
    public func known() -> Set<Identifier> {
        let numbers: [(Identifier, String?)] = [(.nhs, nhs), (.chi, chi), (.hc, hc), (.local, local)]
        return Set([.name, .born] + numbers.filter { $0.1 != nil }.map(\.0))
    }
}

public enum Side: Sendable, CaseIterable {
    case left, right, midline, both
}

/// A place of the body, out of the hospital's list where it has one.
public struct Site: Sendable, Equatable {
    public let words: String
    public var side: Side?
    public let system: String?
    public let code: String?

    public init(_ words: String, _ side: Side? = nil, system: String? = nil, code: String? = nil) {
        self.words = words
        self.side = side
        self.system = system
        self.code = code
    }
}

public enum Framing: Sendable, CaseIterable {
    case context, straight, close
}

public enum Scope: Sendable, CaseIterable, Comparable {
    case care, teaching, publication
}

public struct Choice: Sendable, Equatable {
    public let code: String
    public let words: String

    public init(_ code: String, _ words: String) {
        self.code = code
        self.words = words
    }
}

public struct SiteChoice: Sendable, Equatable {
    public let system: String
    public let code: String
    public let words: String
    public let sided: Bool

    public init(system: String, code: String, words: String, sided: Bool) {
        self.system = system
        self.code = code
        self.words = words
        self.sided = sided
    }
}

public struct Notice: Sendable, Hashable {
    public let code: String
    public let version: Int
    public let words: String

    public init(code: String, version: Int, words: String) {
        self.code = code
        self.version = version
        self.words = words
    }
}

/// How the last digit of a number is made from the others.
public enum CheckDigit: Sendable, CaseIterable {
    case modulus10, modulus11
}

/// How the hospital writes its own number of a patient, and what it calls it: in a shape `#` is a digit, `@` a capital letter, all
/// else itself.
public struct LocalNumbers: Sendable, Equatable {
    public let words: String
    public let shapes: [String]
    public let check: CheckDigit?

    public init(words: String, shapes: [String], check: CheckDigit?) {
        self.words = words
        self.shapes = shapes
        self.check = check
    }
}

/// What people choose from, out of the signed policy; an empty list leaves the choice free. Without `localNumber` the hospital's own
/// numbers are not known.
public struct Choices: Sendable, Equatable {
    public var teams: [Choice]
    public var sites: [SiteChoice]
    public var consents: [Choice]
    public var notices: [Notice]
    public var localNumber: LocalNumbers?

    public init(
        teams: [Choice] = [], sites: [SiteChoice] = [], consents: [Choice] = [], notices: [Notice] = [], localNumber: LocalNumbers? = nil
    ) {
        self.teams = teams
        self.sites = sites
        self.consents = consents
        self.notices = notices
        self.localNumber = localNumber
    }
}

/// What was agreed to: `at` is RFC 3339 in UTC.
public struct Consent: Sendable, Equatable, Unspoken {
    public let scopes: Set<Scope>
    public let by: String
    public let form: Choice
    public let notice: Notice?
    public let at: String
}

/// `sharpness` 0 (blurred) to 1000; `exposure` -1000 (black) to 1000 (burnt out), 0 is right.
public struct Fitness: Sendable, Equatable {
    public let sharpness: Int
    public let exposure: Int
    public let marker: Marker?

    public init(_ sharpness: Int, _ exposure: Int, marker: Marker? = nil) {
        self.sharpness = sharpness
        self.exposure = exposure
        self.marker = marker
    }
}

/// A scale marker found in the picture: nanometres per pixel, tilt in thousandths of a degree.
public struct Marker: Sendable, Equatable {
    public let nanometres: Int
    public let tilt: Int

    public init(nanometres: Int, tilt: Int) {
        self.nanometres = nanometres
        self.tilt = tilt
    }
}

/// Everything that is sealed with one photo.
public struct PhotoRecord: Sendable, Equatable, Unspoken {
    public var patient: Patient?
    public var team: Choice?
    public var site: Site?
    public var wound: String?
    public var series: String?
    public var view: Framing?
    public var consent: Consent?
    public var fitness: Fitness?
    public var notes: String?

    public init(patient: Patient? = nil) {
        self.patient = patient
    }
}

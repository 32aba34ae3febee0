/// Why a symbol was not taken for a patient's.
public enum Refusal: Sendable, CaseIterable {
    case checkDigit, notAPatient, unreadable, otherIssuer
}

/// What a symbol on a wristband says.
public enum Band: Sendable, Equatable, Unspoken {
    /// `number` has ten digits; name and birth only where the band carries them. `issue` counts reissued bands.
    case person(number: String, register: Register, family: String?, given: String?, born: Day?, issue: String?)
    /// A number of this hospital alone.
    case local(number: String)
    case refused(Refusal)
}

/// What the hospital's bands look like. The prefix is the one that NHS bands carry (DCB1077); `local` is out of the signed policy.
public struct BandFormat: Sendable {
    public let gs1Prefix: String
    public let local: LocalNumbers?

    public init(gs1Prefix: String = "5050898", local: LocalNumbers? = nil) {
        self.gs1Prefix = gs1Prefix
        self.local = local
    }
}

/// Reads the text of a GS1 DataMatrix, GS1 QR, plain QR or Code 128 symbol as NHS wristbands carry it
/// ([DCB1077](https://digital.nhs.uk/data-and-information/information-standards), GS1 General Specifications 3.7).
public struct Wristband: Sendable {
    let format: BandFormat

    public init(_ format: BandFormat = BandFormat()) {
        self.format = format
    }

    public func read(_ text: String) -> Band {
        let symbol = ["]d2", "]Q3", "]C1", Self.separator].reduce(text) { $0.without($1) }
        if let number = Numbers.normalise(symbol) { return Self.numbered(number, [:]) }
        if let own = format.local, let number = Numbers.shaped(symbol, own) {
            return Numbers.checks(number, own) ? .local(number: number) : .refused(.checkDigit)
        }
        if Numbers.digits(symbol.trimmed)?.count == 10 { return .refused(.checkDigit) }
        guard let elements = Self.elements(symbol) else { return .refused(.unreadable) }
        return person(elements)
    }

    private func person(_ elements: [String: String]) -> Band {
        guard let recipient = elements["8018"] else { return .refused(.notAPatient) }
        if !Numbers.gs1Checks(recipient) { return .refused(.checkDigit) }
        if !recipient.hasPrefix(format.gs1Prefix) { return .refused(.otherIssuer) }
        let digits = recipient.dropFirst(format.gs1Prefix.count).prefix(10)
        guard let number = Numbers.normalise(String(digits)) else { return .refused(.checkDigit) }
        return Self.numbered(number, elements)
    }

    private static func numbered(_ number: String, _ elements: [String: String]) -> Band {
        .person(
            number: number,
            register: Numbers.register(number),
            family: elements["7253"],
            given: elements["7254"],
            born: elements["7250"].flatMap { Day(compact: $0) },
            issue: elements["8019"]
        )
    }

    /// Application identifier to value; nil where the text is no element string.
    private static func elements(_ text: String) -> [String: String]? {
        var found: [String: String] = [:]
        var rest = text
        while !rest.isEmpty {
            guard let (identifier, fixed) = identifiers.first(where: { rest.hasPrefix($0.0) }) else { return nil }
            let value = rest.dropFirst(identifier.count)
            let taken: Substring
            if let fixed {
                taken = value.prefix(fixed)
                guard taken.count == fixed, Numbers.digits(taken) != nil else { return nil }
            } else {
                taken = value.prefix { String($0) != separator }
                guard !taken.isEmpty else { return nil }
            }
            guard found.updateValue(String(taken), forKey: identifier) == nil else { return nil }
            rest = String(value.dropFirst(taken.count)).without(separator)
        }
        return found.isEmpty ? nil : found
    }

    private static let separator = "\u{1d}"

    /// Those that bands and what lies beside them carry, with their length where it is fixed.
    private static let identifiers: [(String, Int?)] = [
        ("8018", 18), ("8019", nil), ("8017", 18),
        ("7250", 8), ("7251", 12), ("7252", 1), ("7253", nil), ("7254", nil), ("7255", nil),
        ("7256", nil), ("7257", nil), ("7258", nil), ("7259", nil),
        ("01", 14), ("02", 14), ("00", 18), ("11", 6), ("13", 6), ("15", 6), ("16", 6), ("17", 6),
        ("10", nil), ("21", nil), ("22", nil), ("30", nil), ("37", nil), ("240", nil), ("241", nil),
        ("400", nil), ("410", 13), ("414", 13), ("90", nil), ("91", nil), ("92", nil), ("93", nil),
        ("94", nil), ("95", nil), ("96", nil), ("97", nil), ("98", nil), ("99", nil),
    ]
}

extension String {
    fileprivate func without(_ prefix: String) -> String {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
    }
}

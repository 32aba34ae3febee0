/// Which register a valid ten-digit number is of, by the published ranges.
public enum Register: Sendable, CaseIterable {
    case nhs, chi, hc
}

/// Ten-digit health numbers, whose check digit is modulo 11 in all three registers, and the hospital's own.
public enum Numbers {
    private static let separators: Set<Character> = [" ", "-", "\u{a0}"]

    /// Ten ASCII digits with a right check digit, without blanks and hyphens (no-break spaces too); otherwise nil.
    public static func normalise(_ text: String) -> String? {
        let number = text.trimmed.filter { !separators.contains($0) }
        guard let digits = digits(number), digits.count == 10, checks(digits) else { return nil }
        return number
    }

    /// Numbers are judged by their digits; the range only says under which label they stand.
    public static func register(_ number: String) -> Register {
        if number < "3200000000" { return .chi }
        return number < "4000000000" ? .hc : .nhs
    }

    /// `text` in capitals, where it has one of the hospital's own shapes; otherwise nil.
    static func shaped(_ text: String, _ own: LocalNumbers) -> String? {
        let written = String(text.trimmed.map(capital))
        return own.shapes.contains { fits(written, $0) } ? written : nil
    }

    /// Whether the last digit is the one that the others make; any, where the hospital's numbers have no such digit.
    static func checks(_ number: String, _ own: LocalNumbers) -> Bool {
        let digits = number.filter(isDigit)
        return switch own.check {
        case nil: true
        case .modulus10: gs1Checks(digits)
        case .modulus11: self.digits(digits).map(checks) ?? false
        }
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) && character.isASCII }

    private static func capital(_ character: Character) -> Character {
        character.isASCII && character.isLowercase ? Character(character.uppercased()) : character
    }

    private static func fits(_ written: String, _ shape: String) -> Bool {
        written.count == shape.count && zip(written, shape).allSatisfy { character, wanted in
            switch wanted {
            case "#": isDigit(character)
            case "@": character.isASCII && character.isUppercase
            default: character == wanted
            }
        }
    }

    /// Modulo 11: digits count by their places from the right, the last being the check digit.
    private static func checks(_ digits: [Int]) -> Bool {
        let sum = zip(digits, stride(from: digits.count, to: 1, by: -1)).map { $0 * $1 }.reduce(0, +)
        return digits.last == (11 - sum % 11) % 11
    }

    /// GS1's modulo 10 over all digits, the last being the check digit.
    static func gs1Checks(_ number: String) -> Bool {
        guard let digits = digits(number), let check = digits.last else { return false }
        let sum = digits.dropLast().reversed().enumerated().map { $0.element * ($0.offset % 2 == 0 ? 3 : 1) }.reduce(0, +)
        return check == (10 - sum % 10) % 10
    }

    /// The values of ASCII digits; nil where anything else is among them.
    static func digits(_ text: some StringProtocol) -> [Int]? {
        let values = text.compactMap { $0.isASCII ? $0.wholeNumberValue : nil }
        return values.count == text.count ? values : nil
    }
}

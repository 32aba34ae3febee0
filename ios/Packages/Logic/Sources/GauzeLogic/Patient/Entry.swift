/// From what was typed or scanned to a person.
enum Entry {
    static func faults(_ typed: Typed, scanned: Bool, _ today: Day) -> [Field: Line] {
        var faults: [Field: Line] = [:]
        if typed[.family].trimmed.isEmpty { faults[.family] = Line(.patientNameMissing) }
        if typed[.given].trimmed.isEmpty { faults[.given] = Line(.patientNameMissing) }
        if let wrong = born(typed[.born], today) { faults[.born] = Line(wrong) }
        let number = typed[.number]
        if !number.trimmed.isEmpty && !scanned && Numbers.normalise(number) == nil {
            faults[.number] = Line(.patientNumberWrong)
        }
        if !scanned && typed[.reason].trimmed.isEmpty { faults[.reason] = Line(.patientReasonMissing) }
        return faults
    }

    static func of(_ typed: Typed, scanned: Bool) -> Patient {
        let number = Numbers.normalise(typed[.number])
        let shown = typed[.number].trimmed
        return numbered(
            number, typed[.family].trimmed, typed[.given].trimmed, typed[.born].trimmed,
            local: scanned && number == nil && !shown.isEmpty ? shown : nil,
            scanned ? .wristband : .typed(reason: typed[.reason].trimmed)
        )
    }

    static func numbered(
        _ number: String?, _ family: String, _ given: String, _ born: String, local: String?, _ established: Established
    ) -> Patient {
        let register = number.map(Numbers.register)
        return Patient(
            family, given, born,
            nhs: register == .nhs ? number : nil,
            chi: register == .chi ? number : nil,
            hc: register == .hc ? number : nil,
            local: local,
            established: established
        )
    }

    private static func born(_ text: String, _ today: Day) -> Word? {
        guard let day = Day(iso: text.trimmed) else { return .patientBirthWrong }
        return day > today ? .patientBirthFuture : nil
    }
}

/// From what was typed or scanned to a person.
enum Entry {
    static func faults(_ typed: Typed, scanned: Bool, _ today: Day, _ own: LocalNumbers?) -> [Field: Line] {
        var faults: [Field: Line] = [:]
        if typed[.family].trimmed.isEmpty { faults[.family] = Line(.patientNameMissing) }
        if typed[.given].trimmed.isEmpty { faults[.given] = Line(.patientNameMissing) }
        if let wrong = born(typed[.born], today) { faults[.born] = Line(wrong) }
        if !scanned { faults[.number] = number(typed[.number], own) }
        if !scanned && typed[.reason].trimmed.isEmpty { faults[.reason] = Line(.patientReasonMissing) }
        return faults
    }

    /// What a band said was judged there; what is typed is a number of one of the kinds that there are, or none.
    private static func number(_ text: String, _ own: LocalNumbers?) -> Line? {
        if text.trimmed.isEmpty || Numbers.normalise(text) != nil { return nil }
        guard let own else { return Line(.patientNumberWrong) }
        guard let number = Numbers.shaped(text, own) else { return Line(.patientNumberNeither, own.words) }
        return Numbers.checks(number, own) ? nil : Line(.patientNumberWrong)
    }

    static func of(_ typed: Typed, scanned: Bool, _ own: LocalNumbers?) -> Patient {
        let number = Numbers.normalise(typed[.number])
        let shown = typed[.number].trimmed
        let local = own.flatMap { Numbers.shaped(shown, $0) } ?? (scanned && !shown.isEmpty ? shown : nil)
        return numbered(
            number, typed[.family].trimmed, typed[.given].trimmed, typed[.born].trimmed,
            local: number == nil ? local : nil,
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

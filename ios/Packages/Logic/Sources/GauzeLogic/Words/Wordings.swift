import Foundation

/// Names, dates and numbers as the NHS Common User Interface writes them.
public enum Wordings {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `SMITH, John`
    public static func name(_ patient: Patient) -> String { "\(patient.family.uppercased()), \(patient.given)" }

    /// `Born 14-Jul-1945 (81y)`; of the very young in months and weeks.
    public static func born(_ born: String, _ today: Day) -> Line {
        guard let day = Day(iso: born) else { return Line(.notKnown) }
        let age = day.age(on: today)
        let told =
            if age.years >= 2 {
                "\(age.years)y"
            } else if age.months >= 1 {
                "\(age.months)m \(age.weeksBesides)w"
            } else {
                "\(age.weeks)w"
            }
        return Line(.bannerBorn, date(day), told)
    }

    /// `14-Jul-1945`, whatever the phone's language calls July.
    public static func date(_ day: Day) -> String {
        String(format: "%02d-\(months[day.month - 1])-%04d", day.day, day.year)
    }

    /// `14-Jul-1945 14:05` of an RFC 3339 time.
    public static func time(_ at: String, _ zone: TimeZone) -> String {
        guard let instant = instant(at) else { return at }
        var calendar = Day.calendar
        calendar.timeZone = zone
        let clock = calendar.dateComponents([.hour, .minute], from: instant)
        return date(Day(instant, in: zone)) + String(format: " %02d:%02d", clock.hour ?? 0, clock.minute ?? 0)
    }

    /// The RFC 3339 time of milliseconds since 1970.
    public static func instant(ofMillis millis: Int64) -> String {
        let whole = Date(timeIntervalSince1970: Double(millis.quotientAndRemainder(dividingBy: 1000).quotient))
        return whole.formatted(.iso8601)
    }

    private static func instant(_ text: String) -> Date? {
        (try? Date(text, strategy: .iso8601))
            ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }

    /// `999 123 4567`
    public static func grouped(_ number: String) -> String {
        "\(number.prefix(3)) \(number.dropFirst(3).prefix(3)) \(number.dropFirst(6))"
    }

    /// The number that stands in the banner, under its own label; `own` is what the hospital calls its own number.
    public static func number(_ patient: Patient, _ own: String?) -> Line {
        if let nhs = patient.nhs { return Line(.bannerNhs, grouped(nhs)) }
        if let chi = patient.chi { return Line(.bannerChi, grouped(chi)) }
        if let hc = patient.hc { return Line(.bannerHc, grouped(hc)) }
        if let local = patient.local { return own.map { Line(.bannerOwn, $0, local) } ?? Line(.bannerLocal, local) }
        return Line(.notKnown)
    }

    /// Body site before side: `Heel, left`.
    public static func site(_ site: Site?) -> Line {
        guard let site else { return Line(.siteNone) }
        switch site.side {
        case nil: return Line(.sitePlain, site.words)
        case .left: return Line(.siteLeft, site.words)
        case .right: return Line(.siteRight, site.words)
        case .midline: return Line(.siteMidline, site.words)
        case .both: return Line(.siteBoth, site.words)
        }
    }

    public static func identifier(_ identifier: Identifier) -> Word {
        switch identifier {
        case .name: .confirmName
        case .born: .confirmBorn
        case .nhs: .confirmNhs
        case .chi: .confirmChi
        case .hc: .confirmHc
        case .local: .confirmLocal
        }
    }
}

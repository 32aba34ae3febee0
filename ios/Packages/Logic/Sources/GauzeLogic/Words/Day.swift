import Foundation

/// A day of the Gregorian calendar, nowhere in particular.
public struct Day: Sendable, Equatable, Comparable {
    public let year: Int
    public let month: Int
    public let day: Int

    /// Nil for a day that there is not.
    public init?(_ year: Int, _ month: Int, _ day: Int) {
        let parts = DateComponents(year: year, month: month, day: day)
        guard let date = Self.calendar.date(from: parts),
            Self.calendar.dateComponents([.year, .month, .day], from: date) == parts
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
    }

    /// Of `YYYY-MM-DD`.
    public init?(iso text: String) {
        guard let match = text.wholeMatch(of: /([0-9]{4})-([0-9]{2})-([0-9]{2})/) else { return nil }
        self.init(digits: match.1, match.2, match.3)
    }

    /// Of `YYYYMMDD`.
    public init?(compact text: String) {
        guard let match = text.wholeMatch(of: /([0-9]{4})([0-9]{2})([0-9]{2})/) else { return nil }
        self.init(digits: match.1, match.2, match.3)
    }

    private init?(digits year: Substring, _ month: Substring, _ day: Substring) {
        guard let year = Int(year), let month = Int(month), let day = Int(day) else { return nil }
        self.init(year, month, day)
    }

    /// The day that it is at `date` in `zone`.
    public init(_ date: Date, in zone: TimeZone) {
        var calendar = Self.calendar
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.year, .month, .day], from: date)
        (year, month, day) = (parts.year ?? 1, parts.month ?? 1, parts.day ?? 1)
    }

    /// `1945-07-14`
    public var iso: String { String(format: "%04d-%02d-%02d", year, month, day) }

    /// The day before.
    var before: Day {
        let before = Self.calendar.date(byAdding: .day, value: -1, to: date) ?? date
        return Day(before, in: .gmt)
    }

    /// Its first moment in `zone`.
    func begins(in zone: TimeZone) -> Date {
        var calendar = Self.calendar
        calendar.timeZone = zone
        let noon = DateComponents(year: year, month: month, day: day, hour: 12)
        return calendar.startOfDay(for: calendar.date(from: noon) ?? date)
    }

    public static func < (one: Day, other: Day) -> Bool {
        (one.year, one.month, one.day) < (other.year, other.month, other.day)
    }

    /// Whole years and months, what weeks are left of these, and weeks alone, until `later`. A month is whole on the day
    /// of the same number.
    func age(on later: Day) -> (years: Int, months: Int, weeksBesides: Int, weeks: Int) {
        let begun = (later.year - year) * 12 + later.month - month
        let months = later.day < day ? begun - 1 : begun
        let whole = Self.calendar.date(byAdding: .month, value: months, to: date) ?? date
        return (months / 12, months, Self.days(whole, later.date) / 7, Self.days(date, later.date) / 7)
    }

    private static func days(_ from: Date, _ to: Date) -> Int {
        calendar.dateComponents([.day], from: from, to: to).day ?? 0
    }

    private var date: Date {
        Self.calendar.date(from: DateComponents(year: year, month: month, day: day)) ?? Date(timeIntervalSince1970: 0)
    }

    static let calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}

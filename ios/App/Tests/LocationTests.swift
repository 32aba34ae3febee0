import CoreLocation
import Foundation
import GauzeLogic
import GauzePlatform
import Testing

/// What is made of the system's positions.
@Suite struct LocationTests {
    private let now = Date(timeIntervalSince1970: 1_796_000_000)

    private func fix(accuracy: Double = 12, old: TimeInterval = 0, simulated: Bool = false, minutes: Int = 0) -> Fix {
        SystemLocations.fix(
            55.86, -4.25, accuracy: accuracy, taken: now.addingTimeInterval(-old), simulated: simulated, now: now,
            zone: TimeZone(secondsFromGMT: minutes * 60) ?? .gmt
        )
    }

    @Test func aFixSaysWhereHowSurelyAndSinceWhen() {
        #expect(fix(old: 90) == Fix(latitude: 55.86, longitude: -4.25, accuracy: 12, age: 90_000, mock: false, utcOffset: 0))
        #expect(fix(old: -5).age == 0, "of a clock that was set back")
        #expect(fix(old: 1e12).age == Int64(UInt32.max))
    }

    @Test func whatAProgramMadeUpAndWhatIsInvalidStaysSo() {
        #expect(fix(simulated: true).mock)
        #expect(fix(accuracy: -1).accuracy == -1)
    }

    @Test func theLocalClocksDistanceIsInMinutes() {
        #expect([-300, 0, 60, 330].map { fix(minutes: $0).utcOffset } == [-300, 0, 60, 330])
    }

    @Test func aPositionWithoutItsExactnessIsNone() {
        for status in [CLAuthorizationStatus.authorizedWhenInUse, .authorizedAlways] {
            #expect(SystemLocations.allowed(status, .fullAccuracy))
            #expect(!SystemLocations.allowed(status, .reducedAccuracy))
        }
        for status in [CLAuthorizationStatus.notDetermined, .restricted, .denied] {
            #expect(!SystemLocations.allowed(status, .fullAccuracy))
        }
    }

    @Test func itSaysNoPlaceOfItself() {
        #expect("\(fix())" == "Fix")
    }
}

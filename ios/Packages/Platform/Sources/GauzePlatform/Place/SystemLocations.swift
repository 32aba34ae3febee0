import CoreLocation
import Foundation
import GauzeLogic
import UIKit

/// Where the phone is, while the app is on the screen: it has no leave for the background, and asks for none.
public final class SystemLocations: Locations {
    /// Asks the person, and has to be there while the question is.
    @MainActor private var asking: CLLocationManager?

    public nonisolated init() {}

    public func open() -> AsyncStream<LocationEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: LocationEvent.self, bufferingPolicy: .bufferingNewest(1))
        // Its manager tells the run loop of where it was made.
        let listening = Task { @MainActor in Listening(continuation) }
        continuation.onTermination = { _ in
            Task { @MainActor in await listening.value.end() }
        }
        return stream
    }

    /// The system asks once; whoever said no then, or keeps exactness back, is led to where that is changed.
    @MainActor public func ask() {
        let manager = asking ?? CLLocationManager()
        asking = manager
        if manager.authorizationStatus == .notDetermined {
            manager.requestWhenInUseAuthorization()
        } else if let settings = URL(string: UIApplication.openSettingsURLString) {
            Task { await UIApplication.shared.open(settings) }
        }
    }

    /// A position without its exactness is somewhere within kilometres: the core calls that unknown, so that it is as good as none.
    public static func allowed(_ status: CLAuthorizationStatus, _ accuracy: CLAccuracyAuthorization) -> Bool {
        (status == .authorizedAlways || status == .authorizedWhenInUse) && accuracy == .fullAccuracy
    }

    /// One that the system calls invalid has an accuracy below nought: the core takes it for none.
    public static func fix(
        _ latitude: Double, _ longitude: Double, accuracy: Double, taken: Date, simulated: Bool, now: Date = Date(),
        zone: TimeZone = .current
    ) -> Fix {
        let age = max(0, now.timeIntervalSince(taken)) * 1000
        return Fix(
            latitude: latitude, longitude: longitude, accuracy: accuracy, age: Int64(min(age, Double(UInt32.max))), mock: simulated,
            utcOffset: zone.secondsFromGMT(for: now) / 60
        )
    }
}

/// Hears the system from when it was made until its end.
@MainActor
private final class Listening: NSObject, CLLocationManagerDelegate {
    private let manager = CLLocationManager()
    private let events: AsyncStream<LocationEvent>.Continuation

    init(_ events: AsyncStream<LocationEvent>.Continuation) {
        self.events = events
        super.init()
        manager.desiredAccuracy = kCLLocationAccuracyNearestTenMeters
        // From here on it is told what is allowed, first as that stands.
        manager.delegate = self
    }

    func end() {
        manager.delegate = nil
        manager.stopUpdatingLocation()
    }

    nonisolated func locationManagerDidChangeAuthorization(_ manager: CLLocationManager) {
        if SystemLocations.allowed(manager.authorizationStatus, manager.accuracyAuthorization) {
            events.yield(.looking)
            manager.startUpdatingLocation()
        } else {
            events.yield(.notAllowed)
            manager.stopUpdatingLocation()
        }
    }

    nonisolated func locationManager(_ manager: CLLocationManager, didUpdateLocations locations: [CLLocation]) {
        guard let last = locations.last else { return }
        events.yield(
            .found(
                SystemLocations.fix(
                    last.coordinate.latitude, last.coordinate.longitude, accuracy: last.horizontalAccuracy, taken: last.timestamp,
                    simulated: last.sourceInformation?.isSimulatedBySoftware ?? false
                )
            )
        )
    }

    /// It goes on by itself; where it does not, the last position ages.
    nonisolated func locationManager(_ manager: CLLocationManager, didFailWithError error: any Error) {}
}

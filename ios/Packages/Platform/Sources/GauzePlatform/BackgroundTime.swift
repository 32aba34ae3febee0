import GauzeLogic
import UIKit

/// UIKit's background task: a process that holds one is not suspended when its app leaves the screen.
public struct BackgroundTime: Lasting {
    public nonisolated init() {}

    public func begin(_ what: String) -> @MainActor () -> Void {
        let held = Held()
        held.identifier = UIApplication.shared.beginBackgroundTask(withName: what) { held.end() }
        return { held.end() }
    }

    /// Ended once: the system kills an app whose time is over and that still holds it.
    @MainActor
    private final class Held {
        var identifier = UIBackgroundTaskIdentifier.invalid

        func end() {
            guard identifier != .invalid else { return }
            UIApplication.shared.endBackgroundTask(identifier)
            identifier = .invalid
        }
    }
}

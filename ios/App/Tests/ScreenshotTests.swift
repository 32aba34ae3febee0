import Foundation
import Testing

@testable import GauzePlatform

/// Counts who listens.
private final class Center: NotificationCenter, @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var count = 0

    var listening: Int { lock.withLock { count } }

    override func addObserver(
        forName name: Notification.Name?, object: Any?, queue: OperationQueue?, using block: @escaping @Sendable (Notification) -> Void
    ) -> any NSObjectProtocol {
        lock.withLock { count += 1 }
        return super.addObserver(forName: name, object: object, queue: queue, using: block)
    }

    override func removeObserver(_ observer: Any) {
        lock.withLock { count -= 1 }
        super.removeObserver(observer)
    }
}

/// What the system, or the control, says by a notification.
@Suite struct HeardTests {
    private let center = Center()
    private let name = Notification.Name("screenshot")

    @Test func eachScreenshotIsToldOnceAndNothingElse() async {
        let taken = Screenshots(name, center).taken()
        center.post(name: Notification.Name("another"), object: nil)
        for _ in 0..<3 { center.post(name: name, object: nil) }
        let listening = Task {
            var told = 0
            for await _ in taken {
                told += 1
                if told == 3 { break }
            }
            return told
        }
        #expect(await listening.value == 3)
    }

    @Test func whoeverStoppedListeningIsToldNothing() async {
        let listening = Task { [name, center] in
            var told = 0
            for await _ in Screenshots(name, center).taken() { told += 1 }
            return told
        }
        listening.cancel()
        #expect(await listening.value == 0)
        #expect(center.listening == 0, "nobody is left at the system's door")
    }

    @Test func aPressOfTheControlIsHeard() async {
        let pressed = ControlPresses(center).heard()
        #expect(center.listening == 1)
        center.post(name: Notification.Name("org.gauze.app.open-camera"), object: nil)
        for await _ in pressed { return }
        Issue.record("it ended without a press")
    }
}

import Foundation
import Testing

@testable import GauzePlatform

/// Counts who listens, and how often one of them is told.
private final class Center: NotificationCenter, @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var count = 0
    private var calls = 0

    var listening: Int { lock.withLock { count } }
    var told: Int { lock.withLock { calls } }

    override func addObserver(
        forName name: Notification.Name?, object: Any?, queue: OperationQueue?, using block: @escaping @Sendable (Notification) -> Void
    ) -> any NSObjectProtocol {
        lock.withLock { count += 1 }
        return super.addObserver(forName: name, object: object, queue: queue) { [weak self] said in
            self?.lock.withLock { self?.calls += 1 }
            block(said)
        }
    }

    override func removeObserver(_ observer: Any) {
        lock.withLock { count -= 1 }
        super.removeObserver(observer)
    }
}

/// How often `stream` told what was said so far; a listener that is cancelled is told that, and nothing more.
private func told(_ stream: AsyncStream<Void>) async -> Int {
    let listening = Task {
        var told = 0
        for await _ in stream { told += 1 }
        return told
    }
    listening.cancel()
    return await listening.value
}

/// What the system, or the control, says by a notification.
@Suite struct HeardTests {
    private let center = Center()
    private let name = Notification.Name("screenshot")

    @Test func eachScreenshotIsToldOnceAndNothingElse() async {
        let taken = Screenshots(name, center).taken()
        center.post(name: Notification.Name("another"), object: nil)
        for _ in 0..<3 { center.post(name: name, object: nil) }
        #expect(await told(taken) == 3)
    }

    @Test func whoeverStoppedListeningIsToldNothing() async {
        let taken = Screenshots(name, center).taken()
        center.post(name: name, object: nil)
        #expect(await told(taken) == 1)
        center.post(name: name, object: nil)
        #expect(center.told == 1)
        #expect(center.listening == 0, "nobody is left at the system's door")
    }

    @Test func aPressOfTheControlIsHeard() async {
        let pressed = ControlPresses(center).heard()
        #expect(center.listening == 1)
        center.post(name: Notification.Name("org.gauze.app.open-camera"), object: nil)
        center.post(name: name, object: nil)
        #expect(await told(pressed) == 1)
    }
}

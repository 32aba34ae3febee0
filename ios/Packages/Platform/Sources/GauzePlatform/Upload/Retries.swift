import BackgroundTasks
import Foundation

/// Asks the system for time of its own, now or later. One request stands at a time: a new one takes the place of the last.
public protocol Retries: Sendable {
    func submit(after seconds: TimeInterval)

    func cancel()
}

/// A processing task, which the system starts when it sees fit and there is a network.
public struct SystemRetries: Retries {
    public static let identifier = "org.gauze.app.retry"

    public init() {}

    public func submit(after seconds: TimeInterval) {
        let request = BGProcessingTaskRequest(identifier: Self.identifier)
        request.requiresNetworkConnectivity = true
        if seconds > 0 { request.earliestBeginDate = Date(timeIntervalSinceNow: seconds) }
        try? BGTaskScheduler.shared.submit(request)
    }

    /// What is done with the time that the system grants; said once, before the app has started. It is granted on a queue of the
    /// system's own, where a closure of the main actor would end the app.
    public static func spend(on work: @escaping @Sendable () async -> Void) -> Bool {
        BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: nil) { task in
            let grant = Grant(task)
            task.expirationHandler = granted(work) { grant.ended($0) }
        }
    }

    /// Begins the work, and tells once that it is done or, as soon as its time is over, that it is not: the system kills an app
    /// that keeps on. What was asked of the core then goes on for as long as the process does. Returns what ends its time.
    static func granted(
        _ work: @escaping @Sendable () async -> Void, told: @escaping @Sendable (Bool) -> Void
    ) -> @Sendable () -> Void {
        let (ends, end) = AsyncStream.makeStream(of: Bool.self)
        let working = Task {
            await work()
            end.yield(true)
        }
        Task {
            for await done in ends {
                told(done)
                break
            }
            working.cancel()
        }
        return { end.yield(false) }
    }

    public func cancel() {
        BGTaskScheduler.shared.cancel(taskRequestWithIdentifier: Self.identifier)
    }
}

private final class Grant: @unchecked Sendable {
    // Apple's SDK does not say of its class that threads may share it: this alone is called, once, on whichever thread.
    private let task: BGTask

    init(_ task: BGTask) {
        self.task = task
    }

    func ended(_ done: Bool) { task.setTaskCompleted(success: done) }
}

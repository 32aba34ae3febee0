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

    public func cancel() {
        BGTaskScheduler.shared.cancel(taskRequestWithIdentifier: Self.identifier)
    }
}

import Foundation
import UIKit

/// Tells of screenshots of the app: the system says so once they were taken, and keeps nobody from it.
public struct Screenshots: Sendable {
    private let name: Notification.Name

    public init() { self.init(UIApplication.userDidTakeScreenshotNotification) }

    init(_ name: Notification.Name) {
        self.name = name
    }

    /// One for each, for as long as it is iterated.
    public func taken() -> AsyncStream<Void> { heard(name) }
}

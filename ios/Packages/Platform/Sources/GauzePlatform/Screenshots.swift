import Foundation
import UIKit

/// Tells of screenshots of the app: the system says so once they were taken, and keeps nobody from it.
public struct Screenshots: Sendable {
    private let name: Notification.Name
    private let center: NotificationCenter

    public init() { self.init(UIApplication.userDidTakeScreenshotNotification) }

    init(_ name: Notification.Name, _ center: NotificationCenter = .default) {
        self.name = name
        self.center = center
    }

    /// One for each, for as long as it is iterated.
    public func taken() -> AsyncStream<Void> { heard(name, center) }
}

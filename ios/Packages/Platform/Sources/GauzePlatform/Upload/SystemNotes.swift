import Foundation
import GauzeLogic
import UIKit
import UserNotifications

/// How many photos wait, on the app's icon alone.
public struct SystemNotes: Notes {
    public init() {}

    public func allowed() async -> Bool {
        await UNUserNotificationCenter.current().notificationSettings().badgeSetting == .enabled
    }

    /// The system asks once; whoever said no then is led to where that is changed.
    public func ask() async {
        let center = UNUserNotificationCenter.current()
        if await center.notificationSettings().authorizationStatus == .notDetermined {
            _ = try? await center.requestAuthorization(options: .badge)
        } else if let settings = URL(string: UIApplication.openNotificationSettingsURLString) {
            await UIApplication.shared.open(settings)
        }
    }

    public func show(waiting: Int64) {
        Task { try? await UNUserNotificationCenter.current().setBadgeCount(Int(waiting)) }
    }
}

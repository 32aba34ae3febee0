import Foundation

/// Tells that the app's control was pressed, on the locked screen or elsewhere, and the phone unlocked. The intent is compiled into
/// the extensions too, which have no part of this app: it says no more than a name.
public struct ControlPresses: Sendable {
    private let center: NotificationCenter

    public init() { self.init(.default) }

    init(_ center: NotificationCenter) {
        self.center = center
    }

    /// One for each, for as long as it is iterated.
    public func heard() -> AsyncStream<Void> { GauzePlatform.heard(Notification.Name("org.gauze.app.open-camera"), center) }
}

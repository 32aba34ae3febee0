@_exported import Foundation

/// Foundation's, where it is Apple's.
open class NSUserActivity: NSObject { public init(activityType: String) {} }

@MainActor open class UIResponder: NSObject {
    public nonisolated override init() { super.init() }
}

open class UIView: UIResponder {
    public init(frame: CGRect) {}
    public var bounds: CGRect { fatalError() }
    open class var layerClass: AnyClass { CALayer.self }
    public var layer: CALayer { fatalError() }
    open func addInteraction(_ interaction: any UIInteraction) {}
}

@MainActor public protocol UIInteraction: NSObjectProtocol {}

open class CALayer: NSObject, @unchecked Sendable {}

open class UIWindow: UIView {
    public convenience init() { fatalError() }
    public var isKeyWindow: Bool { fatalError() }
}

open class UIScene: UIResponder {}

open class UIWindowScene: UIScene {
    public var windows: [UIWindow] { fatalError() }
}

open class UIImage: NSObject, @unchecked Sendable {
    public init?(data: Data) { fatalError() }
}

open class UIDevice: NSObject, @unchecked Sendable {
    @MainActor public static var current: UIDevice { fatalError() }
    @MainActor public var model: String { fatalError() }
}

public struct UIBackgroundTaskIdentifier: Hashable, Sendable {
    public static let invalid = UIBackgroundTaskIdentifier()
}

open class UIApplication: UIResponder {
    public struct LaunchOptionsKey: Hashable, Sendable {}

    public struct ExtensionPointIdentifier: Hashable, Sendable {
        public static let keyboard = ExtensionPointIdentifier()
    }

    public static var shared: UIApplication { fatalError() }
    public nonisolated static var userDidTakeScreenshotNotification: Notification.Name { fatalError() }
    public nonisolated static var openSettingsURLString: String { fatalError() }
    public nonisolated static var openNotificationSettingsURLString: String { fatalError() }
    @discardableResult
    public func open(_ url: URL) async -> Bool { fatalError() }
    public var connectedScenes: Set<UIScene> { fatalError() }
    public nonisolated func beginBackgroundTask(
        withName taskName: String?, expirationHandler handler: (@MainActor @Sendable () -> Void)? = nil
    ) -> UIBackgroundTaskIdentifier { fatalError() }
    public nonisolated func endBackgroundTask(_ identifier: UIBackgroundTaskIdentifier) { fatalError() }
}

@MainActor public protocol UIApplicationDelegate: AnyObject {
    func application(_ application: UIApplication, didFinishLaunchingWithOptions launchOptions: [UIApplication.LaunchOptionsKey: Any]?) -> Bool
    func application(
        _ application: UIApplication, handleEventsForBackgroundURLSession identifier: String, completionHandler: @escaping () -> Void
    )
    func application(
        _ application: UIApplication, shouldAllowExtensionPointIdentifier extensionPointIdentifier: UIApplication.ExtensionPointIdentifier
    ) -> Bool
}

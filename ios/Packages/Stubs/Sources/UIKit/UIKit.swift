@_exported import Foundation

/// Foundation's, where it is Apple's.
open class NSUserActivity: NSObject { public init(activityType: String) {} }

/// Foundation's, where it is Apple's.
public struct Selector: Hashable, Sendable {}

public func NSStringFromSelector(_ aSelector: Selector) -> String { fatalError() }

public enum UIEditingInteractionConfiguration: Sendable { case none, `default` }

@MainActor open class UIResponder: NSObject {
    public nonisolated override init() { super.init() }
    open func canPerformAction(_ action: Selector, withSender sender: Any?) -> Bool { fatalError() }
    open var editingInteractionConfiguration: UIEditingInteractionConfiguration { fatalError() }
    open func copy(_ sender: Any?) {}
    open func cut(_ sender: Any?) {}
}

open class UIView: UIResponder {
    public init(frame: CGRect) {}
    public var bounds: CGRect { fatalError() }
    open class var layerClass: AnyClass { CALayer.self }
    public var layer: CALayer { fatalError() }
    open func addInteraction(_ interaction: any UIInteraction) {}
}

extension UIView {
    public var backgroundColor: UIColor? {
        get { fatalError() }
        set {}
    }
    public var accessibilityLabel: String? {
        get { fatalError() }
        set {}
    }
    public func sizeThatFits(_ size: CGSize) -> CGSize { fatalError() }
}

open class UIColor: NSObject, @unchecked Sendable {
    public static var label: UIColor { fatalError() }
    public static var clear: UIColor { fatalError() }
}

open class UIFont: NSObject, @unchecked Sendable {
    public struct TextStyle: Sendable { public static let body = TextStyle() }
    public static func preferredFont(forTextStyle style: TextStyle) -> UIFont { fatalError() }
}

public enum UITextAutocorrectionType: Sendable { case no }
public enum UITextAutocapitalizationType: Sendable { case none }
public enum UITextSpellCheckingType: Sendable { case no }
public enum UITextSmartDashesType: Sendable { case no }
public enum UITextSmartQuotesType: Sendable { case no }
public enum UITextSmartInsertDeleteType: Sendable { case no }
public enum UITextInlinePredictionType: Sendable { case no }
public enum UIWritingToolsBehavior: Sendable { case none }

open class NSTextContainer: NSObject {}

@MainActor open class UIDragInteraction: NSObject { public var isEnabled = true }

@MainActor public protocol UITextViewDelegate: NSObjectProtocol {
    func textViewDidChange(_ textView: UITextView)
}

open class UITextView: UIView {
    public init(frame: CGRect, textContainer: NSTextContainer?) { super.init(frame: frame) }
    public required init?(coder: NSCoder) { return nil }
    public weak var delegate: (any UITextViewDelegate)?
    public var text: String!
    public var font: UIFont?
    public var textColor: UIColor?
    public var adjustsFontForContentSizeCategory = false
    public var isScrollEnabled = true
    public var autocorrectionType = UITextAutocorrectionType.no
    public var autocapitalizationType = UITextAutocapitalizationType.none
    public var spellCheckingType = UITextSpellCheckingType.no
    public var smartDashesType = UITextSmartDashesType.no
    public var smartQuotesType = UITextSmartQuotesType.no
    public var smartInsertDeleteType = UITextSmartInsertDeleteType.no
    public var inlinePredictionType = UITextInlinePredictionType.no
    public var writingToolsBehavior = UIWritingToolsBehavior.none
    public var textDragInteraction: UIDragInteraction? { fatalError() }
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

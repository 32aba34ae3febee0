// swift-tools-version: 6.0
import PackageDescription

// Apple's frameworks as far as Platform and App use them, signature by signature from Apple's documentation of the SDK of
// iOS 18.4, for the compiler on Linux alone. Nothing here does anything: a call ends the process. A wrong line here is a
// wrong check there, and availability by version is not checked at all.
let package = Package(
    name: "Stubs",
    products: [
        .library(
            name: "Frameworks",
            targets: [
                "SwiftUI", "UIKit", "AVFoundation", "ImageIO", "Security", "LocalAuthentication", "DeviceCheck", "BackgroundTasks", "Network",
                "AuthenticationServices", "CryptoKit", "ManagedApp", "CoreMotion", "AudioToolbox", "UserNotifications",
                "AVKit", "AppIntents", "CoreLocation", "LockedCameraCapture", "WidgetKit", "BackgroundSessions",
            ]
        )
    ],
    targets: [
        .target(name: "Security"),
        .target(name: "Network"),
        .target(name: "LocalAuthentication"),
        .target(name: "DeviceCheck"),
        .target(name: "BackgroundTasks"),
        .target(name: "BackgroundSessions"),
        .target(name: "ManagedApp"),
        .target(name: "CoreMotion"),
        .target(name: "CoreLocation"),
        .target(name: "AudioToolbox"),
        .target(name: "UserNotifications"),
        .target(name: "CryptoKit", dependencies: ["Security", "LocalAuthentication"]),
        .target(name: "UIKit"),
        .target(name: "ImageIO"),
        .target(name: "AVFoundation", dependencies: ["UIKit"]),
        .target(name: "AuthenticationServices", dependencies: ["UIKit"]),
        .target(name: "SwiftUI", dependencies: ["UIKit"]),
        .target(name: "AVKit", dependencies: ["UIKit"]),
        .target(name: "AppIntents"),
        .target(name: "LockedCameraCapture", dependencies: ["SwiftUI", "UIKit"]),
        .target(name: "WidgetKit", dependencies: ["SwiftUI", "AppIntents"]),
    ],
    swiftLanguageModes: [.v6]
)

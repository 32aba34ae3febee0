import Foundation
import GauzeLogic
import GauzePlatform
import UIKit

/// What the system tells the app besides its views: transfers that ended, background time, keyboards that want in.
@MainActor
final class AppDelegate: UIResponder, UIApplicationDelegate {
    let graph = AppGraph()

    func application(
        _ application: UIApplication, didFinishLaunchingWithOptions launchOptions: [UIApplication.LaunchOptionsKey: Any]?
    ) -> Bool {
        _ = graph.core()
        graph.uploads.start(.uploads())
        let uploads = graph.uploads
        return SystemRetries.spend { await uploads.retry() }
    }

    func application(
        _ application: UIApplication, handleEventsForBackgroundURLSession identifier: String,
        completionHandler: @escaping () -> Void
    ) {
        let done = Done(completionHandler)
        graph.uploads.wokenFor { Task { @MainActor in done.call() } }
    }

    /// No keyboard of another maker sees what is typed here.
    func application(
        _ application: UIApplication, shouldAllowExtensionPointIdentifier extensionPointIdentifier: UIApplication.ExtensionPointIdentifier
    ) -> Bool { extensionPointIdentifier != .keyboard }
}

/// UIKit's handler, which wants to be called where it was given.
@MainActor
private final class Done {
    private let handler: () -> Void

    init(_ handler: @escaping () -> Void) {
        self.handler = handler
    }

    func call() {
        handler()
    }
}

import Foundation
import UIKit

@MainActor public protocol ASWebAuthenticationPresentationContextProviding: AnyObject {
    func presentationAnchor(for session: ASWebAuthenticationSession) -> UIWindow
}

@MainActor open class ASWebAuthenticationSession: NSObject {
    public struct Callback: Sendable {
        public static func customScheme(_ customScheme: String) -> Callback { fatalError() }
    }

    public init(url: URL, callback: Callback, completionHandler: @escaping (URL?, (any Error)?) -> Void) { fatalError() }
    open weak var presentationContextProvider: (any ASWebAuthenticationPresentationContextProviding)? { get { fatalError() } set {} }
    open var prefersEphemeralWebBrowserSession: Bool { get { fatalError() } set {} }
    open func start() -> Bool { fatalError() }
    open func cancel() {}
}

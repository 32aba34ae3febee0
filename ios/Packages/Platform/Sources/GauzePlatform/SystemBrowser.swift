import AuthenticationServices
import Foundation
import GauzeLogic
import UIKit

/// The system's browser for the hospital's sign-in (RFC 8252): it opens the page and comes back with an address of the app's
/// own scheme. Its cookies are its own and go with it, so that the next person at a shared phone signs in anew.
@MainActor
public final class SystemBrowser: NSObject, Browser, ASWebAuthenticationPresentationContextProviding {
    private var session: ASWebAuthenticationSession?
    private let window: () -> UIWindow?

    public init(_ window: @escaping () -> UIWindow?) {
        self.window = window
        super.init()
    }

    public nonisolated func visit(_ page: String) async -> String? { await show(page) }

    private func show(_ page: String) async -> String? {
        guard let url = URL(string: page) else { return nil }
        // The system calls back where it likes.
        let (answers, answer) = AsyncStream.makeStream(of: String?.self)
        let session = ASWebAuthenticationSession(url: url, callback: .customScheme("org.gauze.app")) { @Sendable callback, _ in
            answer.yield(callback?.absoluteString)
            answer.finish()
        }
        session.presentationContextProvider = self
        session.prefersEphemeralWebBrowserSession = true
        self.session = session
        if !session.start() { answer.finish() }
        for await answer in answers { return answer }
        return nil
    }

    public func presentationAnchor(for session: ASWebAuthenticationSession) -> UIWindow { window() ?? UIWindow() }
}

import Foundation
import GauzeLogic
import LocalAuthentication

/// The context in which somebody confirmed who they are, for as long as photos may be shown.
public final class Confirmed: @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var current: LAContext?

    public init() {}

    var context: LAContext? { lock.withLock { current } }

    func set(_ context: LAContext?) {
        lock.withLock {
            current?.invalidate()
            current = context
        }
    }

    /// When review locks, and whenever the app leaves the screen.
    public func forget() {
        set(nil)
    }
}

/// The system's own prompt: a face, a finger, or the phone's code.
public final class SystemBiometric: Biometric {
    private let confirmed: Confirmed
    private let title: String

    /// `title` is what the prompt says it is for.
    public init(_ confirmed: Confirmed, title: String) {
        self.confirmed = confirmed
        self.title = title
    }

    public func authenticate() async -> Authentication {
        let context = LAContext()
        do {
            guard try await context.evaluatePolicy(.deviceOwnerAuthentication, localizedReason: title) else { return .declined }
            confirmed.set(context)
            return .confirmed
        } catch {
            return Self.answer(error)
        }
    }

    static func answer(_ error: any Error) -> Authentication {
        switch (error as? LAError)?.code {
        case .passcodeNotSet: .notSetUp
        case .biometryLockout: .lockedOut
        default: .declined
        }
    }
}

public enum LAPolicy: Int, Sendable { case deviceOwnerAuthentication = 2 }

public struct LAError: Error {
    public enum Code: Int, Sendable {
        case authenticationFailed, userCancel, passcodeNotSet, biometryLockout, notInteractive, invalidContext
    }

    public let code: Code
    public init(_ code: Code) { self.code = code }
}

// Apple's is not `Sendable` either; what shares one says how.
open class LAContext {
    public init() { fatalError() }
    open func evaluatePolicy(_ policy: LAPolicy, localizedReason: String) async throws -> Bool { fatalError() }
    open func invalidate() {}
}

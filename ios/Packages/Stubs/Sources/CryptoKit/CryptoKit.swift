import Foundation
import LocalAuthentication
import Security

public enum P256 {
    public enum Signing {
        public struct PublicKey: Sendable { public var x963Representation: Data { fatalError() } }
        public struct ECDSASignature: Sendable { public var derRepresentation: Data { fatalError() } }
    }

    public enum KeyAgreement {
        public struct PublicKey: Sendable {
            public init(x963Representation: Data) throws { fatalError() }
            public var x963Representation: Data { fatalError() }
        }
    }
}

public struct SharedSecret: Sendable {
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R { fatalError() }
}

public enum SecureEnclave {
    public static var isAvailable: Bool { fatalError() }

    public enum P256 {
        public enum Signing {
            public struct PrivateKey: Sendable {
                public init(accessControl: SecAccessControl, authenticationContext: LAContext? = nil) throws { fatalError() }
                public init(dataRepresentation: Data, authenticationContext: LAContext? = nil) throws { fatalError() }
                public var dataRepresentation: Data { fatalError() }
                public var publicKey: CryptoKit.P256.Signing.PublicKey { fatalError() }
                public func signature(for data: Data) throws -> CryptoKit.P256.Signing.ECDSASignature { fatalError() }
            }
        }

        public enum KeyAgreement {
            public struct PrivateKey: Sendable {
                public init(accessControl: SecAccessControl, authenticationContext: LAContext? = nil) throws { fatalError() }
                public init(dataRepresentation: Data, authenticationContext: LAContext? = nil) throws { fatalError() }
                public var dataRepresentation: Data { fatalError() }
                public var publicKey: CryptoKit.P256.KeyAgreement.PublicKey { fatalError() }
                public func sharedSecretFromKeyAgreement(with publicKeyShare: CryptoKit.P256.KeyAgreement.PublicKey) throws
                    -> SharedSecret
                { fatalError() }
            }
        }
    }
}

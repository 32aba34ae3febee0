#if canImport(CryptoKit)
@_exported import CryptoKit
#else
import CTestKeys
import Foundation

/// What libcrypto refused.
public struct RefusedByLibcrypto: Error {}

/// CryptoKit's names, as far as a key vault for tests needs them, over libcrypto.
public enum P256 {
    public enum Signing {
        public final class PrivateKey: Sendable {
            private let key = Key()

            public init() {}

            public var publicKey: PublicKey { PublicKey(x963Representation: key.point) }

            public func signature(for message: Data) throws -> Signature {
                Signature(derRepresentation: try key.sign(message))
            }
        }

        public struct Signature: Sendable {
            public let derRepresentation: Data
        }
    }

    public enum KeyAgreement {
        public final class PrivateKey: Sendable {
            private let key = Key()

            public init() {}

            public var publicKey: PublicKey { PublicKey(x963Representation: key.point) }

            public func sharedSecretFromKeyAgreement(with peer: PublicKey) throws -> Data {
                try key.agree(peer.x963Representation)
            }
        }

        public typealias PublicKey = P256.PublicKey
    }

    public struct PublicKey: Sendable {
        public let x963Representation: Data

        public init(x963Representation: Data) {
            self.x963Representation = x963Representation
        }
    }
}

/// One key of libcrypto, which reads it from any thread and never changes it.
private final class Key: @unchecked Sendable {
    private let key: UnsafeMutableRawPointer
    let point: Data

    init() {
        guard let key = test_key_new() else { fatalError("libcrypto makes no P-256 key") }
        var point = [UInt8](repeating: 0, count: Int(TEST_KEY_POINT))
        guard test_key_point(key, &point) == 1 else { fatalError("libcrypto shows no point of its key") }
        self.key = key
        self.point = Data(point)
    }

    deinit {
        test_key_free(key)
    }

    func sign(_ message: Data) throws -> Data {
        var signature = [UInt8](repeating: 0, count: Int(TEST_KEY_SIGNATURE))
        var length = signature.count
        guard test_key_sign(key, [UInt8](message), message.count, &signature, &length) == 1 else {
            throw RefusedByLibcrypto()
        }
        return Data(signature.prefix(length))
    }

    func agree(_ peer: Data) throws -> Data {
        guard peer.count == Int(TEST_KEY_POINT) else { throw RefusedByLibcrypto() }
        var shared = [UInt8](repeating: 0, count: Int(TEST_KEY_SHARED))
        guard test_key_agree(key, [UInt8](peer), &shared) == 1 else { throw RefusedByLibcrypto() }
        return Data(shared)
    }
}
#endif

import CryptoKit
import Foundation
import GauzeLogic
import LocalAuthentication
import Security

/// The phone's keys in the Secure Enclave. What the keychain holds of each is a blob that this Enclave alone can use. The
/// device key signs at any time after the first unlock; the review key agrees only for whoever is in front of the phone, once
/// `SystemBiometric` confirmed it.
public final class EnclaveKeys: DeviceKeys {
    private let device = Keychain(account: "device", accessible: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly as String)
    private let review = Keychain(account: "review", accessible: kSecAttrAccessibleWhenPasscodeSetThisDeviceOnly as String)
    private let confirmed: Confirmed

    public init(_ confirmed: Confirmed) {
        self.confirmed = confirmed
    }

    public static var inChip: Bool { SecureEnclave.isAvailable }

    public func create(challenge: Data) throws {
        guard SecureEnclave.isAvailable else { throw KeyFault.unavailable }
        try answered {
            let signing = try access(kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly, .privateKeyUsage)
            try device.keep(try SecureEnclave.P256.Signing.PrivateKey(accessControl: signing).dataRepresentation)
        }
        try createReview()
    }

    public func createReview() throws {
        guard SecureEnclave.isAvailable else { throw KeyFault.unavailable }
        guard try review.load() == nil else { return }
        try answered {
            let agreeing = try access(kSecAttrAccessibleWhenPasscodeSetThisDeviceOnly, [.privateKeyUsage, .userPresence])
            try review.keep(try SecureEnclave.P256.KeyAgreement.PrivateKey(accessControl: agreeing).dataRepresentation)
        }
    }

    public func deviceKey() throws -> Data { try answered { try signing().publicKey.x963Representation } }

    public func sign(_ message: Data) throws -> Data {
        try answered { try signing().signature(for: message).derRepresentation }
    }

    public func reviewKey() throws -> Data? {
        guard let blob = try review.load() else { return nil }
        return try answered {
            try SecureEnclave.P256.KeyAgreement.PrivateKey(dataRepresentation: blob).publicKey.x963Representation
        }
    }

    public func agree(peer: Data) throws -> Data {
        guard let blob = try review.load() else { throw KeyFault.gone }
        guard let context = confirmed.context else { throw KeyFault.needsUser }
        return try answered {
            let key = try SecureEnclave.P256.KeyAgreement.PrivateKey(dataRepresentation: blob, authenticationContext: context)
            let shared = try key.sharedSecretFromKeyAgreement(with: P256.KeyAgreement.PublicKey(x963Representation: peer))
            return shared.withUnsafeBytes { Data($0) }
        }
    }

    public func destroy(deviceToo: Bool) throws {
        try review.forget()
        if deviceToo { try device.forget() }
    }

    private func signing() throws -> SecureEnclave.P256.Signing.PrivateKey {
        guard let blob = try device.load() else { throw KeyFault.gone }
        return try SecureEnclave.P256.Signing.PrivateKey(dataRepresentation: blob)
    }

    private func access(_ accessible: CFString, _ flags: SecAccessControlCreateFlags) throws -> SecAccessControl {
        guard let control = SecAccessControlCreateWithFlags(nil, accessible, flags, nil) else { throw KeyFault.unavailable }
        return control
    }

    private func answered<Answer>(_ call: () throws -> Answer) throws -> Answer {
        do { return try call() } catch { throw Self.fault(error) }
    }

    /// What the core is told of whatever went wrong.
    static func fault(_ error: any Error) -> KeyFault {
        switch error {
        case let fault as KeyFault: fault
        case let error as LAError where error.code == .notInteractive || error.code == .userCancel: .needsUser
        default: .unavailable
        }
    }
}

import Foundation

/// Why the keys did not answer: each ends in the core's own cause and next step.
public enum KeyFault: Error, Sendable, CaseIterable {
    case needsUser, gone, unavailable
}

/// The phone's two P-256 keys. The device key signs at any time; the review key agrees only after its user authenticated.
/// Public keys are uncompressed points of 65 bytes. Every call may throw `KeyFault`; none calls back into the core.
public protocol DeviceKeys: Sendable {
    /// Makes the device key anew, and the review key where there is none.
    func create(challenge: Data) throws

    func deviceKey() throws -> Data

    /// ECDSA with SHA-256, in DER.
    func sign(_ message: Data) throws -> Data

    /// Makes the review key where there is none; nothing on a phone that can have none.
    func createReview() throws

    func reviewKey() throws -> Data?

    /// ECDH of the review key: 32 bytes.
    func agree(peer: Data) throws -> Data

    func destroy(deviceToo: Bool) throws
}

/// What became of an attestation. `error` is the name of Apple's `DCError`.
public enum Attested: Sendable {
    case made(keyId: Data, object: Data)
    case unavailable(error: String)
}

/// What Apple says of app and phone (App Attest). `hash` is SHA-256 of what the statement is bound to.
public protocol KeyEvidence: Sendable {
    /// A new attested key and what is said of it; nil where there is no such thing, as on a simulator.
    func attest(_ hash: Data) throws -> Attested?

    /// A statement of the key that was attested; nil where there is none.
    func assert(_ hash: Data) throws -> Data?
}

/// One small secret that outlives the process, under a key of the hardware.
public protocol Secret: Sendable {
    func load() throws -> Data?

    func keep(_ secret: Data) throws

    func forget() throws
}

public protocol Network: Sendable {
    func reachable() -> Bool
}

public enum DiskProtection: Sendable, CaseIterable {
    case held, wrong, notYetUnlocked
}

public protocol Disk: Sendable {
    func protection(_ dir: String) -> DiskProtection
}

/// Everything of the phone that the core stands on.
public struct CorePorts: Sendable {
    public let keys: any DeviceKeys
    public let evidence: any KeyEvidence
    public let secret: any Secret
    public let network: any Network
    public let disk: any Disk

    public init(
        keys: any DeviceKeys, evidence: any KeyEvidence, secret: any Secret, network: any Network, disk: any Disk
    ) {
        self.keys = keys
        self.evidence = evidence
        self.secret = secret
        self.network = network
        self.disk = disk
    }
}

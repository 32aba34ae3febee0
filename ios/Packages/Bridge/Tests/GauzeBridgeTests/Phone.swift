import Crypto
import Foundation
import GauzeBridge
import Synchronization

/// P-256 keys in memory: what the Secure Enclave is on a phone.
final class MemoryVault: KeyVault, Attestor {
    struct State {
        var device: P256.Signing.PrivateKey?
        var review: P256.KeyAgreement.PrivateKey?
        var fault: PlatformError?
    }

    let state = Mutex(State())

    func create(challenge: Data) throws {
        state.withLock { state in
            state.device = P256.Signing.PrivateKey()
            if state.review == nil { state.review = P256.KeyAgreement.PrivateKey() }
        }
    }

    func deviceKey() throws -> Data {
        guard let key = state.withLock({ $0.device }) else { throw PlatformError.Gone }
        return key.publicKey.x963Representation
    }

    func sign(message: Data) throws -> Data {
        let (key, fault) = state.withLock { ($0.device, $0.fault) }
        if let fault { throw fault }
        guard let key else { throw PlatformError.Gone }
        return try key.signature(for: message).derRepresentation
    }

    func reviewKey() throws -> Data? {
        state.withLock { $0.review?.publicKey.x963Representation }
    }

    func agree(peer: Data) throws -> Data {
        let (key, fault) = state.withLock { ($0.review, $0.fault) }
        if let fault { throw fault }
        guard let key else { throw PlatformError.Gone }
        let shared = try key.sharedSecretFromKeyAgreement(with: .init(x963Representation: peer))
        return shared.withUnsafeBytes { Data($0) }
    }

    func destroy(deviceToo: Bool) throws {
        state.withLock { state in
            state.review = nil
            if deviceToo { state.device = nil }
        }
    }

    func attest(challenge: Data, deviceKey: Data) throws -> Evidence {
        .software
    }

    func attestAgain(challenge: Data, deviceKey: Data) throws -> Evidence {
        .software
    }
}

/// Forgets everything with the process.
final class MemorySecrets: SecretStore {
    let secret = Mutex<Data?>(nil)

    func load() throws -> Data? { secret.withLock { $0 } }
    func keep(secret: Data) throws { self.secret.withLock { $0 = secret } }
    func forget() throws { secret.withLock { $0 = nil } }
}

/// What the system knows of the network.
final class Air: Reachability {
    let isReachable = Mutex(true)

    func reachable() throws -> Bool { isReachable.withLock { $0 } }
}

/// How the system protects the app's directory.
final class Guarding: Storage {
    func protection(dir: String) throws -> Protection { .held }
}

/// The hospital that whoever started the tests has running: see `Ward.kt`.
enum Ward {
    private static let next = Mutex(0)

    static func managed() throws -> String {
        let dir = URL(fileURLWithPath: environment("GAUZE_MANAGED"))
        let files = try FileManager.default.contentsOfDirectory(at: dir, includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
        let n = next.withLock { n in
            n += 1
            return n - 1
        }
        return try String(contentsOf: files[n], encoding: .utf8)
    }

    static func picture() throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: environment("GAUZE_PICTURE")))
    }

    private static func environment(_ name: String) -> String {
        ProcessInfo.processInfo.environment[name] ?? ""
    }
}

/// A phone: the core on ports written in Swift.
final class Phone {
    let vault = MemoryVault()
    let secrets = MemorySecrets()
    let air = Air()
    let guarding = Guarding()
    let dir: URL
    var client: Client?

    init() throws {
        dir = FileManager.default.temporaryDirectory.appendingPathComponent("gauze-phone-\(UUID().uuidString)")
        try open()
    }

    deinit {
        client = nil
        try? FileManager.default.removeItem(at: dir)
    }

    func open() throws {
        client = nil
        client = try Client.open(
            dir: dir.path,
            platform: .ios,
            model: "swift",
            appVersion: "0.1.0",
            ports: ClientPorts(vault: vault, attestor: vault, secrets: secrets, reachability: air, storage: guarding)
        )
    }

    func enrolled() async throws -> Phone {
        _ = try await client!.enrolment().enrol(managed: Ward.managed())
        return self
    }

    func capture() throws -> CaptureId {
        try client!.capture(jpeg: Ward.picture(), context: context()).captureId
    }
}

/// A record of nobody.
func context() -> CaptureContext {
    CaptureContext(
        patient: Patient(
            nhsNumber: "9990000042", family: "Zzyzx-Familyname", given: "Quillonbert", dob: "1950-01-31",
            established: .wristband, confirmedBy: [.dob, .nhsNumber]
        ),
        site: Site(words: "lower leg", side: .left),
        view: .straight
    )
}

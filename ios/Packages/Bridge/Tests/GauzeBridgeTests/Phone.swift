import Foundation
import GauzeBridge
import TestKeys

/// A value that threads share.
final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}

/// P-256 keys in memory: what the Secure Enclave is on a phone.
final class MemoryVault: KeyVault, Attestor {
    struct State {
        var device: P256.Signing.PrivateKey?
        var review: P256.KeyAgreement.PrivateKey?
        /// What the vault throws from now on, in place of an answer.
        var fault: (any Error)?
        /// Runs before each signature: the hardware takes its time.
        var beforeSigning: @Sendable () -> Void = {}
        /// What it shows for its device key, given the challenge and the key's point.
        var evidence: @Sendable (Data, Data) throws -> Evidence = { _, _ in .software }
        /// What the device key was made for.
        var madeFor = Data()
    }

    let state = Locked(State())

    func create(challenge: Data) throws {
        state.withLock { state in
            state.madeFor = challenge
            state.device = P256.Signing.PrivateKey()
        }
        createReview()
    }

    func createReview() {
        state.withLock { state in
            if state.review == nil { state.review = P256.KeyAgreement.PrivateKey() }
        }
    }

    func deviceKey() throws -> Data {
        guard let key = state.withLock({ $0.device }) else { throw PlatformError.Gone }
        return key.publicKey.x963Representation
    }

    func sign(message: Data) throws -> Data {
        state.withLock { $0.beforeSigning }()
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
        try state.withLock { $0.evidence }(challenge, deviceKey)
    }

    func attestAgain(challenge: Data, deviceKey: Data) throws -> Evidence {
        try state.withLock { $0.evidence }(challenge, deviceKey)
    }
}

/// Forgets everything with the process.
final class MemorySecrets: SecretStore {
    let secret = Locked<Data?>(nil)

    func load() throws -> Data? { secret.withLock { $0 } }
    func keep(secret: Data) throws { self.secret.withLock { $0 = secret } }
    func forget() throws { secret.withLock { $0 = nil } }
}

/// What the system knows of the network.
final class Air: Reachability {
    let isReachable = Locked(true)

    func reachable() throws -> Bool { isReachable.withLock { $0 } }
}

/// How the system protects the app's directory.
final class Guarding: Storage {
    let says = Locked(Protection.held)

    func protection(dir: String) throws -> Protection { says.withLock { $0 } }
}

/// What whoever starts the tests left out.
struct NotReady: Error, CustomStringConvertible {
    let description: String
}

/// The hospital that whoever started the tests has running: see `Ward.kt`.
enum Ward {
    private static let next = Locked(0)

    /// A configuration that no other phone had.
    static func managed() throws -> String {
        let dir = URL(fileURLWithPath: try environment("GAUZE_MANAGED"))
        let files = try FileManager.default.contentsOfDirectory(at: dir, includingPropertiesForKeys: nil)
            .sorted { $0.path < $1.path }
        let taken = next.withLock { taken in
            taken += 1
            return taken
        }
        guard taken <= files.count else {
            throw NotReady(description: "GAUZE_MANAGED has \(files.count) configurations, one more is needed")
        }
        return try String(contentsOf: files[taken - 1], encoding: .utf8)
    }

    static func picture() throws -> Data {
        try Data(contentsOf: URL(fileURLWithPath: try environment("GAUZE_PICTURE")))
    }

    private static func environment(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw NotReady(description: "\(name) is not set: `cargo xtask test` starts these tests with a hospital")
        }
        return value
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

/// A patient who does not exist.
func nobody(
    nhsNumber: String = "9990000042", dob: String = "1950-01-31", confirmedBy: [Identifier] = [.dob, .nhsNumber]
) -> Patient {
    Patient(
        nhsNumber: nhsNumber, family: "Zzyzx-Familyname", given: "Quillonbert", dob: dob,
        established: .wristband, confirmedBy: confirmedBy
    )
}

/// A record of nobody.
func context(
    patient: Patient = nobody(), site: Site = Site(words: "lower leg", side: .left),
    wound: WoundId? = nil, series: SeriesId? = nil, notes: String? = nil
) -> CaptureContext {
    CaptureContext(patient: patient, site: site, wound: wound, series: series, view: .straight, notes: notes)
}

/// What was refused, by its case and its code.
func refusal(_ body: () async throws -> Any) async -> String {
    do {
        return "not refused: \(try await body())"
    } catch let error as ClientError {
        switch error {
        case .RetryLater(let code, _): return "RetryLater \(code)"
        case .FreeStorage(let code, _): return "FreeStorage \(code)"
        case .Unlock(let code, _): return "Unlock \(code)"
        case .Enrol(let code, _): return "Enrol \(code)"
        case .SignIn(let code, _): return "SignIn \(code)"
        case .AskIt(let code, _, let refusal): return "AskIt \(code)" + (refusal.map { " \($0.help)" } ?? "")
        case .NotPossible(let code, _): return "NotPossible \(code)"
        case .Report(let code, _): return "Report \(code)"
        }
    } catch let error as CaptureError {
        switch error {
        case .TakeAgain(let code, _): return "TakeAgain \(code)"
        case .FreeStorage(let code, _): return "FreeStorage \(code)"
        case .Enrol(let code, _): return "Enrol \(code)"
        case .SignIn(let code, _): return "SignIn \(code)"
        case .RetryLater(let code, _): return "RetryLater \(code)"
        case .Report(let code, _): return "Report \(code)"
        }
    } catch {
        return "another error: \(error)"
    }
}

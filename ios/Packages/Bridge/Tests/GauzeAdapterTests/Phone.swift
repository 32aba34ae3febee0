import Foundation
import GauzeAdapter
import GauzeLogic
import TestKeys

/// A value that threads share.
final class Locked<Value>: @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func callAsFunction<Answer>(_ body: (inout Value) throws -> Answer) rethrows -> Answer {
        try lock.withLock { try body(&value) }
    }
}

/// What a phone is besides the app, in memory: it outlives the app's process.
final class Hardware: DeviceKeys, KeyEvidence, Secret, Network, Disk, Biometric, Now, Handle, Judge {
    struct State {
        var device: P256.Signing.PrivateKey?
        var review: P256.KeyAgreement.PrivateKey?
        var secret: Data?
        var fault: KeyFault?
        var protection = DiskProtection.held
        var reachable = true
        var answer = Authentication.confirmed
    }

    let state = Locked(State())

    private func key<Key>(_ path: KeyPath<State, Key?>) throws -> Key {
        let (key, fault) = state { ($0[keyPath: path], $0.fault) }
        if let fault { throw fault }
        guard let key else { throw KeyFault.gone }
        return key
    }

    func create(challenge: Data) throws {
        state { $0.device = P256.Signing.PrivateKey() }
        createReview()
    }

    func createReview() {
        state { if $0.review == nil { $0.review = P256.KeyAgreement.PrivateKey() } }
    }

    func deviceKey() throws -> Data { try key(\.device).publicKey.x963Representation }

    func sign(_ message: Data) throws -> Data { try key(\.device).signature(for: message).derRepresentation }

    func reviewKey() throws -> Data? { state { $0.review?.publicKey.x963Representation } }

    func agree(peer: Data) throws -> Data {
        let shared = try key(\.review).sharedSecretFromKeyAgreement(with: .init(x963Representation: peer))
        return shared.withUnsafeBytes { Data($0) }
    }

    func destroy(deviceToo: Bool) throws {
        state {
            $0.review = nil
            if deviceToo { $0.device = nil }
        }
    }

    func attest(_ hash: Data) throws -> Attested? { nil }
    func assert(_ hash: Data) throws -> Data? { nil }
    func load() throws -> Data? { state { $0.secret } }
    func keep(_ secret: Data) throws { state { $0.secret = secret } }
    func forget() throws { state { $0.secret = nil } }
    func reachable() -> Bool { state { $0.reachable } }
    func protection(_ dir: String) -> DiskProtection { state { $0.protection } }
    func authenticate() async -> Authentication { state { $0.answer } }
    func millis() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
    func shoot() {}
    func torch(_ on: Bool) {}
    func focus(_ x: Double, _ y: Double) {}
    func safe() {}
    func judge(_ frame: Frame) -> Fitness { Fitness(500, 0) }
}

/// The app on a phone, without its views: every screen's presenter on the Rust core.
@MainActor
final class App {
    let hardware: Hardware
    let dir: URL
    let core: RustCore
    let journey: Journey
    let work = Work()

    init(_ hardware: Hardware = Hardware(), in dir: URL = App.anew()) throws {
        self.hardware = hardware
        self.dir = dir
        core = try App.open(hardware, dir).get()
        journey = Journey(core)
        journey.start()
    }

    static nonisolated func open(_ hardware: Hardware, _ dir: URL) -> Outcome<RustCore> {
        let ports = CorePorts(keys: hardware, evidence: hardware, secret: hardware, network: hardware, disk: hardware)
        return RustCore.open(dir: dir.path, model: "swift", version: "0.1.0", ports: ports)
    }

    static nonisolated func anew() -> URL {
        FileManager.default.temporaryDirectory.appendingPathComponent("gauze-app-\(UUID().uuidString)")
    }

    /// As device management sets a phone up; what is said of it where that fails.
    func enrol(_ values: String) async -> Line? {
        let presenter = EnrolPresenter(core, work) { self.journey.enrolled() }
        presenter.send(.managed(values: values))
        await work.idle()
        presenter.send(.start)
        await work.idle()
        return presenter.state.problem
    }

    func patients() -> PatientPresenter {
        PatientPresenter(core, core, hardware, Wristband(), today: { Day(Date(), in: .gmt) }, work, chosen: journey.patient)
    }

    /// One photo of whoever the screens before the camera were told of.
    func photograph(_ jpeg: Data) async throws -> CameraPresenter {
        guard case .camera(let record, _) = journey.route else { throw NotReady(description: "no camera") }
        let presenter = CameraPresenter(record, core, core, hardware, hardware, work, taken: { [journey] in _ = journey.taken($0, of: record) })
        presenter.send(.from(.ready))
        presenter.send(.from(.seen(Frame(luma: [0], width: 1, height: 1, stride: 1))))
        presenter.send(.shoot)
        presenter.send(.from(.taken(Shot(Picture(jpeg), side: 4000))))
        await work.idle()
        return presenter
    }

    func stages() throws -> [Stage] { try core.photos(200).get().map(\.stage) }
}

import Foundation
import GauzeAdapter
import GauzeLogic
import GauzePlatform
import UIKit

/// Everything the app is made of, made once and by hand.
@MainActor
final class AppGraph {
    let camera = SystemCamera()
    let level = GravityLevel()
    let locations = SystemLocations()
    let sound = SafeSound()
    let notes = SystemNotes()
    let screenshots = Screenshots()
    let confirmed = Confirmed()
    let managed = ManagedSettings()
    let lasting = BackgroundTime()
    lazy var uploads = Uploads(lasting)
    let now = SystemNow()
    lazy var network = SystemNetwork()
    let permissions = CameraPermission()
    lazy var judge = FrameJudge(camera.scale)
    lazy var biometric = SystemBiometric(confirmed, title: say(.promptUnlock))
    lazy var browser = SystemBrowser { AppGraph.window() }

    var zone: TimeZone { .current }
    var version: String { Bundle.main.object(forInfoDictionaryKey: "CFBundleShortVersionString") as? String ?? "" }

    /// The licences of what is packed, by paragraphs; none where whoever packed it wrote no list.
    lazy var licences: [String] = {
        guard let list = Bundle.main.url(forResource: "licences", withExtension: "txt") else { return [] }
        let text = (try? String(contentsOf: list, encoding: .utf8)) ?? ""
        return text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
    }()

    private lazy var ports = CorePorts(
        keys: EnclaveKeys(confirmed), evidence: AppAttest(), secret: KeychainSecret(), network: network, disk: SystemDisk()
    )
    private var opened: RustCore?
    private var going: Journey?

    /// The core, or why it does not open: then it is tried anew.
    func core() -> Outcome<RustCore> {
        if let opened { return .success(opened) }
        let support = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask)
        guard let dir = support.first?.appendingPathComponent("gauze") else { return .failure(Failure(.report, "storage_failed")) }
        try? SystemDisk.prepare(dir)
        let core = RustCore.open(dir: dir.path, model: UIDevice.current.model, version: version, ports: ports)
        if let open = core.orNil {
            opened = open
            uploads.use(open) { open.standing().waits }
            count(open)
        }
        return core
    }

    /// Counted in the core, which tells the hospital how often; before there is one, nothing was on the screen.
    func screenCaptured() {
        guard let opened else { return }
        Task.detached { opened.screenCaptured() }
    }

    /// The icon tells what waits for as long as the process lives.
    private func count(_ core: RustCore) {
        Task { [notes] in
            notes.show(waiting: core.standing().unsent)
            for await _ in core.moves() { notes.show(waiting: core.standing().unsent) }
        }
    }

    /// The way through the screens: it ends with the process.
    func journey(_ core: RustCore) -> Journey {
        if let going { return going }
        let journey = Journey(core)
        going = journey
        journey.start()
        return journey
    }

    static func window() -> UIWindow? {
        let scenes = UIApplication.shared.connectedScenes.compactMap { $0 as? UIWindowScene }
        return scenes.flatMap(\.windows).first(where: \.isKeyWindow)
    }
}

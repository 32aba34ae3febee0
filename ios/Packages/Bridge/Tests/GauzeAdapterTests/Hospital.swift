import Foundation

/// A hospital in a directory, with its gateway running and settings for several phones.
final class Hospital: Sendable {
    /// The one that every phone of these tests belongs to.
    static let ward = Hospital("GAUZE_HOSPITAL", "GAUZE_MANAGED")
    /// Another, which asks who takes its photos: with an identity provider of its own, that `tests/src/identity` is.
    static let asking = Hospital("GAUZE_SIGN_IN_HOSPITAL", "GAUZE_SIGN_IN_MANAGED")

    private let home: String
    private let settings: String
    private let taken = Locked(0)

    private init(_ home: String, _ settings: String) {
        self.home = home
        self.settings = settings
    }

    static func picture() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: try environment("GAUZE_PICTURE"))) }

    /// Some photos of real phones, where there are any.
    static func photos() -> [Data] {
        guard let dir = try? environment("GAUZE_PHOTOS") else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: dir))?.filter { $0.hasSuffix(".jpg") }.sorted() ?? []
        let photos = names.lazy.compactMap { FileManager.default.contents(atPath: "\(dir)/\($0)") }
        return Array(photos.filter { $0.count > 100_000 }.prefix(4))
    }

    /// A configuration that no other phone had: the last, which the bridge's own tests do not reach.
    func managed() throws -> String {
        let dir = URL(fileURLWithPath: try Self.environment(settings))
        let files = try FileManager.default.contentsOfDirectory(at: dir, includingPropertiesForKeys: nil)
            .sorted { $0.path > $1.path }
        let at = taken { taken in
            taken += 1
            return taken - 1
        }
        guard at < files.count else { throw NotReady(description: "\(settings) has \(files.count) configurations") }
        return try String(contentsOf: files[at], encoding: .utf8)
    }

    /// A program of the hospital's own, run in its directory.
    @discardableResult
    func run(_ program: String, _ arguments: String...) throws -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Self.environment("GAUZE_LIBRARY")).appendingPathComponent(program)
        process.arguments = arguments
        process.currentDirectoryURL = try directory
        let said = Pipe()
        process.standardOutput = said
        try process.run()
        let all = try said.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NotReady(description: "\(program) \(arguments) did not end well") }
        return all
    }

    /// Files what came, and hands in what was decided.
    func pull() throws {
        let managed = try object(Data(contentsOf: directory.appendingPathComponent("managed.json")))
        guard let gateway = managed["gateway"] as? String else { throw NotReady(description: "no gateway in managed.json") }
        try run("gauze-records", "pull", "--data", "records", "--gateway", gateway, "--ca", "tls/ca.pem", "--keys", "keys")
    }

    /// What the hospital reads of a photo that it filed.
    func record(of photo: String) throws -> [String: Any] {
        let listed = try list(run("gauze-records", "list", "--data", "records", "--json"))
        let filed = listed.first { $0["capture_id"] as? String == photo && $0["status"] as? String == "filed" }
        guard let path = filed?["path"] as? String else { throw NotReady(description: "\(photo) is not filed") }
        try run("gauze-records", "open", "records/\(path)", "--identity", "keys/tenant-identity.txt", "--out", "opened")
        return try object(Data(contentsOf: directory.appendingPathComponent("opened/\(photo).record.json")))
    }

    /// The phone is lost. An id may begin with a hyphen.
    func lost(_ device: String) throws {
        try run(
            "gauze-gateway", "admin", "device", "lost", "--data", "gateway", "--tenant", "demo-hospital", "--operator", "A Helper",
            "--reason", "left in a taxi", "--", device
        )
    }

    /// The phone is lost, and the hospital signs the order to wipe it.
    func wiped(_ device: String) throws {
        try lost(device)
        try pull()
        for asked in try list(run("gauze-records", "proposals", "list", "--data", "records", "--json")) {
            guard let id = asked["proposal_id"] as? String else { throw NotReady(description: "a proposal without an id") }
            try run(
                "gauze-records", "proposals", "approve", "--data", "records", "--keys", "keys", "--by", "A Helper", "--reason", "as asked",
                "--", id
            )
        }
        try pull()
    }

    private var directory: URL { get throws { URL(fileURLWithPath: try Self.environment(home)) } }

    private func object(_ json: Data) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: json) as? [String: Any] ?? [:]
    }

    private func list(_ json: Data) throws -> [[String: Any]] {
        try JSONSerialization.jsonObject(with: json) as? [[String: Any]] ?? []
    }

    private static func environment(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
            throw NotReady(description: "\(name) is not set: `cargo xtask test` starts these tests with a hospital")
        }
        return value
    }
}

/// What whoever starts the tests left out.
struct NotReady: Error, CustomStringConvertible {
    let description: String
}

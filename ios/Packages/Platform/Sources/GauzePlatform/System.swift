import Foundation
import GauzeLogic
import Network

/// Whether the system believes that there is a network: portals count, the core finds out.
public final class SystemNetwork: GauzeLogic.Network {
    private let monitor = NWPathMonitor()

    public init() {
        monitor.start(queue: DispatchQueue(label: "org.gauze.network"))
    }

    public func reachable() -> Bool { monitor.currentPath.status == .satisfied }
}

/// The app's directory, in no backup. Readable after the first unlock, since what lies in it is sealed and a stricter class would stop
/// the system's uploads while the phone is locked; but for the review identity, which opens nothing then. Files that the core makes
/// have the class of their directory.
public struct SystemDisk: Disk {
    /// A directory before those in it: one that is made on the way has the class of the last.
    static var places: [(path: String, protection: FileProtectionType)] {
        [("", .completeUntilFirstUserAuthentication), ("review", .completeUntilFirstUserAuthentication), (identity, .complete)]
    }

    /// Where the core keeps the review identity, with its copy.
    static let identity = "review/private"

    public init() {}

    /// Makes `dir` as the core wants to find it.
    public static func prepare(_ dir: URL) throws {
        try FileManager.default.createDirectory(at: dir, withIntermediateDirectories: true)
        var (own, values) = (dir, URLResourceValues())
        values.isExcludedFromBackup = true
        try own.setResourceValues(values)
        for (path, protection) in places {
            let place = path.isEmpty ? dir : dir.appendingPathComponent(path)
            let attributes: [FileAttributeKey: Any] = [.protectionKey: protection]
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true, attributes: attributes)
            // What an app of before made keeps its class otherwise.
            let now = try FileManager.default.attributesOfItem(atPath: place.path)
            if !has(now, oneOf: [protection]) { try FileManager.default.setAttributes(attributes, ofItemAtPath: place.path) }
        }
    }

    public func protection(_ dir: String) -> DiskProtection {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: dir) else { return .notYetUnlocked }
        let enough: [FileProtectionType] = [.completeUntilFirstUserAuthentication, .completeUnlessOpen, .complete]
        let values = try? URL(fileURLWithPath: dir).resourceValues(forKeys: [.isExcludedFromBackupKey])
        guard values?.isExcludedFromBackup == true else { return .wrong }
        guard Self.has(attributes, oneOf: enough) else { return .wrong }
        let identity = URL(fileURLWithPath: dir).appendingPathComponent(Self.identity).path
        guard let stricter = try? FileManager.default.attributesOfItem(atPath: identity) else { return .held }
        return Self.has(stricter, oneOf: [.complete]) ? .held : .wrong
    }

    private static func has(_ attributes: [FileAttributeKey: Any], oneOf classes: [FileProtectionType]) -> Bool {
        guard let protection = attributes[.protectionKey] as? FileProtectionType else { return false }
        return classes.map(\.rawValue).contains(protection.rawValue)
    }
}

public struct SystemNow: Now {
    public init() {}

    public func millis() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}

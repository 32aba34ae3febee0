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

/// The app's directory: readable after the first unlock, in no backup. What lies in it is sealed; a stricter class would stop
/// the system's uploads while the phone is locked.
public struct SystemDisk: Disk {
    public init() {}

    /// Makes `dir` as the core wants to find it.
    public static func prepare(_ dir: URL) throws {
        let protection: [FileAttributeKey: Any] = [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication]
        try FileManager.default.createDirectory(at: dir, withIntermediateDirectories: true, attributes: protection)
        var (own, values) = (dir, URLResourceValues())
        values.isExcludedFromBackup = true
        try own.setResourceValues(values)
    }

    public func protection(_ dir: String) -> DiskProtection {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: dir) else { return .notYetUnlocked }
        let enough: [FileProtectionType] = [.completeUntilFirstUserAuthentication, .completeUnlessOpen, .complete]
        guard let protection = attributes[.protectionKey] as? FileProtectionType else { return .wrong }
        let values = try? URL(fileURLWithPath: dir).resourceValues(forKeys: [.isExcludedFromBackupKey])
        guard values?.isExcludedFromBackup == true else { return .wrong }
        return enough.map(\.rawValue).contains(protection.rawValue) ? .held : .wrong
    }
}

public struct SystemNow: Now {
    public init() {}

    public func millis() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}

import Foundation
import GauzeLogic
import ManagedApp

/// What device management set: the dictionary that every console can send, and, from iOS 18.4, the declarative configuration.
/// `ManagedValues` makes one of the two.
public final class ManagedSettings: ManagedConfiguration, @unchecked Sendable {
    // Guarded by the lock.
    private var values = ManagedValues()
    private let lock = NSLock()
    private let defaults: UserDefaults

    static let settings = "com.apple.configuration.managed"
    static let feedback = "com.apple.feedback.managed"

    public convenience init() { self.init(.standard) }

    init(_ defaults: UserDefaults) {
        self.defaults = defaults
        _ = older()
    }

    public func read() -> String { lock.withLock { values.json } }

    /// Looks at the dictionary; what to tell, where that is news.
    func older() -> String? {
        let dictionary = defaults.dictionary(forKey: Self.settings) ?? [:]
        return lock.withLock { values.take(older: dictionary) }
    }

    /// Takes in what was declared.
    func declared(_ configuration: Declared?) -> String? { lock.withLock { values.take(declared: configuration) } }

    public func changes() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        continuation.yield(read())
        let older = Task { [weak self] in
            let changed = heard(UserDefaults.didChangeNotification)
            if let now = self?.older() { continuation.yield(now) }
            for await _ in changed {
                if let now = self?.older() { continuation.yield(now) }
            }
        }
        let declared = Task { [weak self] in
            guard #available(iOS 18.4, *) else { return }
            for await configuration in await ManagedAppConfigurationProvider().configurations(Declared.self) {
                if let now = self?.declared(configuration) { continuation.yield(now) }
            }
        }
        continuation.onTermination = { _ in
            older.cancel()
            declared.cancel()
        }
        return stream
    }

    /// Consoles read it back as the app's feedback.
    public func report(_ configured: Configured) {
        let said = try? JSONSerialization.jsonObject(with: Data(configured.feedback.utf8))
        defaults.set(said as? [String: Any] ?? [:], forKey: Self.feedback)
    }
}

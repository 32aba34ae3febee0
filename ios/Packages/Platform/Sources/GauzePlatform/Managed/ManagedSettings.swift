import Foundation
import GauzeLogic
import ManagedApp

/// What device management set: the dictionary that every console can send, or, from iOS 18.4, the declarative configuration.
/// Where both are there, the declarative one counts. The core judges both alike.
public final class ManagedSettings: ManagedConfiguration {
    private static let settings = "com.apple.configuration.managed"
    private static let feedback = "com.apple.feedback.managed"

    public init() {}

    public func read() -> String { Self.json(UserDefaults.standard.dictionary(forKey: Self.settings) ?? [:]) }

    public func changes() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        let older = Task {
            var last = Self.json([:])
            let changed = NotificationCenter.default.notifications(named: UserDefaults.didChangeNotification)
            continuation.yield(read())
            for await _ in changed.map({ _ in () }) {
                let now = read()
                if now != last { continuation.yield(now) }
                last = now
            }
        }
        let declared = Task {
            guard #available(iOS 18.4, *) else { return }
            for await declared in await ManagedAppConfigurationProvider().configurations(Declared.self) {
                if let declared { continuation.yield(declared.json) }
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
        UserDefaults.standard.set(said as? [String: Any] ?? [:], forKey: Self.feedback)
    }

    private static func json(_ values: [String: Any]) -> String {
        guard JSONSerialization.isValidJSONObject(values),
            let data = try? JSONSerialization.data(withJSONObject: values, options: [.sortedKeys])
        else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}

/// The declarative configuration, passed on as it came: the core knows its keys and kinds.
private struct Declared: Decodable, Sendable {
    let json: String

    init(from decoder: any Decoder) throws {
        let values = try decoder.singleValueContainer().decode([String: Value].self)
        json = String(decoding: try JSONEncoder().encode(values), as: UTF8.self)
    }

    private enum Value: Codable {
        case text(String)
        case number(Int64)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Int64.self) { self = .number(number) } else { self = .text(try value.decode(String.self)) }
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch self {
            case .text(let text): try value.encode(text)
            case .number(let number): try value.encode(number)
            }
        }
    }
}

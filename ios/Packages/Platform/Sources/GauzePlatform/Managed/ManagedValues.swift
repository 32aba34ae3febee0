import Foundation

/// What device management said, by either way, as one JSON object. The declarative configuration counts for as long as there is
/// one; whoever takes it away leaves the older dictionary in force. Nothing is judged here: the core judges both alike.
struct ManagedValues: Sendable {
    private var older = "{}"
    private var declared: String?
    private var told: String?

    /// What is in force.
    var json: String { declared ?? older }

    /// The dictionary that every console can send; what to tell, where that is news.
    mutating func take(older dictionary: [String: Any]) -> String? {
        older = Self.json(dictionary)
        return news()
    }

    /// The declarative configuration, or that there is none; what to tell, where that is news. That there never was one is none.
    mutating func take(declared configuration: Declared?) -> String? {
        if configuration == nil && told == nil { return nil }
        declared = configuration?.json
        return news()
    }

    private mutating func news() -> String? {
        if told == json { return nil }
        told = json
        return json
    }

    /// A value that JSON does not know, such as a date, stays there as null: the core says of it that it is of the wrong kind, and
    /// the others count.
    static func json(_ values: [String: Any]) -> String {
        let known = values.mapValues { value -> Any in JSONSerialization.isValidJSONObject([value]) ? value : NSNull() }
        let data = try? JSONSerialization.data(withJSONObject: known, options: [.sortedKeys, .withoutEscapingSlashes])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}

/// The declarative configuration, passed on as it came: the core knows its keys and kinds.
struct Declared: Decodable, Sendable {
    let json: String

    init(from decoder: any Decoder) throws {
        let values = try decoder.singleValueContainer().decode([String: Value].self)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        json = String(decoding: try encoder.encode(values), as: UTF8.self)
    }

    private enum Value: Codable {
        case truth(Bool)
        case number(Int64)
        case real(Double)
        case text(String)
        case list([Value])
        case fields([String: Value])
        /// Of a kind that JSON does not know.
        case strange

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            self = Self.first(
                { .truth(try value.decode(Bool.self)) }, { .number(try value.decode(Int64.self)) },
                { .real(try value.decode(Double.self)) }, { .text(try value.decode(String.self)) },
                { .list(try value.decode([Value].self)) }, { .fields(try value.decode([String: Value].self)) }
            )
        }

        private static func first(_ kinds: (() throws -> Value)...) -> Value {
            for kind in kinds { if let read = try? kind() { return read } }
            return .strange
        }

        func encode(to encoder: any Encoder) throws {
            var value = encoder.singleValueContainer()
            switch self {
            case .truth(let truth): try value.encode(truth)
            case .number(let number): try value.encode(number)
            case .real(let number): try value.encode(number)
            case .text(let text): try value.encode(text)
            case .list(let list): try value.encode(list)
            case .fields(let fields): try value.encode(fields)
            case .strange: try value.encodeNil()
            }
        }
    }
}

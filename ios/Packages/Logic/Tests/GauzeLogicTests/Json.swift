import Foundation

/// A JSON value, with whole numbers alone.
enum Json: Sendable, Equatable, Codable {
    case null
    case bool(Bool)
    case number(Int64)
    case text(String)
    case list([Json])
    case object([String: Json])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Int64.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else if let list = try? value.decode([Json].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: Json].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        switch self {
        case .null: try value.encodeNil()
        case .bool(let bool): try value.encode(bool)
        case .number(let number): try value.encode(number)
        case .text(let text): try value.encode(text)
        case .list(let list): try value.encode(list)
        case .object(let object): try value.encode(object)
        }
    }

    subscript(_ key: String) -> Json {
        guard case .object(let object) = self else { return .null }
        return object[key] ?? .null
    }

    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    var number: Int? {
        guard case .number(let number) = self else { return nil }
        return Int(number)
    }

    var bool: Bool { self == .bool(true) }

    var list: [Json] {
        guard case .list(let list) = self else { return [] }
        return list
    }

    var object: [String: Json] {
        guard case .object(let object) = self else { return [:] }
        return object
    }

    /// The case of an enumeration that this names: `check_digit` is `checkDigit`.
    func named<Value: CaseIterable>(_: Value.Type = Value.self) throws -> Value {
        guard let value = Value.allCases.first(where: { name($0) == text }) else { throw Unknown(what: "\(self)") }
        return value
    }

    static func of(_ text: String?) -> Json { text.map(Json.text) ?? .null }
}

extension Json: ExpressibleByBooleanLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    init(booleanLiteral value: Bool) { self = .bool(value) }
    init(stringLiteral value: String) { self = .text(value) }
    init(arrayLiteral elements: Json...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, Json)...) { self = .object(Dictionary(uniqueKeysWithValues: elements)) }
    init(nilLiteral: ()) { self = .null }
}

/// What a scenario says and nothing here knows.
struct Unknown: Error {
    let what: String
}

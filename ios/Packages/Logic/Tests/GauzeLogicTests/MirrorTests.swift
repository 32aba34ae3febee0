import Foundation
import Testing

@testable import GauzeLogic

/// The two logics, source against source: the same files, screens, states, events and choices.
@Suite struct MirrorTests {
    private let kotlin: String
    private let swift: String
    private let names: (kotlin: Set<String>, swift: Set<String>)

    init() throws {
        let android = try sources("android/logic/src/main/kotlin/org/gauze/logic", ".kt")
        let ios = try sources("ios/Packages/Logic/Sources/GauzeLogic", ".swift")
        kotlin = android.sorted { $0.key < $1.key }.map(\.value).joined(separator: "\n")
        swift = ios.sorted { $0.key < $1.key }.map(\.value).joined(separator: "\n")
        names = (
            Set(android.keys.map { $0.dropLast(3).lowercased() }), Set(ios.keys.map { $0.dropLast(6).lowercased() })
        )
    }

    /// What Swift needs and Kotlin has in its library.
    private let own: Set = ["core/picture", "core/unspoken", "flow/watched", "flow/work", "words/day", "words/trimmed"]

    @Test func fileByFile() {
        #expect(names.swift.subtracting(own) == names.kotlin)
    }

    private func all(_ text: String, _ pattern: Regex<(Substring, Substring, Substring)>) -> [String: Substring] {
        Dictionary(text.matches(of: pattern).map { (String($0.1), $0.2) }, uniquingKeysWith: { one, _ in one })
    }

    /// `noPermission`, `NO_PERMISSION` and `NoPermission` are one name.
    private func plain(_ name: some StringProtocol) -> String { String(name).replacing("_", with: "").lowercased() }

    @Test func statesHaveTheSameFields() {
        let ours = all(swift, /(?m)^public struct (\w+State)\b[^{]*\{(.*?)^\}/.dotMatchesNewlines())
        let theirs = all(kotlin, /(?m)^(?:data )?class (\w+State)\((.*?)\)(?: \{|$)/.dotMatchesNewlines())
        #expect(ours.count >= 14)
        #expect(ours.keys.sorted() == theirs.keys.sorted())
        for (state, body) in ours {
            let fields = body.matches(of: /(?m)^    public (?:internal\(set\) var|let) (\w+): ([^\n]+)$/)
            let wanted = (theirs[state] ?? "").matches(of: #/val (\w+): /#)
            #expect(fields.map { String($0.1) } == wanted.map { String($0.1) }, "\(state)")
        }
    }

    @Test func eventsAreTheSame() {
        let ours = all(swift, /(?m)^public enum (\w+Event)\b[^{]*\{(.*?)^\}/.dotMatchesNewlines())
        let theirs = all(kotlin, /(?m)^sealed interface (\w+Event) \{(.*?)^\}/.dotMatchesNewlines())
        #expect(ours.count >= 13)
        #expect(ours.keys.sorted() == theirs.keys.sorted())
        for (event, body) in ours {
            let cases = body.matches(of: /(?m)^    case (\w+)/).map { plain($0.1) }
            let wanted = (theirs[event] ?? "").matches(of: /(?m)^    (?:data )?(?:class|object) (\w+)/).map { plain($0.1) }
            #expect(cases == wanted, "\(event)")
        }
    }

    @Test func routesAndChoicesAreTheSame() {
        let routes = all(swift, /(?m)^public enum (Route)\b[^{]*\{(.*?)^\}/.dotMatchesNewlines())["Route"] ?? ""
        let wanted = all(kotlin, /(?m)^sealed interface (Route) \{(.*?)^\}/.dotMatchesNewlines())["Route"] ?? ""
        #expect(
            routes.matches(of: /(?m)^    case (\w+)/).map { plain($0.1) }
                == wanted.matches(of: /(?m)^    (?:data )?(?:class|object) (\w+)/).map { plain($0.1) }
        )
        let ours = all(swift, /(?m)^public enum (\w+): [^{]*CaseIterable[^{]*\{\n    case ([\w, ]+)\n/)
        let theirs = all(kotlin, /(?m)^enum class (\w+) \{ ([\w, ]+) \}/)
        #expect(theirs.count >= 15)
        // `Nudge` chooses among Android's notes: iOS counts on the icon alone.
        for (choice, entries) in theirs where choice != "Nudge" && choice != "KeyFault" {
            #expect(plain(ours[choice] ?? "") == plain(entries), "\(choice)")
        }
    }

    @Test func samplesAreTheSame() {
        let ours = all(swift, /(?m)^public let (\w+Samples) = \[\n(.*?)^\]$/.dotMatchesNewlines())
        let theirs = all(kotlin, /(?m)^val (\w+Samples) = mapOf\(\n(.*?)^\)$/.dotMatchesNewlines())
        #expect(ours.count >= 13)
        #expect(ours.keys.sorted() == theirs.keys.sorted())
        for (samples, body) in ours {
            let names = body.matches(of: #/"([a-z-]+)": /#).map { String($0.1) }
            let wanted = (theirs[samples] ?? "").matches(of: #/"([a-z-]+)" to /#).map { String($0.1) }
            #expect(names == wanted, "\(samples)")
        }
    }

    /// Android's map of the body, spot by spot.
    @Test func theBodyHasTheSameSpots() {
        let spot = /(?:Spot|pair)\(\W*(?:Word\.)?(\w+), ([^)\n]*)\)/
        let ours = swift.matches(of: spot).map { plain($0.1) + plain($0.2.replacing(".", with: "")) }
        let theirs = kotlin.matches(of: spot).map { plain($0.1) + plain($0.2.replacing("null", with: "nil")) }
        let body = theirs.filter { $0.hasPrefix("body") }
        #expect(body.count > 30)
        #expect(ours.filter { $0.hasPrefix("body") } == body)
    }
}

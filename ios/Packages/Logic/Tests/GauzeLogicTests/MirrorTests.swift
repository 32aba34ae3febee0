import Foundation
import Testing

@testable import GauzeLogic

/// The two logics, source against source: the same files, screens, states, events and choices. Each comparison returns what
/// differs.
struct Mirror {
    var kotlin: String
    var swift: String
    var names: (kotlin: Set<String>, swift: Set<String>)

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
    private static let own: Set = ["core/picture", "core/unspoken", "flow/watched", "flow/work", "words/day", "words/trimmed"]

    func files() -> [String] { names.swift.subtracting(Self.own).symmetricDifference(names.kotlin).sorted() }

    private func all(_ text: String, _ pattern: Regex<(Substring, Substring, Substring)>) -> [String: Substring] {
        Dictionary(text.matches(of: pattern).map { (String($0.1), $0.2) }, uniquingKeysWith: { one, _ in one })
    }

    /// `noPermission`, `NO_PERMISSION` and `NoPermission` are one name.
    private func plain(_ name: some StringProtocol) -> String { String(name).replacing("_", with: "").lowercased() }

    /// Those names that one side has alone, or has otherwise. Fewer than `least` are none that were found.
    private func differing(_ ours: [String: [String]], _ theirs: [String: [String]], atLeast least: Int) -> [String] {
        let few = ours.count < least ? ["only \(ours.count) were found"] : []
        return few + Set(ours.keys).union(theirs.keys).filter { ours[$0] != theirs[$0] }.sorted()
    }

    func states() -> [String] {
        let ours = all(swift, /(?m)^public struct (\w+State)\b[^{]*\{(.*?)^\}/.dotMatchesNewlines())
        let theirs = all(kotlin, /(?m)^(?:data )?class (\w+State)\((.*?)\)(?: \{|$)/.dotMatchesNewlines())
        return differing(
            ours.mapValues { $0.matches(of: /(?m)^    public (?:internal\(set\) var|let) (\w+): ([^\n]+)$/).map { String($0.1) } },
            theirs.mapValues { $0.matches(of: #/val (\w+): /#).map { String($0.1) } }, atLeast: 14
        )
    }

    private func cases(_ body: Substring) -> [String] { body.matches(of: /(?m)^    case (\w+)/).map { plain($0.1) } }

    private func classes(_ body: Substring) -> [String] {
        body.matches(of: /(?m)^    (?:data )?(?:class|object) (\w+)/).map { plain($0.1) }
    }

    func events() -> [String] {
        let ours = all(swift, /(?m)^public enum (\w+Event)\b[^{]*\{(.*?)^\}/.dotMatchesNewlines())
        let theirs = all(kotlin, /(?m)^sealed interface (\w+Event) \{(.*?)^\}/.dotMatchesNewlines())
        // Apple's camera reads symbols by itself; Android's `Scanner` reads them out of frames.
        let seen = ours.mapValues(cases).merging(["CameraEvent": cases(ours["CameraEvent"] ?? "").filter { $0 != "read" }]) { $1 }
        return differing(seen, theirs.mapValues(classes), atLeast: 13)
    }

    func routes() -> [String] {
        let ours = all(swift, /(?m)^public enum (Route)\b[^{]*\{(.*?)^\}/.dotMatchesNewlines())
        let theirs = all(kotlin, /(?m)^sealed interface (Route) \{(.*?)^\}/.dotMatchesNewlines())
        return differing(ours.mapValues(cases), theirs.mapValues(classes), atLeast: 1)
    }

    func choices() -> [String] {
        let ours = all(swift, /(?m)^public enum (\w+): [^{]*CaseIterable[^{]*\{\n    case ([\w, ]+)\n/)
        // `Nudge` chooses among Android's notes: iOS counts on the icon alone.
        let theirs = all(kotlin, /(?m)^enum class (\w+) \{ ([\w, ]+) \}/).filter { $0.key != "Nudge" && $0.key != "KeyFault" }
        let found = ours.filter { theirs[$0.key] != nil }
        return differing(found.mapValues { [plain($0)] }, theirs.mapValues { [plain($0)] }, atLeast: 13)
    }

    func samples() -> [String] {
        let ours = all(swift, /(?m)^public let (\w+Samples) = \[\n(.*?)^\]$/.dotMatchesNewlines())
        let theirs = all(kotlin, /(?m)^val (\w+Samples) = mapOf\(\n(.*?)^\)$/.dotMatchesNewlines())
        return differing(
            ours.mapValues { $0.matches(of: #/"([a-z-]+)": /#).map { String($0.1) } },
            theirs.mapValues { $0.matches(of: #/"([a-z-]+)" to /#).map { String($0.1) } }, atLeast: 13
        )
    }

    /// Android's map of the body, spot by spot.
    func body() -> [String] {
        let spot = /(?:Spot|pair)\(\W*(?:Word\.)?(\w+), ([^)\n]*)\)/
        let ours = swift.matches(of: spot).map { plain($0.1) + plain($0.2.replacing(".", with: "")) }
        let theirs = kotlin.matches(of: spot).map { plain($0.1) + plain($0.2.replacing("null", with: "nil")) }
        let (mine, wanted) = (ours.filter { $0.hasPrefix("body") }, theirs.filter { $0.hasPrefix("body") })
        return (wanted.count > 30 ? [] : ["only \(wanted.count) spots were found"]) + mine.difference(from: wanted).map { "\($0)" }
    }

    static let comparisons: [String: @Sendable (Mirror) -> [String]] = [
        "files": { $0.files() }, "states": { $0.states() }, "events": { $0.events() }, "routes": { $0.routes() },
        "choices": { $0.choices() }, "samples": { $0.samples() }, "body": { $0.body() },
    ]
}

@Suite struct MirrorTests {
    @Test(arguments: Mirror.comparisons.keys.sorted()) func theTwoLogicsAreTheSame(_ what: String) throws {
        let mirror = try Mirror()
        #expect(Mirror.comparisons[what]?(mirror) == [])
    }

    /// One thing of Kotlin's that is otherwise, and which comparison has to say so.
    @Test(
        arguments: [
            ("states", "    val askPermission: Boolean,", "    val askLeave: Boolean,", "CameraState"),
            ("states", "    val askPermission: Boolean,\n", "", "CameraState"),
            ("states", "class CheckState(", "class CheckedState(", "CheckState"),
            ("events", "data object GhostFound :", "data object GhostSeen :", "CameraScreenEvent"),
            ("events", "sealed interface ReviewEvent {\n", "sealed interface ReviewEvent {\n    data object More : ReviewEvent\n", "ReviewEvent"),
            ("routes", "    data object Help : Route\n", "", "Route"),
            ("choices", "CLOSED, READY, TAKING, SAFE", "CLOSED, READY, SAFE, TAKING", "Shutter"),
            ("samples", "\"leaning-ghost\" to", "\"leaning\" to", "cameraSamples"),
            ("body", "Word.BodyHeel,", "Word.BodyToe,", "body"),
        ]
    )
    func whatIsOtherwiseInKotlinIsNamed(_ what: String, _ here: String, _ there: String, _ named: String) throws {
        var mirror = try Mirror()
        #expect(mirror.kotlin.contains(here), "the bad sample alters something")
        mirror.kotlin = mirror.kotlin.replacing(here, with: there)
        for (name, compare) in Mirror.comparisons where name != what { #expect(compare(mirror) == [], "\(name)") }
        let said = Mirror.comparisons[what]?(mirror) ?? []
        #expect(said.contains { $0.contains(named) }, "\(said)")
    }

    @Test func aFileOfOneLogicAloneIsNamed() throws {
        var mirror = try Mirror()
        mirror.names.kotlin.remove("camera/shown")
        mirror.names.kotlin.insert("camera/hidden")
        #expect(mirror.files() == ["camera/hidden", "camera/shown"])
    }

    @Test func sourcesInWhichNothingIsFoundAreNotTheSame() throws {
        var mirror = try Mirror()
        (mirror.kotlin, mirror.swift) = ("", "")
        for what in ["states", "events", "routes", "choices", "samples", "body"] {
            #expect(Mirror.comparisons[what]?(mirror) != [], "\(what)")
        }
    }
}

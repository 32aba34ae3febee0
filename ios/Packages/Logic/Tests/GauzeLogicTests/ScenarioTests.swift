import Foundation
import Testing

@testable import GauzeLogic

let repository = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

/// What both apps do, from `tests/scenarios`: `ScenarioTest.kt` reads the same files.
struct Scenario: Sendable, CustomTestStringConvertible {
    let screen: String
    let name: String
    let given: Json
    var start: Json
    var steps: [Json]

    var testDescription: String { "\(screen): \(name)" }

    static let all: [Scenario] = {
        let dir = repository.appendingPathComponent("tests/scenarios")
        let files = (try? FileManager.default.contentsOfDirectory(at: dir, includingPropertiesForKeys: nil)) ?? []
        return files.filter { $0.pathExtension == "json" }.sorted { $0.path < $1.path }.flatMap { file -> [Scenario] in
            guard let read = try? JSONDecoder().decode([Json].self, from: Data(contentsOf: file)) else { return [] }
            return read.map {
                Scenario(
                    screen: file.deletingPathExtension().lastPathComponent, name: $0["name"].text ?? "", given: $0["given"],
                    start: $0["start"], steps: $0["steps"].list
                )
            }
        }
    }()

    /// Where the logic does something else than this says, step by step.
    @MainActor func differences() async throws -> [String] {
        let around = Around()
        try around.set(given.object)
        let driven = try around.driven(screen, given)
        var found = start == .null || driven.state() == start ? [] : ["start: \(driven.state())"]
        for (at, step) in steps.enumerated() {
            try around.set(step["set"].object)
            around.core.state { $0.told = [] }
            let before = driven.state()
            let event = step["send"].list
            if let name = event.first?.text { try driven.send(name, Array(event.dropFirst())) }
            await around.work.idle()
            let (changed, told) = (changed(before, driven.state()), around.core.state.now.told)
            if changed != (step["then"] == .null ? [:] : step["then"]) { found.append("step \(at) \(event) changes \(changed)") }
            if told != step["out"].list { found.append("step \(at) \(event) tells \(told)") }
        }
        return found
    }

    /// As if the other logic did one thing otherwise: each field of each expectation once.
    func altered() -> [Scenario] {
        let starts = start.object.keys.map { field in changing { $0.start = other(start, field) } }
        let later = steps.indices.flatMap { at -> [Scenario] in
            let (then, out) = (steps[at]["then"], steps[at]["out"].list)
            let fields = then.object.keys.map { expecting(at, "then", other(then, $0)) }
            let more = expecting(at, "then", .object(then.object.merging(["nobody": .bool(true)]) { one, _ in one }))
            let told = expecting(at, "out", .list(out.isEmpty ? [.list([.text("nobody")])] : Array(out.dropLast())))
            return fields + [more, told]
        }
        return starts + later
    }

    private func changing(_ change: (inout Scenario) -> Void) -> Scenario {
        var other = self
        change(&other)
        return other
    }

    private func expecting(_ at: Int, _ what: String, _ value: Json) -> Scenario {
        changing { $0.steps[at] = .object(steps[at].object.merging([what: value]) { _, new in new }) }
    }

    private func other(_ expected: Json, _ field: String) -> Json {
        .object(expected.object.merging([field: .list([expected[field], .text("otherwise")])]) { _, new in new })
    }
}

/// The fields of `after` that `before` has otherwise.
func changed(_ before: Json, _ after: Json) -> Json {
    .object(after.object.filter { before[$0.key] != $0.value })
}

@MainActor
@Suite struct ScenarioTests {
    @Test(arguments: Scenario.all) func everyStepChangesWhatTheScenarioSaysAndNothingElse(_ scenario: Scenario) async throws {
        #expect(try await scenario.differences() == [])
    }

    @Test(arguments: Scenario.all) func whatTheOtherLogicDoesOtherwiseIsNoticed(_ scenario: Scenario) async throws {
        let altered = scenario.altered()
        #expect(altered.count >= 2 * scenario.steps.count)
        for other in altered { #expect(try await other.differences().count == 1) }
    }

    @Test func everyScreenHasAScenarioThatStartsWithAllOfItsState() {
        let begun = Set(Scenario.all.filter { $0.start != .null }.map(\.screen))
        let screens = [
            "enrol", "sign_in", "notice", "team", "patient", "consent", "body", "wound", "camera", "check", "queue", "review",
            "incident", "journey",
        ]
        #expect(begun.isSuperset(of: screens))
    }
}

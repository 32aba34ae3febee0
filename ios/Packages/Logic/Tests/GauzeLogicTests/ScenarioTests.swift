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
    let start: Json
    let steps: [Json]

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
}

/// The fields of `after` that `before` has otherwise.
func changed(_ before: Json, _ after: Json) -> Json {
    .object(after.object.filter { before[$0.key] != $0.value })
}

@MainActor
@Suite struct ScenarioTests {
    @Test(arguments: Scenario.all) func everyStepChangesWhatTheScenarioSaysAndNothingElse(_ scenario: Scenario) async throws {
        let around = Around()
        try around.set(scenario.given.object)
        let driven = try around.driven(scenario.screen, scenario.given)
        if scenario.start != .null { #expect(driven.state() == scenario.start) }
        for (at, step) in scenario.steps.enumerated() {
            try around.set(step["set"].object)
            around.core.state { $0.told = [] }
            let before = driven.state()
            let event = step["send"].list
            if let name = event.first?.text { try driven.send(name, Array(event.dropFirst())) }
            await around.work.idle()
            let then = step["then"] == .null ? [:] : step["then"]
            #expect(changed(before, driven.state()) == then, "step \(at) \(event)")
            #expect(around.core.state.now.told == step["out"].list, "step \(at) \(event)")
        }
    }

    @Test func everyScreenHasAScenarioThatStartsWithAllOfItsState() {
        let begun = Set(Scenario.all.filter { $0.start != .null }.map(\.screen))
        let screens = [
            "enrol", "sign_in", "notice", "patient", "consent", "body", "wound", "camera", "check", "queue", "review", "incident",
            "journey",
        ]
        #expect(begun.isSuperset(of: screens))
    }
}

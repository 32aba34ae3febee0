import Foundation
import Testing

@testable import GauzeLogic

func contents(_ path: String) throws -> String {
    try String(contentsOf: repository.appendingPathComponent(path), encoding: .utf8)
}

/// Every file of that kind under `path`, by its path below it.
func sources(_ path: String, _ kind: String) throws -> [String: String] {
    let dir = repository.appendingPathComponent(path)
    let names = try FileManager.default.subpathsOfDirectory(atPath: dir.path).filter { $0.hasSuffix(kind) }
    return try Dictionary(uniqueKeysWithValues: names.map { ($0, try contents("\(path)/\($0)")) })
}

@Suite struct WordsTests {
    /// Android's sentences, as an XML reader reads them.
    private func android() throws -> [String: String] {
        let xml = try contents("android/app/src/main/res/values/strings.xml")
        let entries = xml.matches(of: /<string name="([a-z_0-9]+)">(.*?)<\/string>/.dotMatchesNewlines())
        return Dictionary(uniqueKeysWithValues: entries.map { (String($0.1), plain(String($0.2))) })
    }

    private func plain(_ text: String) -> String {
        text.replacing("\\'", with: "'").replacing("\\\"", with: "\"").replacing("&lt;", with: "<")
            .replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }

    /// The iOS app's sentences, as Foundation reads them.
    private func ios() throws -> [String: String] {
        let strings = try contents("ios/App/en.lproj/Localizable.strings")
        let entries = strings.matches(of: /(?m)^"([a-z_0-9]+)" = "((?:[^"\\]|\\.)*)";$/)
        return Dictionary(uniqueKeysWithValues: entries.map { (String($0.1), unescaped(String($0.2))) })
    }

    private func unescaped(_ text: String) -> String {
        text.replacing("\\\"", with: "\"").replacing("\\\\", with: "\\")
    }

    @Test func everyWordHasASentenceAndEverySentenceAWord() throws {
        #expect(try android().keys.sorted() == Word.allCases.map(\.resource).sorted())
    }

    /// The names of the sentences that one app alone has, or says otherwise.
    private func differing(_ android: [String: String], _ ios: [String: String]) -> [String] {
        let theirs = android.mapValues { $0.replacing(/%([0-9])\$s/, with: { "%\($0.1)$@" }) }
        return Set(theirs.keys).union(ios.keys).filter { theirs[$0] != ios[$0] }.sorted()
    }

    @Test func bothAppsSayTheSame() throws {
        let own = try contents("ios/App/own.strings").matches(of: #/(?m)^"([a-z_]+)" = /#).map { String($0.1) }
        #expect(differing(try android(), try ios()) == own.sorted(), "the apps differ only where the phones do")
    }

    @Test func aSentenceThatOneAppSaysOtherwiseIsNamed() throws {
        let (android, ios) = (try android(), try ios())
        let before = differing(android, ios)
        var other = ios
        other["camera_outside"] = ios["camera_outside"]?.replacing("%1$@", with: "%2$@")
        other["back"] = nil
        other["forward"] = "Forward"
        other["error_silent"]? += " "
        #expect(differing(android, other) == (before + ["back", "camera_outside", "error_silent", "forward"]).sorted())
    }

    /// What the bindings can say is what `fn code` of the core, its formats and the gateway's problems can.
    private func codes() throws -> Set<String> {
        let rust = try ["core/src", "core/wire/src", "core/seal/src", "bindings/src"].flatMap { try sources($0, ".rs").values }
        let functions = rust.flatMap { $0.matches(of: /fn code\([^{]*\{(.*?)\n    \}\n/.dotMatchesNewlines()).map(\.1) }
        let said = functions.flatMap { $0.matches(of: /=> "([a-z_]+)"/).map { String($0.1) } }
        let problems = try contents("core/wire/src/problem.rs").matches(of: /(?m)^    [A-Z]\w+ = "([a-z_]+)", \d{3}/)
        let shut = rust.flatMap { $0.matches(of: /code: "([a-z_]+)"\.to_owned/).map { String($0.1) } }
        return Set(said + problems.map { String($0.1) } + shut)
    }

    @Test func everyErrorOfTheBindingsHasALineThatSaysWhatToDo() throws {
        let codes = try codes()
        #expect(codes.count > 90 && codes.isSuperset(of: ["token_used", "not_jpeg", "closed"]))
        #expect(codes.filter { Failures.word($0) == nil } == [])
        // What an adapter says by itself is no other's code: a panic here is not the hospital's failure.
        #expect(Failures.word("core_failed") != nil && !codes.contains("core_failed"))
    }

    @Test func everyReasonForWhichAPhoneIsNotAcceptedHasALineAmongThoseForReasonsAndEachOfTheseAReason() throws {
        let faults = try contents("server-stub/attest/src/fault.rs")
        let reasons = faults.matches(of: /(?m)^    [A-Z]\w+ = "([a-z_]+)", "([A-Z]\d\d)"/).map { (String($0.1), String($0.2)) }
        #expect(reasons.count >= 61)
        let lines = reasons.map { Failures.line(Failure(.askIt, "attestation_refused", "", EnrolmentRefusal(code: $0.0, help: $0.1))) }
        #expect(lines.compactMap(\.help) == reasons.map { $0.1 })
        #expect(Set(lines.map(\.word)) == Set(Word.allCases.filter { $0.resource.hasPrefix("refused_") }))
    }
}

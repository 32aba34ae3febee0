import Foundation
import GauzeLogic
import Testing

@testable import GauzePlatform

/// What counts of what device management said, whichever way it came.
@Suite struct ManagedTests {
    private func declared(_ values: [String: Any]) throws -> Declared {
        // The framework hands a property list to the decoder.
        let data = try PropertyListSerialization.data(fromPropertyList: values, format: .xml, options: 0)
        return try PropertyListDecoder().decode(Declared.self, from: data)
    }

    private func object(_ json: String?) throws -> [String: Any] {
        let text = try #require(json)
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func whatIsDeclaredCountsForAsLongAsItIsThere() throws {
        var values = ManagedValues()
        #expect(values.take(declared: nil) == nil, "that there never was one is no news")
        #expect(values.take(older: ["tenant": "ward-9"]) == #"{"tenant":"ward-9"}"#)
        #expect(values.take(declared: try declared(["tenant": "ward-7"])) == #"{"tenant":"ward-7"}"#)
        #expect(values.take(older: ["tenant": "ward-8"]) == nil, "the older one changes nothing meanwhile")
        #expect(values.json == #"{"tenant":"ward-7"}"#)
        #expect(values.take(declared: nil) == #"{"tenant":"ward-8"}"#, "taken away, it leaves what the older one says now")
        #expect(values.take(older: [:]) == "{}")
    }

    @Test func theSameIsToldOnce() throws {
        var values = ManagedValues()
        #expect(values.take(older: [:]) == "{}", "the first is told, whatever it is")
        #expect(values.take(older: [:]) == nil)
        #expect(values.take(older: ["a": 1, "b": "2"]) == values.json)
        #expect(values.take(older: ["b": "2", "a": 1]) == nil)
        #expect(values.take(declared: try declared(["a": 1, "b": "2"])) == nil, "the same by the other way too")
    }

    @Test func bothWaysHandOnTheSameValuesEachAsItsKind() throws {
        let sent: [String: Any] = [
            "gateway": "https://gateway.example:8443", "min_bundle_version": 12, "flag": true, "half": 0.5, "list": ["a", 1],
            "inner": ["key": "value"],
        ]
        for json in [ManagedValues.json(sent), try declared(sent).json] {
            let read = try object(json)
            #expect(Set(read.keys) == Set(sent.keys))
            #expect(read["gateway"] as? String == "https://gateway.example:8443" && read["min_bundle_version"] as? Int == 12)
            #expect(json.contains(#""flag":true"#), "a truth is no number: \(json)")
            #expect(json.contains(#""min_bundle_version":12"#), "nor a number a truth")
            #expect(read["half"] as? Double == 0.5 && (read["list"] as? [Any])?.count == 2)
            #expect((read["inner"] as? [String: String]) == ["key": "value"])
        }
    }

    @Test func aValueThatJsonDoesNotKnowCostsNoOther() throws {
        let sent: [String: Any] = ["tenant": "ward-9", "root_sha256": Data([1]), "token": Date(timeIntervalSince1970: 0)]
        for json in [ManagedValues.json(sent), try declared(sent).json] {
            let read = try object(json)
            #expect(read["tenant"] as? String == "ward-9")
            #expect(read["root_sha256"] is NSNull || read["root_sha256"] is String, "there, for the core to name: \(json)")
            #expect(read["token"] != nil)
        }
    }

    @Test func theDictionaryIsReadWhereConsolesWriteItAndTheFeedbackIsWhereTheyReadIt() throws {
        let suite = "gauze-managed-\(UUID().uuidString)"
        let defaults = try #require(UserDefaults(suiteName: suite))
        defer { defaults.removePersistentDomain(forName: suite) }
        defaults.set(["tenant": "ward-9"], forKey: "com.apple.configuration.managed")
        let managed = ManagedSettings(defaults)
        #expect(managed.read() == #"{"tenant":"ward-9"}"#)
        #expect(managed.declared(try declared(["tenant": "ward-7"])) != nil)
        #expect(managed.read() == #"{"tenant":"ward-7"}"#, "whoever reads and whoever is told learn the same")
        let said = #"{"states":[{"key":"tenant","error":false}]}"#
        managed.report(Configured(accepted: true, states: [], problems: [], support: nil, feedback: said))
        let feedback = try #require(defaults.dictionary(forKey: "com.apple.feedback.managed"))
        #expect((feedback["states"] as? [[String: Any]])?.first?["key"] as? String == "tenant")
    }

    @Test func whoeverListensIsToldHowItStandsFirst() async throws {
        let suite = "gauze-managed-\(UUID().uuidString)"
        let defaults = try #require(UserDefaults(suiteName: suite))
        defer { defaults.removePersistentDomain(forName: suite) }
        defaults.set(["tenant": "ward-9"], forKey: ManagedSettings.settings)
        for await told in ManagedSettings(defaults).changes() {
            #expect(told == #"{"tenant":"ward-9"}"#)
            break
        }
    }
}

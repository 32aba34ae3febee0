import GauzeLogic
import Testing

@testable import GauzeAdapter
@testable import GauzeBridge

@Suite struct MappingTests {
    @Test func aPositionGoesToTheCoreAsItIsHoweverOld() {
        let core = GauzeLogic.Fix(latitude: 55.86, longitude: -4.25, accuracy: 12.5, age: 90_000, mock: true, utcOffset: -300).toCore()
        #expect([core.latitude, core.longitude, core.accuracyM] == [55.86, -4.25, 12.5])
        #expect(core.ageMs == 90_000 && core.mock && core.utcOffsetMinutes == -300)
        let ages = [-1, Int64.max].map {
            GauzeLogic.Fix(latitude: 0, longitude: 0, accuracy: 0, age: $0, mock: false, utcOffset: 0).toCore().ageMs
        }
        #expect(ages == [0, UInt32.max])
    }

    @Test func everyModeOfAFenceHasItsOwnInTheApp() {
        let modes: [GauzeBridge.FenceMode] = [.record, .warn, .blockExport, .blockView, .blockCapture]
        let ours = modes.map { GauzeBridge.Outside(mode: $0, words: "Site A").toApp() }
        #expect(ours == GauzeLogic.FenceMode.allCases.map { GauzeLogic.Outside($0, "Site A") })
    }

    @Test func howTheHospitalWritesItsOwnNumbersIsTheSameInTheApp() {
        let checks: [(GauzeBridge.CheckDigit?, GauzeLogic.CheckDigit?)] = [(nil, nil), (.modulus10, .modulus10), (.modulus11, .modulus11)]
        for (check, ours) in checks {
            let own = GauzeBridge.LocalNumbers(words: "MRN", shapes: ["RJ1-####"], check: check)
            let lists = PickLists(teams: [], sites: [], consents: [], notices: [], localNumber: own)
            #expect(lists.toApp().localNumber == GauzeLogic.LocalNumbers(words: "MRN", shapes: ["RJ1-####"], check: ours))
        }
    }
}

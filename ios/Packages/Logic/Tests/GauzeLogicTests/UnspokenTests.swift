import Foundation
import Testing

@testable import GauzeLogic

/// Nobody's name, number or photo is in what a state, an event or an error says of itself.
@Suite struct UnspokenTests {
    private func said(_ value: Any) -> String {
        var dumped = ""
        dump(value, to: &dumped)
        return "\(value) \(String(reflecting: value)) \(dumped)"
    }

    @Test func whatIsPrintedNamesNobody() {
        var record = PhotoRecord(patient: samplePatient)
        record.notes = "Zzyzx"
        let consent = Consent(scopes: [.care], by: "Quillonbert", form: Choice("v", "v"), notice: nil, at: "")
        let photo = Photo(id: "1", takenAt: "", bytes: 1, stage: .stored, label: "Zzyzx, Quillonbert")
        let band = Wristband().read("8018505089890000000097\u{1d}7253Zzyzx\u{1d}7254Quillonbert")
        let told: [Any] = [
            samplePatient, record, consent, photo, band, Typed(fields: [.family: "Zzyzx"]), Established.typed(reason: "Zzyzx"),
            Route.camera(record, ghost: nil), Route.consent(samplePatient), Route.check(KeptPhoto("1", Fitness(1, 1)), samplePatient),
            PatientEvent.type(.family, "Zzyzx"), PatientEvent.listed(samplePatient),
            PatientEvent.offered(.success([samplePatient])), PatientEvent.scanned("9990000042"),
            ConsentEvent.by("Quillonbert"), EnrolEvent.pasted("{\"token\":\"9990000042\"}"), BodyEvent.touched(words: "Zzyzx", side: nil),
            QueueEvent.listed(.success([photo]), tooMany: nil, online: true), ReviewEvent.listed(.success([photo])), Outcome.success([photo]),
            Picture(Data("Zzyzx".utf8)), CameraEvent.taken(Shot(Picture(Data("Zzyzx".utf8)), side: 1)),
            CameraEvent.read("9990000042"), KeptPhoto("1", nil, Picture(Data("Zzyzx".utf8))), Wordings.born("1945-07-14", Day(samplePatient)),
            Fix(latitude: 9990000042, longitude: 1945, accuracy: 1945, age: 1945, mock: false, utcOffset: 0),
            LocationEvent.found(Fix(latitude: 9990000042, longitude: 1945, accuracy: 1945, age: 1945, mock: false, utcOffset: 0)),
            WentWrong(kind: .breach, what: "Zzyzx", whose: "Quillonbert", photo: nil, noticedAt: nil),
            ReportForm(what: "Zzyzx", whose: "Quillonbert"), IncidentEvent.write { $0.what = "Zzyzx" },
            Transfer(photo: "1", url: "https://g/v1/transfers/Zzyzx", file: "f", bytes: 1),
        ]
        let states: [Any] = [
            enrolSamples, noticeSamples, patientSamples, consentSamples, bodySamples, woundSamples, cameraSamples, checkSamples,
            queueSamples, reviewSamples, incidentSamples,
        ]
        for value in told + states {
            let said = said(value)
            for secret in ["Zzyzx", "Quillonbert", "9990000042", "1945", "90, 122, 121"] {
                #expect(!said.contains(secret))
            }
        }
    }

    @Test func aPictureIsOverwrittenWithAllOfItsBytes() {
        let picture = Picture(Data([0xff, 0xd8, 7]))
        #expect(picture.read { Data($0) } == Data([0xff, 0xd8, 7]))
        picture.overwrite()
        #expect(picture.read { Data($0) } == Data(count: 3))
    }
}

extension Day {
    fileprivate init(_ patient: Patient) {
        self = Day(iso: patient.born) ?? Day(Date(timeIntervalSince1970: 0), in: .gmt)
    }
}

@MainActor
@Suite struct FlowTests {
    @Test func whoWatchesSeesWhatIsAndTheNewestAndAWatchEndsWithItsTask() async {
        let watched = Watched(1)
        let seen = Task {
            var last = 0
            for await value in watched.values() {
                last = value
                if value == 3 { break }
            }
            return last
        }
        await Task.yield()
        watched.set(2)
        watched.set(3)
        #expect(await seen.value == 3)
        let endless = Task { for await _ in watched.values() {} }
        await Task.yield()
        endless.cancel()
        await endless.value
    }

    @Test func aPresenterThatIsGoneHearsNothingMoreAndNothingWaitsForIt() async {
        let core = FakeCore()
        let work = Work()
        var presenter: QueuePresenter? = QueuePresenter(core, core, FakePhone(core), .gmt, support: nil, work)
        weak var gone = presenter
        presenter?.send(.send)
        presenter = nil
        await work.idle()
        #expect(gone == nil)
        #expect(core.state.now.told == [["send", true]])
    }

    /// In use when it is opened first.
    private final class Taken: Camera {
        let opened = Locked(0)

        func open() -> AsyncStream<CameraEvent> {
            let first = opened { count in
                count += 1
                return count == 1
            }
            return AsyncStream { $0.yield(first ? .failed(.inUse) : .ready) }
        }

        func shoot() {}
        func torch(_ on: Bool) {}
        func focus(_ x: Double, _ y: Double) {}
    }

    @Test func aCameraThatAnotherAppHasIsOpenedAgainUntilItComes() async {
        let camera = Taken()
        var seen: [String] = []
        for await event in camera.shown(pause: .milliseconds(1)) {
            seen.append("\(event)")
            if case .ready = event { break }
        }
        #expect(seen.count == 2 && camera.opened.now == 2, "\(seen)")
    }

    /// Where the phone is, and how often somebody asked and stopped asking.
    private final class Somewhere: Locations {
        let opened = Locked(0)
        let ended = Locked(0)

        func open() -> AsyncStream<LocationEvent> {
            opened { $0 += 1 }
            return AsyncStream { continuation in
                continuation.onTermination = { [ended] _ in ended { $0 += 1 } }
                continuation.yield(.found(Fix(latitude: 1, longitude: 2, accuracy: 3, age: 4, mock: false, utcOffset: 0)))
            }
        }

        func ask() {}
    }

    @Test func nobodyAsksWhereThePhoneIsWhereThePolicyHasNoFences() async {
        let (core, somewhere) = (FakeCore(), Somewhere())
        for await _ in somewhere.told(core) { Issue.record("heard of a place") }
        #expect(somewhere.opened.now == 0)
    }

    @Test func theCoreIsToldWhereThePhoneIsAndTheSystemIsLeftAloneOnceNobodyListens() async {
        let (core, somewhere) = (FakeCore(), Somewhere())
        core.state { $0.fixes = [] }
        let listening = Task {
            for await allowed in somewhere.told(core) { return allowed }
            return false
        }
        #expect(await listening.value)
        #expect(core.state.now.fixes?.map(\.longitude) == [2])
        for _ in 0..<200 where somewhere.ended.now == 0 { try? await Task.sleep(for: .milliseconds(10)) }
        #expect(somewhere.ended.now == 1)
    }

    @Test func workThatIsCancelledEndsAndLeavesNothingRunning() async {
        let work = Work()
        let ended = Locked(false)
        work.launch {
            try? await Task.sleep(for: .seconds(60))
            ended { $0 = Task.isCancelled }
        }
        work.cancel()
        for _ in 0..<200 where !ended.now { try? await Task.sleep(for: .milliseconds(10)) }
        #expect(ended.now)
        await work.idle()
    }
}

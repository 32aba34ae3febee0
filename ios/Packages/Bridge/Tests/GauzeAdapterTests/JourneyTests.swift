import Foundation
import GauzeAdapter
import GauzeLogic
import Testing

/// The app as people use it, but for its views: the Rust core against a real hospital, fakes only where Apple's frameworks
/// would be.
@MainActor
@Suite(.serialized)
struct JourneyTests {
    @Test func fromSettingsThatArriveToAReceiptAndNothingReadableLeft() async throws {
        let hardware = Hardware()
        let dir = App.anew()
        defer { try? FileManager.default.removeItem(at: dir) }
        try await photographed(hardware, dir)
        Nurse.nothingReadable(in: dir)

        // The next process finds the photo, sends it and shows it to whoever confirmed.
        let app = try App(hardware, in: dir)
        let queue = QueuePresenter(app.core, app.core, app.hardware, .gmt, support: nil, app.work)
        queue.send(.moved)
        await app.work.idle()
        #expect(queue.state.items?.map(\.stage) == [.queueWaiting])
        queue.send(.send)
        await app.work.idle()
        #expect(queue.state.items?.map(\.stage) == [.queueSent])
        #expect(queue.state.problem == nil)

        let review = ReviewPresenter(app.core, app.core, hardware, .gmt, app.work)
        review.send(.unlock)
        await app.work.idle()
        let shown = try #require(review.state.items?.first)
        #expect(shown.label?.hasPrefix("SMITH, John") == true)
        review.send(.open(id: shown.id))
        await app.work.idle()
        let picture = try #require(review.state.open)
        #expect(picture.picture.read { $0.prefix(2) == Data([0xff, 0xd8]) })
        review.send(.lock)
        await app.work.idle()
        #expect(picture.picture.read { $0.allSatisfy { $0 == 0 } })
        #expect(app.core.photo(shown.id).failure?.code == "locked")
        Nurse.nothingReadable(in: dir)
        try await chosenAgain(app)
        Nurse.nothingReadable(in: dir)
        try await readAtTheHospital(shown.id, app)
    }

    /// What was said of the photo is in its record, and with the receipt the phone has nothing of it any more.
    private func readAtTheHospital(_ photo: String, _ app: App) async throws {
        try Hospital.ward.pull()
        for _ in 0..<100 where try !app.stages().isEmpty {
            _ = await app.core.send(asked: true)
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(try app.stages().isEmpty)
        let outbox = try? FileManager.default.contentsOfDirectory(atPath: app.dir.appendingPathComponent("outbox").path)
        #expect(outbox?.isEmpty != false)
        let record = try Hospital.ward.record(of: photo)
        let patient = try #require(record["patient"] as? [String: Any])
        #expect(["family", "given", "dob", "nhs_number"].map { patient[$0] as? String } == ["SMITH", "John", "1980-01-18", "9000000009"])
        #expect((patient["established"] as? [String: Any])?["how"] as? String == "wristband")
        #expect(Set(patient["confirmed_by"] as? [String] ?? []) == ["name", "dob"])
        let site = try #require(record["site"] as? [String: Any])
        #expect([site["words"], site["side"]].map { $0 as? String } == ["Heel", "left"])
        let consent = try #require(record["consent"] as? [String: Any])
        #expect(consent["by"] as? String == "The patient" && consent["scopes"] as? [String] == ["care"])
        #expect(record["device_id"] as? String == app.core.standing().device)
        for said in ["wound", "series", "fitness"] { #expect(record[said] != nil, "\(said)") }
    }

    /// The system believes the gateway by the hospital's own authority, as the core does, and nobody else by any.
    @Test func theSystemIsToldWhoVouchesForTheGateway() async throws {
        let app = try App()
        let settings = try Hospital.ward.managed()
        let read = try #require(JSONSerialization.jsonObject(with: Data(settings.utf8)) as? [String: Any])
        let gateway = try #require((read["gateway"] as? String).flatMap { URL(string: $0)?.host })
        #expect(app.core.vouching(gateway) == .nobody, "not set up")
        #expect(await app.enrol(settings) == nil)
        let lines = try #require(read["ca"] as? String).split(separator: "\n").filter { !$0.hasPrefix("-----") }
        let authority = try #require(Data(base64Encoded: lines.joined()))
        #expect(app.core.vouching(gateway) == .only([authority]))
        #expect(app.core.vouching("elsewhere.example") == .nobody)
    }

    /// The next photo's patient is the one of the photo before, out of the list.
    private func chosenAgain(_ app: App) async throws {
        let patients = app.patients()
        patients.send(.choose(.list))
        await app.work.idle()
        #expect(patients.state.worklist == nil && patients.state.problem == nil)
        patients.send(.unlock)
        await app.work.idle()
        let smith = try #require(patients.state.worklist?.first)
        #expect([smith.family, smith.given, smith.born, smith.nhs] == ["SMITH", "John", "1980-01-18", "9000000009"])
        #expect(smith.established == .worklist && smith.confirmed.isEmpty)
        patients.send(.listed(smith))
        patients.send(.confirm(.name, matches: true))
        patients.send(.confirm(.nhs, matches: true))
        patients.send(.lock)
        await app.work.idle()
        #expect(patients.state.found == nil && app.core.patients().failure?.code == "locked")
        patients.send(.unlock)
        await app.work.idle()
        patients.send(.listed(try #require(patients.state.worklist?.first)))
        patients.send(.confirm(.name, matches: true))
        patients.send(.confirm(.nhs, matches: true))
        patients.send(.go)
        await app.work.idle()
        let chosen: Patient? =
            switch app.journey.route {
            case .consent(let patient), .body(let patient): patient
            case .camera(let record, _): record.patient
            default: nil
            }
        #expect(chosen == smith.confirmedBy([.name, .nhs]))
    }

    private func photographed(_ hardware: Hardware, _ dir: URL) async throws {
        let app = try App(hardware, in: dir)
        guard case .enrol = app.journey.route else { throw NotReady(description: "not at the first screen") }
        #expect(await app.enrol(try Hospital.ward.managed()) == nil)
        let patients = app.patients()
        patients.send(.choose(.scan))
        patients.send(.scanned(Nurse.band))
        patients.send(.confirm(.name, matches: true))
        patients.send(.confirm(.born, matches: true))
        patients.send(.go)
        await app.work.idle()
        // What the hospital asks besides; where it asks nothing, the nurse does.
        app.journey.askConsent()
        guard case .consent(let patient?) = app.journey.route else { throw NotReady(description: "not at the consent") }
        let consent = ConsentPresenter(patient, app.core.choices(), spoken: "Spoken", hardware, app.work) {
            app.journey.consent($0, of: patient)
        }
        if let form = consent.state.forms.first { consent.send(.form(form)) }
        consent.send(.by("The patient"))
        consent.send(.go)
        await app.work.idle()
        app.journey.askSite()
        let body = BodyPresenter(patient, app.core.choices().sites, app.work) { app.journey.site($0, of: patient) }
        body.send(.touched(words: "Heel", side: .left))
        body.send(.go)
        await app.work.idle()
        app.journey.wound(.new, of: patient)
        // Far from this hospital's one area, which only warns.
        app.core.located(Fix(latitude: 55.86, longitude: -4.25, accuracy: 12, age: 0, mock: false, utcOffset: 0))
        #expect(app.core.wantsPosition() && app.core.outside(nil) == Outside(.warn, "Site A"))
        let own = LocalNumbers(words: "Hospital number", shapes: ["RJ1-#######"], check: .modulus11)
        #expect(app.core.choices().localNumber == own)
        let camera = try await app.photograph(try Hospital.picture())
        #expect(camera.state.shutter == .safe, "\(String(describing: camera.state.problem?.word))")
        guard case .check(let kept, _) = app.journey.route else { throw NotReady(description: "not checked") }
        #expect(try app.stages() == [.unsigned])
        let check = CheckPresenter(kept, nil, app.core, app.work) { app.journey.checked($0, of: kept) }
        try app.core.unlock().get()
        check.send(.keep)
        await app.work.idle()
        guard case .patient = app.journey.route else { throw NotReady(description: "not at the next patient") }
        #expect(app.core.patients().failure?.code == "locked", "what was unlocked for a visit ends with it")
    }

    @Test func aNumberOfTheHospitalsOwnIsTypedAsItsPolicyWritesItAndReadThere() async throws {
        let nurse = Nurse()
        defer { nurse.end() }
        try await nurse.setUp()
        let own = BandFormat(local: try nurse.app.core.choices().localNumber)
        let patients = PatientPresenter(
            try nurse.app.core, try nurse.app.core, nurse.hardware, Wristband(own), today: { Day(Date(), in: .gmt) }, try nurse.app.work,
            chosen: try nurse.app.journey.patient
        )
        patients.send(.choose(.type))
        let typed: [(Field, String)] = [
            (.number, "rj1-1234564"), (.family, "Zzyzx"), (.given, "Quillonbert"), (.born, "1945-07-14"), (.reason, "no band"),
        ]
        for (field, text) in typed { patients.send(.type(field, text)) }
        patients.send(.typedAll)
        #expect(patients.state.typed.faults[.number]?.word == .patientNumberWrong)
        patients.send(.type(.number, "rj1-1234563"))
        patients.send(.typedAll)
        patients.send(.confirm(.name, matches: true))
        patients.send(.confirm(.local, matches: true))
        patients.send(.go)
        try await nurse.app.work.idle()
        #expect(try await nurse.app.photograph(try Hospital.picture()).state.shutter == .safe)
        let photo = try #require(try nurse.photos().first).id
        try await nurse.send()
        try Hospital.ward.pull()
        let patient = try #require(try Hospital.ward.record(of: photo)["patient"] as? [String: Any])
        #expect([patient["local_number"], patient["family"]].map { $0 as? String } == ["RJ1-1234563", "Zzyzx"])
    }

    @Test(.enabled(if: !Hospital.photos().isEmpty)) func photosAsPhonesReallyMakeThemAreTakenOneAfterTheOtherAndArrive() async throws {
        let photos = Hospital.photos()
        let nurse = Nurse()
        defer { nurse.end() }
        try await nurse.setUp()
        for photo in photos {
            try await nurse.atTheCamera()
            #expect(try await nurse.app.photograph(photo).state.shutter == .safe)
            try await nurse.keep()
        }
        #expect(try nurse.photos().count == photos.count)
        try await nurse.send()
        #expect(try nurse.photos().allSatisfy { $0.stage == .stored })
    }

    @Test func aTokenThatWasUsedIsToldInWordsAndAnotherOneSetsThePhoneUp() async throws {
        let used = try Hospital.ward.managed()
        #expect(await (try App()).enrol(used) == nil)
        let second = try App()
        #expect(await second.enrol(used)?.word == .errorTokenUsed)
        #expect(await second.enrol(#"{"gateway":"#)?.word == .errorConfigurationInvalid)
        #expect(!second.core.standing().enrolled)
    }

    @Test func whatTheHardwareRefusesIsToldInWordsAndThePhotoWaits() async throws {
        let app = try App()
        #expect(await app.enrol(try Hospital.ward.managed()) == nil)
        app.journey.patient(nil)
        if case .body = app.journey.route { app.journey.site(nil, of: nil) }
        let words = try await app.photograph(Data("not a picture".utf8))
        #expect(words.state.problem?.word == .errorNotJpeg)
        _ = try await app.photograph(try Hospital.picture())
        let faults: [(KeyFault, Word)] = [
            (.gone, .errorKeyGone), (.unavailable, .errorKeyUnavailable), (.needsUser, .errorKeyUnavailable),
        ]
        for (fault, word) in faults {
            app.hardware.state { $0.fault = fault }
            _ = await app.core.send(asked: true)
            let queue = QueuePresenter(app.core, app.core, app.hardware, .gmt, support: nil, app.work)
            queue.send(.moved)
            await app.work.idle()
            #expect(queue.state.items?.map(\.why?.word) == [word])
        }
        app.hardware.state {
            $0.fault = nil
            $0.reachable = false
        }
        #expect(await app.core.send(asked: false).map(\.stored) == .success(0))
        #expect(await app.core.send(asked: true).map(\.stored) == .success(1))
        app.hardware.state { $0.protection = .wrong }
        let shut = App.open(app.hardware, App.anew())
        #expect(shut.failure.map(Failures.line)?.word == .errorStorageUnprotected)
    }

    /// A hundred at once from as many tasks: each is kept once; then a run that is cancelled, and the rest.
    @Test func aHundredCapturesAtOnceAreAHundredPhotosAndACancelledRunLosesNone() async throws {
        let app = try App()
        #expect(await app.enrol(try Hospital.ward.managed()) == nil)
        let (core, jpeg) = (app.core, try Hospital.picture())
        #expect(await Self.captured(100, core, jpeg).count == 100)
        #expect(try app.stages().count == 100)
        let watching = Task {
            var moved: Set<String> = []
            for await id in core.moves() {
                moved.insert(id)
                if moved.count == 100 { return true }
            }
            return false
        }
        let running = Task { await core.send(asked: true) }
        running.cancel()
        let ended = await running.value
        #expect(ended.failure?.code == "stopped" || ended.orNil?.stored == 100)
        #expect(await watching.value)
        #expect(try app.stages().count == 100)
    }
}

extension JourneyTests {
    private nonisolated static func captured(_ count: Int, _ core: RustCore, _ jpeg: Data) async -> Set<String> {
        await withTaskGroup(of: String?.self) { group in
            for _ in 0..<count { group.addTask { core.capture(Picture(jpeg), PhotoRecord()).orNil } }
            var ids: Set<String> = []
            for await id in group { if let id { ids.insert(id) } }
            return ids
        }
    }
}

import Foundation
import GauzeAdapter
import GauzeLogic
import Testing

/// What goes wrong on a ward, on the real core against a real hospital: each ends in a sentence, and no photo is lost.
@MainActor
@Suite(.serialized)
struct TroubleTests {
    private func withNurse(_ body: (Nurse) async throws -> Void) async throws {
        let nurse = Nurse()
        defer { nurse.end() }
        try await nurse.setUp()
        try await body(nurse)
    }

    /// The next process knows no patient.
    private func again(_ nurse: Nurse, _ at: String) throws {
        nurse.die()
        #expect(try nurse.app.journey.route.name == "patient", "\(at)")
        #expect(try nurse.app.patients().state.found == nil, "\(at)")
        nurse.nothingReadableIsLeft()
    }

    @Test func aProcessThatEndsForgetsThePatientAndNeverAPhoto() async throws {
        try await withNurse { nurse in
            _ = try await nurse.scan()
            try again(nurse, "with a band scanned")
            try await nurse.atTheCamera()
            try again(nurse, "at the camera")
            try await nurse.atTheConsent(by: "Smith's daughter")
            try again(nurse, "at the consent")
            nurse.nothingReadableIsLeft(of: "Smith's daughter")
            try await nurse.atTheWounds()
            try again(nurse, "at the wounds")
            try await nurse.take()
            try again(nurse, "with a photo that nobody kept")
            #expect(try nurse.photos().count == 1)
            let planned = try await nurse.app.core.transfers(asked: false).get()
            #expect(planned.count == 1)
            try again(nurse, "with a photo that the system was to carry")
            // Nothing was heard of it for an hour: it is planned anew.
            try await Faults.clockWrong(days: 1) { try await nurse.send() }
            try again(nurse, "after it was sent")
            #expect(try nurse.photos().map(\.stage) == [.stored])
        }
    }

    @Test func aProcessThatEndsWhileItEnrolsEnrolsInTheNextOne() async throws {
        let nurse = Nurse()
        defer { nurse.end() }
        let settings = try Hospital.ward.managed()
        let enrolling = Task { [app = try nurse.app] in await app.enrol(settings) }
        await Task.yield()
        nurse.die()
        // What was asked of the core goes on here, where a real process takes it along.
        _ = await enrolling.value
        if case .enrol = try nurse.app.journey.route { #expect(try await nurse.app.enrol(settings) == nil) }
        try await nurse.take()
        try await nurse.send()
        #expect(try nurse.photos().map(\.stage) == [.stored])
    }

    @Test func whatTheSystemCarriedWhileNobodyRanIsToldToTheNextProcess() async throws {
        try await withNurse { nurse in
            try await nurse.take()
            let planned = try #require(try await nurse.app.core.transfers(asked: false).get().first)
            nurse.die()
            let end = try await Nurse.carried(planned)
            try again(nurse, "amid sending")
            #expect(try nurse.photos().count == 1)
            #expect(try await nurse.app.core.ended(planned.photo, end).get().isEmpty)
            #expect(try nurse.photos().map(\.stage) == [.stored])
        }
    }

    @Test func keysThatAreGoneLeaveThePhotoWaitingWithItsCause() async throws {
        try await withNurse { nurse in
            try await nurse.take()
            try nurse.hardware.destroy(deviceToo: true)
            try await nurse.send()
            let queue = try await nurse.queue()
            #expect(queue.state.items?.map(\.stage) == [.queueWaiting])
            #expect(queue.state.items?.map(\.why?.word) == [.errorKeyGone])
        }
    }

    @Test func aPhoneThatTheHospitalRevokedSaysSoAndKeepsWhatIsSealed() async throws {
        try await withNurse { nurse in
            try await nurse.take()
            try Hospital.ward.lost(try #require(try nurse.app.core.standing().device))
            try await nurse.send()
            try nurse.app.journey.check()
            guard case .stopped(let blocked) = try nurse.app.journey.route else { Issue.record("not stopped"); return }
            #expect(blocked.stop == .revoked && !blocked.sends && blocked.why.word == .errorRevoked)
            #expect(try nurse.photos().count == 1)
        }
    }

    @Test func aPhoneThatTheHospitalOrderedToWipeOpensNothingAnyMoreAndKeepsWhatIsSealed() async throws {
        try await withNurse { nurse in
            try await nurse.take()
            #expect(nurse.hardware.state { $0.review != nil })
            try Hospital.ward.wiped(try #require(try nurse.app.core.standing().device))
            try await nurse.send()
            #expect(try nurse.app.core.standing().reviewDenied == "wiped")
            #expect(nurse.hardware.state { $0.review == nil }, "nothing opens what is there")
            try nurse.app.journey.check()
            for process in ["this", "the next"] {
                guard case .stopped(let blocked) = try nurse.app.journey.route else { Issue.record("\(process)"); return }
                #expect(blocked.stop == .wiped, "\(process)")
                nurse.die()
            }
            #expect(try nurse.photos().count == 1)
        }
    }

    @Test func aLockScreenThatWasTakenAwayEndsLookingAndNeitherTakingNorSending() async throws {
        try await withNurse { nurse in
            try await nurse.take()
            try await nurse.keep()
            nurse.hardware.state { $0.review = nil }
            #expect(try await nurse.unlock().state.problem?.word == .errorReviewKeyGone)
            try await nurse.take()
            try await nurse.send()
            #expect(try nurse.photos().map(\.stage) == [.stored, .stored])
        }
    }

    @Test func aLockScreenThatWasTakenAwayFromAnEmptyPhoneIsMadeGoodWhenTheAppIsOpenedAgain() async throws {
        try await withNurse { nurse in
            nurse.hardware.state { $0.review = nil }
            #expect(try await nurse.unlock().state.problem?.word == .errorReviewKeyGone)
            try await nurse.send()
            try await nurse.take()
            let review = try await nurse.unlock()
            #expect(review.state.items?.map { $0.label?.hasPrefix("SMITH, John") } == [true])
        }
    }

    @Test func aPhoneThatWasRestartedSendsNothingBeforeItIsUnlockedAndAllAfter() async throws {
        try await withNurse { nurse in
            try await nurse.take()
            nurse.die()
            nurse.hardware.state { $0.protection = .notYetUnlocked }
            #expect { try nurse.app } throws: { ($0 as? Failure).map(Failures.line)?.word == .errorNotYetUnlocked }
            nurse.hardware.state { $0.protection = .held }
            try await nurse.send()
            #expect(try nurse.photos().map(\.stage) == [.stored])
        }
    }

    @Test func aFullDiskTicksNothingSaysSoAndTakesThePhotoWhenThereIsRoom() async throws {
        try await withNurse { nurse in
            try await nurse.atTheCamera()
            let picture = try Hospital.picture()
            try await Faults.diskFull {
                let camera = try await nurse.app.photograph(picture)
                #expect(camera.state.shutter != .safe && camera.state.problem?.word == .errorStorageFull)
                #expect(try nurse.photos().isEmpty)
            }
            let camera = try await nurse.app.photograph(picture)
            #expect(camera.state.shutter == .safe && camera.state.problem == nil)
            #expect(try nurse.photos().count == 1)
        }
    }

    @Test func aClockThatIsAYearWrongKeepsNoPhotoFromBeingTakenAndSent() async throws {
        try await withNurse { nurse in
            let now = Date()
            for days in [-400, 400] {
                try await Faults.clockWrong(days: Int64(days)) {
                    let before = Set(try nurse.photos().map(\.id))
                    try await nurse.take()
                    let photo = try #require(try nurse.photos().first { !before.contains($0.id) })
                    let taken = try Date(photo.takenAt, strategy: .iso8601)
                    #expect(Int((taken.timeIntervalSince(now) / 86_400).rounded()) == days, "by the phone's clock")
                    try await nurse.keep()
                    try await nurse.send()
                }
            }
            #expect(try nurse.photos().map(\.stage) == [.stored, .stored])
        }
    }

    @Test func aDayWithoutANetworkHoldsEveryPhotoAndSendsThemAllAfter() async throws {
        try await withNurse { nurse in
            nurse.hardware.state { $0.reachable = false }
            for _ in 0..<3 {
                try await nurse.take()
                try await nurse.keep()
                try await nurse.send()
            }
            #expect(try await nurse.queue().state.items?.map(\.stage) == [.queueWaiting, .queueWaiting, .queueWaiting])
            #expect(try await nurse.queue().state.items?.map(\.why?.word) == [.errorUnreachable, .errorUnreachable, .errorUnreachable])
            nurse.die()
            nurse.hardware.state { $0.reachable = true }
            #expect(try await nurse.queue().state.items?.map(\.why?.word) == [.queueNext, .queueNext, .queueNext])
            try await Faults.clockWrong(days: 1) { try await nurse.send() }
            #expect(try nurse.photos().map(\.stage) == [.stored, .stored, .stored])
        }
    }

    /// The first cuts are taken up at once, and what stands still waits its turn.
    @Test func aTransferThatIsCutIsTakenUpAgainAtOnceAndTheOneThatIsPlannedThenArrives() async throws {
        try await withNurse { nurse in
            try await nurse.take()
            var planned = try await nurse.app.core.transfers(asked: false).get()
            for _ in 0..<3 {
                let cut = try #require(planned.first)
                planned = try await nurse.app.core.ended(cut.photo, .cut).get()
                #expect(planned.map(\.photo) == [cut.photo])
            }
            #expect(try await nurse.app.core.transfers(asked: false).get().isEmpty, "it is carried")
            try await nurse.carry(planned)
            #expect(try nurse.photos().map(\.stage) == [.stored])
        }
    }

    @Test func aCameraThatIsForbiddenSaysSoAndTakesThePhotoWhenItIsAllowed() async throws {
        try await withNurse { nurse in
            try await nurse.atTheCamera()
            guard case .camera(let record, _) = try nurse.app.journey.route else { return }
            let (core, work) = (try nurse.app.core, try nurse.app.work)
            let camera = CameraPresenter(record, core, core, nurse.hardware, nurse.hardware, work, taken: { _ in })
            camera.send(.from(.failed(.noPermission)))
            await work.idle()
            #expect(camera.state.askPermission && camera.state.problem?.word == .cameraNoPermission)
            camera.send(.shoot)
            await work.idle()
            #expect(camera.state.shutter == .closed)
            let picture = try Hospital.picture()
            #expect(try await nurse.app.photograph(picture).state.shutter == .safe)
        }
    }

    @Test func aConfigurationThatIsTakenAwayOrSpoiltIsReportedAndKeepsNoPhoto() async throws {
        try await withNurse { nurse in
            for values in ["{}", #"{"gateway": "https://elsewhere.example"}"#, "not an object"] {
                #expect(try nurse.app.core.configure(values).orNil?.accepted != true, "\(values)")
                try await nurse.take()
                try await nurse.keep()
                nurse.die()
            }
            try await nurse.send()
            #expect(try nurse.photos().map(\.stage) == [.stored, .stored, .stored])
        }
    }
}

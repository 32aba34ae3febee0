import Foundation
import GauzeBridge
import Testing

/// The same as `BridgeTest.kt`, in Swift. Never run yet: see docs/testing.md.
@Suite(.serialized)
struct BridgeTests {
    @Test func aPhotoGoesFromDataToAVerifiedReceiptAndIsReviewedLockedAndWiped() async throws {
        let phone = try await Phone().enrolled()
        let client = phone.client!
        let captured = try client.capture(jpeg: Ward.picture(), context: context())
        #expect(captured.removed.map { $0.lowercased() }.contains("exif"))
        try client.previewFrom(id: captured.captureId, jpeg: Ward.picture())

        let queue = client.queue()
        let moves = try queue.moves()
        let seen = Task {
            for await moved in moves {
                if case .stored = moved.state { return true }
            }
            return false
        }
        #expect(try await queue.run(asked: true).stored == 1)
        #expect(await seen.value)
        #expect(try client.list().first?.stage == .stored)

        let review = client.review()
        #expect(throws: ClientError.self) { try review.photo(id: captured.captureId) }
        try review.unlock()
        #expect(try client.list().first?.label == "Zzyzx-Familyname, Quillonbert, left lower leg")
        #expect(try review.photo(id: captured.captureId).prefix(2) == Data([0xff, 0xd8]))
        #expect(try review.preview(id: captured.captureId).prefix(2) == Data([0xff, 0xd8]))
        review.lock()
        #expect(throws: ClientError.self) { try review.preview(id: captured.captureId) }

        #expect(try client.wipe().unsent == 1)
        #expect(try phone.secrets.load() == nil)
        #expect(try phone.vault.reviewKey() == nil)
    }

    @Test func aClosedClientSaysSoAndItsPhotosAreThereForTheNext() async throws {
        let phone = try await Phone().enrolled()
        let id = try phone.capture()
        let review = phone.client!.review()
        phone.client = nil
        #expect(throws: ClientError.self) { try review.unlock() }
        try phone.open()
        #expect(try phone.client!.list().map(\.captureId) == [id])
    }

    @Test func whatAKeyVaultThrowsIsATroubleWithANextStepAndThePhotoWaits() async throws {
        let phone = try await Phone().enrolled()
        let id = try phone.capture()
        for (fault, trouble) in [(PlatformError.NeedsUser, Trouble.keyUnavailable), (.Gone, .keyGone)] {
            phone.vault.state.withLock { $0.fault = fault }
            let stopped = try await phone.client!.queue().run(asked: true).stopped
            #expect(stopped.map(\.captureId) == [id])
            #expect(stopped.map(\.trouble) == [trouble])
            #expect(!describe(trouble: trouble).nextStep.isEmpty)
        }
        phone.vault.state.withLock { $0.fault = nil }
        #expect(try await phone.client!.queue().run(asked: true).stored == 1)
    }

    @Test func aCancelledTaskLosesNothing() async throws {
        let phone = try await Phone().enrolled()
        for _ in 0..<3 { _ = try phone.capture() }
        let queue = phone.client!.queue()
        let running = Task { try await queue.run(asked: true) }
        running.cancel()
        _ = try? await running.value
        _ = try await queue.run(asked: true)
        #expect(try phone.client!.list().allSatisfy { $0.stage == .stored })
    }

    @Test func whatWasEnteredOutOfItsLimitsIsToldAsSuchAndNothingIsKept() async throws {
        let phone = try await Phone().enrolled()
        var wrong = context()
        wrong.site = Site(words: "")
        #expect(throws: CaptureError.self) { try phone.client!.capture(jpeg: Ward.picture(), context: wrong) }
        #expect(try phone.client!.status().lastSeq == 0)
        wrong.site = Site(words: "pasted\r\nfrom elsewhere")
        _ = try phone.client!.capture(jpeg: Ward.picture(), context: wrong)
        #expect(try phone.client!.status().lastSeq == 1)
    }

    @Test func withoutANetworkNothingIsTriedUnlessSomebodyAsks() async throws {
        let phone = try await Phone().enrolled()
        _ = try phone.capture()
        phone.air.isReachable.withLock { $0 = false }
        #expect(try await phone.client!.queue().run(asked: false).stopped.map(\.trouble) == [.offline])
        #expect(try await phone.client!.queue().run(asked: true).stored == 1)
    }

    @Test func refusalsAreNamedByWhatToDo() async throws {
        let phone = try Phone()
        #expect(throws: CaptureError.self) { try phone.capture() }
        await #expect(throws: ClientError.self) {
            try await phone.client!.enrolment().enrol(managed: #"{"gateway":"http://plain.test"}"#)
        }
        _ = try await phone.enrolled()
        #expect(throws: CaptureError.self) {
            try phone.client!.capture(jpeg: Data("not a picture".utf8), context: context())
        }
    }
}

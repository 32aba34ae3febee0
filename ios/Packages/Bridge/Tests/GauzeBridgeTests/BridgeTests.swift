import Foundation
import GauzeBridge
import Testing

/// The same as `BridgeTest.kt`, in Swift; what goes wrong is in `FaultTests`.
extension OnePhoneAtATime {
    @Suite struct BridgeTests {
        @Test func aPhotoGoesFromDataToAVerifiedReceiptAndIsReviewedLockedAndWiped() async throws {
            let phone = try await Phone().enrolled()
            let client = phone.client!
            let captured = try client.capture(jpeg: Ward.picture(), context: context())
            #expect(captured.removed.map { $0.lowercased() }.contains("exif"))
            #expect(try client.previewFrom(id: captured.captureId, jpeg: Ward.picture()) != nil, "for whoever took it")

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
            #expect(await refusal { try review.photo(id: captured.captureId) } == "Unlock locked")
            #expect(try client.list().map(\.label) == [nil])
            try review.unlock()
            #expect(try client.list().first?.label == "Zzyzx-Familyname, Quillonbert, left lower leg")
            #expect(try review.photo(id: captured.captureId).prefix(2) == Data([0xff, 0xd8]))
            #expect(try review.preview(id: captured.captureId).prefix(2) == Data([0xff, 0xd8]))
            review.lock()
            #expect(await refusal { try review.preview(id: captured.captureId) } == "Unlock locked")

            #expect(try client.wipe().unsent == 1)
            #expect(try phone.secrets.load() == nil)
            #expect(try phone.vault.reviewKey() == nil)
        }

        @Test func whatIsSealedIsStillSentAfterAWipe() async throws {
            let phone = try await Phone().enrolled()
            _ = try phone.capture()
            #expect(try phone.client!.wipe().unsent == 1)
            try phone.open()
            #expect(try await phone.client!.queue().run(asked: true).stored == 1)
        }

        @Test func theOperatingSystemMayCarryTheFileAndReportToTheNextProcess() async throws {
            let phone = try await Phone().enrolled()
            let id = try phone.capture()
            let planned = try await phone.client!.queue().nextTransfers(asked: true).transfers
            #expect(planned.map(\.captureId) == [id])
            let transfer = try #require(planned.first)
            phone.client = nil
            let (status, body) = try await put(transfer.url, file: transfer.file)
            try phone.open()
            let end = TransferEnd.answered(status: status, body: body)
            #expect(try await phone.client!.queue().transferEnded(id: id, end: end).report.stored == 1)
            #expect(try phone.client!.list().map(\.stage) == [.stored])
        }

        @Test func aWoundKeepsItsNameAndIsOfferedWhileReviewIsUnlocked() async throws {
            let phone = try await Phone().enrolled()
            let client = phone.client!
            #expect(client.choices().teams.isEmpty)
            let site = context().site
            let wound = try client.newWound(patient: nobody(), site: site)
            #expect(await refusal { try client.review().wounds(patient: nobody()) } == "Unlock locked")
            #expect(await refusal { try client.review().patients() } == "Unlock locked")
            try client.review().unlock()
            #expect(try client.review().patients().isEmpty)
            let offered = try client.review().wounds(patient: nobody())
            #expect(offered.map(\.wound) == [wound])
            #expect(offered.map(\.site) == [site])
            let mistyped = nobody(nhsNumber: "9990000043")
            #expect(await refusal { try client.newWound(patient: mistyped, site: nil) } == "NotPossible record_invalid")
            let series = try client.newSeries()
            _ = try client.capture(jpeg: Ward.picture(), context: context(wound: wound, series: series))
            let listed = try client.review().patients()
            #expect(listed.map(\.family) == [nobody().family] && listed.map(\.nhsNumber) == [nobody().nhsNumber])
            #expect(listed.map(\.established) == [.worklist] && listed.map(\.confirmedBy) == [[]])
        }

        @Test func whatDeviceManagementSaysIsJudgedAndItsFindingsComeBackForTheConsole() async throws {
            let phone = try Phone()
            let client = phone.client!
            let managed = try Ward.managed()
            #expect(try client.configure(encoding: .android, values: managed).accepted)
            _ = try await client.enrolment().enrol(managed: managed)
            let stricter = #"{"review_hours":"0","support_contact":"extension 4242","# + managed.dropFirst()
            let taken = try client.configure(encoding: .android, values: stricter)
            #expect(taken.accepted, "\(taken.problems)")
            #expect(taken.supportContact == "extension 4242")
            #expect(taken.states.allSatisfy { !$0.error && $0.data == "ok" }, "\(taken.states)")

            let tenant = /"tenant":"[^"]*"/
            let elsewhere = managed.replacing(tenant, with: #""tenant":"another""#, maxReplacements: 1)
            let moved = try client.configure(encoding: .android, values: elsewhere)
            #expect(!moved.accepted)
            #expect(moved.states.filter(\.error).map(\.key) == ["tenant"])
            #expect(moved.feedback.contains("tenant_changed"))
            let broken = await refusal { try client.configure(encoding: .android, values: "{") }
            #expect(broken == "AskIt configuration_invalid")
        }

        @Test func evidenceOfHardwareReachesTheGatewayWhichJudgesIt() async throws {
            let phone = try Phone()
            let vault = phone.vault
            let enrolment = phone.client!.enrolment()
            let managed = try Ward.managed()
            let bound = Locked(Data())
            vault.state.withLock {
                $0.evidence = { challenge, deviceKey in
                    #expect(vault.state.withLock { $0.madeFor } == challenge)
                    let hash = try appAttestClientDataHash(challenge: challenge, deviceKey: deviceKey)
                    bound.withLock { $0 = hash }
                    return .appAttest(keyId: hash, object: Data([0xa0]))
                }
            }
            let refused = await refusal { try await enrolment.enrol(managed: managed) }
            #expect(refused == "AskIt attestation_refused G01")
            #expect(bound.withLock { $0.count } == 32)
            let (one, two) = (Data([1]), Data([2]))
            #expect(throws: PlatformError.self) { try appAttestClientDataHash(challenge: one, deviceKey: two) }
            #expect(throws: PlatformError.self) { try freshAndroidChallenge(challenge: one, deviceKey: two) }
            // What is only shown again, such as an assertion, enrols nobody.
            vault.state.withLock { $0.evidence = { _, _ in .appAttestAssertion(assertion: Data([0xa0])) } }
            let shownAgain = await refusal { try await enrolment.enrol(managed: managed) }
            #expect(shownAgain == "RetryLater key_unavailable")
            vault.state.withLock { $0.evidence = { _, _ in .software } }
            _ = try await enrolment.enrol(managed: managed)
            _ = try phone.capture()
        }
    }
}

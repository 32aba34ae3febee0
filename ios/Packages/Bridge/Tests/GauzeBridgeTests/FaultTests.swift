import CTestKeys
import Foundation
import GauzeBridge
import GauzeCoreFFI
import Testing

/// What a port throws that it did not declare.
private struct ABugInTheShell: Error {
    let text = "with a patient's name in it"
}

/// What the shell hears of the core, a line each.
private final class Lines: LogSink {
    let kept = Locked<[String]>([])

    func log(level: LogLevel, target: String, text: String) throws {
        kept.withLock { $0.append("\(level) \(target) \(text)") }
    }
}

extension OnePhoneAtATime {
    @Suite struct FaultTests {
        @Test func aClosedClientSaysSoAndItsPhotosAreThereForTheNext() async throws {
            let phone = try await Phone().enrolled()
            let id = try phone.capture()
            let review = phone.client!.review()
            phone.client = nil
            #expect(await refusal { try review.unlock() } == "NotPossible closed")
            try phone.open()
            #expect(try phone.client!.list().map(\.captureId) == [id])
        }

        @Test func whatAKeyVaultThrowsIsATroubleWithANextStepAndThePhotoWaits() async throws {
            let phone = try await Phone().enrolled()
            let id = try phone.capture()
            let faults: [(any Error, Trouble)] = [
                (ABugInTheShell(), .keyUnavailable),
                (PlatformError.NeedsUser, .keyUnavailable),
                (PlatformError.Gone, .keyGone),
            ]
            for (fault, trouble) in faults {
                phone.vault.state.withLock { $0.fault = fault }
                let stopped = try await phone.client!.queue().run(asked: true).stopped
                #expect(stopped.map(\.captureId) == [id])
                #expect(stopped.map(\.trouble) == [trouble])
                #expect(!describe(trouble: trouble).nextStep.isEmpty)
            }
            phone.vault.state.withLock { $0.fault = ABugInTheShell() }
            #expect {
                try phone.client!.review().unlock()
            } throws: { error in
                error is ClientError && !String(describing: error).contains("patient")
            }
            phone.vault.state.withLock { $0.fault = nil }
            #expect(try await phone.client!.queue().run(asked: true).stored == 1)
        }

        @Test func aCancelledTaskStopsAtItsNextStepAndLosesNothing() async throws {
            let phone = try await Phone().enrolled()
            for _ in 0..<3 { _ = try phone.capture() }
            let (signing, signal) = AsyncStream.makeStream(of: Void.self)
            let goOn = DispatchSemaphore(value: 0)
            phone.vault.state.withLock {
                $0.beforeSigning = {
                    signal.yield()
                    _ = goOn.wait(timeout: .now() + 10)
                }
            }
            let queue = phone.client!.queue()
            let running = Task { try await queue.run(asked: true) }
            for await _ in signing { break }
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value }
            phone.vault.state.withLock { $0.beforeSigning = {} }
            goOn.signal()
            #expect(try phone.client!.list().count == 3)
            // The photo that was being signed is in hand until that ended, and goes with a later run. Each says how many are stored by then.
            var stored: UInt64 = 0
            for _ in 0..<100 where stored < 3 {
                stored = try await queue.run(asked: true).stored
                if stored < 3 { try await Task.sleep(for: .milliseconds(50)) }
            }
            #expect(stored == 3)
        }

        @Test func aClientThatIsLetGoWhileARunSignsEndsItWithItsReportAndTheNextAsClosed() async throws {
            let phone = try await Phone().enrolled()
            for _ in 0..<3 { _ = try phone.capture() }
            let (signing, signal) = AsyncStream.makeStream(of: Void.self)
            let goOn = DispatchSemaphore(value: 0)
            phone.vault.state.withLock {
                $0.beforeSigning = {
                    signal.yield()
                    _ = goOn.wait(timeout: .now() + 10)
                }
            }
            let queue = phone.client!.queue()
            let running = Task { try await queue.run(asked: true).stored }
            for await _ in signing { break }
            phone.client = nil
            phone.vault.state.withLock { $0.beforeSigning = {} }
            goOn.signal()
            #expect(try await running.value == 3)
            #expect(await refusal { try await queue.run(asked: true).stored } == "NotPossible closed")
            try phone.open()
            #expect(try phone.client!.list().map(\.stage) == [.stored, .stored, .stored])
        }

        @Test func aClientThatOnlyItsCallsHoldSealsEachPhotoAndLeavesThemToTheNext() async throws {
            let phone = try await Phone().enrolled()
            let (one, answered) = AsyncStream.makeStream(of: Void.self)
            let calls = (0..<8).map { _ in
                Task { [client = phone.client!] in
                    defer { answered.yield() }
                    return try client.capture(jpeg: Ward.picture(), context: context()).captureId
                }
            }
            for await _ in one { break }
            phone.client = nil
            var kept: Set<CaptureId> = []
            for call in calls { kept.insert(try await call.value) }
            try phone.open()
            #expect(kept.count == 8)
            #expect(try Set(phone.client!.list().map(\.captureId)) == kept)
        }

        @Test func aPanicInRustIsAStatusAndTheClientGoesOn() async throws {
            let phone = try await Phone().enrolled()
            let id = try phone.capture()
            var status = RustCallStatus()
            uniffi_gauze_fn_func_panic_now(&status)
            #expect(status.code == 2)
            #expect(try phone.client!.list().map(\.captureId) == [id])
            #expect(try await phone.client!.queue().run(asked: true).stored == 1)
        }

        @Test func whatWasEnteredOutOfItsLimitsIsToldAsSuchAndNothingIsKept() async throws {
            let phone = try await Phone().enrolled()
            let picture = try Ward.picture()
            let wrong = [
                context(site: Site(words: "")),
                context(patient: nobody(nhsNumber: "9990000043")),
                context(patient: nobody(confirmedBy: [.name])),
                context(notes: String(repeating: "n", count: 4097)),
                context(patient: nobody(dob: "31.1.1950")),
            ]
            for entered in wrong {
                let said = await refusal { try phone.client!.capture(jpeg: picture, context: entered) }
                #expect(said == "TakeAgain record_invalid")
            }
            #expect(phone.client!.status().lastSeq == 0)
            _ = try phone.client!.capture(jpeg: picture, context: context(notes: "pasted\r\nfrom elsewhere"))
            #expect(phone.client!.status().lastSeq == 1)
        }

        @Test func aStoreThatTheSystemDoesNotProtectStaysShutAndLosesNothing() async throws {
            let phone = try await Phone().enrolled()
            let id = try phone.capture()
            phone.guarding.says.withLock { $0 = .wrong }
            #expect(await refusal { try phone.open() } == "Report storage_unprotected")
            phone.guarding.says.withLock { $0 = .notYetUnlocked }
            #expect(await refusal { try phone.open() }.hasPrefix("Unlock "))
            phone.guarding.says.withLock { $0 = .held }
            try phone.open()
            #expect(try phone.client!.list().map(\.captureId) == [id])
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
            #expect(await refusal { try phone.capture() }.hasPrefix("Enrol "))
            let broken = #"{"gateway":"http://plain.test"}"#
            #expect(await refusal { try await phone.client!.enrolment().enrol(managed: broken) }.hasPrefix("AskIt "))
            _ = try await phone.enrolled()
            let words = Data("not a picture".utf8)
            let said = await refusal { try phone.client!.capture(jpeg: words, context: context()) }
            #expect(said == "TakeAgain not_jpeg")
            #expect(await refusal { try await phone.enrolled() }.hasPrefix("NotPossible "))
            _ = try phone.capture()
            let discarded = try phone.capture()
            try phone.client!.discard(id: discarded)
            _ = try await phone.client!.queue().run(asked: true)
            #expect(await refusal { try phone.client!.discard(id: discarded) }.hasPrefix("NotPossible "))
        }

        @Test func logLinesReachTheShellWithoutNamesPositionsAndUploadAddresses() async throws {
            let lines = Lines()
            setLogSink(sink: lines)
            let phone = try await Phone().enrolled()
            #expect(phone.client!.wantsPosition(), "the policy has an area, by which the position is judged")
            phone.client!.located(
                fix: Fix(
                    latitude: 57.1234567, longitude: -4.7654321, accuracyM: 12, ageMs: 0, mock: false, utcOffsetMinutes: 330
                )
            )
            _ = try phone.capture()
            phone.vault.state.withLock { $0.fault = ABugInTheShell() }
            _ = try await phone.client!.queue().run(asked: true)
            phone.vault.state.withLock { $0.fault = nil }
            _ = try await phone.client!.queue().run(asked: true)
            let text = lines.kept.withLock { $0.joined(separator: "\n") }
            #expect(!text.isEmpty)
            for word in ["Zzyzx", "Quillonbert", "9990000042", "/v1/transfers/", "57.123", "4.765", "571234", "476543"] {
                #expect(!text.contains(word))
            }
        }
    }
}

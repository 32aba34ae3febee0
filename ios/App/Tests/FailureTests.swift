import DeviceCheck
import Foundation
import GauzeLogic
import LocalAuthentication
import Security
import Testing

@testable import GauzePlatform

/// What is made of each failure of Apple's parts. That they fail so, only a phone shows.
@Suite struct FailureTests {
    @Test func withoutAppAttestThePhoneSaysWhyAndThePolicyDecides() async throws {
        let codes: [(DCError.Code, String)] = [
            (.featureUnsupported, "featureUnsupported"), (.invalidInput, "invalidInput"), (.invalidKey, "invalidKey"),
            (.serverUnavailable, "serverUnavailable"), (.unknownSystemFailure, "unknownSystemFailure"),
        ]
        for (code, name) in codes {
            for step in [Step.generate, .attest] {
                let kept = Kept()
                try kept.keep(Data("b2xk".utf8))
                let attest = AppAttest(Service(fails: (step, DCError(code))), kept, patience: 60)
                guard case .unavailable(let said)? = try await apart({ try attest.attest(Data([1])) }) else { Issue.record("\(name)"); continue }
                #expect(said == name)
                #expect(try kept.load() == nil, "neither a key that was not attested nor one of an installation before is this phone's")
            }
        }
        let without = AppAttest(Service(isSupported: false), Kept(), patience: 60)
        guard case .unavailable("featureUnsupported")? = try await apart({ try without.attest(Data([1])) }) else {
            Issue.record("a simulator has none")
            return
        }
    }

    @Test func theAttestedKeyIsKeptAndSpeaksAgain() async throws {
        let kept = Kept()
        let attest = AppAttest(Service(), kept, patience: 60)
        let nothing = try await apart { try attest.assert(Data([2])) }
        #expect(nothing == nil, "one that was never attested says nothing")
        guard case .made(let keyId, let object)? = try await apart({ try attest.attest(Data([1])) }) else {
            Issue.record("it was attested")
            return
        }
        #expect(keyId == Data([7, 7, 7]) && object == Data("attested".utf8 + [1]))
        let said = try await apart { try attest.assert(Data([2])) }
        #expect(said == Data("asserted".utf8 + [2]))
    }

    @Test func aKeyThatIsGoneOrAServiceThatDoesNotAnswerIsAFaultAndNoEvidence() async throws {
        let kept = Kept()
        try kept.keep(Data("BwcH".utf8))
        let cases: [(Service, Kept, TimeInterval, KeyFault)] = [
            (Service(hangs: true), Kept(), 0.01, .unavailable), (Service(keyId: "%"), Kept(), 60, .unavailable),
            (Service(), Kept(refuses: .needsUser), 60, .needsUser),
        ]
        for (service, kept, patience, fault) in cases {
            await #expect(throws: fault) {
                _ = try await apart { try AppAttest(service, kept, patience: patience).attest(Data([1])) }
            }
        }
        await #expect(throws: KeyFault.unavailable) {
            _ = try await apart { try AppAttest(Service(fails: (.assert, DCError(.invalidKey))), kept, patience: 60).assert(Data([1])) }
        }
    }

    @Test func whatTheKeychainSaysIsASecretOrNoneOrAFault() throws {
        #expect(try Keychain.answer(errSecSuccess, Data([1])) == Data([1]))
        #expect(try Keychain.answer(errSecItemNotFound, nil) == nil)
        #expect(throws: KeyFault.needsUser) { try Keychain.answer(errSecInteractionNotAllowed, nil) }
        #expect(throws: KeyFault.unavailable) { try Keychain.answer(-34018, nil) }
    }

    @Test func anEnclaveThatWantsItsUserIsNoBrokenOne() {
        for fault in KeyFault.allCases { #expect(EnclaveKeys.fault(fault) == fault) }
        #expect(EnclaveKeys.fault(LAError(.notInteractive)) == .needsUser)
        #expect(EnclaveKeys.fault(LAError(.userCancel)) == .needsUser)
        #expect(EnclaveKeys.fault(LAError(.biometryLockout)) == .unavailable)
        #expect(EnclaveKeys.fault(URLError(.timedOut)) == .unavailable)
    }

    @Test func aPromptThatShowsNothingUnlocksNothing() {
        #expect(SystemBiometric.answer(LAError(.passcodeNotSet)) == .notSetUp)
        #expect(SystemBiometric.answer(LAError(.biometryLockout)) == .lockedOut)
        for code in [LAError.Code.userCancel, .authenticationFailed, .invalidContext, .notInteractive] {
            #expect(SystemBiometric.answer(LAError(code)) == .declined)
        }
        #expect(SystemBiometric.answer(URLError(.timedOut)) == .declined)
    }

    @Test func aDirectoryWithoutAProtectionClassIsNotHeldAndOneThatIsNotThereMayBeLocked() throws {
        let dir = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: dir, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: dir) }
        #expect(SystemDisk().protection(dir.path) == .wrong)
        #expect(SystemDisk().protection(dir.appendingPathComponent("none").path) == .notYetUnlocked)
    }
}

/// On a thread of its own, as the core asks: it waits there, and Swift's own threads are few.
private func apart<Answer: Sendable>(_ call: @escaping @Sendable () throws -> Answer) async throws -> Answer {
    try await withCheckedThrowingContinuation { waiting in
        Thread.detachNewThread { waiting.resume(with: Result { try call() }) }
    }
}

private enum Step: Sendable { case generate, attest, assert }

private struct Service: AttestService {
    var isSupported = true
    var fails: (Step, DCError)?
    var hangs = false
    var keyId = "BwcH"

    private func at(_ step: Step) async throws {
        if hangs { try await Task.sleep(for: .seconds(3600)) }
        if let (failing, error) = fails, failing == step { throw error }
    }

    func generateKey() async throws -> String {
        try await at(.generate)
        return keyId
    }

    func attestKey(_ keyId: String, clientDataHash: Data) async throws -> Data {
        try await at(.attest)
        return Data("attested".utf8) + clientDataHash
    }

    func generateAssertion(_ keyId: String, clientDataHash: Data) async throws -> Data {
        try await at(.assert)
        return Data("asserted".utf8) + clientDataHash
    }
}

private final class Kept: Secret, @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var secret: Data?
    private let refuses: KeyFault?

    init(refuses: KeyFault? = nil) {
        self.refuses = refuses
    }

    func load() throws -> Data? { lock.withLock { secret } }

    func keep(_ secret: Data) throws {
        if let refuses { throw refuses }
        lock.withLock { self.secret = secret }
    }

    func forget() throws { lock.withLock { secret = nil } }
}

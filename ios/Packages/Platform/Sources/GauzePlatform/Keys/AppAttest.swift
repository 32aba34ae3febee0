import DeviceCheck
import Foundation
import GauzeLogic
import Security

/// Apple's statements on app and phone. The core asks from threads of its own, where waiting for Apple's service holds up
/// nothing but the enrolment. Where the service gives none, that is told by its error's name and the hospital's policy decides.
public final class AppAttest: KeyEvidence {
    private let identifier: any Secret
    private let service: any AttestService
    private let patience: TimeInterval

    public convenience init() {
        let kept = Keychain(account: "app-attest", accessible: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly as String)
        self.init(SystemAttest(), kept, patience: 60)
    }

    init(_ service: any AttestService, _ identifier: any Secret, patience: TimeInterval) {
        self.service = service
        self.identifier = identifier
        self.patience = patience
    }

    public func attest(_ hash: Data) throws -> Attested? {
        // One that the keychain kept from an installation before speaks for no key of this one.
        try identifier.forget()
        guard service.isSupported else { return .unavailable(error: "featureUnsupported") }
        do {
            let keyId = try waited { [service] in try await service.generateKey() }
            let object = try waited { [service] in try await service.attestKey(keyId, clientDataHash: hash) }
            guard let raw = Data(base64Encoded: keyId) else { throw KeyFault.unavailable }
            try identifier.keep(Data(keyId.utf8))
            return .made(keyId: raw, object: object)
        } catch let error as DCError {
            return .unavailable(error: name(error.code))
        }
    }

    public func assert(_ hash: Data) throws -> Data? {
        guard let kept = try identifier.load() else { return nil }
        let keyId = String(decoding: kept, as: UTF8.self)
        do {
            return try waited { [service] in try await service.generateAssertion(keyId, clientDataHash: hash) }
        } catch is DCError {
            throw KeyFault.unavailable
        }
    }

    private func name(_ code: DCError.Code) -> String {
        switch code {
        case .featureUnsupported: "featureUnsupported"
        case .invalidInput: "invalidInput"
        case .invalidKey: "invalidKey"
        case .serverUnavailable: "serverUnavailable"
        default: "unknownSystemFailure"
        }
    }

    private func waited<Answer: Sendable>(_ call: @escaping @Sendable () async throws -> Answer) throws -> Answer {
        let answer = Answered<Answer>()
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            do { answer.set(.success(try await call())) } catch { answer.set(.failure(error)) }
            done.signal()
        }
        guard done.wait(timeout: .now() + patience) == .success, let answered = answer.value else { throw KeyFault.unavailable }
        return try answered.get()
    }
}

/// What of Apple's service is used.
protocol AttestService: Sendable {
    var isSupported: Bool { get }
    func generateKey() async throws -> String
    func attestKey(_ keyId: String, clientDataHash: Data) async throws -> Data
    func generateAssertion(_ keyId: String, clientDataHash: Data) async throws -> Data
}

private struct SystemAttest: AttestService {
    var isSupported: Bool { DCAppAttestService.shared.isSupported }

    func generateKey() async throws -> String { try await DCAppAttestService.shared.generateKey() }

    func attestKey(_ keyId: String, clientDataHash: Data) async throws -> Data {
        try await DCAppAttestService.shared.attestKey(keyId, clientDataHash: clientDataHash)
    }

    func generateAssertion(_ keyId: String, clientDataHash: Data) async throws -> Data {
        try await DCAppAttestService.shared.generateAssertion(keyId, clientDataHash: clientDataHash)
    }
}

private final class Answered<Value: Sendable>: @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var answer: Result<Value, any Error>?

    var value: Result<Value, any Error>? { lock.withLock { answer } }

    func set(_ result: Result<Value, any Error>) {
        lock.withLock { answer = result }
    }
}

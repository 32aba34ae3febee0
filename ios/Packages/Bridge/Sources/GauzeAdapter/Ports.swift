import Foundation
import GauzeBridge
import GauzeLogic

extension CorePorts {
    func toClientPorts() -> ClientPorts {
        ClientPorts(
            vault: Vault(keys), attestor: Witness(evidence), secrets: Secrets(secret), reachability: Air(network),
            storage: Ground(disk)
        )
    }
}

private func answered<Value>(_ call: () throws -> Value) throws -> Value {
    do { return try call() } catch let fault as KeyFault {
        throw switch fault {
        case .needsUser: PlatformError.NeedsUser
        case .gone: PlatformError.Gone
        case .unavailable: PlatformError.Unavailable
        }
    }
}

private final class Vault: KeyVault {
    private let keys: any DeviceKeys

    init(_ keys: any DeviceKeys) {
        self.keys = keys
    }

    func create(challenge: Data) throws { try answered { try keys.create(challenge: challenge) } }

    func deviceKey() throws -> Data { try answered { try keys.deviceKey() } }

    func sign(message: Data) throws -> Data { try answered { try keys.sign(message) } }

    func createReview() throws { try answered { try keys.createReview() } }

    func reviewKey() throws -> Data? { try answered { try keys.reviewKey() } }

    func agree(peer: Data) throws -> Data { try answered { try keys.agree(peer: peer) } }

    func destroy(deviceToo: Bool) throws { try answered { try keys.destroy(deviceToo: deviceToo) } }
}

private final class Witness: Attestor {
    private let evidence: any KeyEvidence

    init(_ evidence: any KeyEvidence) {
        self.evidence = evidence
    }

    func attest(challenge: Data, deviceKey: Data) throws -> Evidence {
        let hash = try appAttestClientDataHash(challenge: challenge, deviceKey: deviceKey)
        switch try answered({ try evidence.attest(hash) }) {
        case .made(let keyId, let object): return .appAttest(keyId: keyId, object: object)
        case .unavailable(let error): return .appAttestUnavailable(error: error)
        case nil: return .software
        }
    }

    func attestAgain(challenge: Data, deviceKey: Data) throws -> Evidence {
        let hash = try appAttestClientDataHash(challenge: challenge, deviceKey: deviceKey)
        return try answered { try evidence.assert(hash) }.map { .appAttestAssertion(assertion: $0) } ?? .software
    }
}

private final class Secrets: SecretStore {
    private let secret: any Secret

    init(_ secret: any Secret) {
        self.secret = secret
    }

    func load() throws -> Data? { try answered { try secret.load() } }

    func keep(secret: Data) throws { try answered { try self.secret.keep(secret) } }

    func forget() throws { try answered { try secret.forget() } }
}

private final class Air: Reachability {
    private let network: any Network

    init(_ network: any Network) {
        self.network = network
    }

    func reachable() throws -> Bool { network.reachable() }
}

private final class Ground: Storage {
    private let disk: any Disk

    init(_ disk: any Disk) {
        self.disk = disk
    }

    func protection(dir: String) throws -> Protection {
        switch disk.protection(dir) {
        case .held: .held
        case .wrong: .wrong
        case .notYetUnlocked: .notYetUnlocked
        }
    }
}

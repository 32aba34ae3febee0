import Foundation
import GauzeLogic
import Security

/// Small secrets of the app, on this phone alone: in no backup, on no other device.
struct Keychain: Secret {
    let account: String
    /// `kSecAttrAccessible…ThisDeviceOnly`
    let accessible: String

    private var query: [String: Any] {
        [
            kSecClass as String: kSecClassGenericPassword, kSecAttrService as String: "org.gauze.app",
            kSecAttrAccount as String: account, kSecAttrSynchronizable as String: false,
        ]
    }

    func load() throws -> Data? {
        var asking = query
        asking[kSecReturnData as String] = true
        var found: CFTypeRef?
        return try Self.answer(SecItemCopyMatching(asking as CFDictionary, &found), found)
    }

    /// Nothing where there is none; before the first unlock, and where somebody has to be asked, a fault that passes.
    static func answer(_ status: OSStatus, _ found: CFTypeRef?) throws -> Data? {
        switch status {
        case errSecSuccess: return found as? Data
        case errSecItemNotFound: return nil
        case errSecInteractionNotAllowed: throw KeyFault.needsUser
        default: throw KeyFault.unavailable
        }
    }

    func keep(_ secret: Data) throws {
        try forget()
        var adding = query
        adding[kSecValueData as String] = secret
        adding[kSecAttrAccessible as String] = accessible
        guard SecItemAdd(adding as CFDictionary, nil) == errSecSuccess else { throw KeyFault.unavailable }
    }

    func forget() throws {
        let status = SecItemDelete(query as CFDictionary)
        guard status == errSecSuccess || status == errSecItemNotFound else { throw KeyFault.unavailable }
    }
}

/// The secret that the store's metadata is encrypted with: there after the first unlock, so that uploads go on while locked.
public struct KeychainSecret: Secret {
    private let keychain = Keychain(account: "store", accessible: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly as String)

    public init() {}

    public func load() throws -> Data? { try keychain.load() }
    public func keep(_ secret: Data) throws { try keychain.keep(secret) }
    public func forget() throws { try keychain.forget() }
}

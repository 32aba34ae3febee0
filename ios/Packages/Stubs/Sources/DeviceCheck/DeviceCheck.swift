import Foundation

public struct DCError: Error {
    public enum Code: Int, Sendable { case unknownSystemFailure, featureUnsupported, invalidInput, invalidKey, serverUnavailable }

    public let code: Code
    public init(_ code: Code) { self.code = code }
}

public final class DCAppAttestService: Sendable {
    public static let shared = DCAppAttestService()
    public var isSupported: Bool { fatalError() }
    public func generateKey() async throws -> String { fatalError() }
    public func attestKey(_ keyId: String, clientDataHash: Data) async throws -> Data { fatalError() }
    public func generateAssertion(_ keyId: String, clientDataHash: Data) async throws -> Data { fatalError() }
}

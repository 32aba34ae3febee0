@_exported import Foundation

/// Foundation's, where it is Apple's.
public struct LocalizedStringResource: ExpressibleByStringLiteral, Sendable {
    public init(stringLiteral value: String) {}
}

public protocol IntentResult {}
public struct EmptyIntentResult: IntentResult {}
extension IntentResult where Self == EmptyIntentResult { public static func result() -> Self { EmptyIntentResult() } }

public protocol PersistentlyIdentifiable {}
public protocol AppIntent: PersistentlyIdentifiable, Sendable {
    associatedtype PerformResult: IntentResult
    static var title: LocalizedStringResource { get }
    func perform() async throws -> PerformResult
    init()
}
public protocol SystemIntent: AppIntent {}
public protocol CameraCaptureIntent: SystemIntent {
    associatedtype AppContext: Decodable, Encodable, Sendable = Never
}

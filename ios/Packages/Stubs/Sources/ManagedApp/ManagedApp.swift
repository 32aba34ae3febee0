public final class ManagedAppConfigurationProvider {
    public init() {}
    public func configurations<Configuration>(_ t: Configuration.Type) async -> some AsyncSequence<Configuration?, Never>
    where Configuration: Decodable & Sendable {
        AsyncStream<Configuration?> { $0.finish() }
    }
}

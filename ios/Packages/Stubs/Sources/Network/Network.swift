import Foundation

public struct NWPath: Sendable {
    public enum Status: Sendable { case satisfied, unsatisfied, requiresConnection }
    public var status: Status { fatalError() }
}

public final class NWPathMonitor: Sendable {
    public init() { fatalError() }
    public func start(queue: DispatchQueue) {}
    public var currentPath: NWPath { fatalError() }
}

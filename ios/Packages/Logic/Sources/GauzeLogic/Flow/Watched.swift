/// A value that is watched: whoever watches gets it as it stands, then whenever it changes; who is slow gets the newest.
@MainActor
public final class Watched<Value: Sendable> {
    public private(set) var value: Value
    private var watching: [Int: AsyncStream<Value>.Continuation] = [:]
    private var count = 0

    init(_ value: Value) {
        self.value = value
    }

    /// Ending the iteration ends the watch.
    public func values() -> AsyncStream<Value> {
        let (stream, continuation) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: .bufferingNewest(1))
        count += 1
        let id = count
        watching[id] = continuation
        continuation.onTermination = { [weak self] _ in
            Task { @MainActor in self?.watching[id] = nil }
        }
        continuation.yield(value)
        return stream
    }

    func set(_ next: Value) {
        value = next
        watching.values.forEach { $0.yield(next) }
    }
}

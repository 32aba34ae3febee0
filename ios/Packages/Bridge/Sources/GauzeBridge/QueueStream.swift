import GauzeCore

@_exported import GauzeCore

/// A photo that moved or stopped.
public struct Moved: Sendable, Equatable {
    public let id: CaptureId
    public let state: QueueState
}

extension UploadQueue {
    /// Every photo that moves or stops, first where each stands now. Ending the iteration ends the subscription. Nothing is
    /// dropped: whoever is slow delays nobody.
    public func moves() throws -> AsyncStream<Moved> {
        let (stream, continuation) = AsyncStream.makeStream(of: Moved.self, bufferingPolicy: .unbounded)
        let handle = try observe(observer: Listener(continuation))
        continuation.onTermination = { _ in handle.cancel() }
        return stream
    }
}

private final class Listener: QueueObserver {
    private let continuation: AsyncStream<Moved>.Continuation

    init(_ continuation: AsyncStream<Moved>.Continuation) {
        self.continuation = continuation
    }

    func changed(id: CaptureId, state: QueueState) throws {
        continuation.yield(Moved(id: id, state: state))
    }
}

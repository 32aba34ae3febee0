@_exported import GauzeCore

/// A photo that moved or stopped.
public struct Moved: Sendable, Equatable {
    public let id: CaptureId
    public let state: QueueState
}

extension UploadQueue {
    /// Takes every photo as far as it goes. `asked` also tries what waits for a person, and without a network. In a task that
    /// is cancelled it stops at its next step and throws `CancellationError`; the next run goes on from there. An iOS
    /// background task's expiration handler cancels the task that runs this.
    public func run(asked: Bool) async throws -> QueueReport {
        let signal = StopSignal()
        do {
            return try await withTaskCancellationHandler {
                try await run(asked: asked, until: signal)
            } onCancel: {
                signal.send()
            }
        } catch ClientError.RetryLater(code: "stopped", advice: _) {
            throw CancellationError()
        }
    }

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

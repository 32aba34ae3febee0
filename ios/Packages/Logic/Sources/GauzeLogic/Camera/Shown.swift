extension Camera {
    /// The camera for as long as it is iterated: where a call or another app took it, or it stopped, it is opened anew every `pause`.
    public func shown(pause: Duration = .seconds(2)) -> AsyncStream<CameraEvent> {
        AsyncStream { continuation in
            let showing = Task {
                while !Task.isCancelled {
                    for await event in open() {
                        continuation.yield(event)
                        if case .failed(let fault) = event, fault == .inUse || fault == .broken { break }
                    }
                    try? await Task.sleep(for: pause)
                }
            }
            continuation.onTermination = { _ in showing.cancel() }
        }
    }
}

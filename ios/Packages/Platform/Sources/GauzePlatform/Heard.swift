import Foundation

/// One element for each notification of that name, for as long as it is iterated.
func heard(_ name: Notification.Name, _ center: NotificationCenter = .default) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    let observer = Observer(center.addObserver(forName: name, object: nil, queue: nil) { _ in continuation.yield() })
    continuation.onTermination = { _ in center.removeObserver(observer.token) }
    return stream
}

private final class Observer: @unchecked Sendable {
    // Handed from where it was made to where it ends, and read there alone.
    let token: any NSObjectProtocol

    init(_ token: any NSObjectProtocol) {
        self.token = token
    }
}

/// What a screen has running. Whoever shows the screen cancels it when the screen goes.
@MainActor
public final class Work {
    private var running: [Int: Task<Void, Never>] = [:]
    private var count = 0

    public nonisolated init() {}

    func launch(_ body: @escaping @Sendable () async -> Void) {
        count += 1
        let id = count
        running[id] = Task { [weak self] in
            await body()
            self?.running[id] = nil
        }
    }

    public func cancel() {
        running.values.forEach { $0.cancel() }
        running = [:]
    }

    /// Waits until nothing runs, what was launched meanwhile included.
    public func idle() async {
        while let task = running.values.first { await task.value }
    }
}

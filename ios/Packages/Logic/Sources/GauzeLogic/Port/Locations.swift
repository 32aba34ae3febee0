public enum LocationEvent: Sendable {
    /// It may be asked; nothing is known yet.
    case looking
    case found(Fix)
    case notAllowed
}

/// Where the phone is.
public protocol Locations: Sendable {
    /// The system is asked for as long as it is iterated.
    func open() -> AsyncStream<LocationEvent>

    /// The system's question to the person; whoever said no is led to where that is changed.
    @MainActor func ask()
}

extension Locations {
    /// Tells `core` where the phone is for as long as it is iterated, and only where the policy has areas. Screens hear
    /// whether the system may be asked, and never a position.
    public func told(_ core: any Locating) -> AsyncStream<Bool> {
        AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            let telling = Task {
                if core.wantsPosition() {
                    for await event in open() { continuation.yield(pass(event, to: core)) }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in telling.cancel() }
        }
    }

    private func pass(_ event: LocationEvent, to core: any Locating) -> Bool {
        switch event {
        case .looking: return true
        case .found(let fix):
            core.located(fix)
            return true
        case .notAllowed: return false
        }
    }
}

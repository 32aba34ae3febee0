/// A new state, and what is to be done because of it: its answer comes back as an event.
public struct Step<State: Sendable, Event: Sendable>: Sendable {
    let state: State
    let effect: (@Sendable () async -> Event?)?

    init(_ state: State, _ effect: (@Sendable () async -> Event?)? = nil) {
        self.state = state
        self.effect = effect
    }
}

/// Who is told that a screen is done, and with what.
public typealias Telling<Value> = @MainActor @Sendable (Value) -> Void

/// One screen's state. `send` changes it in one synchronous function, `step`; what takes time runs in `work`, off the main
/// actor, and comes back as an event, so that no two changes ever overlap.
@MainActor
open class Presenter<State: Sendable, Event: Sendable> {
    public let states: Watched<State>
    public var state: State { states.value }
    private let work: Work

    init(_ initial: State, _ work: Work) {
        states = Watched(initial)
        self.work = work
    }

    public final func send(_ event: Event) {
        let step = step(state, event)
        states.set(step.state)
        guard let effect = step.effect else { return }
        work.launch { [weak self] in
            if let event = await effect() { await self?.send(event) }
        }
    }

    func step(_ state: State, _ event: Event) -> Step<State, Event> { Step(state) }
}

/// `optional` where a photo may be taken without.
public struct SignInState: Sendable, Equatable {
    public let optional: Bool
    public internal(set) var working: Bool
    public internal(set) var problem: Line?
}

public enum SignInEvent: Sendable {
    case start
    /// Nil where the browser was left.
    case ended(Outcome<String>?)
    case later
}

/// Signing in at the hospital. The name of whoever had the phone before is not shown.
public final class SignInPresenter: Presenter<SignInState, SignInEvent> {
    private let core: any SigningIn
    private let browser: any Browser
    private let gone: Telling<Void>

    public init(_ core: any SigningIn, _ browser: any Browser, _ work: Work, gone: @escaping Telling<Void>) {
        self.core = core
        self.browser = browser
        self.gone = gone
        super.init(SignInState(optional: core.signInMode() != .required, working: false, problem: nil), work)
    }

    override func step(_ state: SignInState, _ event: SignInEvent) -> Step<SignInState, SignInEvent> {
        var next = state
        switch event {
        case .start:
            if state.working { return Step(state) }
            next.working = true
            next.problem = nil
            return Step(next) { [core, browser] in .ended(await Self.signIn(core, browser)) }
        case .ended(.success): return leave(state)
        case .ended(.failure(let failure)):
            next.working = false
            next.problem = Failures.line(failure)
        case .ended(nil):
            next.working = false
            next.problem = Line(.errorSignInCancelled)
        case .later: return state.optional ? leave(state) : Step(state)
        }
        return Step(next)
    }

    private nonisolated static func signIn(_ core: any SigningIn, _ browser: any Browser) async -> Outcome<String>? {
        switch await core.beginSignIn() {
        case .failure(let failure): return .failure(failure)
        case .success(let page):
            guard let callback = await browser.visit(page) else { return nil }
            return await core.finishSignIn(callback)
        }
    }

    private func leave(_ state: SignInState) -> Step<SignInState, SignInEvent> {
        Step(SignInState(optional: state.optional, working: false, problem: nil)) { [gone] in
            await gone(())
            return nil
        }
    }
}

public let signInSamples = [
    "start": SignInState(optional: false, working: false, problem: nil),
    "working": SignInState(optional: true, working: true, problem: nil),
    "cancelled": SignInState(optional: true, working: false, problem: Line(.errorSignInCancelled)),
]

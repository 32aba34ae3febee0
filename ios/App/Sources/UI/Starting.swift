import GauzeLogic
import SwiftUI

struct EnrolView<Finder: View>: View {
    let state: EnrolState
    let viewfinder: Finder
    let allow: @MainActor () -> Void
    let send: (EnrolEvent) -> Void

    var body: some View {
        Page(.enrolTitle) {
            Text(say(.enrolBody))
            if state.managed { Said(Line(.enrolManaged), .good) }
            if state.scanning {
                Scanning(hint: nil, fault: state.camera, viewfinder: viewfinder)
            } else if !state.managed {
                Text(say(.enrolPasteHint))
                Entered(Line(.enrolPaste), state.pasted) { send(.pasted($0)) }
            }
            Support(word: .enrolSupport, contact: state.support)
        } actions: {
            Said(state.problem)
            if state.working { Said(Line(.enrolWorking), .plain) }
            MainAction(.enrolStart, enabled: !state.working) { send(.start) }
            AllowCamera(fault: state.camera, allow: allow)
            if state.scanning {
                QuietAction(.cancel) { send(.stopScan) }
            } else if !state.managed {
                OtherAction(.enrolScan, enabled: !state.working) { send(.scan) }
            }
        }
    }
}

struct SignInView: View {
    let state: SignInState
    let send: (SignInEvent) -> Void

    var body: some View {
        Page(.signinTitle) {
            Text(say(.signinBody))
            Text(say(.signinShared))
        } actions: {
            Said(state.problem)
            if state.working { Said(Line(.signinWorking), .plain) }
            MainAction(.signinStart, enabled: !state.working) { send(.start) }
            if state.optional { QuietAction(.signinLater) { send(.later) } }
        }
    }
}

struct NoticeView: View {
    let state: NoticeState
    let send: (NoticeEvent) -> Void

    var body: some View {
        Page(.noticeTitle) {
            Text(state.notice.words)
            Text(say(Line(.noticeVersion, "\(state.notice.version)")))
            // Behind the last line, in a lazy stack: it appears when its end was on the screen.
            LazyVStack(alignment: .leading, spacing: 0) { Divider().onAppear { send(.endSeen) } }
        } actions: {
            if !state.read { Text(say(.noticeWait)) }
            MainAction(.noticeAccept, enabled: state.read && !state.working) { send(.accept) }
        }
    }
}

struct TeamView: View {
    let state: TeamState
    let send: (TeamEvent) -> Void

    var body: some View {
        Page(.teamTitle) {
            Text(say(.teamBody))
            if let now = state.now { Said(Line(.teamNow, now.words), .plain) }
            ForEach(state.teams, id: \.code) { team in
                OtherAction(words: team.words) { send(.choose(team)) }
            }
        } actions: {
            if let now = state.now { QuietAction(.back) { send(.choose(now)) } }
        }
    }
}

/// The store did not open: why, and how to go on.
struct ShutView: View {
    let why: Line?
    let again: @MainActor () -> Void

    var body: some View {
        Page(.appName) {
            Said(why)
        } actions: {
            MainAction(.tryAgain, action: again)
        }
    }
}

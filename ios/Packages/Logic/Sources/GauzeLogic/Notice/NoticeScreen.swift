/// A notice of the hospital to whoever uses the phone. `read` is true when its end was on the screen; `working`: they said so.
public struct NoticeState: Sendable, Equatable {
    public let notice: Notice
    public internal(set) var read: Bool
    public internal(set) var working: Bool
}

public enum NoticeEvent: Sendable {
    case endSeen
    case accept
}

public final class NoticePresenter: Presenter<NoticeState, NoticeEvent> {
    private let core: any Noticing
    private let accepted: Telling<Notice>

    public init(_ notice: Notice, _ core: any Noticing, _ work: Work, accepted: @escaping Telling<Notice>) {
        self.core = core
        self.accepted = accepted
        super.init(NoticeState(notice: notice, read: false, working: false), work)
    }

    override func step(_ state: NoticeState, _ event: NoticeEvent) -> Step<NoticeState, NoticeEvent> {
        var next = state
        switch event {
        case .endSeen:
            next.read = true
            return Step(next)
        case .accept:
            if !state.read || state.working { return Step(state) }
            next.working = true
            return Step(next) { [core, accepted] in
                core.readNotice(state.notice)
                await accepted(state.notice)
                return nil
            }
        }
    }
}

private let sample = Notice(
    code: "staff", version: 3,
    words: "Photos are part of the patient's record. Ask before each photo. Show only what is needed.\n\n"
        + "The photo leaves this phone sealed and is opened at the hospital alone. It is not in the gallery."
)

public let noticeSamples = [
    "unread": NoticeState(notice: sample, read: false, working: false),
    "read": NoticeState(notice: sample, read: true, working: false),
]

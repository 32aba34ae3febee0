/// A notice of the hospital to whoever uses the phone. `read` is true when its end was on the screen.
public struct NoticeState: Sendable, Equatable {
    public let notice: Notice
    public internal(set) var read: Bool
}

public enum NoticeEvent: Sendable {
    case endSeen
    case accept
}

public final class NoticePresenter: Presenter<NoticeState, NoticeEvent> {
    private let accepted: Telling<Notice>

    public init(_ notice: Notice, _ work: Work, accepted: @escaping Telling<Notice>) {
        self.accepted = accepted
        super.init(NoticeState(notice: notice, read: false), work)
    }

    override func step(_ state: NoticeState, _ event: NoticeEvent) -> Step<NoticeState, NoticeEvent> {
        switch event {
        case .endSeen: return Step(NoticeState(notice: state.notice, read: true))
        case .accept:
            return Step(state) { [accepted] in
                if state.read { await accepted(state.notice) }
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
    "unread": NoticeState(notice: sample, read: false),
    "read": NoticeState(notice: sample, read: true),
]

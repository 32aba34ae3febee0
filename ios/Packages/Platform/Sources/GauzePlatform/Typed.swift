/// What may be done with what is typed: it is pasted over, and neither copied nor cut, looked up, translated or shared. It names people.
public enum EditActions {
    private static let offered: Set<String> = ["paste:", "pasteAndMatchStyle:", "select:", "selectAll:", "delete:"]

    /// By UIKit's name for it.
    public static func offers(_ action: String) -> Bool { offered.contains(action) }
}

/// What is typed comes back as the screen's state a moment later, when more may have been typed: that is no news, and takes no
/// character back.
public struct Echoes: Sendable {
    private var typed: [String] = []
    private var last: String?

    public init() {}

    public mutating func typed(_ text: String) { typed.append(text) }

    /// Whether the screen says `text` by itself: then it takes the place of what was typed.
    public mutating func isNews(_ text: String) -> Bool {
        if text == last { return false }
        last = text
        if let at = typed.firstIndex(of: text) {
            typed.removeFirst(at + 1)
            return false
        }
        typed = []
        return true
    }
}

/// A sentence of the app: its words are in the app's resources, `args` are put into them. `help` is read to the help desk.
public struct Line: Sendable, Equatable, Unspoken {
    public let word: Word
    public let args: [String]
    public let help: String?

    public init(_ word: Word, _ args: String..., help: String? = nil) {
        self.word = word
        self.args = args
        self.help = help
    }
}

extension Line {
    /// `sentence` with what is put into it, where it has `%1$@` and so on.
    public func filled(_ sentence: String) -> String {
        args.enumerated().reduce(sentence) { $0.replacing("%\($1.offset + 1)$@", with: $1.element) }
    }
}

/// A sentence of the app: its words are in the app's resources, `args` are put into them.
public struct Line: Sendable, Equatable, Unspoken {
    public let word: Word
    public let args: [String]

    public init(_ word: Word, _ args: String...) {
        self.word = word
        self.args = args
    }
}

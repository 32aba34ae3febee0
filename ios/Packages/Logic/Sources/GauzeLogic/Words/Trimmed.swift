import Foundation

extension StringProtocol {
    /// Without blanks and line ends around it; what separates elements of a GS1 symbol counts as one.
    var trimmed: String { trimmingCharacters(in: blanks) }
}

private let blanks = CharacterSet.whitespacesAndNewlines.union(CharacterSet(charactersIn: "\u{1c}"..."\u{1f}"))

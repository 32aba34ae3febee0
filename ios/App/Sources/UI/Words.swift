import Foundation
import GauzeLogic

/// The sentence in the language of the phone.
func say(_ word: Word) -> String { Bundle.main.localizedString(forKey: word.resource, value: nil, table: nil) }

func say(_ line: Line) -> String {
    let sentence = line.filled(say(line.word))
    return line.help.map { sentence + " " + say(Line(.helpDesk, $0)) } ?? sentence
}

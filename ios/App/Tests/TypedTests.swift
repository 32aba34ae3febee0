import GauzePlatform
import Testing

@Suite struct TypedTests {
    @Test func whatIsTypedIsPastedOverAndGoesNowhere() {
        for offered in ["paste:", "select:", "selectAll:"] { #expect(EditActions.offers(offered)) }
        // UIKit's own names, those of no header among them.
        for taken in ["copy:", "cut:", "_define:", "_translate:", "_share:", "_promptForReplace:", "find:", "captureTextFromCamera:"] {
            #expect(!EditActions.offers(taken), "\(taken)")
        }
    }

    @Test func whatComesBackOfWhatWasTypedTakesNoCharacterBack() {
        var echoes = Echoes()
        func isNews(_ text: String) -> Bool { echoes.isNews(text) }
        #expect(isNews(""), "as it is first shown")
        for text in ["S", "SM", "SMI"] { echoes.typed(text) }
        #expect(!isNews("S"), "the screen is two characters behind")
        #expect(!isNews("S"), "and is drawn again")
        #expect(!isNews("SMI"), "it skips one")
        #expect(isNews(""), "what the screen says by itself is shown")
        for text in ["S", ""] { echoes.typed(text) }
        #expect(!isNews("S"))
        #expect(!isNews(""))
        echoes.typed("T")
        #expect(!isNews("T"))
        #expect(isNews(""), "that it was once typed is no reason to leave it out")
        #expect(isNews("9000000009"))
    }
}

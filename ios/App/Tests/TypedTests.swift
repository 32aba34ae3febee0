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
        #expect(echoes.isNews(""), "as it is first shown")
        for text in ["S", "SM", "SMI"] { echoes.typed(text) }
        #expect(!echoes.isNews("S"), "the screen is two characters behind")
        #expect(!echoes.isNews("S"), "and is drawn again")
        #expect(!echoes.isNews("SMI"), "it skips one")
        #expect(echoes.isNews(""), "what the screen says by itself is shown")
        for text in ["S", ""] { echoes.typed(text) }
        #expect(!echoes.isNews("S") && !echoes.isNews(""))
        echoes.typed("T")
        #expect(!echoes.isNews("T"))
        #expect(echoes.isNews(""), "that it was once typed is no reason to leave it out")
        #expect(echoes.isNews("9000000009"))
    }
}

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
        for text in ["S", "SM", "SMI"] { echoes.typed(text) }
        #expect(!echoes.isNews("S"), "the screen is two characters behind")
        #expect(!echoes.isNews("SMI"), "and skips one")
        #expect(echoes.isNews(""), "what the screen says by itself is shown")
        echoes.typed("S")
        #expect(echoes.isNews("9000000009"))
        #expect(echoes.isNews("S"), "nothing typed before that counts any more")
    }
}

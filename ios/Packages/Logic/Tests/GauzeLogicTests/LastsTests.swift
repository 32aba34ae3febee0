import Testing

@testable import GauzeLogic

/// What a photo is held by while it is taken: begun once, ended once, whatever the screen says meanwhile.
@MainActor
@Suite struct LastsTests {
    private final class Counting: Lasting {
        var (begun, ended) = (0, 0)

        func begin(_ what: String) -> @MainActor () -> Void {
            begun += 1
            return { self.ended += 1 }
        }
    }

    @Test func itLastsForAsLongAsItIsSoAndAgainWhenItIsSoAgain() {
        let counting = Counting()
        let lasts = Lasts(counting, "seal a photo")
        for (so, begun, ended) in [(false, 0, 0), (true, 1, 0), (true, 1, 0), (false, 1, 1), (false, 1, 1), (true, 2, 1), (false, 2, 2)] {
            lasts.now(so)
            #expect(counting.begun == begun && counting.ended == ended)
        }
    }
}

/// Which way the figure is turned.
public enum Turn: Sendable, CaseIterable {
    case front, back, left, right, feet
}

/// A place to touch: its middle and half its size in thousandths of the figure's width and height. `side` is the
/// patient's own side, which is the viewer's other side from the front.
public struct Spot: Sendable, Equatable {
    public let word: Word
    public let side: Side?
    public let x: Int
    public let y: Int
    public let w: Int
    public let h: Int

    init(_ word: Word, _ side: Side?, _ x: Int, _ y: Int, _ w: Int, _ h: Int) {
        self.word = word
        self.side = side
        self.x = x
        self.y = y
        self.w = w
        self.h = h
    }
}

public struct BodyState: Sendable, Unspoken {
    public let patient: Patient?
    public internal(set) var turn: Turn
    public let sites: [SiteChoice]
    public internal(set) var chosen: Site?
    public internal(set) var askSide: Bool
    public internal(set) var problem: Line?
}

public enum BodyEvent: Sendable, Unspoken {
    case turned(Turn)
    /// A spot of the map, with its words in the hospital's language.
    case touched(words: String, side: Side?)
    case picked(SiteChoice)
    case sided(Side)
    case go
    case skip
}

/// Where it is. Where the hospital has a list, a touch picks the list's entry of that name, and what the list does not have
/// cannot be chosen; where it has none, the words of the map stand for themselves.
public final class BodyPresenter: Presenter<BodyState, BodyEvent> {
    private let chosen: Telling<Site?>

    public init(_ patient: Patient?, _ sites: [SiteChoice], _ work: Work, chosen: @escaping Telling<Site?>) {
        self.chosen = chosen
        super.init(
            BodyState(patient: patient, turn: .front, sites: sites, chosen: nil, askSide: false, problem: nil), work
        )
    }

    override func step(_ state: BodyState, _ event: BodyEvent) -> Step<BodyState, BodyEvent> {
        var next = state
        switch event {
        case .turned(let turn): next.turn = turn
        case .touched(let words, let side): touch(&next, words, side)
        case .picked(let site): pick(&next, site, nil)
        case .sided(let side):
            next.chosen?.side = side
            next.askSide = false
            next.problem = nil
        case .go: return go(next)
        case .skip: return leave(next, nil)
        }
        return Step(next)
    }

    private func touch(_ state: inout BodyState, _ words: String, _ side: Side?) {
        if state.sites.isEmpty {
            state.chosen = Site(words, side)
            state.askSide = false
            state.problem = nil
        } else if let listed = state.sites.first(where: { $0.words.lowercased() == words.lowercased() }) {
            pick(&state, listed, side)
        } else {
            state.problem = Line(.errorSiteNotListed)
        }
    }

    private func pick(_ state: inout BodyState, _ site: SiteChoice, _ side: Side?) {
        state.chosen = Site(site.words, site.sided ? side : nil, system: site.system, code: site.code)
        state.askSide = site.sided && side == nil
        state.problem = nil
    }

    private func go(_ state: BodyState) -> Step<BodyState, BodyEvent> {
        var next = state
        if state.chosen == nil {
            next.problem = Line(.bodyChoose)
        } else if state.askSide {
            next.problem = Line(.bodyChooseSide)
        } else {
            return leave(state, state.chosen)
        }
        return Step(next)
    }

    private func leave(_ state: BodyState, _ site: Site?) -> Step<BodyState, BodyEvent> {
        Step(state) { [chosen] in
            await chosen(site)
            return nil
        }
    }
}

private func sample(
    _ turn: Turn, _ chosen: Site? = nil, askSide: Bool = false, problem: Line? = nil
) -> BodyState {
    BodyState(patient: samplePatient, turn: turn, sites: [], chosen: chosen, askSide: askSide, problem: problem)
}

public let bodySamples = [
    "front": sample(.front),
    "back-chosen": sample(.back, Site("Heel", .left)),
    "side": sample(.left),
    "feet-ask-side": sample(.feet, Site("Heel"), askSide: true, problem: Line(.bodyChooseSide)),
]

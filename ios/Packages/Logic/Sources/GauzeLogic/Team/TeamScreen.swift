/// The hospital's teams, and the one that photos go to now, if any.
public struct TeamState: Sendable, Equatable {
    public let teams: [Choice]
    public let now: Choice?
}

public enum TeamEvent: Sendable {
    case choose(Choice)
}

/// Which team whoever uses the phone works in: its people see the photos.
public final class TeamPresenter: Presenter<TeamState, TeamEvent> {
    private let chosen: Telling<Choice>

    public init(_ teams: [Choice], now: Choice?, _ work: Work, chosen: @escaping Telling<Choice>) {
        self.chosen = chosen
        super.init(TeamState(teams: teams, now: now), work)
    }

    override func step(_ state: TeamState, _ event: TeamEvent) -> Step<TeamState, TeamEvent> {
        switch event {
        case .choose(let team):
            return Step(state) { [chosen] in
                if state.teams.contains(team) { await chosen(team) }
                return nil
            }
        }
    }
}

private let teams = [
    Choice("tissue-viability", "Tissue viability"),
    Choice("burns", "Burns and plastic surgery"),
    Choice("community", "Community nursing, north of the river and the islands"),
]

public let teamSamples = [
    "first": TeamState(teams: teams, now: nil),
    "change": TeamState(teams: teams, now: teams[1]),
]

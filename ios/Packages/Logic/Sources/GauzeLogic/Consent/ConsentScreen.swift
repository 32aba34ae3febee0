/// `notice` is the text for patients, `shown` whether it was opened.
public struct ConsentState: Sendable, Unspoken {
    public let patient: Patient?
    public internal(set) var scopes: Set<Scope>
    public internal(set) var by: String
    public let forms: [Choice]
    public internal(set) var form: Choice?
    public let notice: Notice?
    public internal(set) var shown: Bool
    public internal(set) var problem: Line?
}

public enum ConsentEvent: Sendable, Unspoken {
    case toggle(Scope)
    case by(String)
    case form(Choice)
    case show
    case go
    case notAsked
}

/// What the patient agreed to. Care is ticked at first, for that is why the phone is in the hand; the rest is asked. Where the
/// hospital lists no form there is one, called `spoken`; of its notices the one with the code `patient` is shown.
public final class ConsentPresenter: Presenter<ConsentState, ConsentEvent> {
    private let now: any Now
    private let agreed: Telling<Consent?>

    public init(
        _ patient: Patient?, _ choices: Choices, spoken: String, _ now: any Now, _ work: Work, agreed: @escaping Telling<Consent?>
    ) {
        let forms = choices.consents.isEmpty ? [Choice("verbal", spoken)] : choices.consents
        self.now = now
        self.agreed = agreed
        super.init(
            ConsentState(
                patient: patient, scopes: [.care], by: "", forms: forms, form: forms.count == 1 ? forms.first : nil,
                notice: choices.notices.first { $0.code == "patient" }, shown: false, problem: nil
            ), work
        )
    }

    override func step(_ state: ConsentState, _ event: ConsentEvent) -> Step<ConsentState, ConsentEvent> {
        var next = state
        switch event {
        case .toggle(let scope):
            next.scopes.formSymmetricDifference([scope])
            next.problem = nil
        case .by(let name):
            next.by = name
            next.problem = nil
        case .form(let form):
            next.form = form
            next.problem = nil
        case .show: next.shown = true
        case .go: return go(state)
        case .notAsked: return leave(state, nil)
        }
        return Step(next)
    }

    private func go(_ state: ConsentState) -> Step<ConsentState, ConsentEvent> {
        let by = state.by.trimmed
        guard let form = state.form, !state.scopes.isEmpty, !by.isEmpty else {
            var next = state
            let missing: Word =
                state.scopes.isEmpty ? .consentMissingScope : by.isEmpty ? .consentMissingBy : .consentMissingForm
            next.problem = Line(missing)
            return Step(next)
        }
        let notice = state.shown ? state.notice : nil
        let at = Wordings.instant(ofMillis: now.millis())
        return leave(state, Consent(scopes: state.scopes, by: by, form: form, notice: notice, at: at))
    }

    private func leave(_ state: ConsentState, _ consent: Consent?) -> Step<ConsentState, ConsentEvent> {
        Step(state) { [agreed] in
            await agreed(consent)
            return nil
        }
    }
}

private let forms = [Choice("verbal", "Spoken"), Choice("written", "In writing")]
private let words = "A photo of your wound helps those who treat you to see how it heals."

private func sample(_ change: (inout ConsentState) -> Void = { _ in }, notice: Notice? = nil) -> ConsentState {
    var state = ConsentState(
        patient: samplePatient, scopes: [.care], by: "", forms: forms, form: nil, notice: notice, shown: false, problem: nil
    )
    change(&state)
    return state
}

public let consentSamples = [
    "start": sample(),
    "missing": sample({ $0.problem = Line(.consentMissingBy) }),
    "notice": sample(
        {
            $0.by = "The patient"
            $0.form = forms[0]
            $0.shown = true
        }, notice: Notice(code: "patient", version: 2, words: words)
    ),
]

import GauzeLogic
import SwiftUI

struct ConsentView: View {
    let state: ConsentState
    let send: (ConsentEvent) -> Void

    private let scopes: [(Scope, Word)] = [
        (.care, .consentCare), (.teaching, .consentTeaching), (.publication, .consentPublication),
    ]

    var body: some View {
        Page(title: .consentTitle) {
            Banner(patient: state.patient)
        } content: {
            ForEach(scopes, id: \.0) { scope, word in
                Tick(say(word), state.scopes.contains(scope)) { _ in send(.toggle(scope)) }
            }
            Entered(Line(.consentBy), state.by) { send(.by($0)) }
            Text(say(.consentByHint))
            Text(say(.consentForm))
            ForEach(state.forms, id: \.code) { form in
                Choosing(words: form.words, chosen: state.form == form) { send(.form(form)) }
            }
            if let notice = state.notice {
                if state.shown { Text(notice.words) } else { OtherAction(.consentShown) { send(.show) } }
            }
        } actions: {
            Said(state.problem)
            MainAction(.consentGo) { send(.go) }
            QuietAction(.consentLater) { send(.notAsked) }
        }
    }
}

struct BodyView: View {
    let state: BodyState
    let send: (BodyEvent) -> Void

    private let turns: [(Turn, Word)] = [
        (.front, .bodyFront), (.back, .bodyBack), (.left, .bodyLeft), (.right, .bodyRight), (.feet, .bodyFeet),
    ]
    private let sides: [(Side, Word)] = [
        (.left, .sideLeft), (.right, .sideRight), (.midline, .sideMidline), (.both, .sideBoth),
    ]

    var body: some View {
        Page(title: .bodyTitle) {
            Banner(patient: state.patient)
        } content: {
            ForEach(turns, id: \.0) { turn, word in
                Choosing(words: say(word), chosen: state.turn == turn) { send(.turned(turn)) }
            }
            Figure(state: state, send: send)
            if !state.sites.isEmpty { Text(say(.bodyList)) }
            ForEach(state.sites, id: \.code) { site in
                Choosing(words: site.words, chosen: state.chosen?.code == site.code) { send(.picked(site)) }
            }
        } actions: {
            Said(state.problem)
            if let chosen = state.chosen { Said(Line(.bodyChosen, say(Wordings.site(chosen))), .plain) }
            if state.askSide {
                Text(say(.bodySide))
                ForEach(sides, id: \.0) { side, word in OtherAction(word) { send(.sided(side)) } }
            }
            MainAction(.next, enabled: state.chosen != nil) { send(.go) }
            QuietAction(.woundSkip) { send(.skip) }
        }
    }
}

/// The figure out of its spots; each is a button that says its name and side. A body's left is no matter of which way people write.
private struct Figure: View {
    let state: BodyState
    let send: (BodyEvent) -> Void
    @Environment(\.colorScheme) private var scheme

    var body: some View {
        GeometryReader { room in
            ForEach(Array(BodyMap.spots(state.turn).enumerated()), id: \.offset) { _, spot in
                button(spot, room.size)
            }
        }
        .environment(\.layoutDirection, .leftToRight)
        .aspectRatio(0.72, contentMode: .fit)
        .frame(maxWidth: 420)
    }

    private func button(_ spot: Spot, _ room: CGSize) -> some View {
        let tones = Tones.of(scheme)
        let words = say(spot.word)
        let chosen = state.chosen?.words == words && state.chosen?.side == spot.side
        let size = CGSize(width: room.width * Double(spot.w) / 500, height: room.height * Double(spot.h) / 500)
        let shape = RoundedRectangle(cornerRadius: min(size.width, size.height) * 0.4)
        return Button {
            send(.touched(words: words, side: spot.side))
        } label: {
            shape.fill(chosen ? tones.primary : tones.raised)
                .overlay { shape.stroke(chosen ? tones.ink : tones.line, lineWidth: chosen ? 3 : 1) }
        }
        .buttonStyle(.plain)
        .frame(width: size.width - 2, height: size.height - 2)
        .position(x: room.width * Double(spot.x) / 1000, y: room.height * Double(spot.y) / 1000)
        .accessibilityLabel(say(Wordings.site(Site(words, spot.side))))
        .accessibilityAddTraits(chosen ? .isSelected : [])
    }
}

struct WoundView: View {
    let state: WoundState
    let zone: TimeZone
    let send: (WoundEvent) -> Void

    var body: some View {
        Page(title: .woundTitle) {
            Banner(patient: state.patient)
        } content: {
            if let wounds = state.wounds {
                if wounds.isEmpty { Text(say(.woundNone)) }
                ForEach(wounds, id: \.id) { wound in
                    let first = say(Line(.woundFrom, Wordings.time(wound.namedAt, zone)))
                    OtherAction(words: "\(say(Wordings.site(wound.site))). \(first)") { send(.earlier(wound)) }
                }
            } else {
                Text(say(.woundLocked))
                OtherAction(.woundUnlock, enabled: !state.working) { send(.unlock) }
            }
        } actions: {
            Said(state.problem)
            MainAction(.woundNew) { send(.new) }
            QuietAction(.woundSkip) { send(.skip) }
        }
    }
}

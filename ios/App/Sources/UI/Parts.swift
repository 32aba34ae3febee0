import GauzeLogic
import SwiftUI

/// One screen: its question, who the patient is, what there is to say, and what can be done, at the thumb's end.
struct Page<Top: View, Content: View, Actions: View>: View {
    let title: Word
    @ViewBuilder let top: Top
    @ViewBuilder let content: Content
    @ViewBuilder let actions: Actions
    @Environment(\.colorScheme) private var scheme

    var body: some View {
        VStack(alignment: .leading, spacing: 0) {
            top
            ScrollView {
                VStack(alignment: .leading, spacing: 16) {
                    Text(say(title)).font(.title).accessibilityAddTraits(.isHeader)
                    content
                }
                .frame(maxWidth: .infinity, alignment: .leading)
                .padding(16)
            }
            VStack(alignment: .leading, spacing: 8) { actions }.padding(16)
        }
        .foregroundStyle(Tones.of(scheme).ink)
        .background(Tones.of(scheme).surface)
    }
}

extension Page where Top == EmptyView {
    init(_ title: Word, @ViewBuilder content: () -> Content, @ViewBuilder actions: () -> Actions) {
        self.init(title: title, top: { EmptyView() }, content: content, actions: actions)
    }
}

extension EnvironmentValues {
    /// What the hospital calls its own number of a patient, where its policy says how that is written.
    var ownNumber: String? {
        get { self[OwnNumber.self] }
        set { self[OwnNumber.self] = newValue }
    }
}

private struct OwnNumber: EnvironmentKey {
    static let defaultValue: String? = nil
}

/// Who the patient is, at the top and in the same form everywhere.
struct Banner: View {
    let patient: Patient?
    @Environment(\.ownNumber) private var own
    @Environment(\.colorScheme) private var scheme

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            if let patient {
                Text(Wordings.name(patient)).bold()
                Text(say(Wordings.born(patient.born, Day(Date(), in: .current))))
                Text(say(Wordings.number(patient, own)))
            } else {
                Text(say(.bannerNobody))
            }
        }
        .frame(maxWidth: .infinity, alignment: .leading)
        .padding(16)
        .background(Tones.of(scheme).raised)
    }
}

enum Tone { case bad, warning, good, plain }

/// A state: a word, a shape and a colour.
struct Said: View {
    let line: Line?
    let tone: Tone
    @Environment(\.colorScheme) private var scheme

    init(_ line: Line?, _ tone: Tone = .bad) {
        self.line = line
        self.tone = tone
    }

    private var shape: String {
        switch tone {
        case .bad: "xmark.octagon"
        case .warning: "exclamationmark.triangle"
        case .good: "checkmark.circle"
        case .plain: "info.circle"
        }
    }

    private var color: Color {
        let tones = Tones.of(scheme)
        return switch tone {
        case .bad: tones.danger
        case .warning: tones.warning
        case .good: tones.good
        case .plain: tones.ink
        }
    }

    var body: some View {
        if let line {
            HStack(alignment: .top, spacing: 8) {
                Image(systemName: shape).accessibilityHidden(true)
                Text(say(line))
            }
            .foregroundStyle(color)
        }
    }
}

/// What the screen is for.
struct MainAction: View {
    let words: String
    let enabled: Bool
    let action: @MainActor () -> Void
    @Environment(\.colorScheme) private var scheme

    init(_ word: Word, enabled: Bool = true, action: @escaping @MainActor () -> Void) {
        words = say(word)
        self.enabled = enabled
        self.action = action
    }

    var body: some View {
        let tones = Tones.of(scheme)
        Button(action: action) { Text(words).bold().frame(maxWidth: .infinity, minHeight: 48) }
            .buttonStyle(.plain)
            .foregroundStyle(tones.onPrimary)
            .background(enabled ? tones.primary : tones.line)
            .cornerRadius(4)
            .disabled(!enabled)
    }
}

struct OtherAction: View {
    let words: String
    let enabled: Bool
    let action: @MainActor () -> Void
    @Environment(\.colorScheme) private var scheme

    init(_ word: Word, enabled: Bool = true, action: @escaping @MainActor () -> Void) {
        self.init(words: say(word), enabled: enabled, action: action)
    }

    init(words: String, enabled: Bool = true, action: @escaping @MainActor () -> Void) {
        self.words = words
        self.enabled = enabled
        self.action = action
    }

    var body: some View {
        let tones = Tones.of(scheme)
        Button(action: action) { Text(words).frame(maxWidth: .infinity, minHeight: 48) }
            .buttonStyle(.plain)
            .foregroundStyle(enabled ? tones.primary : tones.muted)
            .overlay { RoundedRectangle(cornerRadius: 4).stroke(tones.line) }
            .disabled(!enabled)
    }
}

struct QuietAction: View {
    let word: Word
    let action: @MainActor () -> Void
    @Environment(\.colorScheme) private var scheme

    init(_ word: Word, action: @escaping @MainActor () -> Void) {
        self.word = word
        self.action = action
    }

    var body: some View {
        Button(action: action) { Text(say(word)).frame(maxWidth: .infinity, minHeight: 48) }
            .buttonStyle(.plain)
            .foregroundStyle(Tones.of(scheme).primary)
    }
}

/// What cannot be taken back: its consequence stands before its button.
struct GraveAction: View {
    let consequence: Word
    let word: Word
    let enabled: Bool
    let action: @MainActor () -> Void
    @Environment(\.colorScheme) private var scheme

    init(_ consequence: Word, _ word: Word, enabled: Bool = true, action: @escaping @MainActor () -> Void) {
        self.consequence = consequence
        self.word = word
        self.enabled = enabled
        self.action = action
    }

    var body: some View {
        let tones = Tones.of(scheme)
        Text(say(consequence)).foregroundStyle(tones.muted)
        Button(action: action) { Text(say(word)).bold().frame(maxWidth: .infinity, minHeight: 48) }
            .buttonStyle(.plain)
            .foregroundStyle(tones.danger)
            .overlay { RoundedRectangle(cornerRadius: 4).stroke(tones.danger, lineWidth: 2) }
            .disabled(!enabled)
    }
}

/// What is entered: never learnt by a keyboard, never completed, never copied.
struct Entered: View {
    let label: Line
    let text: String
    let fault: Line?
    let changed: (String) -> Void
    @Environment(\.colorScheme) private var scheme

    init(_ label: Line, _ text: String, fault: Line? = nil, changed: @escaping (String) -> Void) {
        self.label = label
        self.text = text
        self.fault = fault
        self.changed = changed
    }

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(say(label))
            Typing(label: say(label), text: text, changed: changed)
                .padding(4)
                .overlay { RoundedRectangle(cornerRadius: 4).stroke(Tones.of(scheme).line) }
                .privacySensitive()
            Said(fault)
        }
    }
}

struct Tick: View {
    let words: String
    let detail: String?
    let ticked: Bool
    let changed: (Bool) -> Void

    init(_ words: String, _ ticked: Bool, detail: String? = nil, changed: @escaping (Bool) -> Void) {
        self.words = words
        self.ticked = ticked
        self.detail = detail
        self.changed = changed
    }

    var body: some View {
        Toggle(isOn: Binding(get: { ticked }, set: changed)) {
            VStack(alignment: .leading, spacing: 4) {
                Text(words)
                if let detail { Text(detail).bold() }
            }
        }
        .frame(minHeight: 48)
    }
}

/// One of several, chosen or not.
struct Choosing: View {
    let words: String
    let chosen: Bool
    let action: @MainActor () -> Void
    @Environment(\.colorScheme) private var scheme

    var body: some View {
        let tones = Tones.of(scheme)
        Button(action: action) {
            HStack(alignment: .center, spacing: 8) {
                Image(systemName: chosen ? "largecircle.fill.circle" : "circle").accessibilityHidden(true)
                Text(words)
            }
            .frame(maxWidth: .infinity, minHeight: 48, alignment: .leading)
        }
        .buttonStyle(.plain)
        .foregroundStyle(chosen ? tones.primary : tones.ink)
        .accessibilityAddTraits(chosen ? .isSelected : [])
    }
}

/// Whom to ask, where device management said.
struct Support: View {
    let word: Word
    let contact: String?

    var body: some View {
        if let contact { Text(say(Line(word, contact))) }
    }
}

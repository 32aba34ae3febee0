import GauzePlatform
import SwiftUI
import UIKit

/// Where people type. SwiftUI's own field offers to copy, cut, look up and share what was typed, and nothing takes that from it.
struct Typing: UIViewRepresentable {
    let label: String
    let text: String
    let changed: (String) -> Void

    func makeCoordinator() -> Typist { Typist() }

    func makeUIView(context: Context) -> TypedView {
        let view = TypedView()
        view.delegate = context.coordinator
        return view
    }

    func updateUIView(_ view: TypedView, context: Context) {
        let typist = context.coordinator
        typist.changed = changed
        view.accessibilityLabel = label
        if typist.echoes.isNews(text) { view.text = text }
    }

    func sizeThatFits(_ proposal: ProposedViewSize, uiView: TypedView, context: Context) -> CGSize? {
        guard let width = proposal.width, width.isFinite else { return nil }
        return CGSize(width: width, height: uiView.sizeThatFits(CGSize(width: width, height: .greatestFiniteMagnitude)).height)
    }
}

@MainActor
final class Typist: NSObject, UITextViewDelegate {
    var changed: (String) -> Void = { _ in }
    var echoes = Echoes()

    func textViewDidChange(_ view: UITextView) {
        echoes.typed(view.text)
        changed(view.text)
    }
}

/// As high as its text. It is no text of anybody's to correct, complete or learn, and it leaves this field for the app alone.
final class TypedView: UITextView {
    init() {
        super.init(frame: .zero, textContainer: nil)
        font = .preferredFont(forTextStyle: .body)
        adjustsFontForContentSizeCategory = true
        textColor = .label
        backgroundColor = .clear
        isScrollEnabled = false
        autocorrectionType = .no
        autocapitalizationType = .none
        spellCheckingType = .no
        smartDashesType = .no
        smartQuotesType = .no
        smartInsertDeleteType = .no
        inlinePredictionType = .no
        textDragInteraction?.isEnabled = false
        if #available(iOS 18.0, *) { writingToolsBehavior = .none }
    }

    /// Nothing here comes out of a storyboard.
    required init?(coder: NSCoder) { return nil }

    override func canPerformAction(_ action: Selector, withSender sender: Any?) -> Bool {
        EditActions.offers(NSStringFromSelector(action)) && super.canPerformAction(action, withSender: sender)
    }

    /// Fingers that pinch copy too.
    override var editingInteractionConfiguration: UIEditingInteractionConfiguration { .none }

    override func copy(_ sender: Any?) {}
    override func cut(_ sender: Any?) {}
}

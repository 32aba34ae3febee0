import GauzeLogic
import SwiftUI
import UIKit

struct CheckView: View {
    let state: CheckState
    let send: (CheckEvent) -> Void

    var body: some View {
        Page(title: .checkTitle) {
            Banner(patient: state.patient)
        } content: {
            Verdict(verdict: state.verdict, marker: state.marker)
            Said(Line(.checkSafe), .good)
            if let picture = state.picture { PictureView(picture: picture, words: say(.checkPicture)) }
        } actions: {
            Said(state.problem)
            MainAction(.checkKeep, enabled: !state.working) { send(.keep) }
            OtherAction(.checkAnother, enabled: !state.working) { send(.another) }
            GraveAction(.checkAgainConsequence, .checkAgain, enabled: !state.working) { send(.again) }
        }
    }
}

/// A photo on neutral grey, square corners, nothing over it.
struct PictureView: View {
    let picture: Picture
    let words: String

    var body: some View {
        if let image = picture.read({ UIImage(data: Data($0)) }) {
            Image(uiImage: image).resizable().aspectRatio(contentMode: .fit)
                .padding(12)
                .background(Tones.viewing)
                .accessibilityLabel(words)
                .privacySensitive()
        }
    }
}

struct QueueView: View {
    let state: QueueState
    let back: @MainActor () -> Void
    let notes: @MainActor () -> Void
    let send: (QueueEvent) -> Void

    private var items: [QueueItem] { state.items ?? [] }

    var body: some View {
        Page(.queueTitle) {
            Said(state.tooMany, .warning)
            if state.items?.isEmpty == true && state.unlisted == nil { Said(Line(.queueEmpty), .good) }
            ForEach(items, id: \.id) { QueueRow(item: $0) }
            if state.cut { Text(say(Line(.queueMore, "\(QueuePresenter.most)"))) }
            Support(word: .queueSupport, contact: state.support)
            if state.askNotes && !items.isEmpty {
                Text(say(.queueNotes))
                OtherAction(.queueNotesAllow, action: notes)
            }
        } actions: {
            Said(state.unlisted)
            if state.problem != state.unlisted { Said(state.problem) }
            if state.sending { Said(Line(.queueSending), .plain) }
            MainAction(.queueSend, enabled: !state.sending && !items.isEmpty) { send(.send) }
            QuietAction(.back, action: back)
        }
    }
}

struct QueueRow: View {
    let item: QueueItem

    private var tone: Tone {
        switch item.stage {
        case .queueRefused: .bad
        case .queueWaiting: .warning
        case .queueDiscarded: .plain
        default: .good
        }
    }

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Said(Line(item.stage), tone)
            Text(say(item.taken))
            if let label = item.label { Text(label).bold() }
            if let why = item.why { Text(say(why)) }
            if let next = item.next { Text(say(next)) }
            Divider()
        }
    }
}

struct ReviewView: View {
    let state: ReviewState
    let back: @MainActor () -> Void
    let send: (ReviewEvent) -> Void

    var body: some View {
        Page(title: .reviewTitle) {
            if let open = state.open { Banner(patient: open.item.patient) }
        } content: {
            if let open = state.open {
                let taken = say(Line(.queueTaken, open.item.taken))
                Text(taken)
                PictureView(picture: open.picture, words: open.item.label ?? taken)
                if let label = open.item.label { Text(label) }
            } else if let items = state.items {
                if items.isEmpty { Said(Line(.reviewEmpty), .plain) }
                ForEach(items, id: \.id) { item in
                    if let label = item.label { Text(label).bold() }
                    OtherAction(words: say(Line(.reviewOpen, item.taken))) { send(.open(id: item.id)) }
                }
            } else {
                Text(say(.reviewLocked))
            }
        } actions: {
            Said(state.problem)
            if state.open != nil {
                MainAction(.reviewClose) { send(.close) }
            } else if state.items == nil {
                MainAction(.reviewUnlock, enabled: !state.working) { send(.unlock) }
            } else {
                OtherAction(.reviewLock) { send(.lock) }
            }
            QuietAction(.back, action: back)
        }
    }
}

import GauzeLogic
import SwiftUI
import UIKit

/// What the camera screen leads to besides a photo.
struct CameraWays {
    let site: @MainActor () -> Void
    let consent: @MainActor () -> Void
    let allow: @MainActor () -> Void
    let position: @MainActor () -> Void
    let back: @MainActor () -> Void
}

struct CameraView<Finder: View>: View {
    let state: CameraState
    let viewfinder: Finder
    let ghost: UIImage?
    let ways: CameraWays
    let send: (CameraScreenEvent) -> Void
    @Environment(\.colorScheme) private var scheme

    var body: some View {
        VStack(alignment: .leading, spacing: 0) {
            Banner(patient: state.patient)
            Text(say(Wordings.site(state.site))).padding(8)
            ZStack {
                // All of the room, for the finder to be as large as fits.
                Tones.viewing
                viewfinder
                    .overlay { if state.ghost { faint } }
                    .overlay {
                        if state.grid && state.shutter != .closed {
                            Grid()
                            if let tilt = state.tilt { Horizon(tilt: tilt) }
                        }
                    }
                    .overlay { Touched { send(.focus(x: $0, y: $1)) } }
            }
            VStack(alignment: .leading, spacing: 8) { below }.padding(16)
        }
        .foregroundStyle(Tones.of(scheme).ink)
        .background(Tones.of(scheme).surface)
    }

    @ViewBuilder private var faint: some View {
        if let ghost {
            Image(uiImage: ghost).resizable().aspectRatio(contentMode: .fit).opacity(0.4)
                .accessibilityHidden(true)
                .privacySensitive()
        }
    }

    /// One thing at a time where it can be: every line saved here is the picture's.
    @ViewBuilder private var below: some View {
        Said(state.problem)
        if state.outside != state.problem { Said(state.outside, .warning) }
        if state.askPosition { Said(Line(.cameraPosition), .plain) }
        switch state.shutter {
        case .closed: if state.problem == nil { Said(Line(.cameraStarting), .plain) }
        case .ready: if state.problem == nil { Verdict(verdict: state.verdict, marker: state.marker) }
        case .taking: Said(Line(.cameraSealing), .plain)
        case .safe: Said(Line(.cameraSafe), .good)
        }
        // What is pressed seldom lies in one row that scrolls.
        ScrollView(.horizontal) {
            HStack(alignment: .center, spacing: 8) {
                if state.askPosition { OtherAction(.cameraPositionAllow, action: ways.position) }
                OtherAction(state.torch ? .cameraTorchOff : .cameraTorchOn) { send(.torch(!state.torch)) }
                OtherAction(state.grid ? .cameraGridOff : .cameraGridOn) { send(.grid(!state.grid)) }
                if state.hasGhost {
                    OtherAction(state.ghost ? .cameraGhostOff : .cameraGhost) { send(.ghost(!state.ghost)) }
                }
                OtherAction(.bodyTitle, action: ways.site)
                if state.patient != nil { OtherAction(.consentForm, action: ways.consent) }
            }
        }
        HStack(alignment: .center, spacing: 8) {
            QuietAction(.back, action: ways.back)
            if state.askPermission {
                MainAction(.cameraAllow, action: ways.allow)
            } else {
                MainAction(.cameraShoot, enabled: state.shutter == .ready) { send(.shoot) }
            }
        }
    }
}

/// How fit a picture is, and how its marker lies: what is wrong first, and alone.
struct Verdict: View {
    let verdict: Word?
    let marker: Word?

    var body: some View {
        if let verdict, verdict != .fitGood {
            Said(Line(verdict), .warning)
        } else if marker == .cameraNotLevel {
            Said(Line(.cameraNotLevel), .warning)
        } else {
            Said(verdict.map { Line($0) }, .good)
            Said(marker.map { Line($0) }, .good)
        }
    }
}

/// Tells where on what it lies over somebody taps: from 0 to 1 of that, from its left and top.
private struct Touched: View {
    let tell: (Double, Double) -> Void

    var body: some View {
        GeometryReader { finder in
            Color.clear.contentShape(Rectangle())
                .gesture(
                    SpatialTapGesture().onEnded { tap in
                        tell(tap.location.x / finder.size.width, tap.location.y / finder.size.height)
                    }
                )
        }
        // Who does not see where to touch focuses on the middle.
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(say(.cameraFinder))
        .accessibilityHint(say(.cameraFocus))
        .accessibilityAction { tell(0.5, 0.5) }
    }
}

/// The horizon beside two marks that turn with the phone: in line with them, it is level. The middle is the picture's.
private struct Horizon: View {
    let tilt: Int

    /// Degrees that nobody sees.
    private static let level = 2

    var body: some View {
        GeometryReader { room in
            let reach = room.size.width * 0.3
            marks(room.size, from: reach, to: reach * 1.35, thick: 4)
            marks(room.size, from: reach * 0.6, to: reach, thick: abs(tilt) <= Self.level ? 4 : 2)
                .rotationEffect(.degrees(Double(-tilt)))
        }
        .accessibilityHidden(true)
    }

    private func marks(_ size: CGSize, from: Double, to: Double, thick: Double) -> some View {
        ZStack {
            ForEach([-1.0, 1.0], id: \.self) { side in
                Rectangle().fill(Color.white).frame(width: to - from, height: thick)
                    .overlay { Rectangle().stroke(Color.black) }
                    .position(x: size.width / 2 + side * (from + to) / 2, y: size.height / 2)
            }
        }
    }
}

/// Thirds, to hold the phone straight by.
private struct Grid: View {
    var body: some View {
        GeometryReader { room in
            ForEach(1..<3, id: \.self) { third in
                let part = Double(third) / 3
                Rectangle().fill(Color.white).frame(width: 1, height: room.size.height)
                    .position(x: room.size.width * part, y: room.size.height / 2)
                Rectangle().fill(Color.white).frame(width: room.size.width, height: 1)
                    .position(x: room.size.width / 2, y: room.size.height * part)
            }
        }
        .accessibilityHidden(true)
    }
}

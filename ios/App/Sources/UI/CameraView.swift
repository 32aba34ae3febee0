import GauzeLogic
import SwiftUI

/// What the camera screen leads to besides a photo.
struct CameraWays {
    let site: @MainActor () -> Void
    let consent: @MainActor () -> Void
    let allow: @MainActor () -> Void
    let back: @MainActor () -> Void
}

struct CameraView<Finder: View>: View {
    let state: CameraState
    let viewfinder: Finder
    let ways: CameraWays
    let send: (CameraScreenEvent) -> Void
    @Environment(\.colorScheme) private var scheme

    var body: some View {
        VStack(alignment: .leading, spacing: 0) {
            Banner(patient: state.patient)
            Text(say(Wordings.site(state.site))).padding(8)
            GeometryReader { room in
                viewfinder
                    .gesture(
                        SpatialTapGesture().onEnded { tap in
                            send(.focus(x: tap.location.x / room.size.width, y: tap.location.y / room.size.height))
                        }
                    )
                    .overlay { if state.grid && state.shutter != .closed { Grid() } }
            }
            .background(Tones.viewing)
            VStack(alignment: .leading, spacing: 8) { below }.padding(16)
        }
        .foregroundStyle(Tones.of(scheme).ink)
        .background(Tones.of(scheme).surface)
    }

    @ViewBuilder private var below: some View {
        Said(state.problem)
        switch state.shutter {
        case .closed: if state.problem == nil { Said(Line(.cameraStarting), .plain) }
        case .ready:
            if let verdict = state.verdict { Said(Line(verdict), verdict == .fitGood ? .good : .warning) }
            if state.marker { Said(Line(.cameraMarkerFound), .good) }
        case .taking: Said(Line(.cameraSealing), .plain)
        case .safe: Said(Line(.cameraSafe), .good)
        }
        // What is pressed seldom lies in one row that scrolls: every line saved here is the picture's.
        ScrollView(.horizontal) {
            HStack(alignment: .center, spacing: 8) {
                OtherAction(state.torch ? .cameraTorchOff : .cameraTorchOn) { send(.torch(!state.torch)) }
                OtherAction(state.grid ? .cameraGridOff : .cameraGridOn) { send(.grid(!state.grid)) }
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

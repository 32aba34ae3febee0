import Foundation
import GauzeAdapter
import GauzeLogic
import SwiftUI
import UIKit

/// The camera screen with everything that it needs of the phone, for as long as it is shown.
struct TakePhoto: View {
    let graph: AppGraph
    let core: RustCore
    let record: PhotoRecord
    /// The newest photo of the same wound.
    let last: String?
    let ways: CameraWays
    let taken: Telling<KeptPhoto>
    @State private var ghost: UIImage?
    @State private var sealing: Lasts?

    var body: some View {
        let handle = SystemHandle(camera: graph.camera, sound: graph.sound)
        Shown({ CameraPresenter(record, core, core, handle, graph.judge, $0, taken: taken) }) { presenter in
            let leaning = Task {
                for await degrees in graph.level.leans() where degrees != presenter.state.tilt { presenter.send(.leans(degrees)) }
            }
            let placing = Task {
                for await allowed in graph.locations.told(core) { presenter.send(.looked(allowed: allowed)) }
            }
            defer {
                leaning.cancel()
                placing.cancel()
            }
            for await event in graph.camera.shown() { presenter.send(.from(event)) }
        } content: { state, send in
            CameraView(state: state, viewfinder: viewfinder { send(.shoot) }, ghost: ghost, ways: ways, send: send)
                // Whoever presses the shutter and locks the phone at once keeps the photo.
                .onChange(of: state.shutter == .taking) { _, taking in
                    let lasts = sealing ?? Lasts(graph.lasting, "seal a photo")
                    sealing = lasts
                    lasts.now(taking)
                }
                .onDisappear { sealing?.now(false) }
                .task {
                    guard let found = await opened() else { return }
                    ghost = found
                    send(.ghostFound)
                }
        }
    }

    private func viewfinder(_ pressed: @escaping () -> Void) -> some View {
        Viewfinder(session: graph.camera.session, pressed: pressed).aspectRatio(0.75, contentMode: .fit)
    }

    /// The last photo, where photos are unlocked.
    private func opened() async -> UIImage? {
        guard let last else { return nil }
        let picture = await Task.detached { [core] in core.thumbnail(last).orNil }.value
        return picture.flatMap { $0.read { UIImage(data: Data($0)) } }
    }
}

/// The camera, and the sound of its tick.
private struct SystemHandle: Handle {
    let camera: any Camera
    let sound: any Sound

    func shoot() { camera.shoot() }
    func torch(_ on: Bool) { camera.torch(on) }
    func focus(_ x: Double, _ y: Double) { camera.focus(x, y) }
    func safe() { sound.safe() }
}

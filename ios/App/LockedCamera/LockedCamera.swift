import AVFoundation
import AVKit
import LockedCameraCapture
import SwiftUI
import UIKit

/// The door from the locked screen: whoever comes through it is asked by the system who they are, and stands in the app. It shows
/// what the camera sees, since the system ends an extension that does not; it has no output to take a picture with, and it keeps
/// nothing: without the app there is no patient to confirm, no policy and no key.
@main
struct LockedCamera: LockedCameraCaptureExtension {
    var body: some LockedCameraCaptureExtensionScene {
        LockedCameraCaptureUIScene { session in Door(session: session) }
    }
}

private struct Door: View {
    let session: LockedCameraCaptureSession
    @StateObject private var view = Seen()

    var body: some View {
        VStack {
            Finder(session: view.session, pressed: open)
            Button(action: open) { Text("Unlock and open Gauze") }
        }
        .task {
            view.begin()
            open()
        }
    }

    /// The system asks who it is. Who declines stays here, and presses to be asked again.
    private func open() {
        Task { try? await session.openApplication(for: NSUserActivity(activityType: NSUserActivityTypeLockedCameraCapture)) }
    }
}

/// The back camera, shown and nothing more.
private final class Seen: ObservableObject {
    let session = AVCaptureSession()
    private let queue = DispatchQueue(label: "org.gauze.door")

    func begin() {
        queue.async { [session] in
            guard session.inputs.isEmpty,
                let camera = AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: .back),
                let input = try? AVCaptureDeviceInput(device: camera), session.canAddInput(input)
            else { return }
            session.addInput(input)
            session.startRunning()
        }
    }
}

/// What the camera sees; the phone's own buttons open the app as well.
private struct Finder: UIViewRepresentable {
    let session: AVCaptureSession
    let pressed: () -> Void

    func makeUIView(context: Context) -> PreviewView {
        let view = PreviewView(frame: .zero)
        view.preview?.session = session
        view.preview?.videoGravity = .resizeAspect
        view.addInteraction(AVCaptureEventInteraction { if $0.phase == .ended { pressed() } })
        return view
    }

    func updateUIView(_ view: PreviewView, context: Context) {}
}

private final class PreviewView: UIView {
    override class var layerClass: AnyClass { AVCaptureVideoPreviewLayer.self }

    var preview: AVCaptureVideoPreviewLayer? { layer as? AVCaptureVideoPreviewLayer }
}

import AVFoundation
import AVKit
import SwiftUI
import UIKit

/// What the camera sees, in the proportions of its photos.
struct Viewfinder: UIViewRepresentable {
    let session: AVCaptureSession
    /// What the phone's volume keys and its camera control do while this is shown; elsewhere they are the system's.
    var pressed: (() -> Void)?

    func makeUIView(context: Context) -> PreviewView {
        let view = PreviewView(frame: .zero)
        view.preview?.session = session
        view.preview?.videoGravity = .resizeAspect
        if #available(iOS 17.2, *), let pressed {
            view.addInteraction(AVCaptureEventInteraction { if $0.phase == .ended { pressed() } })
        }
        return view
    }

    func updateUIView(_ view: PreviewView, context: Context) {}
}

final class PreviewView: UIView {
    override class var layerClass: AnyClass { AVCaptureVideoPreviewLayer.self }

    var preview: AVCaptureVideoPreviewLayer? { layer as? AVCaptureVideoPreviewLayer }
}

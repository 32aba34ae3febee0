import AVFoundation
import UIKit

/// The system asks once, and remembers the answer.
struct CameraPermission: Sendable {
    func ask() async { _ = await AVCaptureDevice.requestAccess(for: .video) }

    /// Whoever said no then, or whose phone is managed so, is led to where that is changed.
    @MainActor func allow() async {
        if AVCaptureDevice.authorizationStatus(for: .video) == .notDetermined {
            await ask()
        } else if let settings = URL(string: UIApplication.openSettingsURLString) {
            await UIApplication.shared.open(settings)
        }
    }
}

import AVFoundation

/// Asks once; the system remembers the answer.
struct CameraPermission: Sendable {
    func ask() async -> Bool { await AVCaptureDevice.requestAccess(for: .video) }
}

import AVFoundation
import Foundation
import GauzeLogic
import ImageIO

/// The phone's back camera: photos as JPEG in memory, four preview frames a second as brightness, wristbands' symbols as
/// text. Nothing here knows a file or the photo library.
public final class SystemCamera: NSObject, Camera, @unchecked Sendable {
    // Everything below is touched on `queue` alone: that is what makes it safe to share.
    private let queue = DispatchQueue(label: "org.gauze.camera")
    private let photos = AVCapturePhotoOutput()
    private let frames = AVCaptureVideoDataOutput()
    private let symbols = AVCaptureMetadataOutput()
    private var device: AVCaptureDevice?
    /// How the phone is held, by gravity.
    private var rotation: AVCaptureDevice.RotationCoordinator?
    private var events: AsyncStream<CameraEvent>.Continuation?
    private var lastFrame = Date.distantPast
    private var lastText: (text: String, at: Date)?
    /// Counts openings: what ends an earlier one leaves the present one open.
    private var turn = 0

    /// The scale marker that was read last.
    public let scale = ScaleMarker()
    /// What the viewfinder shows.
    public let session = AVCaptureSession()

    public override init() {
        super.init()
    }

    public func open() -> AsyncStream<CameraEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: CameraEvent.self, bufferingPolicy: .bufferingNewest(8))
        let mine = Turn()
        queue.async { [self] in
            mine.number = begun()
            events = continuation
            if let fault = start() { continuation.yield(.failed(fault)) } else { continuation.yield(.ready) }
        }
        let center = NotificationCenter.default
        let watching = Task { [weak self] in
            for await _ in center.notifications(named: AVCaptureSession.wasInterruptedNotification) {
                self?.tell(.failed(.inUse))
            }
        }
        let failing = Task { [weak self] in
            for await _ in center.notifications(named: AVCaptureSession.runtimeErrorNotification) { self?.tell(.failed(.broken)) }
        }
        continuation.onTermination = { [weak self] _ in
            watching.cancel()
            failing.cancel()
            self?.stop(mine)
        }
        return stream
    }

    /// Whatever the screen shows, the photo is upright: the output writes so as its orientation.
    public func shoot() {
        queue.async { [self] in
            // Asked for a photo while it does not run, the output ends the app.
            guard session.isRunning, let connection = photos.connection(with: .video), connection.isActive else {
                return pass(.failed(.broken))
            }
            if let turn = rotation?.videoRotationAngleForHorizonLevelCapture, connection.isVideoRotationAngleSupported(turn) {
                connection.videoRotationAngle = turn
            }
            let settings = AVCapturePhotoSettings(format: [AVVideoCodecKey: AVVideoCodecType.jpeg])
            settings.flashMode = .off
            settings.photoQualityPrioritization = .balanced
            photos.capturePhoto(with: settings, delegate: self)
        }
    }

    public func torch(_ on: Bool) {
        configure { if $0.hasTorch { $0.torchMode = on ? .on : .off } }
    }

    public func focus(_ x: Double, _ y: Double) {
        // The sensor lies on its side, and the screen is never turned: down the screen is along the sensor.
        let point = CGPoint(x: y, y: 1 - x)
        configure { device in
            if device.isFocusPointOfInterestSupported {
                device.focusPointOfInterest = point
                device.focusMode = .autoFocus
            }
            if device.isExposurePointOfInterestSupported {
                device.exposurePointOfInterest = point
                device.exposureMode = .continuousAutoExposure
            }
        }
    }

    private func configure(_ change: @escaping @Sendable (AVCaptureDevice) -> Void) {
        queue.async { [self] in
            guard let device, (try? device.lockForConfiguration()) != nil else { return }
            change(device)
            device.unlockForConfiguration()
        }
    }

    private func tell(_ event: CameraEvent) {
        queue.async { [self] in pass(event) }
    }

    /// Of frames and texts the newest wait; a photo is never left out for them.
    private func pass(_ event: CameraEvent) {
        if case .dropped(.taken(let shot)) = events?.yield(event) { pass(.taken(shot)) }
    }

    /// Why it did not start.
    private func start() -> CameraFault? {
        guard AVCaptureDevice.authorizationStatus(for: .video) == .authorized else { return .noPermission }
        guard let back = AVCaptureDevice.default(.builtInWideAngleCamera, for: .video, position: .back) else { return .noCamera }
        guard let input = try? AVCaptureDeviceInput(device: back) else { return .inUse }
        device = back
        rotation = AVCaptureDevice.RotationCoordinator(device: back, previewLayer: nil)
        session.beginConfiguration()
        session.sessionPreset = .photo
        session.inputs.forEach(session.removeInput)
        if session.canAddInput(input) { session.addInput(input) }
        for output in [photos, frames, symbols] as [AVCaptureOutput] where session.canAddOutput(output) {
            session.addOutput(output)
        }
        frames.alwaysDiscardsLateVideoFrames = true
        frames.setSampleBufferDelegate(self, queue: queue)
        symbols.setMetadataObjectsDelegate(self, queue: queue)
        let wanted: [AVMetadataObject.ObjectType] = [.dataMatrix, .qr, .code128]
        symbols.metadataObjectTypes = wanted.filter(symbols.availableMetadataObjectTypes.contains)
        session.commitConfiguration()
        session.startRunning()
        return session.isInterrupted ? .inUse : nil
    }

    private func begun() -> Int {
        turn += 1
        return turn
    }

    private func stop(_ opening: Turn) {
        queue.async { [self] in
            guard opening.number == turn else { return }
            session.stopRunning()
            events = nil
            rotation = nil
        }
    }
}

extension SystemCamera: AVCapturePhotoCaptureDelegate {
    public func photoOutput(_ output: AVCapturePhotoOutput, didFinishProcessingPhoto photo: AVCapturePhoto, error: (any Error)?) {
        guard error == nil, let jpeg = photo.fileDataRepresentation(with: Bare()) else { return tell(.failed(.notTaken)) }
        let size = photo.resolvedSettings.photoDimensions
        tell(.taken(Shot(Picture(jpeg), side: Int(max(size.width, size.height)))))
    }
}

/// Which opening one is.
final class Turn: @unchecked Sendable {
    // Touched on its owner's queue alone.
    var number = 0
}

/// A photo without what else the camera writes into it: no place, no small picture. The core drops it again, and keeps how the photo
/// is to be turned.
public final class Bare: NSObject, AVCapturePhotoFileDataRepresentationCustomizer {
    public func replacementMetadata(for photo: AVCapturePhoto) -> [String: Any]? { Self.kept(photo.metadata) }

    /// What is passed is embedded, and nothing besides.
    public static func kept(_ metadata: [String: Any]) -> [String: Any] {
        metadata.filter { $0.key == kCGImagePropertyOrientation as String }
    }

    public func replacementEmbeddedThumbnailPixelBuffer(
        withPhotoFormat replacementEmbeddedThumbnailPhotoFormatOut: AutoreleasingUnsafeMutablePointer<NSDictionary?>,
        for photo: AVCapturePhoto
    ) -> Unmanaged<CVPixelBuffer>? { nil }
}

extension SystemCamera: AVCaptureVideoDataOutputSampleBufferDelegate {
    public func captureOutput(_ output: AVCaptureOutput, didOutput sampleBuffer: CMSampleBuffer, from connection: AVCaptureConnection) {
        guard -lastFrame.timeIntervalSinceNow > 0.25, let buffer = CMSampleBufferGetImageBuffer(sampleBuffer) else { return }
        lastFrame = Date()
        CVPixelBufferLockBaseAddress(buffer, .readOnly)
        defer { CVPixelBufferUnlockBaseAddress(buffer, .readOnly) }
        guard let plane = CVPixelBufferGetBaseAddressOfPlane(buffer, 0) else { return }
        let (stride, height) = (CVPixelBufferGetBytesPerRowOfPlane(buffer, 0), CVPixelBufferGetHeightOfPlane(buffer, 0))
        let luma = [UInt8](UnsafeRawBufferPointer(start: plane, count: stride * height))
        let width = CVPixelBufferGetWidthOfPlane(buffer, 0)
        pass(.seen(Frame(luma: luma, width: width, height: height, stride: stride)))
    }
}

extension SystemCamera: AVCaptureMetadataOutputObjectsDelegate {
    public func metadataOutput(
        _ output: AVCaptureMetadataOutput, didOutput metadataObjects: [AVMetadataObject], from connection: AVCaptureConnection
    ) {
        for case let symbol as AVMetadataMachineReadableCodeObject in metadataObjects {
            guard let text = symbol.stringValue else { continue }
            scale.see(text, symbol.corners)
            // As often as frames: who looks for a symbol needs no more, and who photographs waits for other things.
            if let lastText, lastText.text == text, -lastText.at.timeIntervalSinceNow < 0.25 { continue }
            lastText = (text, Date())
            pass(.read(text))
        }
    }
}

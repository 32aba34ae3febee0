@_exported import Foundation
import UIKit

public struct AVMediaType: Sendable { public static let video = AVMediaType() }
public let AVVideoCodecKey = "AVVideoCodecKey"
public struct AVVideoCodecType: Sendable { public static let jpeg = AVVideoCodecType() }
public enum AVAuthorizationStatus: Sendable { case notDetermined, restricted, denied, authorized }

open class AVCaptureDevice: NSObject, @unchecked Sendable {
    public struct DeviceType: Sendable { public static let builtInWideAngleCamera = DeviceType() }
    public enum Position: Sendable { case unspecified, back, front }
    public enum TorchMode: Sendable { case off, on, auto }
    public enum FlashMode: Sendable { case off, on, auto }
    public enum FocusMode: Sendable { case locked, autoFocus, continuousAutoFocus }
    public enum ExposureMode: Sendable { case locked, autoExpose, continuousAutoExposure }

    open class func authorizationStatus(for mediaType: AVMediaType) -> AVAuthorizationStatus { fatalError() }
    open class func requestAccess(for mediaType: AVMediaType) async -> Bool { fatalError() }
    open class func `default`(_ deviceType: DeviceType, for mediaType: AVMediaType?, position: Position) -> AVCaptureDevice? { fatalError() }
    open func lockForConfiguration() throws {}
    open func unlockForConfiguration() {}
    open var hasTorch: Bool { fatalError() }
    open var torchMode: TorchMode { get { fatalError() } set {} }
    open var isFocusPointOfInterestSupported: Bool { fatalError() }
    open var focusPointOfInterest: CGPoint { get { fatalError() } set {} }
    open var focusMode: FocusMode { get { fatalError() } set {} }
    open var isExposurePointOfInterestSupported: Bool { fatalError() }
    open var exposurePointOfInterest: CGPoint { get { fatalError() } set {} }
    open var exposureMode: ExposureMode { get { fatalError() } set {} }

    /// iOS 17.
    open class RotationCoordinator: NSObject, @unchecked Sendable {
        public init(device: AVCaptureDevice, previewLayer: CALayer?) {}
        open var videoRotationAngleForHorizonLevelCapture: CGFloat { fatalError() }
    }
}

open class AVCaptureInput: NSObject {}
open class AVCaptureDeviceInput: AVCaptureInput { public init(device: AVCaptureDevice) throws {} }
open class AVCaptureOutput: NSObject {
    open func connection(with mediaType: AVMediaType) -> AVCaptureConnection? { fatalError() }
}
open class AVCaptureConnection: NSObject {
    open var isActive: Bool { fatalError() }
    /// Both iOS 17.
    open func isVideoRotationAngleSupported(_ videoRotationAngle: CGFloat) -> Bool { fatalError() }
    open var videoRotationAngle: CGFloat { get { fatalError() } set {} }
}

open class AVCaptureSession: NSObject, @unchecked Sendable {
    public struct Preset: Sendable { public static let photo = Preset() }
    public static let wasInterruptedNotification = Notification.Name("wasInterrupted")
    public static let runtimeErrorNotification = Notification.Name("runtimeError")

    open var isInterrupted: Bool { fatalError() }
    open var isRunning: Bool { fatalError() }
    open var sessionPreset: Preset { get { fatalError() } set {} }
    open var inputs: [AVCaptureInput] { fatalError() }
    open func canAddInput(_ input: AVCaptureInput) -> Bool { fatalError() }
    open func addInput(_ input: AVCaptureInput) {}
    open func removeInput(_ input: AVCaptureInput) {}
    open func canAddOutput(_ output: AVCaptureOutput) -> Bool { fatalError() }
    open func addOutput(_ output: AVCaptureOutput) {}
    open func beginConfiguration() {}
    open func commitConfiguration() {}
    open func startRunning() {}
    open func stopRunning() {}
}

open class AVCapturePhotoSettings: NSObject {
    public init(format: [String: Any]?) { fatalError() }
    open var flashMode: AVCaptureDevice.FlashMode { get { fatalError() } set {} }
    open var photoQualityPrioritization: AVCapturePhotoOutput.QualityPrioritization { get { fatalError() } set {} }
}

open class AVCapturePhotoOutput: AVCaptureOutput {
    public enum QualityPrioritization: Sendable { case speed, balanced, quality }
    open func capturePhoto(with settings: AVCapturePhotoSettings, delegate: any AVCapturePhotoCaptureDelegate) {}
}

public struct CMVideoDimensions: Sendable { public var width, height: Int32 }
open class AVCaptureResolvedPhotoSettings: NSObject { open var photoDimensions: CMVideoDimensions { fatalError() } }

open class AVCapturePhoto: NSObject {
    open var resolvedSettings: AVCaptureResolvedPhotoSettings { fatalError() }
    open var metadata: [String: Any] { fatalError() }
    open func fileDataRepresentation(with customizer: any AVCapturePhotoFileDataRepresentationCustomizer) -> Data? { fatalError() }
}

public protocol AVCapturePhotoCaptureDelegate: AnyObject {
    func photoOutput(_ output: AVCapturePhotoOutput, didFinishProcessingPhoto photo: AVCapturePhoto, error: (any Error)?)
}

public protocol AVCapturePhotoFileDataRepresentationCustomizer: AnyObject {
    func replacementMetadata(for photo: AVCapturePhoto) -> [String: Any]?
    func replacementEmbeddedThumbnailPixelBuffer(
        withPhotoFormat replacementEmbeddedThumbnailPhotoFormatOut: AutoreleasingUnsafeMutablePointer<NSDictionary?>,
        for photo: AVCapturePhoto
    ) -> Unmanaged<CVPixelBuffer>?
}

/// Objective-C's, which Linux has not.
public struct AutoreleasingUnsafeMutablePointer<Pointee> {}

public final class CMSampleBuffer {}
public class CVBuffer {}
public typealias CVPixelBuffer = CVBuffer
public typealias CVImageBuffer = CVBuffer
public struct CVPixelBufferLockFlags: OptionSet, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public static let readOnly = CVPixelBufferLockFlags(rawValue: 1)
}

public func CMSampleBufferGetImageBuffer(_ sbuf: CMSampleBuffer) -> CVImageBuffer? { fatalError() }
@discardableResult
public func CVPixelBufferLockBaseAddress(_ pixelBuffer: CVPixelBuffer, _ lockFlags: CVPixelBufferLockFlags) -> Int32 { fatalError() }
@discardableResult
public func CVPixelBufferUnlockBaseAddress(_ pixelBuffer: CVPixelBuffer, _ unlockFlags: CVPixelBufferLockFlags) -> Int32 { fatalError() }
public func CVPixelBufferGetBaseAddressOfPlane(_ pixelBuffer: CVPixelBuffer, _ planeIndex: Int) -> UnsafeMutableRawPointer? { fatalError() }
public func CVPixelBufferGetBytesPerRowOfPlane(_ pixelBuffer: CVPixelBuffer, _ planeIndex: Int) -> Int { fatalError() }
public func CVPixelBufferGetHeightOfPlane(_ pixelBuffer: CVPixelBuffer, _ planeIndex: Int) -> Int { fatalError() }
public func CVPixelBufferGetWidthOfPlane(_ pixelBuffer: CVPixelBuffer, _ planeIndex: Int) -> Int { fatalError() }

open class AVCaptureVideoDataOutput: AVCaptureOutput {
    open var alwaysDiscardsLateVideoFrames: Bool { get { fatalError() } set {} }
    open func setSampleBufferDelegate(_ delegate: (any AVCaptureVideoDataOutputSampleBufferDelegate)?, queue: DispatchQueue?) {}
}

public protocol AVCaptureVideoDataOutputSampleBufferDelegate: AnyObject {
    func captureOutput(_ output: AVCaptureOutput, didOutput sampleBuffer: CMSampleBuffer, from connection: AVCaptureConnection)
}

open class AVMetadataObject: NSObject {
    public struct ObjectType: Hashable, Sendable {
        let name: String
        public static let dataMatrix = ObjectType(name: "dataMatrix")
        public static let qr = ObjectType(name: "qr")
        public static let code128 = ObjectType(name: "code128")
    }
}

open class AVMetadataMachineReadableCodeObject: AVMetadataObject {
    open var stringValue: String? { fatalError() }
    open var corners: [CGPoint] { fatalError() }
}

open class AVCaptureMetadataOutput: AVCaptureOutput {
    open var metadataObjectTypes: [AVMetadataObject.ObjectType] { get { fatalError() } set {} }
    open var availableMetadataObjectTypes: [AVMetadataObject.ObjectType] { fatalError() }
    open func setMetadataObjectsDelegate(_ objectsDelegate: (any AVCaptureMetadataOutputObjectsDelegate)?, queue: DispatchQueue?) {}
}

public protocol AVCaptureMetadataOutputObjectsDelegate: AnyObject {
    func metadataOutput(
        _ output: AVCaptureMetadataOutput, didOutput metadataObjects: [AVMetadataObject], from connection: AVCaptureConnection
    )
}

public struct AVLayerVideoGravity: Sendable { public static let resizeAspect = AVLayerVideoGravity() }

open class AVCaptureVideoPreviewLayer: CALayer, @unchecked Sendable {
    open var session: AVCaptureSession? { get { fatalError() } set {} }
    open var videoGravity: AVLayerVideoGravity { get { fatalError() } set {} }
}

extension NotificationCenter {
    /// Foundation's on Apple's systems, which Linux has not.
    public func notifications(named name: Notification.Name, object: AnyObject? = nil) -> AsyncStream<Notification> { fatalError() }
}

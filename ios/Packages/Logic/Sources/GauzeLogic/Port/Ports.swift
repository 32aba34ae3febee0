import Foundation

/// A frame of the preview: the brightness plane alone, row by row, `stride` bytes a row.
public struct Frame: Sendable, Unspoken {
    public let luma: [UInt8]
    public let width: Int
    public let height: Int
    public let stride: Int

    public init(luma: [UInt8], width: Int, height: Int, stride: Int) {
        self.luma = luma
        self.width = width
        self.height = height
        self.stride = stride
    }
}

public enum CameraFault: Sendable, CaseIterable {
    case noPermission, inUse, noCamera, broken
}

public enum CameraEvent: Sendable {
    case ready
    case failed(CameraFault)
    case seen(Frame)
    case taken(Picture)
}

/// What the camera's screen asks of it.
public protocol Handle: Sendable {
    /// One photo, which comes as `CameraEvent.taken`. Only while open.
    func shoot()

    func torch(_ on: Bool)

    /// From 0 to 1, from the left and top of the preview.
    func focus(_ x: Double, _ y: Double)
}

/// The camera: pictures leave it as bytes in memory, never as files.
public protocol Camera: Handle {
    /// Opens it; ending the iteration ends it.
    func open() -> AsyncStream<CameraEvent>
}

/// Judges a preview's frame: sharpness, exposure, the scale marker.
public protocol Judge: Sendable {
    func judge(_ frame: Frame) -> Fitness
}

/// Reads wristbands' symbols (QR, DataMatrix, Code 128) for as long as it is iterated: their texts.
public protocol Scanner: Sendable {
    func read() -> AsyncStream<String>
}

public enum Authentication: Sendable, CaseIterable {
    case confirmed, declined, notSetUp, lockedOut
}

/// The system's own prompt: a face, a finger, or the phone's code.
public protocol Biometric: Sendable {
    func authenticate() async -> Authentication
}

/// What the people who manage the phone set.
public protocol ManagedConfiguration: Sendable {
    /// A JSON object of the settings; `{}` where there are none.
    func read() -> String

    /// Whenever it changes, first as it stands.
    func changes() -> AsyncStream<String>

    /// Tells the console how each setting was taken.
    func report(_ configured: Configured)
}

/// Transfers that outlive the screen.
public protocol BackgroundUploads: Sendable {
    /// `asked`: a person waits.
    func schedule(asked: Bool)

    func cancel()
}

/// The system's own browser, never a view of the app.
public protocol Browser: Sendable {
    /// Opens `page` and returns the address it came back with; nil where it was left.
    func visit(_ page: String) async -> String?
}

/// Milliseconds since 1970.
public protocol Now: Sendable {
    func millis() -> Int64
}

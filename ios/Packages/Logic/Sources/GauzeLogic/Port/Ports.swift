import Foundation

/// A frame of the preview: the brightness plane alone, row by row, `stride` bytes a row. It sees what the photo will.
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

/// A photo as the camera made it, `side` pixels at its longer side.
public struct Shot: Sendable, Unspoken {
    public let jpeg: Picture
    public let side: Int

    public init(_ jpeg: Picture, side: Int) {
        self.jpeg = jpeg
        self.side = side
    }
}

/// With `notTaken`, a photo that was asked for does not come, and the camera stays as it is; with the others it has ended.
public enum CameraFault: Sendable, CaseIterable {
    case noPermission, inUse, noCamera, broken, notTaken
}

public enum CameraEvent: Sendable, Unspoken {
    case ready
    case failed(CameraFault)
    case seen(Frame)
    case taken(Shot)
    /// The text of a symbol: QR, DataMatrix, Code 128.
    case read(String)
}

/// The camera: pictures leave it as bytes in memory, never as files.
public protocol Camera: Sendable {
    /// Opens it; ending the iteration ends it.
    func open() -> AsyncStream<CameraEvent>

    /// One photo, which comes as `CameraEvent.taken`. Only while open.
    func shoot()

    func torch(_ on: Bool)

    /// From 0 to 1, from the left and top of the preview.
    func focus(_ x: Double, _ y: Double)
}

/// Judges a preview's frame: sharpness, exposure, the scale marker.
public protocol Judge: Sendable {
    func judge(_ frame: Frame) -> Fitness
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

/// Half a minute or so after the app left the screen, so that what began on it does not stop in its middle.
@MainActor
public protocol Lasting: Sendable {
    /// Begins it, and returns what ends it. The system may end it before.
    func begin(_ what: String) -> @MainActor () -> Void
}

/// Lasts for as long as something is so.
@MainActor
public final class Lasts {
    private let lasting: any Lasting
    private let what: String
    private var end: (@MainActor () -> Void)?

    public init(_ lasting: any Lasting, _ what: String) {
        self.lasting = lasting
        self.what = what
    }

    public func now(_ so: Bool) {
        if so == (end != nil) { return }
        end?()
        end = so ? lasting.begin(what) : nil
    }
}

/// Transfers that outlive the screen.
public protocol BackgroundUploads: Sendable {
    /// `asked`: a person waits. Lasts until it is handed over.
    @MainActor func schedule(asked: Bool)

    func cancel()
}

/// What the system shows of waiting photos. It never names a person or shows a picture.
public protocol Notes: Sendable {
    /// Whether the person lets it.
    func allowed() async -> Bool

    /// Asks the person, or leads to where that is changed.
    func ask() async

    /// `waiting` photos wait.
    func show(waiting: Int64)
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

/// How the phone is held.
public protocol Level: Sendable {
    /// Degrees that it leans from upright, clockwise; nil while it lies so flat that nothing is upright.
    func leans() -> AsyncStream<Int?>
}

/// A sound for whoever does not look at the screen.
public protocol Sound: Sendable {
    func safe()
}

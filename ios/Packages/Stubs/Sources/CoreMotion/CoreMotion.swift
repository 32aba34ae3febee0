@_exported import Foundation

public struct CMAcceleration: Sendable { public var x, y, z: Double }
open class CMDeviceMotion: NSObject { open var gravity: CMAcceleration { fatalError() } }
public typealias CMDeviceMotionHandler = (CMDeviceMotion?, (any Error)?) -> Void

open class CMMotionManager: NSObject {
    open var isDeviceMotionAvailable: Bool { fatalError() }
    open var deviceMotionUpdateInterval: TimeInterval { get { fatalError() } set {} }
    open func startDeviceMotionUpdates(to queue: OperationQueue, withHandler handler: @escaping CMDeviceMotionHandler) {}
    open func stopDeviceMotionUpdates() {}
}

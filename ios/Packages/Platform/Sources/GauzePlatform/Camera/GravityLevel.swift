import CoreMotion
import Foundation
import GauzeLogic

/// By gravity, which every phone measures; a phone without the sensors says nothing.
public final class GravityLevel: Level, @unchecked Sendable {
    // Everything below is touched on `queue` alone: that is what makes it safe to share.
    private let queue = DispatchQueue(label: "org.gauze.level")
    private let manager = CMMotionManager()
    private let updates = OperationQueue()
    /// Counts who listens: what ends an earlier one leaves the present one its sensor.
    private var turn = 0

    public init() {}

    public func leans() -> AsyncStream<Int?> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int?.self, bufferingPolicy: .bufferingNewest(1))
        let mine = Turn()
        queue.async { [self] in
            turn += 1
            mine.number = turn
            guard manager.isDeviceMotionAvailable else { return }
            manager.deviceMotionUpdateInterval = 1.0 / 15
            manager.startDeviceMotionUpdates(to: updates) { motion, _ in
                if let pull = motion?.gravity { continuation.yield(Self.degrees(pull.x, pull.y, pull.z)) }
            }
        }
        continuation.onTermination = { [weak self] _ in self?.stop(mine) }
        return stream
    }

    private func stop(_ listening: Turn) {
        queue.async { [self] in
            if listening.number == turn { manager.stopDeviceMotionUpdates() }
        }
    }

    /// Of gravity along the phone's axes, which points down: x to its right, y to its top, z out of its screen.
    public static func degrees(_ x: Double, _ y: Double, _ z: Double) -> Int? {
        if abs(z) > 2 * hypot(x, y) { return nil }
        let leans = Int((atan2(x, -y) * 180 / .pi).rounded())
        // On its side is level too: to the nearest of the four.
        return ((leans + 45) % 90 + 90) % 90 - 45
    }
}

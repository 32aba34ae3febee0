import Foundation
import GauzeLogic

/// The scale marker: a QR code that says `GAUZE SCALE 20MM`, its side without the quiet zone. The camera's own reader finds its
/// four corners; how long its sides are in the picture, and at what angle they meet, tells how large a pixel is on the skin
/// and how far the phone leans over the marker. Far enough away for the corners to be seen in parallel.
public final class ScaleMarker: @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var seen: (millimetres: Int, corners: [CGPoint], at: Date)?

    /// Seconds for which a marker is taken to lie where it was read.
    private static let fresh = 0.5

    public init() {}

    /// A code was read: `corners` in their order around it, from 0 to 1 of a frame's width and height. Other codes are no markers.
    public func see(_ text: String, _ corners: [CGPoint], at: Date = Date()) {
        guard corners.count == 4, let said = text.wholeMatch(of: /GAUZE SCALE ([1-9][0-9])MM/), let size = Int(said.1) else { return }
        lock.withLock { seen = (size, corners, at) }
    }

    /// The marker as it lies in `frame`, where one was read just now.
    public func find(_ frame: Frame) -> Marker? {
        guard let seen = lock.withLock({ seen }), -seen.at.timeIntervalSinceNow < Self.fresh else { return nil }
        let corners = seen.corners.map { CGPoint(x: $0.x * Double(frame.width), y: $0.y * Double(frame.height)) }
        return Self.measure(corners, seen.millimetres)
    }

    /// The longer axis of the circle that the leaning phone sees as an ellipse is as long as on the skin.
    private static func measure(_ corners: [CGPoint], _ millimetres: Int) -> Marker? {
        // Each side as the mean of itself and the one across.
        let (ux, uy) = mean(corners[0], corners[1], corners[3], corners[2])
        let (vx, vy) = mean(corners[0], corners[3], corners[1], corners[2])
        let half = (ux * ux + uy * uy + vx * vx + vy * vy) / 2
        let spread = hypot((ux * ux + uy * uy - vx * vx - vy * vy) / 2, ux * vx + uy * vy)
        let (longer, shorter) = ((half + spread).squareRoot(), max(half - spread, 0).squareRoot())
        guard longer >= 1 else { return nil }
        return Marker(
            nanometres: Int(Double(millimetres) * 1_000_000 / longer), tilt: Int(acos(shorter / longer) * 180 / .pi * 1000)
        )
    }

    private static func mean(_ from: CGPoint, _ to: CGPoint, _ across: CGPoint, _ end: CGPoint) -> (Double, Double) {
        (Double(to.x - from.x + end.x - across.x) / 2, Double(to.y - from.y + end.y - across.y) / 2)
    }
}

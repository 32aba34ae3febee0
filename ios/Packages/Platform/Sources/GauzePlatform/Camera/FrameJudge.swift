import Foundation
import GauzeLogic

/// Sharpness and exposure of the middle of a frame. Sharpness is the Laplacian's spread against the brightness's, 0 to 1000;
/// exposure is how far the mean is from mid grey, -1000 at black to 1000 at white. A scale marker is the one
/// that the camera read.
public struct FrameJudge: Judge {
    private static let (midGrey, white) = (118.0, 255.0)

    private let scale: ScaleMarker

    public init(_ scale: ScaleMarker) {
        self.scale = scale
    }

    public func judge(_ frame: Frame) -> Fitness {
        let (left, top) = (max(1, frame.width / 4), max(1, frame.height / 4))
        let (right, bottom) = (frame.width - frame.width / 4 - 1, frame.height - frame.height / 4 - 1)
        guard left < right, top < bottom else { return Fitness(0, 0) }
        var (sum, squares, edges, count) = (0, 0, 0, 0)
        for y in top..<bottom {
            let row = y * frame.stride
            for at in (row + left)..<(row + right) {
                let here = Int(frame.luma[at])
                let beside = Int(frame.luma[at - 1]) + Int(frame.luma[at + 1])
                let above = Int(frame.luma[at - frame.stride]) + Int(frame.luma[at + frame.stride])
                let laplacian = 4 * here - beside - above
                sum += here
                squares += here * here
                edges += laplacian * laplacian
                count += 1
            }
        }
        let mean = Double(sum) / Double(count)
        let spread = max(1, Double(squares) / Double(count) - mean * mean)
        let sharpness = min(max(Int(Double(edges) / Double(count) / spread * 500), 0), 1000)
        let most = mean < Self.midGrey ? Self.midGrey : Self.white - Self.midGrey
        return Fitness(sharpness, Int((mean - Self.midGrey) / most * 1000), marker: scale.find(frame))
    }
}

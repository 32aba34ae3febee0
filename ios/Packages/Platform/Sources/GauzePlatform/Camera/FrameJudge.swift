import Foundation
import GauzeLogic

/// Sharpness and exposure of the middle of a frame. Sharpness is how narrow edges are, 0 to 1000: as the core judges photos, across
/// and down, of which the duller counts; exposure is how far the mean is from mid grey, -1000 at black to 1000 at white. A scale
/// marker is the one that the camera read.
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
        var (across, down) = (Edges(), Edges())
        var (sum, count) = (0, 0)
        for y in top..<bottom {
            let row = y * frame.stride
            for at in (row + left)..<(row + right) {
                let here = Int(frame.luma[at])
                across.add(Int(frame.luma[at - 1]), here, Int(frame.luma[at + 1]))
                down.add(Int(frame.luma[at - frame.stride]), here, Int(frame.luma[at + frame.stride]))
                sum += here
                count += 1
            }
        }
        let mean = Double(sum) / Double(count)
        let sharpness = [across.sharpness, down.sharpness].compactMap { $0 }.min() ?? 0
        let most = mean < Self.midGrey ? Self.midGrey : Self.white - Self.midGrey
        return Fitness(sharpness, Int((mean - Self.midGrey) / most * 1000), marker: scale.find(frame))
    }
}

/// How brightness changes in one direction; where it does not, nothing is said.
private struct Edges {
    private var (first, second) = (0, 0)

    mutating func add(_ before: Int, _ here: Int, _ after: Int) {
        first += (here - before) * (here - before)
        let bend = 2 * here - before - after
        second += bend * bend
    }

    /// An edge that is five pixels of a frame wide is at 120.
    var sharpness: Int? { first == 0 ? nil : min(300 * second / first, 1000) }
}

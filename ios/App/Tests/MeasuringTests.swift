import Foundation
import GauzeLogic
import GauzePlatform
import Testing

/// What adapters compute by themselves, which needs nothing of Apple's. `ScaleMarkerTest.kt` has level and marker too.
@Suite struct MeasuringTests {
    @Test func aPhoneLeansFromTheNearestOfItsFourSidesAndNotWhereItLiesFlat() {
        #expect(GravityLevel.degrees(0, -1, 0) == 0)
        #expect(GravityLevel.degrees(0.087, -0.996, 0) == 5, "clockwise")
        #expect(GravityLevel.degrees(-0.087, -0.996, 0) == -5)
        #expect(GravityLevel.degrees(1, 0, 0) == 0, "on its side")
        #expect(GravityLevel.degrees(-1, 0.087, 0) == -5)
        #expect(GravityLevel.degrees(0, -0.4, -0.9) == nil)
    }

    @Test func aPhotoKeepsHowItIsToBeTurnedAndNothingElseOfItsMetadata() {
        let metadata: [String: Any] = [
            "Orientation": 6, "{Exif}": ["LensModel": "back"], "{GPS}": ["Latitude": 57.1], "{TIFF}": ["Orientation": 6, "Make": "Apple"],
        ]
        let kept = Bare.kept(metadata)
        #expect(kept.count == 1 && kept["Orientation"] as? Int == 6)
        #expect(Bare.kept([:]).isEmpty)
    }

    private func exposure(_ grey: UInt8) -> Int {
        FrameJudge(ScaleMarker()).judge(Frame(luma: Array(repeating: grey, count: 400), width: 20, height: 20, stride: 20)).exposure
    }

    @Test func exposureGoesFromBlackToWhiteAndIsRightAtMidGrey() {
        #expect([0, 59, 118, 255].map(exposure) == [-1000, -500, 0, 1000])
    }

    @Test func anEdgeIsSharperThanASlope() {
        func frame(_ grey: (Int) -> Int) -> Frame {
            Frame(luma: (0..<1600).map { UInt8(grey($0 % 40)) }, width: 40, height: 40, stride: 40)
        }
        let judge = FrameJudge(ScaleMarker())
        #expect(judge.judge(frame { $0 / 2 % 2 * 200 }).sharpness > judge.judge(frame { $0 * 5 }).sharpness + 120)
    }

    /// Skin has few edges: one that is narrow is enough, and one that a hand smeared is not.
    @Test func aFrameIsSharpByHowNarrowItsEdgesAreAndNotByHowManyItHas() {
        func sharpness(_ wide: Int) -> Int {
            let luma = (0..<10_000).map { (at: Int) -> UInt8 in
                let into = min(max(at % 100 - 50, 0), wide)
                return UInt8(90 + 80 * into / wide)
            }
            return FrameJudge(ScaleMarker()).judge(Frame(luma: luma, width: 100, height: 100, stride: 100)).sharpness
        }
        #expect(sharpness(1) > 500)
        #expect(sharpness(3) > 120)
        #expect(sharpness(12) < 120)
    }

    /// What is found of a code whose corners lie at these pixels of a frame.
    private func found(_ text: String, _ corners: [(Double, Double)], at: Date = Date()) -> Marker? {
        let scale = ScaleMarker()
        scale.see(text, corners.map { CGPoint(x: $0.0 / 1280, y: $0.1 / 960) }, at: at)
        return scale.find(Frame(luma: [], width: 1280, height: 960, stride: 1280))
    }

    private func close(_ marker: Marker?, _ nanometres: Int, _ tilt: Int) -> Bool {
        marker.map { abs($0.nanometres - nanometres) < 50 && abs($0.tilt - tilt) < 50 } ?? false
    }

    @Test func aMarkerTellsHowLargeAPixelIsAndHowFarThePhoneLeans() {
        let square = [(100.0, 100.0), (300, 100), (300, 300), (100, 300)]
        let turned = [(300.0, 100.0), (500, 300), (300, 500), (100, 300)]
        let leaning = square.map { ($0.0, $0.1 / 2) }
        #expect(close(found("GAUZE SCALE 20MM", square), 100_000, 0))
        #expect(close(found("GAUZE SCALE 40MM", square.reversed()), 200_000, 0), "read the other way round")
        #expect(close(found("GAUZE SCALE 20MM", turned), 70_711, 0))
        #expect(close(found("GAUZE SCALE 20MM", leaning), 100_000, 60_000))
    }

    @Test func otherCodesAndMarkersOfBeforeAreNone() {
        let square = [(100.0, 100.0), (300, 100), (300, 300), (100, 300)]
        #expect(found("GAUZE SCALE 05MM", square) == nil)
        #expect(found("9990000042", square) == nil)
        #expect(found("GAUZE SCALE 20MM", square, at: Date(timeIntervalSinceNow: -1)) == nil)
        #expect(found("GAUZE SCALE 20MM", Array(square.prefix(3))) == nil)
        #expect(found("GAUZE SCALE 20MM", Array(repeating: (5, 5), count: 4)) == nil)
    }
}

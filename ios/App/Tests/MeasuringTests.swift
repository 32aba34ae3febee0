import GauzeLogic
import GauzePlatform
import Testing

/// What adapters compute by themselves, which needs nothing of Apple's. `ScaleMarkerTest.kt` has the level's too.
@Suite struct MeasuringTests {
    @Test func aPhoneLeansFromTheNearestOfItsFourSidesAndNotWhereItLiesFlat() {
        #expect(GravityLevel.degrees(0, -1, 0) == 0)
        #expect(GravityLevel.degrees(0.087, -0.996, 0) == 5, "clockwise")
        #expect(GravityLevel.degrees(-0.087, -0.996, 0) == -5)
        #expect(GravityLevel.degrees(1, 0, 0) == 0, "on its side")
        #expect(GravityLevel.degrees(-1, 0.087, 0) == -5)
        #expect(GravityLevel.degrees(0, -0.4, -0.9) == nil)
    }

    private func exposure(_ grey: UInt8) -> Int {
        FrameJudge().judge(Frame(luma: Array(repeating: grey, count: 400), width: 20, height: 20, stride: 20)).exposure
    }

    @Test func exposureGoesFromBlackToWhiteAndIsRightAtMidGrey() {
        #expect([0, 59, 118, 255].map(exposure) == [-1000, -500, 0, 1000])
    }

    @Test func anEdgeIsSharperThanASlope() {
        func frame(_ grey: (Int) -> Int) -> Frame {
            Frame(luma: (0..<1600).map { UInt8(grey($0 % 40)) }, width: 40, height: 40, stride: 40)
        }
        let judge = FrameJudge()
        #expect(judge.judge(frame { $0 / 2 % 2 * 200 }).sharpness > judge.judge(frame { $0 * 5 }).sharpness + 120)
    }
}

/// The spots of the figure for each turn. The figure itself is drawn out of them.
public enum BodyMap {
    public static func spots(_ turn: Turn) -> [Spot] {
        switch turn {
        case .front: front
        case .back: back
        case .left: profile(.left)
        case .right: profile(.right)
        case .feet: feet
        }
    }

    /// One spot on each side of the middle; `viewersLeft` is which of the patient's sides is on the viewer's left.
    private static func pair(_ word: Word, _ out: Int, _ y: Int, _ w: Int, _ h: Int, _ viewersLeft: Side) -> [Spot] {
        let other: Side = viewersLeft == .right ? .left : .right
        return [Spot(word, viewersLeft, 500 - out, y, w, h), Spot(word, other, 500 + out, y, w, h)]
    }

    private static func joined(_ parts: [Spot]...) -> [Spot] { parts.flatMap { $0 } }

    private static let front: [Spot] = joined(
        [
            Spot(.bodyHead, nil, 500, 70, 75, 62),
            Spot(.bodyNeck, nil, 500, 152, 45, 20),
            Spot(.bodyChest, nil, 500, 245, 150, 70),
            Spot(.bodyAbdomen, nil, 500, 395, 130, 78),
        ],
        pair(.bodyArm, 225, 300, 55, 125, .right),
        pair(.bodyHand, 245, 470, 60, 42, .right),
        pair(.bodyHip, 80, 505, 62, 30, .right),
        pair(.bodyThigh, 80, 610, 62, 72, .right),
        pair(.bodyKnee, 80, 712, 55, 28, .right),
        pair(.bodyLowerLeg, 80, 815, 50, 72, .right),
        pair(.bodyFoot, 95, 930, 70, 40, .right)
    )

    private static let back: [Spot] = joined(
        [
            Spot(.bodyHead, nil, 500, 70, 75, 62),
            Spot(.bodyNeck, nil, 500, 152, 45, 20),
            Spot(.bodyUpperBack, nil, 500, 245, 150, 70),
            Spot(.bodyLowerBack, nil, 500, 365, 130, 48),
            Spot(.bodySacrum, nil, 500, 442, 60, 28),
        ],
        pair(.bodyArm, 225, 300, 55, 125, .left),
        pair(.bodyHand, 245, 470, 60, 42, .left),
        pair(.bodyButtock, 80, 510, 68, 36, .left),
        pair(.bodyThigh, 80, 625, 62, 74, .left),
        pair(.bodyLowerLeg, 80, 795, 52, 88, .left),
        pair(.bodyHeel, 90, 935, 62, 38, .left)
    )

    private static func profile(_ side: Side) -> [Spot] {
        [
            Spot(.bodyHead, nil, 500, 70, 85, 62),
            Spot(.bodyNeck, nil, 500, 152, 45, 20),
            Spot(.bodyArm, side, 500, 290, 80, 110),
            Spot(.bodyHip, side, 500, 465, 105, 55),
            Spot(.bodyThigh, side, 500, 600, 85, 70),
            Spot(.bodyKnee, side, 500, 708, 70, 28),
            Spot(.bodyLowerLeg, side, 500, 805, 65, 62),
            Spot(.bodyAnkle, side, 500, 893, 60, 22),
            Spot(.bodyFoot, side, 530, 950, 110, 30),
        ]
    }

    /// From below: the patient's right foot is on the viewer's left.
    private static let feet: [Spot] = joined(
        pair(.bodyToe, 220, 170, 150, 110, .right),
        pair(.bodySole, 220, 480, 140, 180, .right),
        pair(.bodyHeel, 220, 790, 130, 110, .right)
    )
}

/// What is said of each of the core's codes, and of the system's prompt. `WordsTests` holds this against the core's own list.
public enum Failures {
    private static let byName = Dictionary(uniqueKeysWithValues: Word.allCases.map { ($0.resource, $0) })

    /// The line for a code, or nil where there is none.
    public static func word(_ code: String) -> Word? { byName["error_\(code)"] }

    /// What to say of a failure: why the phone is not accepted, the line of its code, or what to do about failures of its kind.
    public static func line(_ failure: Failure) -> Line {
        let fine = failure.refusal.flatMap { Refusals.word($0.code) }
        return Line(fine ?? word(failure.code) ?? kind(failure.remedy), help: failure.refusal?.help)
    }

    /// What to say of a photo that waits.
    public static func waiting(_ code: String) -> Line { Line(word(code) ?? .errorKindRetry) }

    /// Why it was not confirmed who asks, and what to do; nil where it was.
    public static func line(_ answer: Authentication) -> Line? {
        switch answer {
        case .confirmed: nil
        case .declined: Line(.reviewDeclined)
        case .notSetUp: Line(.reviewNotSetUp)
        case .lockedOut: Line(.reviewLockedOut)
        }
    }

    /// What to say of a camera.
    public static func camera(_ fault: CameraFault) -> Line {
        switch fault {
        case .noPermission: Line(.cameraNoPermission)
        case .inUse: Line(.cameraInUse)
        case .noCamera: Line(.cameraNoCamera)
        case .broken: Line(.cameraBroken)
        case .notTaken: Line(.cameraNotTaken)
        }
    }

    private static func kind(_ remedy: Remedy) -> Word {
        switch remedy {
        case .takeAgain: .errorKindTakeAgain
        case .freeStorage: .errorStorageFull
        case .unlock: .errorLocked
        case .signIn: .errorSignInNeeded
        case .enrol: .errorNotEnrolled
        case .retry: .errorKindRetry
        case .askIt: .errorKindAskIt
        case .notPossible: .errorKindNotPossible
        case .report: .errorKindReport
        }
    }
}

import AudioToolbox
import GauzeLogic

/// A short sound of the system's, as loud as the phone is set. The shutter has sounded before, by itself.
public struct SafeSound: Sound {
    /// Not in Apple's documentation, and the same since the first iPhones.
    private static let tink: SystemSoundID = 1057

    public init() {}

    public func safe() {
        AudioServicesPlaySystemSound(Self.tink)
    }
}

public typealias SystemSoundID = UInt32
public func AudioServicesPlaySystemSound(_ inSystemSoundID: SystemSoundID) { fatalError() }

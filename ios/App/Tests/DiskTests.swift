import Foundation
import GauzeLogic
import Testing

@testable import GauzePlatform

/// Where the core's files lie, and under which class. Linux has no classes: which directory has which is held against the core.
@Suite struct DiskTests {
    @Test func theReviewIdentityAloneIsReadOnlyWhileThePhoneIsUnlocked() throws {
        let strict = SystemDisk.places.filter { $0.protection.rawValue == FileProtectionType.complete.rawValue }.map(\.path)
        #expect(strict == ["review/private"])
        // With its copy and what was damaged of it, which the core keeps beside it; its public half stays outside.
        let core = try text("core/src/review/mod.rs")
        #expect(core.contains("const PRIVATE: &str = \"\(SystemDisk.identity)/identity.age\";"))
        #expect(core.contains("const PUBLIC: &str = \"review/recipient.txt\";"))
        let kept = try text("core/src/store/kept.rs")
        #expect(kept.contains("let copy = self.beside(\"copy\", \"\");") && kept.contains("path.with_file_name(dir).join(name)"))
    }

    /// What is made on the way to a directory would have its class.
    @Test func eachDirectoryComesAfterTheOneThatItLiesIn() {
        let paths = SystemDisk.places.map(\.path)
        for (at, path) in paths.enumerated() where !path.isEmpty {
            let above = path.split(separator: "/").dropLast().joined(separator: "/")
            #expect(paths[..<at].contains(above), "\(path)")
        }
    }
}

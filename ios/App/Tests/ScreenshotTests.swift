import Foundation
import Testing

@testable import GauzePlatform

@Suite struct ScreenshotTests {
    @Test func eachIsToldAndWhoeverStoppedListeningIsToldNothing() async {
        let name = Notification.Name("screenshot-\(UUID().uuidString)")
        let taken = Screenshots(name).taken()
        for _ in 0..<3 { NotificationCenter.default.post(name: name, object: nil) }
        var told = 0
        for await _ in taken {
            told += 1
            if told == 3 { break }
        }
        #expect(told == 3)
        let left = Task { for await _ in Screenshots(name).taken() {} }
        left.cancel()
        await left.value
        NotificationCenter.default.post(name: name, object: nil)
    }
}

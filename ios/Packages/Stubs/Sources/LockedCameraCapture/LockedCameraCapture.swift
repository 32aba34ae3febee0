import Foundation
import SwiftUI
import UIKit

public let NSUserActivityTypeLockedCameraCapture = "NSUserActivityTypeLockedCameraCapture"

public final class LockedCameraCaptureSession: Sendable {
    public var sessionContentURL: URL { fatalError() }
    public func invalidateSessionContent() async throws {}
    public func openApplication(for userActivity: NSUserActivity) async throws {}
}

@MainActor public protocol LockedCameraCaptureExtensionScene {}

@MainActor public struct LockedCameraCaptureUIScene<Content: View>: LockedCameraCaptureExtensionScene {
    public init(content: @escaping (LockedCameraCaptureSession) -> Content) {}
}

@MainActor public protocol LockedCameraCaptureExtension {
    associatedtype Body: LockedCameraCaptureExtensionScene
    var body: Body { get }
    init()
}

extension LockedCameraCaptureExtension { public static func main() { fatalError() } }

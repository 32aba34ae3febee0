import UIKit

public enum AVCaptureEventPhase: Sendable { case began, ended, cancelled }
open class AVCaptureEvent: NSObject { open var phase: AVCaptureEventPhase { fatalError() } }

@MainActor open class AVCaptureEventInteraction: NSObject, UIInteraction {
    public init(eventHandler handler: @escaping (AVCaptureEvent) -> Void) {}
}

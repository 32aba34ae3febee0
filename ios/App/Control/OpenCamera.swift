import AppIntents

/// What the control, the action button and the locked screen start. It is part of the app, of the control and of the extension for
/// the locked screen: by it the system knows that they belong together. It carries nothing.
@available(iOS 18.0, *)
struct OpenCamera: CameraCaptureIntent {
    static let title: LocalizedStringResource = "Open Gauze"

    /// Said in the process that it opened: in the app's, `ControlPresses` hears it.
    func perform() async throws -> some IntentResult {
        NotificationCenter.default.post(name: Notification.Name("org.gauze.app.open-camera"), object: nil)
        return .result()
    }
}

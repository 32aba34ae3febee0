import AppIntents

/// What the control, the action button and the locked screen start. It is part of the app, of the control and of the extension for
/// the locked screen: by it the system knows that they belong together. It carries nothing.
@available(iOS 18.0, *)
struct OpenCamera: CameraCaptureIntent {
    static let title: LocalizedStringResource = "Open Gauze"

    func perform() async throws -> some IntentResult { .result() }
}

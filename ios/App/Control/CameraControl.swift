import AppIntents
import SwiftUI
import WidgetKit

/// One button: on the locked screen, in the control centre, or behind the action button.
@main
struct Controls: WidgetBundle {
    var body: some Widget { CameraControl() }
}

struct CameraControl: ControlWidget {
    var body: some ControlWidgetConfiguration {
        StaticControlConfiguration(kind: "org.gauze.app.control.camera") {
            ControlWidgetButton(action: OpenCamera()) { Label("Gauze", systemImage: "camera") }
        }
    }
}

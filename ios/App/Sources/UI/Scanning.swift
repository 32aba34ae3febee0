import GauzeLogic
import SwiftUI

/// What the camera sees while a code is looked for, under a hint, or under why it sees nothing: it comes back in the same place.
struct Scanning<Finder: View>: View {
    let hint: Word?
    let fault: CameraFault?
    let viewfinder: Finder

    var body: some View {
        if let fault {
            Said(Failures.camera(fault))
        } else if let hint {
            Text(say(hint))
        }
        viewfinder
    }
}

struct AllowCamera: View {
    let fault: CameraFault?
    let allow: @MainActor () -> Void

    var body: some View {
        if fault == .noPermission { OtherAction(.cameraAllow, action: allow) }
    }
}

import GauzeLogic
import GauzePlatform
import LockedCameraCapture
import SwiftUI

@main
struct GauzeApp: App {
    @UIApplicationDelegateAdaptor(AppDelegate.self) private var delegate

    var body: some Scene {
        WindowGroup { RootView(graph: delegate.graph) }
    }
}

/// The one window. What the system photographs of it when it leaves the screen is its cover.
private struct RootView: View {
    let graph: AppGraph
    @State private var screens: Screens?
    @State private var shut: Line?
    @Environment(\.scenePhase) private var phase

    var body: some View {
        ZStack {
            if let screens { ScreensView(screens: screens) } else { ShutView(why: shut, again: open) }
            if phase != .active { Cover() }
            if #available(iOS 18.0, *) { CaptureCover(began: graph.screenCaptured) }
        }
        .onAppear(perform: open)
        .onChange(of: phase) { _, now in
            if now == .active { screens?.resumed() }
            if now == .background { screens?.left() }
        }
        .doors { screens?.back() }
        .task {
            for await _ in graph.screenshots.taken() { graph.screenCaptured() }
        }
        .task {
            for await values in graph.managed.changes() { screens?.managed(values) }
        }
    }

    private func open() {
        guard screens == nil else { return }
        switch graph.core() {
        case .success(let core):
            shut = nil
            let opened = Screens(graph, core, graph.journey(core))
            // What management said while the store was shut is no news any more.
            opened.managed(graph.managed.read())
            screens = opened
        case .failure(let failure): shut = Failures.line(failure)
        }
    }
}

extension View {
    /// Whoever comes through the locked screen's door or presses the control is asked for the patient, whatever was left open.
    @ViewBuilder fileprivate func doors(_ opened: @escaping @MainActor () -> Void) -> some View {
        if #available(iOS 18.0, *) {
            onContinueUserActivity(NSUserActivityTypeLockedCameraCapture) { _ in opened() }
                .task {
                    for await _ in ControlPresses().heard() { opened() }
                }
        } else {
            self
        }
    }
}

/// Nothing of what lies under it.
private struct Cover: View {
    @Environment(\.colorScheme) private var scheme

    var body: some View {
        Rectangle().fill(Tones.of(scheme).surface).overlay { Text(say(.appName)).font(.title) }.ignoresSafeArea()
    }
}

/// While the screen is recorded or mirrored.
@available(iOS 18.0, *)
private struct CaptureCover: View {
    /// It began, or was under way when the app was opened.
    let began: @MainActor () -> Void
    @Environment(\.isSceneCaptured) private var captured

    var body: some View {
        ZStack {
            if captured { Cover() }
        }
        .onChange(of: captured, initial: true) { _, now in if now { began() } }
    }
}

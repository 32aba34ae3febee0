import AppIntents
import SwiftUI

@MainActor public protocol Widget {}
@MainActor public protocol WidgetBundle {
    associatedtype Body: Widget
    var body: Body { get }
    init()
}

extension WidgetBundle { public static func main() { fatalError() } }

@MainActor public protocol ControlWidgetTemplate {}
@MainActor public protocol ControlWidgetConfiguration {}
@MainActor public protocol ControlWidget: Widget {
    associatedtype Body: ControlWidgetConfiguration
    var body: Body { get }
    init()
}

@MainActor public struct StaticControlConfiguration<Content: ControlWidgetTemplate>: ControlWidgetConfiguration {
    public init(kind: String, content: @escaping () -> Content) {}
}

public struct ControlWidgetButtonDefaultActionLabel: Leaf {}

@MainActor public struct ControlWidgetButton<Label: View, ActionLabel: View, Action: AppIntent>: ControlWidgetTemplate {
    public init(action: Action, @ViewBuilder label: @escaping () -> Label)
    where ActionLabel == ControlWidgetButtonDefaultActionLabel {}
}

@_exported import Foundation
import UIKit

// MARK: What views are

@MainActor @preconcurrency public protocol View {
    associatedtype Body: View
    @ViewBuilder var body: Body { get }
}

extension Never: View { public var body: Never { fatalError() } }

@MainActor @preconcurrency public protocol Leaf: View where Body == Never {}
extension Leaf { public var body: Never { fatalError() } }

public struct EmptyView: Leaf { public init() {} }
public struct TupleView<each Content: View>: Leaf {}
public struct ConditionalContent<First: View, Second: View>: Leaf {}
public struct Modified: Leaf {}
extension Optional: View where Wrapped: View { public var body: Never { fatalError() } }

@resultBuilder public enum ViewBuilder {
    public static func buildExpression<Content: View>(_ content: Content) -> Content { content }
    public static func buildBlock() -> EmptyView { fatalError() }
    public static func buildBlock<Content: View>(_ content: Content) -> Content { content }
    public static func buildBlock<each Content: View>(_ content: repeat each Content) -> TupleView<repeat each Content> { fatalError() }
    public static func buildIf<Content: View>(_ content: Content?) -> Content? { content }
    public static func buildEither<First: View, Second: View>(first: First) -> ConditionalContent<First, Second> { fatalError() }
    public static func buildEither<First: View, Second: View>(second: Second) -> ConditionalContent<First, Second> { fatalError() }
    public static func buildLimitedAvailability<Content: View>(_ content: Content) -> Modified { fatalError() }
}

// MARK: State

@propertyWrapper public struct State<Value> {
    public init(wrappedValue: Value) { fatalError() }
    public var wrappedValue: Value { get { fatalError() } nonmutating set {} }
    public var projectedValue: Binding<Value> { fatalError() }
}

extension State where Value: ExpressibleByNilLiteral { public init() { fatalError() } }

@propertyWrapper public struct Binding<Value> {
    public init(get: @escaping () -> Value, set: @escaping (Value) -> Void) { fatalError() }
    public var wrappedValue: Value { get { fatalError() } nonmutating set {} }
}

public protocol ObservableObject: AnyObject {}

@propertyWrapper public struct Published<Value> {
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
    public var wrappedValue: Value
}

@MainActor @propertyWrapper public struct StateObject<Object: ObservableObject> {
    public init(wrappedValue thunk: @autoclosure @escaping () -> Object) { fatalError() }
    public var wrappedValue: Object { fatalError() }
}

@MainActor @propertyWrapper public struct ObservedObject<Object: ObservableObject> {
    public init(wrappedValue: Object) { fatalError() }
    public var wrappedValue: Object { fatalError() }
}

@propertyWrapper public struct Environment<Value> {
    public init(_ keyPath: KeyPath<EnvironmentValues, Value>) { fatalError() }
    public var wrappedValue: Value { fatalError() }
}

public enum ColorScheme: Sendable { case light, dark }
public enum ScenePhase: Sendable, Comparable { case background, inactive, active }

public enum LayoutDirection: Sendable { case leftToRight, rightToLeft }

public struct EnvironmentValues {
    public var layoutDirection: LayoutDirection {
        get { fatalError() }
        set {}
    }
    public var colorScheme: ColorScheme { fatalError() }
    public var scenePhase: ScenePhase { fatalError() }
    public var isSceneCaptured: Bool { fatalError() }
    public subscript<Key: EnvironmentKey>(key: Key.Type) -> Key.Value {
        get { fatalError() }
        set {}
    }
}

public protocol EnvironmentKey {
    associatedtype Value
    static var defaultValue: Value { get }
}

// MARK: The app

@MainActor @preconcurrency public protocol Scene {
    associatedtype Body: Scene
    @SceneBuilder var body: Body { get }
}

extension Never: Scene {}

@resultBuilder public enum SceneBuilder {
    public static func buildBlock<Content: Scene>(_ content: Content) -> Content { content }
}

public struct WindowGroup<Content: View>: Scene {
    public init(@ViewBuilder content: () -> Content) { fatalError() }
    public var body: Never { fatalError() }
}

@MainActor @preconcurrency public protocol App {
    associatedtype Body: Scene
    @SceneBuilder var body: Body { get }
    init()
}

extension App { public static func main() { fatalError() } }

@MainActor @propertyWrapper public struct UIApplicationDelegateAdaptor<Delegate: NSObject & UIApplicationDelegate> {
    public init(_ delegateType: Delegate.Type = Delegate.self) { fatalError() }
    public var wrappedValue: Delegate { fatalError() }
}

@MainActor @preconcurrency public protocol UIViewRepresentable: View where Body == Never {
    associatedtype UIViewType: UIView
    associatedtype Coordinator = Void
    typealias Context = UIViewRepresentableContext<Self>
    func makeUIView(context: Context) -> UIViewType
    func updateUIView(_ uiView: UIViewType, context: Context)
    func makeCoordinator() -> Coordinator
    func sizeThatFits(_ proposal: ProposedViewSize, uiView: UIViewType, context: Context) -> CGSize?
}

extension UIViewRepresentable {
    public var body: Never { fatalError() }
    public func sizeThatFits(_ proposal: ProposedViewSize, uiView: UIViewType, context: Context) -> CGSize? { fatalError() }
}

extension UIViewRepresentable where Coordinator == Void { public func makeCoordinator() {} }

@MainActor @preconcurrency public struct UIViewRepresentableContext<Representable: UIViewRepresentable> {
    public var coordinator: Representable.Coordinator { fatalError() }
}

public struct ProposedViewSize: Sendable {
    public var width: CGFloat? { fatalError() }
}

// MARK: Views

public enum Axis: Sendable {
    case horizontal, vertical
    public struct Set: OptionSet, Sendable {
        public let rawValue: Int8
        public init(rawValue: Int8) { self.rawValue = rawValue }
        public static let horizontal = Set(rawValue: 1)
        public static let vertical = Set(rawValue: 2)
    }
}

public enum HorizontalAlignment: Sendable { case leading, center, trailing }
public enum VerticalAlignment: Sendable { case top, center, bottom }
public struct Alignment: Sendable { public static let leading = Alignment(), center = Alignment() }

public struct VStack<Content: View>: Leaf {
    public init(alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) { fatalError() }
}
public struct LazyVStack<Content: View>: Leaf {
    public init(alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) { fatalError() }
}
public struct HStack<Content: View>: Leaf {
    public init(alignment: VerticalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) { fatalError() }
}
public struct ZStack<Content: View>: Leaf { public init(@ViewBuilder content: () -> Content) { fatalError() } }
public struct ScrollView<Content: View>: Leaf {
    public init(_ axes: Axis.Set = .vertical, @ViewBuilder content: () -> Content) { fatalError() }
}
public struct Divider: Leaf { public init() {} }

public struct Text: Leaf {
    public init<S: StringProtocol>(_ content: S) { fatalError() }
    public func bold() -> Text { fatalError() }
}

public struct Image: Leaf {
    public init(systemName: String) { fatalError() }
    public init(uiImage: UIImage) { fatalError() }
    public func resizable() -> Image { fatalError() }
}

public struct Label<Title: View, Icon: View>: Leaf {}
extension Label where Title == Text, Icon == Image { public init<S: StringProtocol>(_ title: S, systemImage name: String) { fatalError() } }

public struct Button<Label: View>: Leaf {
    public init(action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Label) { fatalError() }
}

public struct Toggle<Label: View>: Leaf { public init(isOn: Binding<Bool>, @ViewBuilder label: () -> Label) { fatalError() } }

public struct ForEach<Data: RandomAccessCollection, ID: Hashable, Content: View>: Leaf {
    public init(_ data: Data, id: KeyPath<Data.Element, ID>, @ViewBuilder content: @escaping (Data.Element) -> Content) { fatalError() }
}

public struct GeometryProxy { public var size: CGSize { fatalError() } }
public struct GeometryReader<Content: View>: Leaf {
    public init(@ViewBuilder content: @escaping (GeometryProxy) -> Content) { fatalError() }
}

public protocol ShapeStyle {}
public struct Color: Leaf, ShapeStyle, Sendable {
    public nonisolated init(red: Double, green: Double, blue: Double) { fatalError() }
    public nonisolated static var white: Color { fatalError() }
    public nonisolated static var black: Color { fatalError() }
    public nonisolated static var clear: Color { fatalError() }
}

public struct Angle: Sendable { public static func degrees(_ degrees: Double) -> Angle { fatalError() } }

@MainActor @preconcurrency public protocol Shape: View where Body == Never {}
extension Shape {
    public var body: Never { fatalError() }
    public func fill<S: ShapeStyle>(_ content: S) -> some View { Modified() }
    public func stroke<S: ShapeStyle>(_ content: S, lineWidth: CGFloat = 1) -> some View { Modified() }
}
public struct Rectangle: Shape { public init() {} }
public struct RoundedRectangle: Shape { public init(cornerRadius: CGFloat) {} }

// MARK: What is said of a view

public struct Font: Sendable { public static let title = Font(), headline = Font() }
public enum ContentMode: Sendable { case fit, fill }
public struct PlainButtonStyle { public init() {} }
public protocol PrimitiveButtonStyle {}
extension PlainButtonStyle: PrimitiveButtonStyle {}
extension PrimitiveButtonStyle where Self == PlainButtonStyle { public static var plain: PlainButtonStyle { fatalError() } }
public struct AccessibilityChildBehavior: Sendable { public static let ignore = AccessibilityChildBehavior() }
public struct AccessibilityTraits: SetAlgebra, Sendable {
    public static let isHeader = AccessibilityTraits(), isSelected = AccessibilityTraits()
    public init() {}
    public func contains(_ member: AccessibilityTraits) -> Bool { fatalError() }
    public mutating func insert(_ newMember: AccessibilityTraits) -> (inserted: Bool, memberAfterInsert: AccessibilityTraits) { fatalError() }
    public mutating func remove(_ member: AccessibilityTraits) -> AccessibilityTraits? { fatalError() }
    public mutating func update(with newMember: AccessibilityTraits) -> AccessibilityTraits? { fatalError() }
    public func union(_ other: AccessibilityTraits) -> AccessibilityTraits { fatalError() }
    public func intersection(_ other: AccessibilityTraits) -> AccessibilityTraits { fatalError() }
    public func symmetricDifference(_ other: AccessibilityTraits) -> AccessibilityTraits { fatalError() }
    public mutating func formUnion(_ other: AccessibilityTraits) {}
    public mutating func formIntersection(_ other: AccessibilityTraits) {}
    public mutating func formSymmetricDifference(_ other: AccessibilityTraits) {}
}

public protocol Gesture { associatedtype Value }
public struct SpatialTapGesture: Gesture {
    public struct Value { public var location: CGPoint { fatalError() } }
    public init() {}
    public func onEnded(_ action: @escaping (Value) -> Void) -> SpatialTapGesture { fatalError() }
}

extension View {
    public func font(_ font: Font?) -> some View { Modified() }
    public func foregroundStyle<S: ShapeStyle>(_ style: S) -> some View { Modified() }
    public func background<S: ShapeStyle>(_ style: S) -> some View { Modified() }
    public func overlay<V: View>(@ViewBuilder content: () -> V) -> some View { Modified() }
    public func padding(_ length: CGFloat) -> some View { Modified() }
    public func frame(width: CGFloat? = nil, height: CGFloat? = nil) -> some View { Modified() }
    public func frame(maxWidth: CGFloat? = nil, minHeight: CGFloat? = nil, alignment: Alignment = .center) -> some View { Modified() }
    public func position(x: CGFloat = 0, y: CGFloat = 0) -> some View { Modified() }
    public func opacity(_ opacity: Double) -> some View { Modified() }
    public func rotationEffect(_ angle: Angle) -> some View { Modified() }
    public func aspectRatio(_ aspectRatio: CGFloat? = nil, contentMode: ContentMode) -> some View { Modified() }
    public func cornerRadius(_ radius: CGFloat) -> some View { Modified() }
    public func ignoresSafeArea() -> some View { Modified() }
    public func disabled(_ disabled: Bool) -> some View { Modified() }
    public func buttonStyle<S: PrimitiveButtonStyle>(_ style: S) -> some View { Modified() }
    public func environment<V>(_ keyPath: WritableKeyPath<EnvironmentValues, V>, _ value: V) -> some View { Modified() }
    public func privacySensitive(_ sensitive: Bool = true) -> some View { Modified() }
    public func accessibilityHidden(_ hidden: Bool) -> some View { Modified() }
    public func accessibilityLabel<S: StringProtocol>(_ label: S) -> some View { Modified() }
    public func accessibilityHint<S: StringProtocol>(_ hint: S) -> some View { Modified() }
    public func accessibilityElement(children: AccessibilityChildBehavior) -> some View { Modified() }
    public func accessibilityAction(_ handler: @escaping () -> Void) -> some View { Modified() }
    public func accessibilityAddTraits(_ traits: AccessibilityTraits) -> some View { Modified() }
    public func contentShape<S: Shape>(_ shape: S, eoFill: Bool = false) -> some View { Modified() }
    public func gesture<T: Gesture>(_ gesture: T) -> some View { Modified() }
    public func id<ID: Hashable>(_ id: ID) -> some View { Modified() }
    public func onAppear(perform action: (() -> Void)? = nil) -> some View { Modified() }
    public func onDisappear(perform action: (() -> Void)? = nil) -> some View { Modified() }
    public func onChange<V: Equatable>(of value: V, initial: Bool = false, _ action: @escaping (V, V) -> Void) -> some View { Modified() }
    public func task<T: Equatable>(id value: T, _ action: @escaping @MainActor @Sendable () async -> Void) -> some View { Modified() }
    public func task(_ action: @escaping @MainActor @Sendable () async -> Void) -> some View { Modified() }
    public func onContinueUserActivity(_ activityType: String, perform action: @escaping (NSUserActivity) -> Void) -> some View { Modified() }
}

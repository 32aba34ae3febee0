/// What may name a patient or carry a secret: printed, interpolated, dumped or logged it says its type alone.
public protocol Unspoken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Unspoken {
    public var description: String { String(describing: Self.self) }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What may hold words about a person, a secret or a place: printed, interpolated, dumped or logged it says its type alone.
/// `tests/suite/wordless.rs` knows by the generated code who has to be in the list below.
public protocol Wordless: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Wordless {
    public var description: String { String(describing: Self.self) }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension CaptureContext: Wordless {}
extension CapturedPhoto: Wordless {}
extension Choice: Wordless {}
extension Clinician: Wordless {}
extension ConfigurationReport: Wordless {}
extension ConfigurationState: Wordless {}
extension Consent: Wordless {}
extension Established: Wordless {}
extension Evidence: Wordless {}
extension Fence: Wordless {}
extension Fix: Wordless {}
extension LocalNumbers: Wordless {}
extension NoticeChoice: Wordless {}
extension Outside: Wordless {}
extension Patient: Wordless {}
extension PhotoView: Wordless {}
extension PickLists: Wordless {}
extension Place: Wordless {}
extension QueueReport: Wordless {}
extension ShownNotice: Wordless {}
extension SignInPage: Wordless {}
extension Site: Wordless {}
extension SiteChoice: Wordless {}
extension StatusView: Wordless {}
extension Stopped: Wordless {}
extension SystemTransfer: Wordless {}
extension TransferEnd: Wordless {}
extension TransferPlan: Wordless {}
extension Vouching: Wordless {}
extension WaitingReport: Wordless {}
extension WentWrong: Wordless {}
extension WoundView: Wordless {}

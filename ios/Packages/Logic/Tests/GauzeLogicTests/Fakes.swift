import Foundation

@testable import GauzeLogic

/// A value that threads share.
final class Locked<Value>: @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var value: Value

    init(_ value: Value) {
        self.value = value
    }

    func callAsFunction<Answer>(_ body: (inout Value) throws -> Answer) rethrows -> Answer {
        try lock.withLock { try body(&value) }
    }

    var now: Value { self { $0 } }
}

/// A core that behaves as the real one as far as the screens can tell: photos move, review locks, failures are typed.
/// What is asked of it is in `told`.
final class FakeCore: Core {
    struct State {
        var standing = Standing(device: "d")
        var choices = Choices()
        var fails: Failure?
        var unlocked = false
        var photos: [Photo] = []
        var patients: [Patient] = []
        var reports: [WaitingReport] = []
        var mode: SignInMode?
        var signedIn: String?
        /// By whoever was signed in; what nobody in particular read is forgotten when the phone changes hands.
        var read: [String?: Set<Notice>] = [:]
        var series = "series"
        /// Nil: the policy has no fences.
        var fixes: [Fix]?
        var outside: Outside?
        /// What a photo's own bytes say; nil where nothing can be drawn of them.
        var judged: Fitness? = Fitness(500, 0)
        /// Whether the hospital lets this phone show photos.
        var shows = true
        var told: [Json] = []
    }

    let state = Locked(State())

    func tell(_ what: Json...) {
        state { $0.told.append(.list(what)) }
    }

    private func answer<Value>(_ value: (inout State) -> Value) -> Outcome<Value> {
        state { state in state.fails.map { .failure($0) } ?? .success(value(&state)) }
    }

    private func open<Value>(_ value: () -> Value) -> Outcome<Value> {
        state.now.unlocked ? answer { _ in value() } : .failure(Failure(.unlock, "locked"))
    }

    func standing() -> Standing { state.now.standing }

    func configure(_ values: String) -> Outcome<Configured> {
        answer { _ in Configured(accepted: true, states: [], problems: [], support: "extension 4242") }
    }

    func enrol(_ pasted: String) async -> Outcome<Void> {
        tell("enrol", .text(pasted))
        return answer { $0.standing.device = "d" }
    }

    func enrolManaged(_ values: String) async -> Outcome<Void> {
        tell("enrol_managed", .text(values))
        return answer { $0.standing.device = "d" }
    }

    func wipe() -> Outcome<WipedReport> { answer { _ in WipedReport(unsent: 0, keyDestroyed: true) } }

    func choices() -> Choices { state.now.choices }

    func capture(_ jpeg: Picture, _ record: PhotoRecord) -> Outcome<String> {
        tell("capture", json(record))
        return answer { state in
            let id = "photo-\(state.photos.count)"
            state.photos.append(Photo(id: id, takenAt: "2026-11-29T08:00:00Z", bytes: 1, stage: .unsigned))
            return id
        }
    }

    func judge(_ jpeg: Picture) -> Fitness? { state.now.judged }

    func preview(_ id: String, _ jpeg: Picture) -> Outcome<Picture?> { answer { $0.shows ? Picture(Data([1])) : nil } }

    func newWound(_ patient: Patient, _ site: Site?) -> Outcome<String> { answer { _ in "wound" } }

    func newSeries() -> String? { state.now.series }

    func unlock() -> Outcome<Void> { answer { $0.unlocked = true } }

    func lock() {
        tell("lock")
        state { $0.unlocked = false }
    }

    func photo(_ id: String) -> Outcome<Picture> { open { Picture(Data([1, 2, 3])) } }

    func thumbnail(_ id: String) -> Outcome<Picture> { open { Picture(Data([1])) } }

    func wounds(_ patient: Patient) -> Outcome<[Wound]> {
        open { [Wound(id: "earlier", site: Site("Heel", .left), namedAt: "2026-11-20T09:12:00Z")] }
    }

    func patients() -> Outcome<[Patient]> {
        let patients = state.now.patients
        return open { patients }
    }

    func photos(_ most: Int) -> Outcome<[Photo]> { answer { Array($0.photos.reversed().prefix(most)) } }

    func discard(_ id: String) -> Outcome<Void> {
        tell("discard", .text(id))
        return answer { $0.photos.removeAll { $0.id == id } }
    }

    func report(_ said: WentWrong) -> Outcome<Void> {
        tell("report", json(said))
        return answer { state in
            let id = "report-\(state.reports.count)"
            state.reports.append(WaitingReport(id: id, writtenAt: "2026-11-29T09:12:00Z", sent: false))
        }
    }

    func reports() -> [WaitingReport] { state.now.reports }

    func send(asked: Bool) async -> Outcome<Sent> {
        tell("send", .bool(asked))
        return answer {
            Sent(stored: Int64($0.photos.count), filed: 0, refused: 0, waiting: [:], nextAt: nil)
        }
    }

    func transfers(asked: Bool) async -> Outcome<[Transfer]> { answer { _ in [] } }

    func ended(_ photo: String, _ end: TransferEnd) async -> Outcome<[Transfer]> { answer { _ in [] } }

    func vouching(_ host: String) -> Vouching { .nobody }

    func moves() -> AsyncStream<String> { AsyncStream { $0.finish() } }

    func signInMode() -> SignInMode? { state.now.mode }

    func clinician() -> String? { state.now.signedIn }

    func beginSignIn() async -> Outcome<String> { answer { _ in "https://idp.test/page" } }

    func finishSignIn(_ callback: String) async -> Outcome<String> {
        tell("finish_sign_in", .text(callback))
        return answer {
            $0.signedIn = "A Nurse"
            return "A Nurse"
        }
    }

    func signOut() {
        tell("sign_out")
        state {
            $0.read[nil] = nil
            $0.signedIn = nil
            $0.unlocked = false
        }
    }

    func hasRead(_ notice: Notice) -> Bool {
        let now = state.now
        return now.read[now.signedIn]?.contains(notice) ?? false
    }

    func readNotice(_ notice: Notice) {
        tell("read_notice", json(notice))
        state { _ = $0.read[$0.signedIn, default: []].insert(notice) }
    }

    func wantsPosition() -> Bool { state.now.fixes != nil }

    func located(_ fix: Fix) { state { $0.fixes?.append(fix) } }

    func outside(_ team: Choice?) -> Outside? { state.now.outside }
}

/// The phone's parts that the screens ask, as a scenario sets them.
final class FakePhone: Handle, Judge, Biometric, Browser, Network, Now, Sendable {
    let answer = Locked(Authentication.confirmed)
    let callback = Locked<String?>(nil)
    let fitness = Locked(Fitness(500, 0))
    let online = Locked(true)
    private let core: FakeCore

    init(_ core: FakeCore) {
        self.core = core
    }

    func shoot() { core.tell("shoot") }
    func torch(_ on: Bool) { core.tell("torch", .bool(on)) }
    func focus(_ x: Double, _ y: Double) { core.tell("focus") }
    func safe() { core.tell("safe") }
    func judge(_ frame: Frame) -> Fitness { fitness.now }
    func authenticate() async -> Authentication { answer.now }
    func visit(_ page: String) async -> String? { callback.now }
    func reachable() -> Bool { online.now }
    func millis() -> Int64 { 1_796_000_000_123 }
}

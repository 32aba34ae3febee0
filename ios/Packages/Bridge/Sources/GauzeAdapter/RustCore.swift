import Foundation
import GauzeBridge
import GauzeLogic

/// The Rust core behind the app's own types. Nothing is thrown out of here.
public final class RustCore: GauzeLogic.Core {
    private let client: Client

    private init(_ client: Client) {
        self.client = client
    }

    /// Opens the store under `dir`, an absolute path that is in no backup.
    public static func open(
        dir: String, model: String, version: String, ports: CorePorts
    ) -> Outcome<RustCore> {
        tried {
            RustCore(
                try Client.open(dir: dir, platform: .ios, model: model, appVersion: version, ports: ports.toClientPorts())
            )
        }
    }

    public func standing() -> Standing { client.status().toApp() }

    public func configure(_ values: String) -> Outcome<Configured> {
        tried {
            let report = try client.configure(encoding: .appConfig, values: values)
            let states = report.states.map { KeyedState(key: $0.key, error: $0.error, message: $0.message, data: $0.data) }
            return Configured(
                accepted: report.accepted, states: states, problems: report.problems, support: report.supportContact,
                feedback: report.feedback
            )
        }
    }

    public func enrol(_ pasted: String) async -> Outcome<Void> {
        await tried { _ = try await client.enrolment().enrol(managed: pasted) }
    }

    public func enrolManaged(_ values: String) async -> Outcome<Void> {
        await tried { _ = try await client.enrolment().enrolManaged(encoding: .appConfig, values: values) }
    }

    public func wipe() -> Outcome<WipedReport> {
        tried {
            let wiped = try client.wipe()
            return WipedReport(unsent: Int64(wiped.unsent), keyDestroyed: wiped.deviceKeyDestroyed)
        }
    }

    public func choices() -> Choices { client.choices().toApp() }

    public func judge(_ jpeg: Picture) -> GauzeLogic.Fitness? {
        tried { try jpeg.read { try client.judge(jpeg: $0) }?.toApp() }.orNil ?? nil
    }

    public func capture(_ jpeg: Picture, _ record: PhotoRecord) -> Outcome<String> {
        tried { try jpeg.read { try client.capture(jpeg: $0, context: record.toCore()).captureId } }
    }

    public func preview(_ id: String, _ jpeg: Picture) -> Outcome<Picture?> {
        tried { try jpeg.read { try client.previewFrom(id: id, jpeg: $0) }.map { Picture($0) } }
    }

    public func newWound(_ patient: GauzeLogic.Patient, _ site: GauzeLogic.Site?) -> Outcome<String> {
        tried { try client.newWound(patient: patient.toCore(), site: site?.toCore()) }
    }

    public func newSeries() -> String? { try? client.newSeries() }

    public func unlock() -> Outcome<Void> { tried { try client.review().unlock() } }

    public func lock() { client.review().lock() }

    public func photo(_ id: String) -> Outcome<Picture> { tried { Picture(try client.review().photo(id: id)) } }

    public func thumbnail(_ id: String) -> Outcome<Picture> { tried { Picture(try client.review().preview(id: id)) } }

    public func wounds(_ patient: GauzeLogic.Patient) -> Outcome<[Wound]> {
        tried { try client.review().wounds(patient: patient.toCore()).map { $0.toApp() } }
    }

    public func patients() -> Outcome<[GauzeLogic.Patient]> { tried { try client.review().patients().map { $0.toApp() } } }

    public func photos(_ most: Int) -> Outcome<[Photo]> {
        tried { try client.listRecent(most: UInt32(clamping: most)).map { $0.toApp() } }
    }

    public func discard(_ id: String) -> Outcome<Void> { tried { try client.discard(id: id) } }

    public func report(_ said: GauzeLogic.WentWrong) -> Outcome<Void> {
        tried { _ = try client.report(said: said.toCore()) }
    }

    public func reports() -> [GauzeLogic.WaitingReport] { client.reports().map { $0.toApp() } }

    public func send(asked: Bool) async -> Outcome<Sent> {
        await tried { try await client.queue().run(asked: asked).toApp() }
    }

    public func transfers(asked: Bool) async -> Outcome<[Transfer]> {
        await tried { try await client.queue().nextTransfers(asked: asked).transfers.map { $0.toApp() } }
    }

    public func ended(_ photo: String, _ end: GauzeLogic.TransferEnd) async -> Outcome<[Transfer]> {
        await tried { try await client.queue().transferEnded(id: photo, end: end.toCore()).transfers.map { $0.toApp() } }
    }

    public func vouching(_ host: String) -> GauzeLogic.Vouching { client.vouching(host: host).toApp() }

    public func moves() -> AsyncStream<String> {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        guard let moves = try? client.queue().moves() else {
            continuation.finish()
            return stream
        }
        let passing = Task {
            for await moved in moves { continuation.yield(moved.id) }
            continuation.finish()
        }
        continuation.onTermination = { _ in passing.cancel() }
        return stream
    }

    public func signInMode() -> GauzeLogic.SignInMode? {
        switch client.signIn().mode() {
        case .required: .required
        case .asked: .asked
        case nil: nil
        }
    }

    public func clinician() -> String? { client.signIn().clinician()?.name }

    public func beginSignIn() async -> Outcome<String> { await tried { try await client.signIn().begin().url } }

    public func finishSignIn(_ callback: String) async -> Outcome<String> {
        await tried { try await client.signIn().finish(callback: callback).name }
    }

    public func signOut() { client.signIn().signOut() }

    public func hasRead(_ notice: Notice) -> Bool { client.hasRead(notice: notice.toCore()) }

    public func readNotice(_ notice: Notice) { client.readNotice(notice: notice.toCore()) }

    public func wantsPosition() -> Bool { client.wantsPosition() }

    public func located(_ fix: GauzeLogic.Fix) { client.located(fix: fix.toCore()) }

    public func outside(_ team: GauzeLogic.Choice?) -> GauzeLogic.Outside? {
        client.place(team: team?.toCore()).outside?.toApp()
    }

    /// Where it cannot be kept now, the hospital hears of one less: nobody waits here for an answer.
    public func screenCaptured() { try? client.screenCaptured() }
}

private func tried<Value>(_ call: () throws -> Value) -> Outcome<Value> {
    do { return .success(try call()) } catch { return .failure(failure(error)) }
}

private func tried<Value>(_ call: () async throws -> Value) async -> Outcome<Value> {
    do { return .success(try await call()) } catch { return .failure(failure(error)) }
}

private func failure(_ error: any Error) -> Failure {
    switch error {
    case let error as CaptureError: error.toApp()
    case let error as ClientError: error.toApp()
    // Its photos wait; the next run goes on.
    case is CancellationError: Failure(.retry, "stopped")
    // A panic: a bug in the core, whose store stays whole. What it says may hold anything, and is not told.
    default: Failure(.report, "core_failed")
    }
}

extension CaptureError {
    func toApp() -> Failure {
        switch self {
        case .TakeAgain(let code, let advice): Failure(.takeAgain, code, advice)
        case .FreeStorage(let code, let advice): Failure(.freeStorage, code, advice)
        case .Enrol(let code, let advice): Failure(.enrol, code, advice)
        case .SignIn(let code, let advice): Failure(.signIn, code, advice)
        case .RetryLater(let code, let advice): Failure(.retry, code, advice)
        case .Report(let code, let advice): Failure(.report, code, advice)
        }
    }
}

extension ClientError {
    func toApp() -> Failure {
        switch self {
        case .RetryLater(let code, let advice): Failure(.retry, code, advice)
        case .FreeStorage(let code, let advice): Failure(.freeStorage, code, advice)
        case .Unlock(let code, let advice): Failure(.unlock, code, advice)
        case .SignIn(let code, let advice): Failure(.signIn, code, advice)
        case .Enrol(let code, let advice): Failure(.enrol, code, advice)
        case .AskIt(let code, let advice, let refusal):
            Failure(.askIt, code, advice, refusal.map { GauzeLogic.EnrolmentRefusal(code: $0.code, help: $0.help) })
        case .NotPossible(let code, let advice): Failure(.notPossible, code, advice)
        case .Report(let code, let advice): Failure(.report, code, advice)
        }
    }
}

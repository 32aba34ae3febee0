import Foundation
import GauzeLogic
import Security
import Testing

@testable import GauzePlatform

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// What is handed to the system and what is told of its end; the session is the process's own, since Linux has no other.
@Suite(.timeLimit(.minutes(1))) struct UploadsTests {
    private func file() throws -> URL {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(repeating: 7, count: 100).write(to: file)
        return file
    }

    @Test func whatIsPlannedIsHandedOverAndItsEndIsToldOfThatPhoto() async throws {
        let file = try file()
        defer { try? FileManager.default.removeItem(at: file) }
        // Nobody listens there.
        let url = "http://127.0.0.1:9/v1/transfers/secret"
        let core = Planned([
            Transfer(photo: "photo-1", url: url, file: file.path, bytes: 100),
            Transfer(photo: "photo-2", url: "http://[", file: file.path, bytes: 100),
        ])
        let uploads = Uploads(FakeLasting(), FakeRetries())
        uploads.start(.ephemeral)
        await uploads.handOver(asked: true)
        #expect(core.asked == 0, "before the store is open there is nobody to ask")
        uploads.use(core) { true }
        await uploads.handOver(asked: true)
        let ended = await core.ends.first { _ in true }
        let (photo, end) = try #require(ended)
        #expect(photo == "photo-1")
        guard case .unreachable = end else { Issue.record("\(end)"); return }
        #expect(core.asked == 1)
    }

    /// The core marks what it plans as carried: what nobody carries would wait for an hour.
    @Test func whatTheCorePlansWhenOneEndedIsCarriedToo() async throws {
        let file = try file()
        defer { try? FileManager.default.removeItem(at: file) }
        let transfer = { Transfer(photo: $0, url: "http://127.0.0.1:9/v1/transfers/secret", file: file.path, bytes: 100) }
        let core = Planned([transfer("photo-1")], then: [transfer("photo-1"), transfer("photo-2")])
        let uploads = Uploads(FakeLasting(), FakeRetries())
        uploads.start(.ephemeral)
        uploads.use(core) { true }
        await uploads.handOver(asked: true)
        var ended: [String] = []
        for await (photo, _) in core.ends.prefix(3) { ended.append(photo) }
        #expect(ended.sorted() == ["photo-1", "photo-1", "photo-2"])
        #expect(core.asked == 1)
    }

    @Test func grantedTimeIsToldOnceWhenTheWorkIsDoneOrItsTimeIsOver() async throws {
        let (tells, tell) = AsyncStream.makeStream(of: Bool.self)
        let over = SystemRetries.granted({}) { tell.yield($0) }
        var told = tells.makeAsyncIterator()
        #expect(await told.next() == true)
        over()
        // Nothing stops this work: it waits for an answer.
        let (answers, answer) = AsyncStream.makeStream(of: Void.self)
        let late = SystemRetries.granted({ await Task { for await _ in answers { break } }.value }) { tell.yield($0) }
        late()
        #expect(await told.next() == false)
        answer.yield()
        let next = SystemRetries.granted({}) { tell.yield($0) }
        #expect(await told.next() == true, "neither was told twice")
        next()
    }

    /// Whoever takes a photo and locks the phone at once leaves nothing but this between the photo and the system's transfer.
    @MainActor
    @Test func whatIsHandedOverIsNotSuspendedInItsMiddle() async throws {
        let (core, lasting) = (Planned([]), FakeLasting())
        let uploads = Uploads(lasting, FakeRetries())
        uploads.start(.ephemeral)
        uploads.use(core) { true }
        uploads.schedule(asked: false)
        #expect(lasting.held == ["hand over"], "before anything else runs")
        #expect(core.asked == 0)
        while !lasting.held.isEmpty { await Task.yield() }
        #expect(core.asked == 1, "it was held until the system had it")
    }

    @Test func aRunThatLeavesPhotosAsksForAnotherAndOneThatLeavesNoneForNothing() async {
        for (waits, submitted) in [(true, [900.0]), (false, [])] {
            let (core, retries) = (Planned([]), FakeRetries())
            let uploads = Uploads(FakeLasting(), retries)
            uploads.start(.ephemeral)
            uploads.use(core) { waits }
            await uploads.retry()
            #expect(retries.submitted == submitted)
            #expect(core.asked == 1)
        }
    }

    /// The system may end a run at any time, and the phone may not have been unlocked since it was started.
    @Test func anotherIsAskedForBeforeTheRunAndWhereNobodyCanTell() async {
        let (core, retries) = (Planned([]), FakeRetries())
        let uploads = Uploads(FakeLasting(), retries)
        uploads.start(.ephemeral)
        await uploads.retry()
        #expect(retries.submitted == [900])
        core.whenAsked = { #expect(retries.submitted == [900, 900]) }
        uploads.use(core) { true }
        await uploads.retry()
        #expect(core.asked == 1)
    }

    @MainActor
    @Test func whoeverOpensOrLeavesTheAppAsksForARunNow() {
        let retries = FakeRetries()
        Uploads(FakeLasting(), retries).schedule(asked: false)
        #expect(retries.submitted == [0])
    }

    /// What is asked of the session by `host`, and what it says without a server that could be judged.
    private func answered(_ uploads: Uploads, _ space: URLProtectionSpace) async -> URLSession.AuthChallengeDisposition {
        let challenge = URLAuthenticationChallenge(
            protectionSpace: space, proposedCredential: nil, previousFailureCount: 0, failureResponse: nil, error: nil, sender: Nobody()
        )
        return await withCheckedContinuation { waiting in
            uploads.urlSession(.shared, didReceive: challenge) { answer, credential in
                #expect(credential == nil)
                waiting.resume(returning: answer)
            }
        }
    }

    private func server(_ host: String) -> URLProtectionSpace {
        URLProtectionSpace(
            host: host, port: 8443, protocol: "https", realm: nil, authenticationMethod: NSURLAuthenticationMethodServerTrust
        )
    }

    @Test func theGatewayIsBelievedByItsOwnAuthoritiesAndNobodyElseByAny() async {
        let uploads = Uploads(FakeLasting(), FakeRetries())
        #expect(uploads.vouching(server("gateway.example")) == .nobody, "before the store is open nobody is believed")
        let core = Planned([], vouching: ["gateway.example": .only([Data([1, 2])]), "public.example": .system])
        uploads.use(core) { true }
        #expect(uploads.vouching(server("gateway.example")) == .only([Data([1, 2])]))
        #expect(uploads.vouching(server("elsewhere.example")) == .nobody)
        #expect(await answered(uploads, server("elsewhere.example")) == .cancelAuthenticationChallenge)
        #expect(await answered(uploads, server("gateway.example")) == .cancelAuthenticationChallenge, "with nothing to judge")
        #expect(await answered(uploads, server("public.example")) == .performDefaultHandling)
    }

    @Test func whatIsNoServersProofIsLeftToTheSystem() async {
        let uploads = Uploads(FakeLasting(), FakeRetries())
        let asked = URLProtectionSpace(
            host: "gateway.example", port: 8443, protocol: "https", realm: nil, authenticationMethod: NSURLAuthenticationMethodHTTPBasic
        )
        let proxy = URLProtectionSpace(
            proxyHost: "proxy.example", port: 443, type: NSURLProtectionSpaceHTTPSProxy, realm: nil,
            authenticationMethod: NSURLAuthenticationMethodServerTrust
        )
        for space in [asked, proxy] { #expect(await answered(uploads, space) == .performDefaultHandling) }
    }

    @Test func anAnswerThatDoesNotEndIsGivenUp() throws {
        let session = URLSession(configuration: .ephemeral)
        let task = session.dataTask(with: try #require(URL(string: "http://127.0.0.1:9/")))
        let uploads = Uploads(FakeLasting(), FakeRetries())
        for _ in 0..<4 { uploads.urlSession(session, dataTask: task, didReceive: Data(count: Uploads.answerLimit / 4)) }
        #expect(task.state == .suspended, "as much as an answer may hold")
        uploads.urlSession(session, dataTask: task, didReceive: Data(count: 1))
        #expect(task.state == .canceling || task.state == .completed)
    }

    @Test func eachWayToEndIsOneThatTheCoreKnows() {
        let ends: [(URLError.Code, String)] = [
            (.networkConnectionLost, "cut"), (.timedOut, "cut"), (.cancelled, "unreachable"), (.fileDoesNotExist, "fileGone"),
            (.noPermissionsToReadFile, "fileGone"), (.cannotOpenFile, "fileGone"), (.notConnectedToInternet, "unreachable"),
            (.cannotConnectToHost, "unreachable"), (.secureConnectionFailed, "unreachable"),
        ]
        for (code, end) in ends { #expect("\(Uploads.end(URLError(code)))" == end, "\(code)") }
        #expect("\(Uploads.end(nil))" == "unreachable", "no answer and no error is no receipt")
    }
}

private final class Nobody: NSObject, URLAuthenticationChallengeSender {
    func use(_ credential: URLCredential, for challenge: URLAuthenticationChallenge) {}
    func continueWithoutCredential(for challenge: URLAuthenticationChallenge) {}
    func cancel(_ challenge: URLAuthenticationChallenge) {}
    func performDefaultHandling(for challenge: URLAuthenticationChallenge) {}
    func rejectProtectionSpaceAndContinue(with challenge: URLAuthenticationChallenge) {}
}

@MainActor
private final class FakeLasting: Lasting {
    private(set) var held: [String] = []

    nonisolated init() {}

    func begin(_ what: String) -> @MainActor () -> Void {
        held.append(what)
        return { self.held.removeAll { $0 == what } }
    }
}

private final class FakeRetries: Retries, @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var asked: [TimeInterval] = []

    var submitted: [TimeInterval] { lock.withLock { asked } }

    func submit(after seconds: TimeInterval) { lock.withLock { asked.append(seconds) } }
    func cancel() {}
}

private final class Planned: Sending, @unchecked Sendable {
    // Guarded by the lock.
    private let lock = NSLock()
    private var planned: [Transfer]
    private var next: [Transfer]
    private var times = 0
    var whenAsked: (@Sendable () -> Void)?
    private let vouched: [String: Vouching]
    private let telling: AsyncStream<(String, TransferEnd)>.Continuation
    let ends: AsyncStream<(String, TransferEnd)>

    init(_ planned: [Transfer], then next: [Transfer] = [], vouching: [String: Vouching] = [:]) {
        self.planned = planned
        self.next = next
        vouched = vouching
        (ends, telling) = AsyncStream.makeStream(of: (String, TransferEnd).self)
    }

    var asked: Int { lock.withLock { times } }

    func transfers(asked: Bool) async -> Outcome<[Transfer]> {
        whenAsked?()
        return lock.withLock {
            times += 1
            return .success(planned)
        }
    }

    func ended(_ photo: String, _ end: TransferEnd) async -> Outcome<[Transfer]> {
        telling.yield((photo, end))
        return lock.withLock {
            defer { next = [] }
            return .success(next)
        }
    }

    func vouching(_ host: String) -> Vouching { vouched[host] ?? .nobody }
    func photos(_ most: Int) -> Outcome<[Photo]> { .success([]) }
    func discard(_ id: String) -> Outcome<Void> { .success(()) }
    func send(asked: Bool) async -> Outcome<Sent> { .success(Sent(stored: 0, filed: 0, refused: 0, waiting: [:], nextAt: nil)) }
    func moves() -> AsyncStream<String> { AsyncStream { $0.finish() } }
}

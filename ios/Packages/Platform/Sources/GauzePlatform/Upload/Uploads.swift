import Foundation
import GauzeLogic
import Security

#if canImport(FoundationNetworking)
import BackgroundSessions
import FoundationNetworking
#endif

/// Transfers that outlive the app: the system carries sealed files to their ticketed addresses in a background session and
/// tells the next process how each ended. What decides is the core; here bytes are moved.
public final class Uploads: NSObject, BackgroundUploads, @unchecked Sendable {
    // Guarded by the lock, but for `session`, which is set once before anything else is called.
    private let lock = NSLock()
    private var bodies: [Int: Data] = [:]
    private var telling: [Task<Void, Never>] = []
    private var finished: (@Sendable () -> Void)?
    private var sending: (any Sending)?
    private var waits: (@Sendable () -> Bool)?
    private var session: URLSession?
    private let lasting: any Lasting
    private let retries: any Retries

    public static let identifier = "org.gauze.app.uploads"

    public init(_ lasting: any Lasting, _ retries: any Retries = SystemRetries()) {
        self.lasting = lasting
        self.retries = retries
        super.init()
    }

    /// Once, before the app is shown and with the store open where it opens: what ended while nobody ran is told to this process,
    /// and who may be believed is asked of the core.
    public func start(_ configuration: URLSessionConfiguration) {
        session = URLSession(configuration: configuration, delegate: self, delegateQueue: nil)
    }

    /// As soon as the store is open: what ended before is told then, when the system or the core asks again. `waits` says whether
    /// photos are left.
    public func use(_ core: any Sending, waits: @escaping @Sendable () -> Bool) {
        lock.withLock {
            sending = core
            self.waits = waits
        }
    }

    private var core: (any Sending)? { lock.withLock { sending } }

    @MainActor
    public func schedule(asked: Bool) {
        retries.submit(after: 0)
        let end = lasting.begin("hand over")
        Task {
            await handOver(asked: asked)
            end()
        }
    }

    /// The system's own time. A request is spent by its run, so that another comes first where photos are left, or nobody can tell yet.
    public func retry() async {
        let waits = lock.withLock { self.waits }
        if waits?() ?? true { retries.submit(after: Self.pause) }
        await handOver(asked: false)
    }

    private static let pause: TimeInterval = 15 * 60

    public func cancel() {
        retries.cancel()
        session?.getAllTasks { $0.forEach { $0.cancel() } }
    }

    /// Hands to the system whatever it does not carry already.
    public func handOver(asked: Bool) async {
        guard let session, let core, let planned = await core.transfers(asked: asked).orNil else { return }
        let carried = await carried(by: session)
        carry(planned.filter { !carried.contains($0.photo) }, by: session)
    }

    private func carry(_ planned: [Transfer], by session: URLSession) {
        for transfer in planned {
            guard let url = URL(string: transfer.url) else { continue }
            var request = URLRequest(url: url)
            request.httpMethod = "PUT"
            let task = session.uploadTask(with: request, fromFile: URL(fileURLWithPath: transfer.file))
            task.taskDescription = transfer.photo
            task.countOfBytesClientExpectsToSend = transfer.bytes
            task.resume()
        }
    }

    private func carried(by session: URLSession) async -> Set<String> {
        await withCheckedContinuation { waiting in
            session.getAllTasks { waiting.resume(returning: Set($0.compactMap(\.taskDescription))) }
        }
    }

    /// What the system gives the app when it woke it for a session's end: called when all of that was told.
    public func wokenFor(_ done: @escaping @Sendable () -> Void) {
        lock.withLock { finished = done }
    }
}

/// Whom the session believes.
extension Uploads {
    /// The gateway is believed by the authorities by which the core believes it; what proves a proxy is the system's affair.
    public func urlSession(
        _ session: URLSession, didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        let space = challenge.protectionSpace
        switch vouching(space) {
        case .system: completionHandler(.performDefaultHandling, nil)
        case .only(let certificates):
            if let trust = space.serverTrust, Self.holds(trust, for: space.host, under: certificates) {
                completionHandler(.useCredential, URLCredential(trust: trust))
            } else {
                completionHandler(.cancelAuthenticationChallenge, nil)
            }
        case .nobody: completionHandler(.cancelAuthenticationChallenge, nil)
        }
    }

    func vouching(_ space: URLProtectionSpace) -> Vouching {
        guard space.authenticationMethod == NSURLAuthenticationMethodServerTrust, !space.isProxy() else { return .system }
        return core?.vouching(space.host) ?? .nobody
    }

    /// Whether a server is `host` in the word of these authorities and no others. One that is no certificate spoils all, as in the core.
    private static func holds(_ trust: SecTrust, for host: String, under certificates: [Data]) -> Bool {
        let anchors = certificates.compactMap { SecCertificateCreateWithData(nil, $0 as CFData) }
        guard !anchors.isEmpty, anchors.count == certificates.count else { return false }
        return SecTrustSetPolicies(trust, SecPolicyCreateSSL(true, host as CFString)) == errSecSuccess
            && SecTrustSetAnchorCertificates(trust, anchors as CFArray) == errSecSuccess
            && SecTrustSetAnchorCertificatesOnly(trust, true) == errSecSuccess
            && SecTrustEvaluateWithError(trust, nil)
    }
}

extension Uploads: URLSessionDataDelegate {
    /// Bytes of an answer at most, as of what the core asks for itself.
    static let answerLimit = 1 << 20

    /// An answer that does not end fills no memory: it is none.
    public func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let length = lock.withLock {
            bodies[dataTask.taskIdentifier, default: Data()].append(data)
            return bodies[dataTask.taskIdentifier]?.count ?? 0
        }
        if length > Self.answerLimit { dataTask.cancel() }
    }

    public func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let body = lock.withLock { bodies.removeValue(forKey: task.taskIdentifier) } ?? Data()
        guard let photo = task.taskDescription, let core else { return }
        let end: TransferEnd =
            if let status = (task.response as? HTTPURLResponse)?.statusCode, error == nil {
                .answered(status: status, body: body)
            } else {
                Self.end(error)
            }
        let told = Task { carry(await core.ended(photo, end).orNil ?? [], by: session) }
        lock.withLock { telling.append(told) }
    }

    static func end(_ error: (any Error)?) -> TransferEnd {
        switch (error as? URLError)?.code {
        case .networkConnectionLost, .timedOut: .cut
        case .fileDoesNotExist, .noPermissionsToReadFile, .cannotOpenFile: .fileGone
        default: .unreachable
        }
    }

    public func urlSessionDidFinishEvents(forBackgroundURLSession session: URLSession) {
        let (told, done) = lock.withLock {
            defer { (telling, finished) = ([], nil) }
            return (telling, finished)
        }
        Task {
            for ending in told { await ending.value }
            done?()
        }
    }
}

extension URLSessionConfiguration {
    /// Goes on without the app and starts it again. Photos are few and wanted soon.
    public static func uploads() -> URLSessionConfiguration {
        let configuration = URLSessionConfiguration.background(withIdentifier: Uploads.identifier)
        configuration.sessionSendsLaunchEvents = true
        configuration.isDiscretionary = false
        configuration.waitsForConnectivity = true
        configuration.timeoutIntervalForResource = 7 * 24 * 3600
        // App Transport Security would ask for as much, and lets no app add an authority.
        configuration.tlsMinimumSupportedProtocolVersion = .TLSv12
        configuration.urlCache = nil
        configuration.httpCookieStorage = nil
        return configuration
    }
}

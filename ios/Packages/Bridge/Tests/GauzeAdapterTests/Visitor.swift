import Foundation
import GauzeLogic

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// A browser with somebody in front of it: opens the provider's page, fills in its form, and follows wherever it is sent, until
/// that is an address of the app's.
final class Visitor: Browser {
    /// Name and password; nobody leaves the page.
    let somebody = Locked<(login: String, password: String)?>(nil)
    /// Where it was sent.
    let visited = Locked<[String]>([])

    private static let pages = 8

    func visit(_ address: String) async -> String? {
        guard let (login, password) = somebody({ $0 }) else { return nil }
        var at = address
        var form: String?
        for _ in 0..<Self.pages {
            visited { $0.append(at) }
            guard at.hasPrefix("https://") else { return at }
            guard let url = URL(string: at) else { return nil }
            let (answer, text) = await Pages.shared.open(url, form)
            form = nil
            switch answer?.statusCode {
            case .some(300..<400):
                guard let to = answer?.value(forHTTPHeaderField: "Location") else { return nil }
                at = URL(string: to, relativeTo: url)?.absoluteString ?? to
            case 200:
                let hidden = text.matches(of: /<input type="hidden" name="([^"]*)" value="([^"]*)">/)
                let fields = hidden.map { (String($0.1), Self.plain($0.2)) } + [("login", login), ("password", password), ("proven", "yes")]
                form = fields.map { "\(Self.encoded($0))=\(Self.encoded($1))" }.joined(separator: "&")
            default: return nil
            }
        }
        return nil
    }

    private static func encoded(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }

    private static func plain(_ html: Substring) -> String {
        [("&lt;", "<"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")].reduce(String(html)) { $0.replacing($1.0, with: $1.1) }
    }
}

/// A page at a time, and no further than it: redirections are the visitor's to follow. It lives as long as the process, since Foundation
/// on Linux ends a process that lets go of a session.
private final class Pages: NSObject, URLSessionDataDelegate {
    static let shared = Pages()

    private struct Page {
        var body = Data()
        var answered: CheckedContinuation<(HTTPURLResponse?, String), Never>?
    }

    private let page = Locked(Page())
    private let session = Locked<URLSession?>(nil)

    private override init() {
        super.init()
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        session { $0 = URLSession(configuration: configuration, delegate: self, delegateQueue: nil) }
    }

    func open(_ url: URL, _ form: String?) async -> (HTTPURLResponse?, String) {
        var request = URLRequest(url: url)
        if let form {
            request.httpMethod = "POST"
            request.httpBody = Data(form.utf8)
            request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
        }
        return await withCheckedContinuation { waiting in
            page { $0 = Page(answered: waiting) }
            session { $0 }?.dataTask(with: request).resume()
        }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        page { $0.body.append(data) }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        let (waiting, body) = page { page in
            defer { page.answered = nil }
            return (page.answered, page.body)
        }
        waiting?.resume(returning: (task.response as? HTTPURLResponse, String(decoding: body, as: UTF8.self)))
    }
}

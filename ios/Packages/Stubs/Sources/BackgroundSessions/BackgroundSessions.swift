import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking

/// What Apple's Foundation has besides Linux's: sessions that go on without the app.
extension URLSessionConfiguration {
    public class func background(withIdentifier identifier: String) -> URLSessionConfiguration { fatalError() }
    public var sessionSendsLaunchEvents: Bool {
        get { fatalError() }
        set {}
    }
    public var waitsForConnectivity: Bool {
        get { fatalError() }
        set {}
    }
    public var tlsMinimumSupportedProtocolVersion: tls_protocol_version_t {
        get { fatalError() }
        set {}
    }
}
#endif

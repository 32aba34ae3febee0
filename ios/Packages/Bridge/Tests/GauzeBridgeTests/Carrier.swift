import Foundation
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// All tests, one after the other: they share what the process has once, such as the log sink.
@Suite(.serialized)
struct OnePhoneAtATime {}

/// What the operating system would do: it knows the file and the address, and nothing of us. The hospital's authority is
/// one that this machine trusts.
func put(_ url: String, file: String) async throws -> (UInt16, Data) {
    var request = URLRequest(url: try #require(URL(string: url)))
    request.httpMethod = "PUT"
    let (body, answer) = try await URLSession.shared.upload(for: request, fromFile: URL(fileURLWithPath: file))
    let status = try #require(answer as? HTTPURLResponse).statusCode
    return (UInt16(status), body)
}

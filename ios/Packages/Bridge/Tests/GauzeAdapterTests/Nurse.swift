import Foundation
import GauzeAdapter
import GauzeLogic
import Testing

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Somebody with a phone: what is asked and answered on its screens, over processes that end, and what the system does meanwhile.
@MainActor
final class Nurse {
    nonisolated static let band = "8018505089890000000097\u{1d}80191\u{1d}725019800118\u{1d}7253SMITH\u{1d}7254John"
    /// What the band says, as screens and files would.
    nonisolated static let patient = ["SMITH", "Smith", "John", "1980-01-18", "19800118", "18-Jan-1980", "9000000009", "900 000 0009"]

    let hardware = Hardware()
    let browser = Visitor()
    private let dir = App.anew()
    private var process: App?

    /// The app, which is started where it does not run.
    var app: App {
        get throws {
            if let process { return process }
            let started = try App(hardware, in: dir)
            process = started
            return started
        }
    }

    /// The process ends without a word.
    func die() { process = nil }

    /// The phone is thrown away.
    func end() {
        die()
        try? FileManager.default.removeItem(at: dir)
    }

    func setUp(at hospital: Hospital = .ward) async throws {
        #expect(try await app.enrol(try hospital.managed()) == nil)
    }

    func scan() async throws -> PatientPresenter {
        let patients = try app.patients()
        patients.send(.choose(.scan))
        patients.send(.scanned(Self.band))
        try await app.work.idle()
        #expect(patients.state.found?.family == "SMITH")
        return patients
    }

    func atTheCamera() async throws {
        let patients = try await scan()
        patients.send(.confirm(.name, matches: true))
        patients.send(.confirm(.born, matches: true))
        patients.send(.go)
        try await app.work.idle()
        guard case .camera = try app.journey.route else { throw NotReady(description: "not at the camera") }
    }

    func atTheConsent(by name: String) async throws {
        try await atTheCamera()
        try app.journey.askConsent()
        guard case .consent(let patient) = try app.journey.route else { throw NotReady(description: "not at the consent") }
        let consent = ConsentPresenter(patient, try app.core.choices(), spoken: "Spoken", hardware, try app.work) { _ in }
        consent.send(.by(name))
        try await app.work.idle()
    }

    func atTheWounds() async throws {
        try await atTheCamera()
        try app.journey.askSite()
        guard case .body(let patient) = try app.journey.route else { throw NotReady(description: "not at the body") }
        try app.journey.site(Site("Heel", .left), of: patient)
        guard case .wound = try app.journey.route else { throw NotReady(description: "not at the wounds") }
    }

    /// One photo, which is safe when this is over.
    func take() async throws {
        try await atTheCamera()
        let camera = try await app.photograph(try Hospital.picture())
        #expect(camera.state.shutter == .safe, "\(String(describing: camera.state.problem?.word))")
    }

    func keep() async throws {
        guard case .check(let kept, _) = try app.journey.route else { throw NotReady(description: "not checked") }
        let check = CheckPresenter(kept, nil, try app.core, try app.work) { [journey = try app.journey] in
            journey.checked($0, of: kept)
        }
        let picture = kept.picture
        check.send(.keep)
        try await app.work.idle()
        #expect(picture?.read { $0.allSatisfy { $0 == 0 } } != false, "gone from memory")
    }

    func signIn(_ login: String, _ password: String) async throws -> Line? {
        browser.somebody { $0 = (login, password) }
        return try await signIn()
    }

    func signIn() async throws -> Line? {
        let screen = SignInPresenter(try app.core, browser, try app.work) { [journey = try app.journey] in journey.signedIn() }
        screen.send(.start)
        try await app.work.idle()
        return screen.state.problem
    }

    func worksIn(_ words: String) async throws {
        guard case .team(let teams) = try app.journey.route else { throw NotReady(description: "not asked for a team") }
        let screen = TeamPresenter(teams, now: nil, try app.work) { [journey = try app.journey] in journey.team($0) }
        screen.send(.choose(try #require(teams.first { $0.words == words })))
        try await app.work.idle()
    }

    func unlock() async throws -> ReviewPresenter {
        let review = ReviewPresenter(try app.core, try app.core, hardware, .gmt, try app.work)
        review.send(.unlock)
        try await app.work.idle()
        return review
    }

    func queue() async throws -> QueuePresenter {
        let queue = QueuePresenter(try app.core, try app.core, hardware, .gmt, support: nil, try app.work)
        queue.send(.moved)
        try await app.work.idle()
        return queue
    }

    func photos() throws -> [Photo] { try app.core.photos(200).get() }

    /// As the app sends: what the core plans, the system carries, and the core hears how it ended.
    func send(asked: Bool = false) async throws {
        try await carry(try await app.core.transfers(asked: asked).get())
    }

    func carry(_ transfers: [Transfer]) async throws {
        var planned = transfers
        while let transfer = planned.popLast() {
            planned += try await app.core.ended(transfer.photo, try await Self.carried(transfer)).get()
        }
    }

    /// What the system does, with or without the app.
    nonisolated static func carried(_ transfer: Transfer) async throws -> TransferEnd {
        var request = URLRequest(url: try #require(URL(string: transfer.url)))
        request.httpMethod = "PUT"
        let (body, answer) = try await URLSession.shared.upload(for: request, fromFile: URL(fileURLWithPath: transfer.file))
        return .answered(status: try #require(answer as? HTTPURLResponse).statusCode, body: body)
    }

    func nothingReadableIsLeft(of more: String...) {
        Self.nothingReadable(in: dir, Self.patient + more)
    }

    nonisolated static func nothingReadable(in dir: URL, _ secrets: [String] = patient) {
        let files = (try? FileManager.default.subpathsOfDirectory(atPath: dir.path)) ?? []
        #expect(!files.isEmpty)
        for file in files {
            guard let bytes = try? Data(contentsOf: dir.appendingPathComponent(file)) else { continue }
            #expect(bytes.prefix(3) != Data([0xff, 0xd8, 0xff]), "\(file)")
            for secret in secrets { #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(file)") }
        }
    }
}

extension Result {
    var failure: Failure? {
        guard case .failure(let failure) = self else { return nil }
        return failure
    }
}

extension Route {
    /// Its name alone.
    var name: String { String("\(self)".prefix { $0.isLetter }) }
}

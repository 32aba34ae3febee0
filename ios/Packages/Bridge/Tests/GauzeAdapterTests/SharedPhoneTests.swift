import Foundation
import GauzeAdapter
import GauzeLogic
import Testing

/// A phone that a ward shares, at a hospital that asks who takes its photos: real provider, real core, a browser that is the test's.
@MainActor
@Suite(.serialized)
struct SharedPhoneTests {
    @Test func whoeverHasThePhoneSignsInAndSeesWhatIsTheirsAndTheHospitalReadsWhoTookIt() async throws {
        let nurse = Nurse()
        defer { nurse.end() }
        try await nurse.setUp(at: .asking)
        #expect(try nurse.app.journey.route.name == "signIn")
        #expect(try await nurse.signIn()?.word == .errorSignInCancelled, "nobody was at the browser")
        #expect(try await nurse.signIn("ann", "not her password")?.word == .errorSignInCancelled)
        #expect(try nurse.app.core.clinician() == nil)
        #expect(try await nurse.signIn("ann", "wound-care") == nil)
        #expect(nurse.browser.visited { $0.last?.hasPrefix("org.gauze.app:/signed-in?") } == true)
        try await nurse.worksIn("Burns")
        #expect(try nurse.app.core.clinician() == "Ann Nurse")
        try await nurse.take()
        try await nurse.keep()
        let photo = try #require(try nurse.photos().first).id
        let mine = try await nurse.unlock()
        #expect(mine.state.items?.map { $0.label?.hasPrefix("SMITH") } == [true])
        #expect(try nurse.app.core.patients().get().map(\.family) == ["SMITH"])

        // Handed over: nothing of the one before is shown to the next, whose way in is their own.
        try nurse.app.journey.signedOut()
        #expect(try nurse.app.journey.route.name == "signIn" && nurse.app.core.clinician() == nil)
        #expect(try nurse.photos().map(\.label) == [nil])
        #expect(try nurse.app.core.patients().failure?.code == "locked")
        #expect(try await nurse.signIn("adam", "gives-roles") == nil)
        try await nurse.worksIn("Tissue viability")
        let theirs = try await nurse.unlock()
        #expect(theirs.state.items?.map(\.label) == [nil])
        #expect(try nurse.app.core.patients().get().isEmpty)
        theirs.send(.open(id: photo))
        try await nurse.app.work.idle()
        #expect(theirs.state.open == nil && theirs.state.problem?.word == .errorOtherPerson)
        nurse.nothingReadableIsLeft(of: "Ann Nurse")

        try await nurse.send()
        #expect(try nurse.photos().map(\.stage) == [.stored])
        try Hospital.asking.pull()
        let record = try Hospital.asking.record(of: photo)
        #expect(record["clinician"] as? String == "Ann Nurse")
        #expect((record["team"] as? [String: Any])?["code"] as? String == "burns")
        let token = try #require((record["session"] as? [String: Any])?["token"] as? String)
        #expect(token.count { $0 == "." } == 2)
    }

    @Test func aSignInThatEndsWithItsProcessBeginsAnewAndThePhotoBeforeItStillGoes() async throws {
        let nurse = Nurse()
        defer { nurse.end() }
        try await nurse.setUp(at: .asking)
        #expect(try await nurse.signIn("ann", "wound-care") == nil)
        try await nurse.worksIn("Tissue viability")
        try await nurse.take()
        let page = try await nurse.app.core.beginSignIn().get()
        let callback = await nurse.browser.visit(page)
        try nurse.app.core.signOut()
        nurse.die()
        #expect(try nurse.app.journey.route.name == "signIn")
        // What the browser brings back to another process is nobody's.
        #expect(try await nurse.app.core.finishSignIn(try #require(callback)).failure != nil)
        #expect(try nurse.app.core.clinician() == nil)
        try await nurse.send()
        #expect(try nurse.photos().map(\.stage) == [.stored])
    }
}

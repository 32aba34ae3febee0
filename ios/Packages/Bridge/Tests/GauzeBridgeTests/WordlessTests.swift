import Foundation
import GauzeBridge
import Testing

/// Whatever is printed of the core's own types, a log or a crash report learns nothing of it.
@Suite struct WordlessTests {
    private static let needle = "Zzyzx"
    private static let bytes = Data(needle.utf8)
    private static let place = 9_990_000.042

    private static let choice = Choice(code: needle, words: needle)
    private static let site = Site(system: needle, code: needle, words: needle, side: .left)
    private static let shown = ShownNotice(code: needle, version: 1)
    private static let typed = Established.typed(reason: needle)
    private static let consent = Consent(scopes: [.care], by: needle, form: choice, notice: shown, at: 0)
    private static let patient = Patient(
        nhsNumber: needle, chiNumber: needle, hcNumber: needle, localNumber: needle, family: needle, given: needle, dob: needle,
        established: typed, confirmedBy: [.name]
    )
    private static let stopped = Stopped(captureId: needle, trouble: .offline)
    private static let report = QueueReport(
        stored: 0, filed: [needle], refused: 0, stopped: [stopped], reports: 0, gatewaySilent: false, nextAtMs: nil
    )
    private static let transfer = SystemTransfer(captureId: needle, url: needle, file: needle, size: 1)
    private static let fence = Fence(id: needle, verdict: .inside, sure: 1)
    private static let outside = Outside(mode: .warn, words: needle)
    private static let state = ConfigurationState(key: needle, error: true, message: needle, data: needle)
    private static let siteChoice = SiteChoice(system: needle, code: needle, words: needle, sided: true)
    private static let noticeChoice = NoticeChoice(code: needle, version: 1, words: needle)
    private static let localNumbers = LocalNumbers(words: needle, shapes: [needle], check: .modulus11)
    private static let advice = Advice(code: needle, nextStep: needle)

    /// One of each, and two of those that say different things.
    private static let told: [any Wordless] = [
        CaptureContext(
            patient: patient, team: choice, site: site, wound: needle, series: needle, view: .straight, consent: consent, fitness: nil,
            notes: needle, clinician: needle, sessionRef: needle
        ),
        CapturedPhoto(
            captureId: needle, sealedBytes: 1, removed: [needle], original: Rendering(width: 1, height: 1, bytes: 1), reduced: nil
        ),
        choice, Clinician(name: needle, since: 0, until: 0),
        ConfigurationReport(accepted: true, states: [state], feedback: needle, problems: [needle], supportContact: needle), state,
        consent, typed, Evidence.androidKey(chain: [bytes]), Evidence.appAttest(keyId: bytes, object: bytes),
        Evidence.appAttestUnavailable(error: needle), fence,
        Fix(latitude: place, longitude: place, accuracyM: place, ageMs: 0, mock: false, utcOffsetMinutes: 0), noticeChoice, outside, patient,
        PhotoView(
            captureId: needle, seq: 1, capturedAt: 0, size: 1, kind: .photo, stage: .stored, progress: nil, label: needle, patient: patient,
            previewed: true
        ),
        localNumbers,
        PickLists(teams: [choice], sites: [siteChoice], consents: [choice], notices: [noticeChoice], localNumber: localNumbers),
        Place(fence: fence, outside: outside),
        report, shown, SignInPage(url: needle, redirectUri: needle), site, siteChoice,
        StatusView(
            deviceId: needle, gateway: needle, ward: needle, bundleVersion: 1, bundleStale: false, policyVersion: 1, trustRefused: advice,
            lastSeq: 1, unsent: 1, oldestUnsent: nil, tooManyUnsent: advice, stored: 1, refused: 1, oldestRefused: nil, reports: 1, quarantined: 1,
            unreadable: 1, storageTrouble: advice, reviewDenied: needle
        ),
        stopped, transfer, TransferEnd.answered(status: 200, body: bytes), TransferPlan(transfers: [transfer], report: report),
        Vouching.only([bytes]), WaitingReport(reportId: needle, writtenAt: 0, sent: false, trouble: nil),
        WentWrong(kind: .breach, what: needle, whose: needle, photo: needle, noticedAt: 0),
        WoundView(wound: needle, site: site, namedAt: 0, newest: needle),
    ]

    private func dumped(_ value: Any) -> String {
        var text = ""
        dump(value, to: &text)
        return text
    }

    /// By itself, and inside of what has no word in the matter.
    @Test func whatIsPrintedOfTheCoresTypesIsTheirName() {
        for value in Self.told {
            let all: [Any] = [value, Optional(value) as Any, [value], ["key": value], Result<Any, ClientError>.success(value)]
            for inside in all {
                for said in [String(describing: inside), String(reflecting: inside), dumped(inside), "\(inside)"] {
                    for secret in [Self.needle, "90, 122", "9990000", "5a7a797a78"] {
                        #expect(!said.contains(secret), "\(type(of: value))")
                    }
                }
            }
            #expect(String(describing: value) == String(describing: type(of: value)))
        }
    }
}

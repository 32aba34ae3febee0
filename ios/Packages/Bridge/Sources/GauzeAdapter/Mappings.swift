import Foundation
import GauzeBridge
import GauzeLogic

extension GauzeLogic.PhotoRecord {
    func toCore() -> CaptureContext {
        CaptureContext(
            patient: patient?.toCore(), team: team?.toCore(), site: site?.toCore(), wound: wound, series: series,
            view: view?.toCore(), consent: consent?.toCore(), fitness: fitness?.toCore(), notes: notes
        )
    }
}

extension GauzeLogic.Patient {
    func toCore() -> GauzeBridge.Patient {
        GauzeBridge.Patient(
            nhsNumber: nhs, chiNumber: chi, hcNumber: hc, localNumber: local, family: family, given: given, dob: born,
            established: established.toCore(), confirmedBy: confirmed.sorted().map { $0.toCore() }
        )
    }
}

extension GauzeBridge.Patient {
    /// The core's patients are those of its list.
    func toApp() -> GauzeLogic.Patient {
        GauzeLogic.Patient(
            family, given, dob, nhs: nhsNumber, chi: chiNumber, hc: hcNumber, local: localNumber, established: .worklist
        )
    }
}

extension GauzeLogic.Established {
    fileprivate func toCore() -> GauzeBridge.Established {
        switch self {
        case .wristband: .wristband
        case .worklist: .worklist
        case .typed(let reason): .typed(reason: reason)
        }
    }
}

extension GauzeLogic.Identifier {
    fileprivate func toCore() -> GauzeBridge.Identifier {
        switch self {
        case .name: .name
        case .born: .dob
        case .nhs: .nhsNumber
        case .chi: .chiNumber
        case .hc: .hcNumber
        case .local: .localNumber
        }
    }
}

extension GauzeLogic.Site {
    func toCore() -> GauzeBridge.Site {
        GauzeBridge.Site(system: system, code: code, words: words, side: side?.toCore())
    }
}

extension GauzeLogic.Side {
    fileprivate func toCore() -> BodySide {
        switch self {
        case .left: .left
        case .right: .right
        case .midline: .midline
        case .both: .both
        }
    }
}

extension GauzeLogic.Framing {
    fileprivate func toCore() -> GauzeBridge.Framing {
        switch self {
        case .context: .context
        case .straight: .straight
        case .close: .close
        }
    }
}

extension GauzeLogic.Choice {
    func toCore() -> GauzeBridge.Choice { GauzeBridge.Choice(code: code, words: words) }
}

extension GauzeLogic.Fix {
    func toCore() -> GauzeBridge.Fix {
        GauzeBridge.Fix(
            latitude: latitude, longitude: longitude, accuracyM: accuracy, ageMs: UInt32(clamping: age), mock: mock,
            utcOffsetMinutes: Int16(clamping: utcOffset)
        )
    }
}

extension GauzeBridge.Outside {
    func toApp() -> GauzeLogic.Outside {
        let mode: GauzeLogic.FenceMode =
            switch mode {
            case .record: .record
            case .warn: .warn
            case .blockExport: .blockExport
            case .blockView: .blockView
            case .blockCapture: .blockCapture
            }
        return GauzeLogic.Outside(mode, words)
    }
}

extension GauzeLogic.Consent {
    fileprivate func toCore() -> GauzeBridge.Consent {
        let given = (try? Date(at, strategy: .iso8601)) ?? Date()
        return GauzeBridge.Consent(
            scopes: scopes.sorted().map { $0.toCore() }, by: by, form: form.toCore(),
            notice: notice.map { $0.toCore() },
            at: Int64(given.timeIntervalSince1970) * 1000
        )
    }
}

extension Notice {
    func toCore() -> ShownNotice { ShownNotice(code: code, version: UInt32(clamping: version)) }
}

extension GauzeLogic.Scope {
    fileprivate func toCore() -> ConsentScope {
        switch self {
        case .care: .care
        case .teaching: .teaching
        case .publication: .publication
        }
    }
}

extension GauzeLogic.Fitness {
    /// What is out of the record's range is no reason to refuse a photo.
    fileprivate func toCore() -> GauzeBridge.Fitness {
        GauzeBridge.Fitness(
            sharpness: UInt16(min(max(sharpness, 0), 1000)), exposure: Int16(min(max(exposure, -1000), 1000)),
            marker: marker?.toCore()
        )
    }
}

extension GauzeBridge.Fitness {
    func toApp() -> GauzeLogic.Fitness { GauzeLogic.Fitness(Int(sharpness), Int(exposure)) }
}

extension GauzeLogic.Marker {
    fileprivate func toCore() -> FoundMarker? {
        guard 1...10_000_000 ~= nanometres, 0...90_000 ~= tilt else { return nil }
        return FoundMarker(scaleNm: UInt32(nanometres), tiltMdeg: UInt32(tilt))
    }
}

extension GauzeBridge.Site {
    fileprivate func toApp() -> GauzeLogic.Site {
        let side: Side? =
            switch self.side {
            case .left: .left
            case .right: .right
            case .midline: .midline
            case .both: .both
            case nil: nil
            }
        return GauzeLogic.Site(words, side, system: system, code: code)
    }
}

extension GauzeBridge.CheckDigit {
    fileprivate func toApp() -> GauzeLogic.CheckDigit {
        switch self {
        case .modulus10: .modulus10
        case .modulus11: .modulus11
        }
    }
}

extension PickLists {
    func toApp() -> Choices {
        Choices(
            teams: teams.map { GauzeLogic.Choice($0.code, $0.words) },
            sites: sites.map {
                GauzeLogic.SiteChoice(system: $0.system, code: $0.code, words: $0.words, sided: $0.sided)
            },
            consents: consents.map { GauzeLogic.Choice($0.code, $0.words) },
            notices: notices.map { Notice(code: $0.code, version: Int($0.version), words: $0.words) },
            localNumber: localNumber.map { GauzeLogic.LocalNumbers(words: $0.words, shapes: $0.shapes, check: $0.check?.toApp()) }
        )
    }
}

extension GauzeBridge.Stage {
    fileprivate func toApp() -> GauzeLogic.Stage {
        switch self {
        case .unsigned: .unsigned
        case .signed: .signed
        case .stored: .stored
        case .filed: .filed
        case .refused: .refused
        }
    }
}

extension PhotoView {
    func toApp() -> Photo {
        let waiting = progress.map { progress in
            let advice = describe(trouble: progress.trouble)
            return Waiting(
                code: advice.code, advice: advice.nextStep, attempts: Int(progress.attempts), notBefore: progress.notBeforeMs
            )
        }
        return Photo(
            id: captureId, takenAt: Wordings.instant(ofMillis: capturedAt), bytes: Int64(size), stage: stage.toApp(),
            waiting: waiting, label: label, patient: patient?.toApp(), previewed: previewed, void: kind == .void
        )
    }
}

extension StatusView {
    func toApp() -> Standing {
        var standing = Standing(device: deviceId)
        standing.gateway = gateway
        standing.ward = ward
        standing.policy = Int64(policyVersion)
        standing.unsent = Int64(unsent)
        standing.reports = Int64(reports)
        standing.stored = Int64(stored)
        standing.refused = Int64(refused)
        standing.damaged = Int64(quarantined)
        standing.trustStale = bundleStale
        standing.trustRefused = trustRefused?.code
        standing.tooManyUnsent = tooManyUnsent?.code
        standing.reviewDenied = reviewDenied
        standing.storageTrouble = storageTrouble?.code
        return standing
    }
}

extension QueueReport {
    func toApp() -> Sent {
        Sent(
            stored: Int64(stored), filed: filed.count, refused: Int64(refused),
            waiting: Dictionary(
                stopped.map { ($0.captureId, describe(trouble: $0.trouble).code) }, uniquingKeysWith: { _, last in last }
            ),
            nextAt: nextAtMs
        )
    }
}

extension GauzeLogic.WentWrong {
    func toCore() -> GauzeBridge.WentWrong {
        let happened: GauzeBridge.Happened =
            switch kind {
            case .breach: .breach
            case .nearMiss: .nearMiss
            }
        let noticed = noticedAt.flatMap { try? Date($0, strategy: .iso8601) }
        return GauzeBridge.WentWrong(
            kind: happened, what: what, whose: whose, photo: photo,
            noticedAt: noticed.map { Int64($0.timeIntervalSince1970) * 1000 }
        )
    }
}

extension GauzeBridge.WaitingReport {
    func toApp() -> GauzeLogic.WaitingReport {
        GauzeLogic.WaitingReport(
            id: reportId, writtenAt: writtenAt.map(Wordings.instant(ofMillis:)), sent: sent,
            waiting: trouble.map { describe(trouble: $0).code }
        )
    }
}

extension WoundView {
    func toApp() -> Wound { Wound(id: wound, site: site?.toApp(), namedAt: Wordings.instant(ofMillis: namedAt), newest: newest) }
}

extension SystemTransfer {
    func toApp() -> Transfer { Transfer(photo: captureId, url: url, file: file, bytes: Int64(size)) }
}

extension GauzeBridge.Vouching {
    func toApp() -> GauzeLogic.Vouching {
        switch self {
        case .system: .system
        case .only(let certificates): .only(certificates)
        case .nobody: .nobody
        }
    }
}

extension GauzeLogic.TransferEnd {
    func toCore() -> GauzeBridge.TransferEnd {
        switch self {
        case .answered(let status, let body): .answered(status: UInt16(clamping: status), body: body)
        case .cut: .failed(error: .cut)
        case .unreachable: .failed(error: .unreachable)
        case .fileGone: .failed(error: .file)
        }
    }
}

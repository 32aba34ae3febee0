import Foundation

@testable import GauzeLogic

/// How states are written in scenarios: every field by its name, enumerations in snake case, a sentence by its word and what
/// is put into it. `Shown.kt` writes the same.
func name(_ value: some Any) -> String { snakeCase(String(describing: value)) }

func json(_ word: Word?) -> Json { .of(word?.resource) }

func json(_ line: Line?) -> Json {
    guard let line else { return .null }
    let told = line.args + [line.help].compactMap { $0 }
    return told.isEmpty ? json(line.word) : .list([json(line.word)] + told.map(Json.text))
}

func json(_ lines: [Line]) -> Json { .list(lines.map { json($0) }) }

func json(_ identifiers: Set<Identifier>) -> Json { .list(identifiers.sorted().map { .text(name($0)) }) }

func json(_ fault: CameraFault?) -> Json { .of(fault.map { name($0) }) }

func json(_ side: Side?) -> Json { .of(side.map { name($0) }) }

func json(_ patient: Patient?) -> Json {
    guard let patient else { return .null }
    let established: Json =
        switch patient.established {
        case .wristband: "wristband"
        case .worklist: "worklist"
        case .typed(let reason): ["typed", .text(reason)]
        }
    return [
        "family": .text(patient.family), "given": .text(patient.given), "born": .text(patient.born),
        "nhs": .of(patient.nhs), "chi": .of(patient.chi), "hc": .of(patient.hc), "local": .of(patient.local),
        "established": established, "confirmed": json(patient.confirmed),
    ]
}

func json(_ site: Site?) -> Json {
    guard let site else { return .null }
    return ["words": .text(site.words), "side": json(site.side), "system": .of(site.system), "code": .of(site.code)]
}

func json(_ choice: Choice?) -> Json { .of(choice?.code) }

func json(_ notice: Notice?) -> Json {
    guard let notice else { return .null }
    return ["code": .text(notice.code), "version": .number(Int64(notice.version))]
}

func json(_ consent: Consent?) -> Json {
    guard let consent else { return .null }
    return [
        "scopes": .list(consent.scopes.sorted().map { .text(name($0)) }), "by": .text(consent.by), "form": json(consent.form),
        "notice": json(consent.notice), "at": .text(consent.at),
    ]
}

func json(_ fitness: Fitness?) -> Json {
    guard let fitness else { return .null }
    var shown: [String: Json] = ["sharpness": .number(Int64(fitness.sharpness)), "exposure": .number(Int64(fitness.exposure))]
    if let marker = fitness.marker {
        shown["marker"] = .list([.number(Int64(marker.nanometres)), .number(Int64(marker.tilt))])
    }
    return .object(shown)
}

func json(_ record: PhotoRecord) -> Json {
    [
        "patient": json(record.patient), "team": json(record.team), "site": json(record.site), "wound": .of(record.wound),
        "series": .of(record.series), "view": .of(record.view.map { name($0) }), "consent": json(record.consent),
        "fitness": json(record.fitness), "notes": .of(record.notes),
    ]
}

func json(_ wound: Wound) -> Json {
    ["id": .text(wound.id), "site": json(wound.site), "namedAt": .text(wound.namedAt)]
}

/// Bytes are not written, only whether they are there and readable.
func json(_ picture: Picture?) -> Json {
    guard let picture else { return .null }
    return picture.read { $0.allSatisfy { $0 == 0 } } ? "overwritten" : "shown"
}

func json(_ item: QueueItem) -> Json {
    [
        "id": .text(item.id), "stage": json(item.stage), "taken": json(item.taken), "label": .of(item.label),
        "why": json(item.why), "next": json(item.next),
    ]
}

func json(_ state: EnrolState) -> Json {
    [
        "managed": .bool(state.managed), "pasted": .text(state.pasted), "scanning": .bool(state.scanning),
        "working": .bool(state.working), "problem": json(state.problem), "support": .of(state.support),
        "camera": json(state.camera),
    ]
}

func json(_ state: SignInState) -> Json {
    ["optional": .bool(state.optional), "working": .bool(state.working), "problem": json(state.problem)]
}

func json(_ state: NoticeState) -> Json { ["notice": json(state.notice), "read": .bool(state.read), "working": .bool(state.working)] }

func json(_ state: TeamState) -> Json {
    ["teams": .list(state.teams.map { .text($0.code) }), "now": .of(state.now?.code)]
}

func json(_ state: PatientState) -> Json {
    let fields = state.typed.fields.map { (name($0.key), Json.text($0.value)) }
    let faults = state.typed.faults.map { (name($0.key), json($0.value)) }
    return [
        "way": .text(name(state.way)),
        "typed": [
            "fields": .object(Dictionary(uniqueKeysWithValues: fields)),
            "faults": .object(Dictionary(uniqueKeysWithValues: faults)),
        ],
        "found": json(state.found), "confirmed": json(state.confirmed), "problem": json(state.problem),
        "worklist": state.worklist.map { .list($0.map { json($0) }) } ?? .null, "scanned": .bool(state.scanned),
        "listed": .bool(state.listed), "working": .bool(state.working), "camera": json(state.camera),
    ]
}

func json(_ state: ConsentState) -> Json {
    [
        "patient": json(state.patient), "scopes": .list(state.scopes.sorted().map { .text(name($0)) }), "by": .text(state.by),
        "forms": .list(state.forms.map { json($0) }), "form": json(state.form), "notice": json(state.notice),
        "shown": .bool(state.shown), "problem": json(state.problem),
    ]
}

func json(_ state: BodyState) -> Json {
    [
        "patient": json(state.patient), "turn": .text(name(state.turn)), "sites": .list(state.sites.map { .text($0.code) }),
        "chosen": json(state.chosen), "askSide": .bool(state.askSide), "problem": json(state.problem),
    ]
}

func json(_ state: WoundState) -> Json {
    [
        "patient": json(state.patient), "wounds": state.wounds.map { .list($0.map { json($0) }) } ?? .null,
        "working": .bool(state.working), "problem": json(state.problem),
    ]
}

func json(_ state: CameraState) -> Json {
    [
        "patient": json(state.patient), "site": json(state.site), "shutter": .text(name(state.shutter)),
        "torch": .bool(state.torch), "grid": .bool(state.grid), "ghost": .bool(state.ghost), "hasGhost": .bool(state.hasGhost),
        "verdict": json(state.verdict), "marker": json(state.marker), "problem": json(state.problem),
        "askPermission": .bool(state.askPermission), "outside": json(state.outside),
        "askPosition": .bool(state.askPosition), "tilt": state.tilt.map { .number(Int64($0)) } ?? .null,
    ]
}

func json(_ state: CheckState) -> Json {
    [
        "patient": json(state.patient), "verdict": json(state.verdict), "marker": json(state.marker),
        "picture": json(state.picture), "working": .bool(state.working), "problem": json(state.problem),
    ]
}

func json(_ state: QueueState) -> Json {
    [
        "items": state.items.map { .list($0.map { json($0) }) } ?? .null, "sending": .bool(state.sending), "problem": json(state.problem),
        "support": .of(state.support), "cut": .bool(state.cut), "askNotes": .bool(state.askNotes),
        "tooMany": json(state.tooMany), "unlisted": json(state.unlisted),
    ]
}

func json(_ state: ReviewState) -> Json {
    let items = state.items?.map { item -> Json in
        ["id": .text(item.id), "taken": .text(item.taken), "label": .of(item.label)]
    }
    let open = state.open.map { open -> Json in
        .list([.text(open.item.id), json(open.item.patient), json(open.picture)])
    }
    return [
        "items": items.map(Json.list) ?? .null, "open": open ?? .null, "working": .bool(state.working),
        "problem": json(state.problem),
    ]
}

func json(_ state: IncidentState) -> Json {
    [
        "chosen": .of(state.chosen.map { name($0) }), "waiting": .list(state.waiting.map { json($0) }),
        "support": .of(state.support), "said": json(state.said), "form": state.form.map { json($0) } ?? .null,
        "reports": .list(state.reports.map { json($0) }),
    ]
}

func json(_ form: ReportForm) -> Json {
    [
        "kind": .of(form.kind.map { name($0) }), "what": .text(form.what), "whose": .text(form.whose),
        "noticed": .text(name(form.noticed)), "day": .text(form.day), "photo": .of(form.photo),
        "photos": .list(form.photos.map { .text($0.id) }), "fault": json(form.fault), "sending": .bool(form.sending),
    ]
}

func json(_ report: ReportItem) -> Json {
    ["id": .text(report.id), "written": json(report.written), "state": json(report.state), "why": json(report.why)]
}

func json(_ said: WentWrong) -> Json {
    [
        "kind": .text(name(said.kind)), "what": .text(said.what), "whose": .text(said.whose), "photo": .of(said.photo),
        "noticed_at": .of(said.noticedAt),
    ]
}

func json(_ state: BlockedState?) -> Json {
    guard let state else { return .null }
    return [
        "stop": .of(state.stop.rawValue), "why": json(state.why), "unsent": .number(state.unsent), "reports": .number(state.reports), "support": .of(state.support),
        "sends": .bool(state.sends), "over": .bool(state.over),
    ]
}

func json(_ state: SettingsState) -> Json {
    [
        "phone": json(state.phone), "may": json(state.may), "mayNot": json(state.mayNot), "version": json(state.version),
        "canSignOut": .bool(state.canSignOut), "canChangeTeam": .bool(state.canChangeTeam),
    ]
}

func json(_ state: HelpState) -> Json { ["lines": json(state.lines), "support": .of(state.support)] }

func json(_ route: Route) -> Json {
    switch route {
    case .enrol: ["enrol"]
    case .signIn: ["sign_in"]
    case .notice(let notice): ["notice", json(notice)]
    case .team(let teams): ["team", .list(teams.map { .text($0.code) })]
    case .patient: ["patient"]
    case .consent(let patient): ["consent", json(patient)]
    case .body(let patient): ["body", json(patient)]
    case .wound(let patient): ["wound", json(patient)]
    case .camera(let record, let ghost): .list(["camera", json(record)] + (ghost.map { [.text($0)] } ?? []))
    case .check(let kept, let patient): ["check", .text(kept.id), json(patient)]
    case .queue: ["queue"]
    case .review: ["review"]
    case .incident: ["incident"]
    case .settings: ["settings"]
    case .help: ["help"]
    case .licences: ["licences"]
    case .stopped(let state): ["stopped", json(state)]
    }
}

func json(_ band: Band) -> Json {
    switch band {
    case .person(let number, let register, let family, let given, let born, let issue):
        [
            "number": .text(number), "register": .text(name(register)), "family": .of(family), "given": .of(given),
            "born": .of(born?.iso), "issue": .of(issue),
        ]
    case .local(let number): ["local": .text(number)]
    case .refused(let why): ["refused": .text(name(why))]
    }
}

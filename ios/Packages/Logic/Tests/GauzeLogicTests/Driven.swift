import Foundation

@testable import GauzeLogic

/// One screen under a scenario's hands.
@MainActor
struct Driven {
    let state: () -> Json
    let send: (String, [Json]) throws -> Void

    init(state: @escaping () -> Json, send: @escaping (String, [Json]) throws -> Void) {
        self.state = state
        self.send = send
    }

    init<State, Event>(
        _ presenter: Presenter<State, Event>, _ state: @escaping (State) -> Json,
        _ event: @escaping (String, [Json]) throws -> Event
    ) {
        self.state = { state(presenter.state) }
        send = { presenter.send(try event($0, $1)) }
    }
}

/// Who stands around the screen of a scenario.
@MainActor
final class Around {
    let core = FakeCore()
    let work = Work()
    lazy var phone = FakePhone(core)

    /// Sets what a scenario says of them.
    func set(_ given: [String: Json]) throws {
        for (key, value) in given {
            switch key {
            case "fails":
                let failure = try value == .null ? nil : failed(value.list)
                core.state { $0.fails = failure }
            case "unlocked": core.state { $0.unlocked = value.bool }
            case "biometric":
                let answer: Authentication = try value.named()
                phone.answer { $0 = answer }
            case "browser": phone.callback { $0 = value.text }
            case "online": phone.online { $0 = value.bool }
            case "fitness": phone.fitness { $0 = fitness(value.list.map { $0.number ?? 0 }) }
            case "judged":
                let judged = value == .null ? nil : fitness(value.list.map { $0.number ?? 0 })
                core.state { $0.judged = judged }
            case "shows": core.state { $0.shows = value.bool }
            case "standing": core.state { $0.standing = standing(value) }
            case "choices": core.state { $0.choices = choices(value) }
            case "sign_in":
                let mode: SignInMode? = try value == .null ? nil : value.named()
                core.state { $0.mode = mode }
            case "series": core.state { $0.series = value.text ?? "" }
            case "outside":
                let outside = try value == .null ? nil : Outside(value.list[0].named(), value.list[1].text ?? "")
                core.state { $0.outside = outside }
            case "clinician": core.state { $0.signedIn = value.text }
            case "patients":
                let patients = value.list.compactMap { readPatient($0, .worklist) }
                core.state { $0.patients = patients }
            case "reports":
                let reports = value.list.map {
                    WaitingReport(
                        id: $0["id"].text ?? "", writtenAt: $0["written_at"].text, sent: $0["sent"].bool,
                        waiting: $0["waiting"].text
                    )
                }
                core.state { $0.reports = reports }
            case "photos":
                let photos = try value.list.map(photo)
                core.state { $0.photos = photos }
            case "screen", "patient", "sites", "forms", "notice", "notices", "support", "record", "local", "teams", "team": break
            default: throw Unknown(what: key)
            }
        }
    }

    func driven(_ screen: String, _ given: Json) throws -> Driven {
        switch screen {
        case "enrol": enrol()
        case "sign_in": signIn()
        case "notice": notice(given)
        case "team": team(given)
        case "patient": patient(given)
        case "consent": consent(given)
        case "body": body(given)
        case "wound": wound(given)
        case "camera": camera(given)
        case "check": check(given)
        case "queue": queue(given)
        case "review": review()
        case "incident": incident(given)
        case "journey": journey(given)
        case "wristband": wristband(given)
        case "settings": settings(given)
        default: throw Unknown(what: screen)
        }
    }

    private func told(_ what: Json...) { core.state { $0.told.append(.list(what)) } }

    private func enrol() -> Driven {
        Driven(EnrolPresenter(core, work) { self.told("enrolled") }, json) { name, with in
            switch name {
            case "managed": .managed(values: with[0].text ?? "")
            case "pasted": .pasted(with[0].text ?? "")
            case "scanned": .scanned(with[0].text ?? "")
            case "scan": .scan
            case "camera": .camera(try with[0] == .null ? nil : with[0].named())
            case "stop_scan": .stopScan
            case "start": .start
            default: throw Unknown(what: name)
            }
        }
    }

    private func signIn() -> Driven {
        Driven(SignInPresenter(core, phone, work) { self.told("gone") }, json) { name, _ in
            switch name {
            case "start": .start
            case "later": .later
            default: throw Unknown(what: name)
            }
        }
    }

    private func notice(_ given: Json) -> Driven {
        let notice = readNotice(given["notice"]) ?? Notice(code: "staff", version: 1, words: "")
        return Driven(NoticePresenter(notice, core, work) { self.told("accepted", json($0)) }, json) { name, _ in
            switch name {
            case "end_seen": .endSeen
            case "accept": .accept
            default: throw Unknown(what: name)
            }
        }
    }

    private func team(_ given: Json) -> Driven {
        let now = given["team"].text.map(readTeam)
        let teams = given["teams"].list.map { readTeam($0.text ?? "") }
        return Driven(TeamPresenter(teams, now: now, work) { self.told("chosen", .text($0.code)) }, json) { name, with in
            switch name {
            case "choose": .choose(readTeam(with[0].text ?? ""))
            default: throw Unknown(what: name)
            }
        }
    }

    private func patient(_ given: Json) -> Driven {
        let today = { Day(2026, 11, 29) ?? Day(Date(), in: .gmt) }
        let bands = Wristband(BandFormat(local: readLocalNumbers(given["local"])))
        let presenter = PatientPresenter(core, core, phone, bands, today: today, work) { self.told("chosen", json($0)) }
        return Driven(presenter, json) { name, with in
            switch name {
            case "choose": .choose(try with[0].named())
            case "scanned": .scanned(with[0].text ?? "")
            case "camera": .camera(try with[0] == .null ? nil : with[0].named())
            case "type": .type(try with[0].named(), with[1].text ?? "")
            case "typed_all": .typedAll
            case "unlock": .unlock
            case "answered": .answered(try with[0].named())
            case "offered": .offered(self.core.patients())
            case "listed": .listed((presenter.state.worklist ?? [])[with[0].number ?? 0])
            case "lock": .lock
            case "confirm": .confirm(try with[0].named(), matches: with[1].bool)
            case "go": .go
            case "nobody": .nobody
            default: throw Unknown(what: name)
            }
        }
    }

    private func consent(_ given: Json) -> Driven {
        let forms = given["forms"].list.map { Choice($0.text ?? "", $0.text ?? "") }
        let choices = Choices(consents: forms, notices: given["notices"].list.compactMap(readNotice))
        let presenter = ConsentPresenter(readPatient(given["patient"]), choices, spoken: "Spoken", phone, work) { self.told("agreed", json($0)) }
        return Driven(presenter, json) { name, with in
            switch name {
            case "toggle": .toggle(try with[0].named())
            case "by": .by(with[0].text ?? "")
            case "form": .form(Choice(with[0].text ?? "", with[0].text ?? ""))
            case "show": .show
            case "go": .go
            case "not_asked": .notAsked
            default: throw Unknown(what: name)
            }
        }
    }

    private func body(_ given: Json) -> Driven {
        let sites = given["sites"].list.map(readSiteChoice)
        let presenter = BodyPresenter(readPatient(given["patient"]), sites, work) { self.told("chosen", json($0)) }
        return Driven(presenter, json) { name, with in
            switch name {
            case "turned": .turned(try with[0].named())
            case "touched": .touched(words: with[0].text ?? "", side: try with[1] == .null ? nil : with[1].named())
            case "picked": .picked(sites[with[0].number ?? 0])
            case "sided": .sided(try with[0].named())
            case "go": .go
            case "skip": .skip
            default: throw Unknown(what: name)
            }
        }
    }

    private func wound(_ given: Json) -> Driven {
        let presenter = WoundPresenter(readPatient(given["patient"]) ?? samplePatient, core, phone, work) { choice in
            switch choice {
            case .earlier(let wound): self.told("chosen", "earlier", json(wound))
            case .new: self.told("chosen", "new")
            case .none: self.told("chosen", "none")
            }
        }
        return Driven(presenter, json) { name, with in
            switch name {
            case "unlock": .unlock
            case "answered": .answered(try with[0].named())
            case "found": .found(self.core.wounds(presenter.state.patient))
            case "lock": .lock
            case "earlier": .earlier((presenter.state.wounds ?? [])[with[0].number ?? 0])
            case "new": .new
            case "skip": .skip
            default: throw Unknown(what: name)
            }
        }
    }

    private func camera(_ given: Json) -> Driven {
        var record = PhotoRecord(patient: readPatient(given["patient"]))
        record.site = given["record"]["site"].text.map { Site($0) }
        record.wound = given["record"]["wound"].text
        let presenter = CameraPresenter(record, core, core, phone, phone, work) {
            self.told("taken", .text($0.id), json($0.fitness), json($0.picture))
        }
        return Driven(presenter, json) { name, with in
            switch name {
            case "ready": .from(.ready)
            case "failed": .from(.failed(try with[0].named()))
            case "seen": .from(.seen(Frame(luma: [0], width: 1000, height: 1, stride: 1)))
            case "taken": .from(.taken(Shot(Picture(Data([7])), side: 4000)))
            case "shoot": .shoot
            case "torch": .torch(with[0].bool)
            case "grid": .grid(with[0].bool)
            case "ghost": .ghost(with[0].bool)
            case "ghost_found": .ghostFound
            case "leans": .leans(with[0].number)
            case "looked": .looked(allowed: with[0].bool)
            case "focus": .focus(x: 0.5, y: 0.5)
            default: throw Unknown(what: name)
            }
        }
    }

    private func check(_ given: Json) -> Driven {
        let core = core.state.now
        let kept = KeptPhoto("photo-0", core.judged, core.shows ? Picture(Data([1])) : nil)
        let presenter = CheckPresenter(kept, readPatient(given["patient"]), self.core, work) {
            self.told("checked", .text(name($0)))
        }
        return Driven(presenter, json) { name, _ in
            switch name {
            case "keep": .keep
            case "another": .another
            case "again": .again
            case "lock": .lock
            default: throw Unknown(what: name)
            }
        }
    }

    private func queue(_ given: Json) -> Driven {
        Driven(QueuePresenter(core, core, phone, .gmt, support: given["support"].text, work), json) { name, with in
            switch name {
            case "moved": .moved
            case "send": .send
            case "notes": .notes(allowed: with[0].bool)
            default: throw Unknown(what: name)
            }
        }
    }

    private func review() -> Driven {
        Driven(ReviewPresenter(core, core, phone, .gmt, work), json) { name, with in
            switch name {
            case "unlock": .unlock
            case "answered": .answered(try with[0].named())
            case "listed": .listed(self.core.photos(1))
            case "open": .open(id: with[0].text ?? "")
            case "opened": .opened(id: with[0].text ?? "", self.core.photo(with[0].text ?? ""))
            case "close": .close
            case "lock": .lock
            default: throw Unknown(what: name)
            }
        }
    }

    private func incident(_ given: Json) -> Driven {
        let presenter = IncidentPresenter(
            Ways(core, core, core), .gmt, phone, support: given["support"].text, work
        ) { self.told("kept") }
        return Driven(presenter, json) { name, with in
            let text = with.first?.text ?? ""
            switch name {
            case "choose": return .choose(try with[0] == .null ? nil : with[0].named())
            case "discard": return .discard(id: text)
            case "look": return .look
            case "tell": return .tell(open: with[0].bool)
            case "kind":
                let kind: Happened = try with[0].named()
                return .write { $0.kind = kind }
            case "what": return .write { $0.what = text }
            case "whose": return .write { $0.whose = text }
            case "noticed":
                let noticed: Noticed = try with[0].named()
                return .write { $0.noticed = noticed }
            case "day": return .write { $0.day = text }
            case "photo":
                let photo = with[0].text
                return .write { $0.photo = photo }
            case "send": return .send
            default: throw Unknown(what: name)
            }
        }
    }

    private func journey(_ given: Json) -> Driven {
        let journey = Journey(core)
        journey.support = given["support"].text
        var seen: [Route] = []
        var picture: Picture?
        return Driven(state: { ["route": json(journey.route), "picture": json(picture)] }) { name, with in
            let first = with.first ?? .null
            seen.append(journey.route)
            // An answer is given on the newest screen of its kind, in front or not.
            let (cameras, wounds) = (seen.compactMap(\.record), seen.compactMap(\.woundOf))
            let (consents, bodies) = (seen.compactMap(\.consentOf), seen.compactMap(\.bodyOf))
            if name.hasPrefix("taken") { picture = Picture(Data([1])) }
            let photo = KeptPhoto("photo-0", Fitness(500, 0), picture)
            switch name {
            case "start": journey.start()
            case "check": journey.check()
            case "left": journey.left()
            case "resumed": journey.resumed()
            case "enrolled": journey.enrolled()
            case "signed_in": journey.signedIn()
            case "signed_out": journey.signedOut()
            case "accepted":
                if case .notice(let notice) = journey.route {
                    self.core.readNotice(notice)
                    journey.accepted(notice)
                }
            case "team": journey.team(readTeam(first.text ?? ""))
            case "ask_team": journey.askTeam()
            case "patient": journey.patient(readPatient(first))
            case "consent": journey.consent(nil, of: consents[consents.count - 1])
            case "site": journey.site(first.text.map { Site($0) }, of: bodies[bodies.count - 1])
            case "wound": journey.wound(readChoice(with), of: wounds[wounds.count - 1])
            case "wound_at_first": journey.wound(readChoice(with), of: wounds[0])
            case "ask_site": journey.askSite()
            case "ask_consent": journey.askConsent()
            case "taken": journey.taken(photo, of: cameras[cameras.count - 1])
            case "taken_at_first": journey.taken(photo, of: cameras[0])
            case "checked": journey.checked(try first.named(), of: photo)
            case "open": journey.open(try readRoute(first))
            default: throw Unknown(what: name)
            }
        }
    }

    private func wristband(_ given: Json) -> Driven {
        let bands = Wristband(BandFormat(local: readLocalNumbers(given["local"])))
        return Driven(state: { [:] }) { name, with in
            let text = with[0].text ?? ""
            switch name {
            case "read": self.told(json(bands.read(text)))
            case "born": self.told(json(Wordings.born(text, Day(iso: with[1].text ?? "") ?? Day(Date(), in: .gmt))))
            case "time": self.told(.text(Wordings.time(text, .gmt)))
            case "name": self.told(.text(Wordings.name(Patient(text, with[1].text ?? "", ""))))
            case "number": self.told(json(Wordings.number(readPatient(with[0]) ?? samplePatient, with.count > 1 ? with[1].text : nil)))
            case "site": self.told(json(Wordings.site(Site(text, try with[1] == .null ? nil : with[1].named()))))
            default: throw Unknown(what: name)
            }
        }
    }

    private func settings(_ given: Json) -> Driven {
        Driven(state: { [:] }) { name, with in
            let standing = self.core.standing()
            switch name {
            case "settings":
                let hardware = with[0] == .null ? nil : with[0].bool
                let team = with.count > 2 ? with[2].text.map(readTeam) : nil
                let working = Working(team, others: with.count > 3 && with[3].bool)
                self.told(
                    json(Settings.of(standing, hardware: hardware, version: "0.1.0", canSignOut: with[1].bool, working))
                )
            case "blocked": self.told(json(Blocked.of(standing, given["support"].text)))
            case "help": self.told(json(help(given["support"].text)))
            default: throw Unknown(what: name)
            }
        }
    }
}

/// Sharpness and exposure; nanometres and tilt of the marker, where there is one.
private func fitness(_ value: [Int]) -> Fitness {
    Fitness(value[0], value[1], marker: value.count > 2 ? Marker(nanometres: value[2], tilt: value[3]) : nil)
}

private func standing(_ value: Json) -> Standing {
    var standing = Standing(device: value["device"].text)
    standing.gateway = value["gateway"].text
    standing.ward = value["ward"].text
    standing.policy = Int64(value["policy"].number ?? 0)
    standing.unsent = Int64(value["unsent"].number ?? 0)
    standing.reports = Int64(value["reports"].number ?? 0)
    standing.damaged = Int64(value["damaged"].number ?? 0)
    standing.trustStale = value["trust_stale"].bool
    standing.tooManyUnsent = value["too_many_unsent"].text
    standing.trustRefused = value["trust_refused"].text
    standing.reviewDenied = value["review_denied"].text
    standing.storageTrouble = value["storage_trouble"].text
    return standing
}

private func choices(_ value: Json) -> Choices {
    Choices(
        teams: value["teams"].list.map { readTeam($0.text ?? "") },
        sites: value["sites"].list.map(readSiteChoice),
        consents: value["consents"].list.map { Choice($0.text ?? "", $0.text ?? "") },
        notices: value["notices"].list.compactMap(readNotice)
    )
}

private func photo(_ value: Json) throws -> Photo {
    let waiting = value["waiting"].list
    return Photo(
        id: value["id"].text ?? "", takenAt: value["taken_at"].text ?? "2026-11-29T08:00:00Z", bytes: 1,
        stage: try value["stage"].named(),
        waiting: waiting.isEmpty
            ? nil
            : Waiting(
                code: waiting[0].text ?? "", advice: "", attempts: 1,
                notBefore: waiting.count > 1 ? waiting[1].number.map(Int64.init) : nil
            ),
        label: value["label"].text, patient: readPatient(value["patient"], .worklist), previewed: value["previewed"].bool, void: value["void"].bool
    )
}

private func readPatient(_ value: Json, _ established: Established = .wristband) -> Patient? {
    guard let family = value["family"].text else { return nil }
    return Patient(
        family, value["given"].text ?? "", value["born"].text ?? "", nhs: value["nhs"].text, chi: value["chi"].text,
        hc: value["hc"].text, local: value["local"].text, established: established
    )
}

private func readLocalNumbers(_ value: Json) -> LocalNumbers? {
    let check: CheckDigit? = try? value["check"].named()
    return value["words"].text.map { LocalNumbers(words: $0, shapes: value["shapes"].list.compactMap(\.text), check: check) }
}

private func readTeam(_ name: String) -> Choice { Choice(name, name) }

private func readNotice(_ value: Json) -> Notice? {
    value["code"].text.map { Notice(code: $0, version: value["version"].number ?? 0, words: "") }
}

private func readSiteChoice(_ value: Json) -> SiteChoice {
    let words = value.list[0].text ?? ""
    return SiteChoice(system: "snomed", code: value.list[1].text ?? "", words: words, sided: value.list[2].bool)
}

private func readWound(_ value: Json, newest: String? = nil) -> Wound {
    Wound(id: value.text ?? "", site: nil, namedAt: "2026-11-20T09:12:00Z", newest: newest)
}

private func readChoice(_ with: [Json]) -> WoundChoice {
    switch with[0].text {
    case "new": .new
    case "none": .none
    default: .earlier(readWound(with[0], newest: with.count > 1 ? with[1].text : nil))
    }
}

/// Whose screen it is, where it is one of that kind: of nobody in particular is `.some(nil)`.
extension Route {
    fileprivate var consentOf: Patient?? { if case .consent(let patient) = self { patient } else { nil } }
    fileprivate var bodyOf: Patient?? { if case .body(let patient) = self { patient } else { nil } }
    fileprivate var woundOf: Patient? { if case .wound(let patient) = self { patient } else { nil } }
    fileprivate var record: PhotoRecord? { if case .camera(let record, _) = self { record } else { nil } }
}

private func readRoute(_ value: Json) throws -> Route {
    switch value.text {
    case "patient": .patient
    case "queue": .queue
    case "review": .review
    case "incident": .incident
    case "settings": .settings
    case "help": .help
    case "licences": .licences
    case "enrol": .enrol
    default: throw Unknown(what: "\(value)")
    }
}

/// Kind and code; where the hospital refuses the phone, why and what is read to the help desk.
private func failed(_ value: [Json]) throws -> Failure {
    let refusal = value.count > 2 ? EnrolmentRefusal(code: value[2].text ?? "", help: value[3].text ?? "") : nil
    return try Failure(value[0].named(), value[1].text ?? "", "", refusal)
}

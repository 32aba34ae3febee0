/// Where the shutter stands. `safe` comes only after the core has the photo on flash, sealed.
public enum Shutter: Sendable, CaseIterable {
    case closed, ready, taking, safe
}

/// `verdict` is what the preview looks like, `marker` how its scale marker lies, where there is one: neither ever stops
/// anybody. `tilt` is how many degrees the phone leans from upright; nil where it lies flat, or nobody measures.
/// `outside` is what the hospital's fences say of this place: the shutter works, and the core refuses. `askPosition`: the
/// hospital has fences, and the system may not be asked where the phone is.
public struct CameraState: Sendable, Unspoken {
    public let patient: Patient?
    public let site: Site?
    public internal(set) var shutter: Shutter
    public internal(set) var torch: Bool
    public internal(set) var grid: Bool
    public internal(set) var ghost: Bool
    public internal(set) var hasGhost: Bool
    public internal(set) var verdict: Word?
    public internal(set) var marker: Word?
    public internal(set) var problem: Line?
    public internal(set) var askPermission: Bool
    public internal(set) var tilt: Int?
    public internal(set) var outside: Line?
    public internal(set) var askPosition: Bool
}

public enum CameraScreenEvent: Sendable {
    case from(CameraEvent)
    case shoot
    case torch(Bool)
    case grid(Bool)
    case ghost(Bool)
    /// The last photo of this wound could be opened.
    case ghostFound
    case leans(Int?)
    case focus(x: Double, y: Double)
    /// The core may have heard where the phone is; `allowed`: the system may be asked.
    case looked(allowed: Bool)
    case placed(Outside?)
    case kept(Outcome<String>)
}

/// A photo that is safe: how fit it is, where that could be judged, and its small picture for whoever took it.
public struct KeptPhoto: Sendable, Equatable {
    public let id: String
    public let fitness: Fitness?
    private let small: Picture?
    /// A JPEG until `forget`; nil also where the hospital lets this phone show none.
    public var picture: Picture? { small?.gone == true ? nil : small }

    public init(_ id: String, _ fitness: Fitness?, _ picture: Picture? = nil) {
        self.id = id
        self.fitness = fitness
        small = picture
    }

    public func forget() {
        small?.overwrite()
    }

    public static func == (one: KeptPhoto, other: KeptPhoto) -> Bool { one.id == other.id && one.fitness == other.fitness }
}

/// What the screen asks of the camera; the app hands it to the ports.
public protocol Handle: Sendable {
    func shoot()

    func torch(_ on: Bool)

    func focus(_ x: Double, _ y: Double)

    /// The tick is on the screen: it sounds too.
    func safe()
}

public final class CameraPresenter: Presenter<CameraState, CameraScreenEvent> {
    private let record: PhotoRecord
    private let core: any Capturing
    private let places: any Locating
    private let camera: any Handle
    private let judge: any Judge
    private let taken: Telling<KeptPhoto>
    /// As it lies in the last frame, and as it lay when the shutter was pressed; the frames' longer side.
    private var marker: Marker?
    private var aimed: Marker?
    private var frameSide = 0

    public init(
        _ record: PhotoRecord, _ core: any Capturing, _ places: any Locating, _ camera: any Handle, _ judge: any Judge,
        _ work: Work, taken: @escaping Telling<KeptPhoto>
    ) {
        self.record = record
        self.core = core
        self.places = places
        self.camera = camera
        self.judge = judge
        self.taken = taken
        super.init(
            CameraState(
                patient: record.patient, site: record.site, shutter: .closed, torch: false, grid: false, ghost: false,
                hasGhost: false, verdict: nil, marker: nil, problem: nil, askPermission: false, askPosition: false
            ), work
        )
    }

    override func step(_ state: CameraState, _ event: CameraScreenEvent) -> Step<CameraState, CameraScreenEvent> {
        var next = state
        switch event {
        case .from(let event): return from(state, event)
        case .shoot: return shoot(state)
        case .torch(let on):
            next.torch = on
            return ask(next) { $0.torch(on) }
        case .grid(let on): next.grid = on
        case .ghost(let on): next.ghost = on && state.hasGhost
        case .ghostFound:
            next.ghost = true
            next.hasGhost = true
        case .leans(let degrees): next.tilt = degrees
        case .focus(let x, let y): return ask(next) { $0.focus(x, y) }
        case .looked(let allowed):
            next.askPosition = !allowed
            return Step(next) { [places, team = record.team] in .placed(places.outside(team)) }
        case .placed(let outside): return Step(placed(state, outside))
        case .kept(let outcome): return kept(state, outcome)
        }
        return Step(next)
    }

    private func ask(
        _ state: CameraState, _ what: @escaping @Sendable (any Handle) -> Void
    ) -> Step<CameraState, CameraScreenEvent> {
        Step(state) { [camera] in
            what(camera)
            return nil
        }
    }

    private func from(_ state: CameraState, _ event: CameraEvent) -> Step<CameraState, CameraScreenEvent> {
        var next = state
        switch event {
        case .ready:
            // It was opened anew, and its light is off.
            next.shutter = .ready
            next.torch = false
            next.problem = nil
            next.askPermission = false
        case .failed(let fault): failed(&next, fault)
        case .seen(let frame):
            let seen = judge.judge(frame)
            marker = seen.marker
            frameSide = max(frame.width, frame.height)
            next.verdict = Self.verdict(seen)
            next.marker = Self.lies(seen)
        case .taken(let shot):
            next.shutter = .taking
            return keep(next, shot)
        case .read: break
        }
        return Step(next)
    }

    /// A photo that was not taken leaves the camera as it was.
    private func failed(_ state: inout CameraState, _ fault: CameraFault) {
        if fault == .notTaken && state.shutter != .taking { return }
        state.shutter = fault == .notTaken ? .ready : .closed
        state.problem = Failures.camera(fault)
        state.askPermission = fault == .noPermission
    }

    private func shoot(_ state: CameraState) -> Step<CameraState, CameraScreenEvent> {
        guard state.shutter == .ready else { return Step(state) }
        aimed = marker
        var next = state
        next.shutter = .taking
        next.problem = nil
        return ask(next) { $0.shoot() }
    }

    /// How fit the photo is, it says itself: no frame saw the hand at its moment. Then the tick, and the small picture after it, without
    /// which the photo is as safe. It is overwritten in any case.
    private func keep(_ state: CameraState, _ shot: Shot) -> Step<CameraState, CameraScreenEvent> {
        let marker = inPixels(of: shot)
        return Step(state) { [weak self, core, camera, taken, record] in
            defer { shot.jpeg.overwrite() }
            var record = record
            record.fitness = core.judge(shot.jpeg).map { Fitness($0.sharpness, $0.exposure, marker: marker) }
            let outcome = core.capture(shot.jpeg, record)
            await self?.send(.kept(outcome))
            guard let id = outcome.orNil else { return nil }
            camera.safe()
            await taken(KeptPhoto(id, record.fitness, core.preview(id, shot.jpeg).orNil ?? nil))
            return nil
        }
    }

    /// The marker was measured in the preview's pixels, and is recorded in the photo's.
    private func inPixels(of shot: Shot) -> Marker? {
        aimed.map { Marker(nanometres: $0.nanometres * frameSide / max(1, shot.side), tilt: $0.tilt) }
    }

    private func kept(_ state: CameraState, _ outcome: Outcome<String>) -> Step<CameraState, CameraScreenEvent> {
        var next = state
        switch outcome {
        case .success: next.shutter = .safe
        case .failure(let failure):
            // A camera that closed meanwhile is ready only when it says so.
            if state.shutter == .taking { next.shutter = .ready }
            next.problem = refused(state, Failures.line(failure))
        }
        return Step(next)
    }

    /// What is refused here names the places, where they are known.
    private func refused(_ state: CameraState, _ line: Line) -> Line {
        guard line.word == .errorOutsideFence, let outside = state.outside, outside.word == .cameraOutsideBlocked else { return line }
        return outside
    }

    /// Whoever went where photos are taken is no longer told that this one was not.
    private func placed(_ state: CameraState, _ outside: Outside?) -> CameraState {
        var next = state
        switch outside?.mode {
        case .warn: next.outside = outside.map { Line(.cameraOutside, $0.words) }
        case .blockCapture: next.outside = outside.map { Line(.cameraOutsideBlocked, $0.words) }
        default: next.outside = nil
        }
        if let word = state.problem?.word, Self.elsewhere.contains(word) {
            next.problem = outside?.mode == .blockCapture ? next.outside : nil
        }
        return next
    }

    private static let blurred = 120
    /// About two stops from mid grey.
    private static let far = 750
    /// Thousandths of a degree: from here on lengths read from the picture are off by more than a thirtieth.
    private static let slanted = 15_000
    private static let elsewhere: [Word] = [.errorOutsideFence, .cameraOutsideBlocked]

    /// A fitness in words.
    public static func verdict(_ fitness: Fitness) -> Word {
        if fitness.exposure < -far { return .fitDark }
        if fitness.exposure > far { return .fitBright }
        return fitness.sharpness < blurred ? .fitBlurred : .fitGood
    }

    /// How the marker lies, where there is one.
    public static func lies(_ fitness: Fitness) -> Word? {
        fitness.marker.map { $0.tilt > slanted ? .cameraNotLevel : .cameraMarkerFound }
    }
}

private func sample(_ change: (inout CameraState) -> Void = { _ in }) -> CameraState {
    var state = CameraState(
        patient: samplePatient, site: Site("Heel", .left), shutter: .ready, torch: false, grid: true, ghost: false,
        hasGhost: false, verdict: .fitGood, marker: .cameraMarkerFound, problem: nil, askPermission: false, tilt: 0,
        askPosition: false
    )
    change(&state)
    return state
}

public let cameraSamples = [
    "ready": sample(),
    "blurred-nobody": CameraState(
        patient: nil, site: nil, shutter: .ready, torch: false, grid: true, ghost: false, hasGhost: false,
        verdict: .fitBlurred, marker: nil, problem: nil, askPermission: false, tilt: 0, askPosition: false
    ),
    "no-permission": sample {
        $0.shutter = .closed
        $0.verdict = nil
        $0.problem = Line(.cameraNoPermission)
        $0.askPermission = true
    },
    "leaning-ghost": sample {
        $0.ghost = true
        $0.hasGhost = true
        $0.marker = .cameraNotLevel
        $0.tilt = -12
    },
    "outside": sample { $0.outside = Line(.cameraOutside, "Site A") },
    "outside-blocked": sample { $0.outside = Line(.cameraOutsideBlocked, "Site A, Health centre B") },
    "outside-refused": sample {
        $0.problem = Line(.cameraOutsideBlocked, "Site A, Health centre B")
        $0.outside = Line(.cameraOutsideBlocked, "Site A, Health centre B")
    },
    "ask-position": sample { $0.askPosition = true },
    "not-taken": sample { $0.problem = Failures.camera(.notTaken) },
    "full": sample { $0.problem = Line(.errorStorageFull) },
    "safe": sample { $0.shutter = .safe },
]

/// Where the shutter stands. `safe` comes only after the core has the photo on flash, sealed.
public enum Shutter: Sendable, CaseIterable {
    case closed, ready, taking, safe
}

/// `verdict` is what the preview looks like; it never stops anybody.
public struct CameraState: Sendable, Unspoken {
    public let patient: Patient?
    public let site: Site?
    public internal(set) var shutter: Shutter
    public internal(set) var torch: Bool
    public internal(set) var grid: Bool
    public internal(set) var ghost: Bool
    public let hasGhost: Bool
    public internal(set) var verdict: Word?
    public internal(set) var marker: Bool
    public internal(set) var problem: Line?
    public internal(set) var askPermission: Bool
}

public enum CameraScreenEvent: Sendable {
    case from(CameraEvent)
    case shoot
    case torch(Bool)
    case grid(Bool)
    case ghost(Bool)
    case focus(x: Double, y: Double)
    case kept(Outcome<KeptPhoto>)
}

/// A photo that is safe, with what was seen of it.
public struct KeptPhoto: Sendable, Equatable {
    public let id: String
    public let fitness: Fitness

    public init(_ id: String, _ fitness: Fitness) {
        self.id = id
        self.fitness = fitness
    }
}

public final class CameraPresenter: Presenter<CameraState, CameraScreenEvent> {
    private let record: PhotoRecord
    private let core: any Capturing
    private let camera: any Handle
    private let judge: any Judge
    private let taken: Telling<KeptPhoto>
    private var seen = Fitness(0, 0)

    public init(
        _ record: PhotoRecord, hasGhost: Bool, _ core: any Capturing, _ camera: any Handle, _ judge: any Judge,
        _ work: Work, taken: @escaping Telling<KeptPhoto>
    ) {
        self.record = record
        self.core = core
        self.camera = camera
        self.judge = judge
        self.taken = taken
        super.init(
            CameraState(
                patient: record.patient, site: record.site, shutter: .closed, torch: false, grid: false, ghost: hasGhost,
                hasGhost: hasGhost, verdict: nil, marker: false, problem: nil, askPermission: false
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
        case .focus(let x, let y): return ask(next) { $0.focus(x, y) }
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
            next.shutter = .ready
            next.problem = nil
            next.askPermission = false
        case .failed(let fault):
            next.shutter = .closed
            next.problem = Line(word(fault))
            next.askPermission = fault == .noPermission
        case .seen(let frame):
            seen = judge.judge(frame)
            next.verdict = Self.verdict(seen)
            next.marker = seen.marker != nil
        case .taken(let picture):
            next.shutter = .taking
            var record = record
            record.fitness = seen
            return Step(next) { [core, record, seen] in .kept(Self.keep(picture, record, seen, core)) }
        }
        return Step(next)
    }

    private func shoot(_ state: CameraState) -> Step<CameraState, CameraScreenEvent> {
        guard state.shutter == .ready else { return Step(state) }
        var next = state
        next.shutter = .taking
        next.problem = nil
        return ask(next) { $0.shoot() }
    }

    /// The picture is overwritten whatever comes of it.
    private nonisolated static func keep(
        _ picture: Picture, _ record: PhotoRecord, _ fitness: Fitness, _ core: any Capturing
    ) -> Outcome<KeptPhoto> {
        defer { picture.overwrite() }
        return core.capture(picture, record).map { id in
            // Without a small picture the photo is as safe as with one.
            _ = core.preview(id, picture)
            return KeptPhoto(id, fitness)
        }
    }

    private func kept(_ state: CameraState, _ outcome: Outcome<KeptPhoto>) -> Step<CameraState, CameraScreenEvent> {
        var next = state
        switch outcome {
        case .success(let photo):
            next.shutter = .safe
            return Step(next) { [taken] in
                await taken(photo)
                return nil
            }
        case .failure(let failure):
            next.shutter = .ready
            next.problem = Failures.line(failure)
            return Step(next)
        }
    }

    private func word(_ fault: CameraFault) -> Word {
        switch fault {
        case .noPermission: .cameraNoPermission
        case .inUse: .cameraInUse
        case .noCamera: .cameraNoCamera
        case .broken: .cameraBroken
        }
    }

    private static let blurred = 120
    private static let stop = 1000

    /// A fitness in words.
    public static func verdict(_ fitness: Fitness) -> Word {
        if fitness.exposure < -2 * stop { return .fitDark }
        if fitness.exposure > 2 * stop { return .fitBright }
        return fitness.sharpness < blurred ? .fitBlurred : .fitGood
    }
}

private func sample(_ change: (inout CameraState) -> Void = { _ in }) -> CameraState {
    var state = CameraState(
        patient: samplePatient, site: Site("Heel", .left), shutter: .ready, torch: false, grid: true, ghost: false,
        hasGhost: false, verdict: .fitGood, marker: true, problem: nil, askPermission: false
    )
    change(&state)
    return state
}

public let cameraSamples = [
    "ready": sample(),
    "blurred-nobody": CameraState(
        patient: nil, site: nil, shutter: .ready, torch: false, grid: true, ghost: false, hasGhost: false,
        verdict: .fitBlurred, marker: false, problem: nil, askPermission: false
    ),
    "no-permission": sample {
        $0.shutter = .closed
        $0.verdict = nil
        $0.problem = Line(.cameraNoPermission)
        $0.askPermission = true
    },
    "full": sample { $0.problem = Line(.errorStorageFull) },
    "safe": sample { $0.shutter = .safe },
]

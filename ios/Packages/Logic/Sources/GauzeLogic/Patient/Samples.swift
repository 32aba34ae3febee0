/// Nobody: numbers of the test range, names that no register has.
public let samplePatient = Patient("Zzyzx", "Quillonbert", "1945-07-14", nhs: "9990000042")

public let longPatient = Patient(
    "Featherstonehaugh-Cholmondeley-Zzyzx", "Wilhelmina Anastasia Quillonberta", "2026-10-02", chi: "0607230002"
)

private func sample(
    _ way: Way, listed: Bool = true, worklist: [Patient]? = nil, _ change: (inout PatientState) -> Void = { _ in }
) -> PatientState {
    var state = PatientState(way, listed: listed)
    state.worklist = worklist
    change(&state)
    return state
}

public let patientSamples = [
    "choose": sample(.choose),
    "choose-unlisted": sample(.choose, listed: false),
    "scan": sample(.scan),
    "scan-not-allowed": sample(.scan) { $0.camera = .noPermission },
    "scan-in-use": sample(.scan) { $0.camera = .inUse },
    "scan-refused": sample(.scan) { $0.problem = Line(.bandCheckDigit) },
    "type": sample(.type) {
        $0.typed.fields = [.family: "Zzyzx", .born: "14.7.1945"]
        $0.typed.faults = [.born: Line(.patientBirthWrong), .reason: Line(.patientReasonMissing)]
    },
    "list": sample(.list, worklist: [samplePatient, longPatient]),
    "list-empty": sample(.list, worklist: []),
    "list-locked": sample(.list),
    "list-declined": sample(.list) { $0.problem = Line(.reviewDeclined) },
    "confirm": sample(.confirm) {
        $0.found = samplePatient
        $0.confirmed = [.name]
    },
    "confirm-long": sample(.confirm) {
        $0.found = longPatient
        $0.confirmed = [.name, .born]
    },
]

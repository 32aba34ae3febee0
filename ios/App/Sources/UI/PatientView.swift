import GauzeLogic
import SwiftUI

/// The first screen. `more` leads to everything that is not a new photo.
struct PatientView<Finder: View, More: View>: View {
    let state: PatientState
    let viewfinder: Finder
    let allow: @MainActor () -> Void
    let more: More
    let send: (PatientEvent) -> Void
    @Environment(\.ownNumber) private var own

    var body: some View {
        Page(title: state.way == .confirm ? .patientConfirmTitle : .patientTitle) {
            if state.way == .confirm { Banner(patient: state.found) }
        } content: {
            switch state.way {
            case .choose: choose
            case .scan: Scanning(hint: .patientScanning, fault: state.camera, viewfinder: viewfinder)
            case .list: worklist
            case .type: typeIn
            case .confirm: confirm
            }
        } actions: {
            Said(state.problem, state.problem?.word == .bandNeedsName ? .plain : .bad)
            switch state.way {
            case .choose:
                MainAction(.patientScan) { send(.choose(.scan)) }
                more
            case .scan:
                AllowCamera(fault: state.camera, allow: allow)
                OtherAction(.patientType) { send(.choose(.type)) }
                QuietAction(.cancel) { send(.choose(.choose)) }
            case .list: QuietAction(.cancel) { send(.choose(.choose)) }
            case .type:
                MainAction(.next) { send(.typedAll) }
                QuietAction(.cancel) { send(.choose(.choose)) }
            case .confirm:
                MainAction(.patientConfirmed, enabled: state.enough) { send(.go) }
                QuietAction(.patientOther) { send(.choose(.choose)) }
            }
        }
    }

    @ViewBuilder private var choose: some View {
        if state.listed {
            OtherAction(.patientList) { send(.choose(.list)) }
        }
        OtherAction(.patientType) { send(.choose(.type)) }
        Text(say(.patientNoneConsequence))
        OtherAction(.patientNone) { send(.nobody) }
    }

    @ViewBuilder private var worklist: some View {
        if let patients = state.worklist {
            if patients.isEmpty { Said(Line(.patientListEmpty), .plain) }
            ForEach(Array(patients.enumerated()), id: \.offset) { _, patient in
                Button {
                    send(.listed(patient))
                } label: {
                    Banner(patient: patient)
                }
                .buttonStyle(.plain)
            }
        } else {
            Text(say(.patientListLocked))
            OtherAction(.patientListUnlock, enabled: !state.working) { send(.unlock) }
        }
    }

    private var fields: [(Field, Line)] {
        let number = own.map { Line(.patientNumberOr, $0) } ?? Line(.patientNumber)
        let asked: [(Field, Line)] = [
            (.number, number), (.family, Line(.patientFamily)), (.given, Line(.patientGiven)), (.born, Line(.patientBirth)),
        ]
        return state.scanned ? asked : asked + [(.reason, Line(.patientReason))]
    }

    private var typeIn: some View {
        ForEach(fields, id: \.0) { field, label in
            Entered(label, state.typed[field], fault: state.typed.faults[field]) { send(.type(field, $0)) }
        }
    }

    @ViewBuilder private var confirm: some View {
        if let patient = state.found {
            ForEach(patient.known().sorted(), id: \.self) { identifier in
                Tick(
                    named(identifier), state.confirmed.contains(identifier), detail: detail(patient, identifier)
                ) { send(.confirm(identifier, matches: $0)) }
            }
            Text(say(.patientConfirmMore))
        }
    }

    private func named(_ identifier: Identifier) -> String {
        identifier == .local ? own ?? say(.confirmLocal) : say(Wordings.identifier(identifier))
    }

    private func detail(_ patient: Patient, _ identifier: Identifier) -> String {
        switch identifier {
        case .name: Wordings.name(patient)
        case .born: Day(iso: patient.born).map(Wordings.date) ?? say(.notKnown)
        case .nhs: Wordings.grouped(patient.nhs ?? "")
        case .chi: Wordings.grouped(patient.chi ?? "")
        case .hc: Wordings.grouped(patient.hc ?? "")
        case .local: patient.local ?? ""
        }
    }
}

/// What the first screen leads to besides a new photo.
struct MoreView: View {
    let queue: @MainActor () -> Void
    let review: @MainActor () -> Void
    let settings: @MainActor () -> Void

    var body: some View {
        OtherAction(.homeQueue, action: queue)
        OtherAction(.homeReview, action: review)
        QuietAction(.homeMore, action: settings)
    }
}

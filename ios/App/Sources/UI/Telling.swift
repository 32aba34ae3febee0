import GauzeLogic
import SwiftUI

struct IncidentView: View {
    let state: IncidentState
    let back: @MainActor () -> Void
    let send: (IncidentEvent) -> Void

    var body: some View {
        Page(.incidentTitle) {
            if let chosen = state.chosen {
                Text(say(chosen.happened)).font(.headline)
                Text(say(chosen.act))
                if state.support == nil { Text(say(.incidentNoContact)) }
                Support(word: .incidentContact, contact: state.support)
                ForEach(state.waiting, id: \.id) { item in
                    QueueRow(item: item)
                    GraveAction(.checkAgainConsequence, .incidentDiscard) { send(.discard(id: item.id)) }
                }
            } else {
                Text(say(.incidentBody))
                ForEach(Incident.allCases, id: \.self) { incident in
                    OtherAction(incident.happened) { send(.choose(incident)) }
                }
            }
        } actions: {
            Said(state.said, state.said?.word == .incidentDiscarded ? .good : .bad)
            QuietAction(.back) { if state.chosen == nil { back() } else { send(.choose(nil)) } }
        }
    }
}

/// Where the settings lead.
struct SettingsWays {
    let help: @MainActor () -> Void
    let incident: @MainActor () -> Void
    let team: @MainActor () -> Void
    let signOut: @MainActor () -> Void
    let back: @MainActor () -> Void
}

struct SettingsView: View {
    let state: SettingsState
    let ways: SettingsWays

    var body: some View {
        Page(.settingsTitle) {
            part(.settingsPhone, state.phone)
            part(.settingsMay, state.may)
            part(.settingsMayNot, state.mayNot)
            part(.settingsLicences, [Line(.settingsLicencesBody), state.version])
        } actions: {
            OtherAction(.settingsIncident, action: ways.incident)
            OtherAction(.settingsHelp, action: ways.help)
            if state.canChangeTeam { OtherAction(.settingsTeamChange, action: ways.team) }
            if state.canSignOut { OtherAction(.settingsSignOut, action: ways.signOut) }
            QuietAction(.back, action: ways.back)
        }
    }

    @ViewBuilder private func part(_ title: Word, _ lines: [Line]) -> some View {
        Divider()
        Text(say(title)).font(.headline).accessibilityAddTraits(.isHeader)
        ForEach(Array(lines.enumerated()), id: \.offset) { _, line in Text(say(line)) }
    }
}

/// Locked by the hospital, or wiped.
struct BlockedView: View {
    let state: BlockedState
    let sendNow: @MainActor () -> Void
    let enrol: @MainActor () -> Void

    var body: some View {
        Page(state.wiped ? .wipedTitle : .lockedTitle) {
            Text(say(state.wiped ? .wipedBody : .lockedBody))
            Said(state.why)
            Text(say(state.unsent > 0 ? Line(.lockedWaiting, "\(state.unsent)") : Line(.wipedNothing)))
            Support(word: .lockedContact, contact: state.support)
        } actions: {
            if state.unsent > 0 { MainAction(.lockedSend, action: sendNow) }
            if state.wiped { OtherAction(.wipedEnrol, action: enrol) }
        }
    }
}

struct HelpView: View {
    let state: HelpState
    let back: @MainActor () -> Void

    var body: some View {
        Page(.helpTitle) {
            ForEach(Array(state.lines.enumerated()), id: \.offset) { _, line in Text(say(line)) }
            Support(word: .helpContact, contact: state.support)
        } actions: {
            MainAction(.done, action: back)
        }
    }
}

import GauzeLogic
import SwiftUI

struct IncidentView: View {
    let state: IncidentState
    let back: @MainActor () -> Void
    let send: (IncidentEvent) -> Void

    var body: some View {
        if let form = state.form { ReportView(form: form, send: send) } else { happened }
    }

    private var happened: some View {
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
                if !state.reports.isEmpty { kept }
            }
        } actions: {
            Said(state.said, [.incidentDiscarded, .reportKept].contains(state.said?.word) ? .good : .bad)
            OtherAction(.incidentTell) { send(.tell(open: true)) }
            QuietAction(.back) { if state.chosen == nil { back() } else { send(.choose(nil)) } }
        }
    }

    /// What was told here and is on the phone until the hospital has it.
    @ViewBuilder private var kept: some View {
        Divider()
        Text(say(.reportMine)).font(.headline).accessibilityAddTraits(.isHeader)
        ForEach(state.reports, id: \.id) { report in
            if let written = report.written { Text(say(written)) }
            Said(Line(report.state), report.state == .reportSent ? .plain : .warning)
            Said(report.why)
        }
    }
}

/// What somebody writes to the hospital.
struct ReportView: View {
    let form: ReportForm
    let send: (IncidentEvent) -> Void

    private let kinds: [(Happened, Word)] = [(.breach, .reportBreach), (.nearMiss, .reportNearMiss)]

    var body: some View {
        Page(.reportTitle) {
            Text(say(.reportLead))
            heading(.reportKind)
            ForEach(kinds, id: \.0) { kind, word in
                Choosing(words: say(word), chosen: form.kind == kind) { send(.write { $0.kind = kind }) }
            }
            Entered(Line(.reportWhat), form.what) { text in send(.write { $0.what = text }) }
            Text(say(.reportWhatHint))
            Entered(Line(.reportWhose), form.whose) { text in send(.write { $0.whose = text }) }
            Text(say(.reportWhoseHint))
            noticed
            if !form.photos.isEmpty { photos }
        } actions: {
            Said(form.fault)
            MainAction(.reportSend, enabled: !form.sending) { send(.send) }
            QuietAction(.back) { send(.tell(open: false)) }
        }
    }

    @ViewBuilder private var noticed: some View {
        heading(.reportNoticed)
        ForEach(Noticed.allCases, id: \.self) { noticed in
            Choosing(words: say(noticed.word), chosen: form.noticed == noticed) { send(.write { $0.noticed = noticed }) }
        }
        if form.noticed == .earlier { Entered(Line(.reportDay), form.day) { text in send(.write { $0.day = text }) } }
    }

    @ViewBuilder private var photos: some View {
        heading(.reportPhoto)
        Choosing(words: say(.reportNoPhoto), chosen: form.photo == nil) { send(.write { $0.photo = nil }) }
        ForEach(form.photos, id: \.id) { item in
            let told = [say(item.taken), item.label, say(item.stage)].compactMap { $0 }
            let id = item.id
            Choosing(words: told.joined(separator: ", "), chosen: form.photo == id) { send(.write { $0.photo = id }) }
        }
    }

    private func heading(_ word: Word) -> some View {
        Text(say(word)).font(.headline).accessibilityAddTraits(.isHeader)
    }
}

/// Where the settings lead.
struct SettingsWays {
    let help: @MainActor () -> Void
    let incident: @MainActor () -> Void
    let team: @MainActor () -> Void
    let signOut: @MainActor () -> Void
    let licences: (@MainActor () -> Void)?
    let back: @MainActor () -> Void
}

struct SettingsView: View {
    let state: SettingsState
    let ways: SettingsWays

    var body: some View {
        Page(.settingsTitle) {
            OtherAction(.settingsIncident, action: ways.incident)
            OtherAction(.settingsHelp, action: ways.help)
            if state.canChangeTeam { OtherAction(.settingsTeamChange, action: ways.team) }
            if state.canSignOut { OtherAction(.settingsSignOut, action: ways.signOut) }
            part(.settingsPhone, state.phone)
            part(.settingsMay, state.may)
            part(.settingsMayNot, state.mayNot)
            part(.settingsLicences, [Line(.settingsLicencesBody), state.version])
            if let licences = ways.licences { OtherAction(.settingsLicencesRead, action: licences) }
        } actions: {
            QuietAction(.back, action: ways.back)
        }
    }

    @ViewBuilder private func part(_ title: Word, _ lines: [Line]) -> some View {
        Divider()
        Text(say(title)).font(.headline).accessibilityAddTraits(.isHeader)
        ForEach(Array(lines.enumerated()), id: \.offset) { _, line in Text(say(line)) }
    }
}

/// What each library that is packed asks to be told of it. Of so many paragraphs only those are laid out that are seen.
struct LicencesView: View {
    let paragraphs: [String]
    let back: @MainActor () -> Void

    var body: some View {
        Page(.settingsLicences) {
            LazyVStack(alignment: .leading, spacing: 16) {
                ForEach(Array(paragraphs.enumerated()), id: \.offset) { _, paragraph in Text(paragraph) }
            }
        } actions: {
            MainAction(.done, action: back)
        }
    }
}

/// Where a phone leads that is locked or wiped.
struct BlockedWays {
    let send: @MainActor () -> Void
    let enrol: @MainActor () -> Void
    let incident: @MainActor () -> Void
}

/// Locked by the hospital, or wiped.
struct BlockedView: View {
    let state: BlockedState
    let ways: BlockedWays

    var body: some View {
        Page(state.stop == .wiped ? .wipedTitle : .lockedTitle) {
            Text(say(Self.body(state.stop)))
            // That it was wiped is the title.
            if state.stop != .wiped { Said(state.why) }
            if state.unsent > 0 { Text(say(Line(.lockedWaiting, "\(state.unsent)"))) }
            if state.reports > 0 { Text(say(Line(.lockedReports, "\(state.reports)"))) }
            if state.unsent + state.reports == 0 { Text(say(Line(.wipedNothing))) }
            Support(word: .lockedContact, contact: state.support)
        } actions: {
            if state.sends { MainAction(.lockedSend, action: ways.send) }
            if state.over { OtherAction(.wipedEnrol, action: ways.enrol) }
            OtherAction(.settingsIncident, action: ways.incident)
        }
    }

    private static func body(_ stop: Stop) -> Word {
        switch stop {
        case .suspended: .lockedBody
        case .revoked: .lockedRevoked
        case .wiped: .wipedBody
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

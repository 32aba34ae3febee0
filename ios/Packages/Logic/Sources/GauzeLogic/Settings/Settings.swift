/// What this phone is, in lines.
public struct SettingsState: Sendable, Equatable {
    public let phone: [Line]
    public let may: [Line]
    public let mayNot: [Line]
    public let version: Line
    public let canSignOut: Bool
    public let canChangeTeam: Bool
}

/// The team that photos go to, and whether there are others.
public struct Working: Sendable, Equatable {
    public let team: Choice?
    public let others: Bool

    public init(_ team: Choice? = nil, others: Bool = false) {
        self.team = team
        self.others = others
    }
}

public enum Settings {
    /// `hardware` tells whether the keys are in a chip of their own, nil where nobody can tell.
    public static func of(
        _ standing: Standing, hardware: Bool?, version: String, canSignOut: Bool, _ working: Working = Working()
    ) -> SettingsState {
        SettingsState(
            phone: phone(standing, hardware, working.team),
            may: [Line(.settingsMayCamera), Line(.settingsMaySend)],
            mayNot: [Line(.settingsMayNotGallery), Line(.settingsMayNotLocation), Line(.settingsMayNotBackup)],
            version: Line(.settingsVersion, version),
            canSignOut: canSignOut,
            canChangeTeam: working.others
        )
    }

    private static func phone(_ standing: Standing, _ hardware: Bool?, _ team: Choice?) -> [Line] {
        var lines = [standing.device.map { Line(.settingsDevice, $0) } ?? Line(.settingsNotEnrolled)]
        if let ward = standing.ward { lines.append(Line(.settingsWard, ward)) }
        if let team { lines.append(Line(.settingsTeam, team.words)) }
        if let gateway = standing.gateway { lines.append(Line(.settingsGateway, gateway)) }
        if standing.policy > 0 { lines.append(Line(.settingsPolicy, "\(standing.policy)")) }
        if let hardware { lines.append(Line(hardware ? .settingsKeysHardware : .settingsKeysTee)) }
        lines.append(Line(.settingsUnsent, "\(standing.unsent)"))
        if let code = standing.tooManyUnsent { lines.append(Failures.waiting(code)) }
        if standing.damaged > 0 { lines.append(Line(.settingsDamaged, "\(standing.damaged)")) }
        if standing.trustStale { lines.append(Line(.settingsTrustStale)) }
        let troubles = [standing.trustRefused, standing.reviewDenied, standing.storageTrouble]
        return lines + troubles.compactMap { $0.map(Failures.waiting) }
    }
}

private func ward(_ change: (inout Standing) -> Void = { _ in }) -> Standing {
    var standing = Standing(device: "5f0a-77c1")
    standing.gateway = "https://photos.example.nhs.uk"
    standing.ward = "Ward 9"
    standing.policy = 12
    standing.unsent = 3
    change(&standing)
    return standing
}

public let settingsSamples = [
    "enrolled": Settings.of(
        ward(), hardware: true, version: "0.1.0", canSignOut: true,
        Working(Choice("burns", "Burns and plastic surgery"), others: true)
    ),
    "trouble": Settings.of(
        ward {
            $0.tooManyUnsent = "too_many_unsent"
            $0.damaged = 1
            $0.trustStale = true
            $0.trustRefused = "root_changed"
            $0.reviewDenied = "attestation_overdue"
        }, hardware: false, version: "0.1.0", canSignOut: false
    ),
    "new": Settings.of(Standing(), hardware: nil, version: "0.1.0", canSignOut: false),
]

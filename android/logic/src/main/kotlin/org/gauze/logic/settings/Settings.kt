package org.gauze.logic.settings

import org.gauze.logic.core.Choice
import org.gauze.logic.core.Standing
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Failures
import org.gauze.logic.words.Word

/** What this phone is, in lines; [hardware] tells whether its keys are in a chip of their own, null where nobody can tell. */
data class SettingsState(
    val phone: List<Line>,
    val may: List<Line>,
    val mayNot: List<Line>,
    val version: Line,
    val canSignOut: Boolean,
    val canChangeTeam: Boolean,
)

/** The team that photos go to, and whether there are others. */
class Working(val team: Choice? = null, val others: Boolean = false)

object Settings {
    fun of(standing: Standing, hardware: Boolean?, version: String, canSignOut: Boolean, working: Working = Working()) = SettingsState(
        phone = phone(standing, hardware, working.team),
        may = listOf(Line(Word.SettingsMayCamera), Line(Word.SettingsMaySend)),
        mayNot = listOf(Line(Word.SettingsMayNotGallery), Line(Word.SettingsMayNotLocation), Line(Word.SettingsMayNotBackup)),
        version = Line(Word.SettingsVersion, version),
        canSignOut = canSignOut,
        canChangeTeam = working.others,
    )

    private fun phone(standing: Standing, hardware: Boolean?, team: Choice?): List<Line> = buildList {
        val device = standing.device
        if (device == null) add(Line(Word.SettingsNotEnrolled)) else add(Line(Word.SettingsDevice, device))
        standing.ward?.let { add(Line(Word.SettingsWard, it)) }
        team?.let { add(Line(Word.SettingsTeam, it.words)) }
        standing.gateway?.let { add(Line(Word.SettingsGateway, it)) }
        if (standing.policy > 0) add(Line(Word.SettingsPolicy, standing.policy.toString()))
        hardware?.let { add(Line(if (it) Word.SettingsKeysHardware else Word.SettingsKeysTee)) }
        add(Line(Word.SettingsUnsent, standing.unsent.toString()))
        standing.tooManyUnsent?.let { add(Failures.waiting(it)) }
        if (standing.damaged > 0) add(Line(Word.SettingsDamaged, standing.damaged.toString()))
        if (standing.trustStale) add(Line(Word.SettingsTrustStale))
        standing.trustRefused?.let { add(Failures.waiting(it)) }
        standing.reviewDenied?.let { add(Failures.waiting(it)) }
        standing.storageTrouble?.let { add(Failures.waiting(it)) }
    }
}

private val ward = Standing("5f0a-77c1", "https://photos.example.nhs.uk", "Ward 9", 12, unsent = 3)

val settingsSamples = mapOf(
    "enrolled" to Settings.of(
        ward,
        hardware = true,
        version = "0.1.0",
        canSignOut = true,
        Working(Choice("burns", "Burns and plastic surgery"), others = true),
    ),
    "trouble" to Settings.of(
        ward.copy(
            tooManyUnsent = "too_many_unsent",
            damaged = 1,
            trustStale = true,
            trustRefused = "root_changed",
            reviewDenied = "attestation_overdue",
        ),
        hardware = false,
        version = "0.1.0",
        canSignOut = false,
    ),
    "new" to Settings.of(Standing(), hardware = null, version = "0.1.0", canSignOut = false),
)

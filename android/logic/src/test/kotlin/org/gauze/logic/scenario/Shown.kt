package org.gauze.logic.scenario

import org.gauze.logic.body.BodyState
import org.gauze.logic.camera.CameraState
import org.gauze.logic.check.CheckState
import org.gauze.logic.consent.ConsentState
import org.gauze.logic.core.Consent
import org.gauze.logic.core.Established
import org.gauze.logic.core.Fitness
import org.gauze.logic.core.Identifier
import org.gauze.logic.core.Notice
import org.gauze.logic.core.Patient
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.core.Site
import org.gauze.logic.core.WentWrong
import org.gauze.logic.core.Wound
import org.gauze.logic.enrol.EnrolState
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Route
import org.gauze.logic.incident.IncidentState
import org.gauze.logic.incident.ReportForm
import org.gauze.logic.incident.ReportItem
import org.gauze.logic.notice.NoticeState
import org.gauze.logic.patient.PatientState
import org.gauze.logic.queue.QueueItem
import org.gauze.logic.queue.QueueState
import org.gauze.logic.review.ReviewState
import org.gauze.logic.settings.BlockedState
import org.gauze.logic.settings.HelpState
import org.gauze.logic.settings.SettingsState
import org.gauze.logic.signin.SignInState
import org.gauze.logic.team.TeamState
import org.gauze.logic.wound.WoundState
import org.gauze.logic.wristband.Band

/**
 * How states are written in scenarios: every field by its name, enumerations in snake case, a sentence by its word and what
 * is put into it. `Shown.swift` writes the same.
 */
internal fun shown(value: Enum<*>?) = value?.name?.lowercase()

internal fun shown(line: Line?): Any? =
    line?.let {
        val told = it.args + listOfNotNull(it.help)
        if (told.isEmpty()) it.word.resource else listOf(it.word.resource) + told
    }

private fun lines(lines: List<Line>) = lines.map { shown(it) }

private fun identifiers(some: Set<Identifier>) = some.sorted().map { shown(it) }

internal fun shown(patient: Patient?) = patient?.run {
    val how = when (val it = established) {
        Established.Wristband -> "wristband"
        Established.Worklist -> "worklist"
        is Established.Typed -> listOf("typed", it.reason)
    }
    mapOf(
        "family" to family, "given" to given, "born" to born, "nhs" to nhs, "chi" to chi, "hc" to hc, "local" to local,
        "established" to how, "confirmed" to identifiers(confirmed),
    )
}

internal fun shown(site: Site?) =
    site?.run { mapOf("words" to words, "side" to shown(side), "system" to system, "code" to code) }

internal fun shown(notice: Notice?) = notice?.run { mapOf("code" to code, "version" to version.toLong()) }

internal fun shown(consent: Consent?) = consent?.run {
    mapOf("scopes" to scopes.sorted().map { shown(it) }, "by" to by, "form" to form.code, "notice" to shown(notice), "at" to at)
}

internal fun shown(fitness: Fitness?) =
    fitness?.run {
        mapOf("sharpness" to sharpness.toLong(), "exposure" to exposure.toLong()) +
            (marker?.let { mapOf("marker" to listOf(it.nanometres.toLong(), it.tilt.toLong())) } ?: emptyMap())
    }

internal fun shown(record: PhotoRecord) = record.run {
    mapOf(
        "patient" to shown(patient), "team" to team?.code, "site" to shown(site), "wound" to wound, "series" to series,
        "view" to shown(view), "consent" to shown(consent), "fitness" to shown(fitness), "notes" to notes,
    )
}

internal fun shown(wound: Wound) = wound.run { mapOf("id" to id, "site" to shown(site), "namedAt" to namedAt) }

/** Bytes are not written, only whether they are there and readable. */
internal fun shown(picture: ByteArray?) = picture?.let { if (it.all { byte -> byte == 0.toByte() }) "overwritten" else "shown" }

private fun shown(item: QueueItem) = item.run {
    mapOf(
        "id" to id, "stage" to stage.resource, "taken" to shown(taken), "label" to label, "why" to shown(why), "next" to shown(next),
    )
}

internal fun shown(state: EnrolState) = state.run {
    mapOf(
        "managed" to managed, "pasted" to pasted, "scanning" to scanning, "working" to working, "problem" to shown(problem),
        "support" to support, "camera" to shown(camera),
    )
}

internal fun shown(state: SignInState) =
    state.run { mapOf("optional" to optional, "working" to working, "problem" to shown(problem)) }

internal fun shown(state: NoticeState) = state.run { mapOf("notice" to shown(notice), "read" to read, "working" to working) }

internal fun shown(state: TeamState) = state.run { mapOf("teams" to teams.map { it.code }, "now" to now?.code) }

internal fun shown(state: PatientState) = state.run {
    mapOf(
        "way" to shown(way),
        "typed" to mapOf(
            "fields" to typed.fields.mapKeys { shown(it.key) },
            "faults" to typed.faults.entries.associate { shown(it.key) to shown(it.value) },
        ),
        "found" to shown(found), "confirmed" to identifiers(confirmed), "problem" to shown(problem),
        "worklist" to worklist?.map { shown(it) }, "scanned" to scanned, "listed" to listed, "working" to working,
        "camera" to shown(camera),
    )
}

internal fun shown(state: ConsentState) = state.run {
    mapOf(
        "patient" to shown(patient), "scopes" to scopes.sorted().map { shown(it) }, "by" to by, "forms" to forms.map { it.code },
        "form" to form?.code, "notice" to shown(notice), "shown" to shown, "problem" to shown(problem),
    )
}

internal fun shown(state: BodyState) = state.run {
    mapOf(
        "patient" to shown(patient), "turn" to shown(turn), "sites" to sites.map { it.code }, "chosen" to shown(chosen),
        "askSide" to askSide, "problem" to shown(problem),
    )
}

internal fun shown(state: WoundState) = state.run {
    mapOf(
        "patient" to shown(patient), "wounds" to wounds?.map { shown(it) }, "working" to working, "problem" to shown(problem),
    )
}

internal fun shown(state: CameraState) = state.run {
    mapOf(
        "patient" to shown(patient), "site" to shown(site), "shutter" to shown(shutter), "torch" to torch, "grid" to grid,
        "ghost" to ghost, "hasGhost" to hasGhost, "verdict" to verdict?.resource, "marker" to marker?.resource,
        "problem" to shown(problem), "askPermission" to askPermission, "tilt" to tilt?.toLong(),
        "outside" to shown(outside), "askPosition" to askPosition,
    )
}

internal fun shown(state: CheckState) = state.run {
    mapOf(
        "patient" to shown(patient), "verdict" to verdict?.resource, "marker" to marker?.resource, "picture" to shown(picture),
        "working" to working, "problem" to shown(problem),
    )
}

internal fun shown(state: QueueState) = state.run {
    mapOf(
        "items" to items?.map { shown(it) }, "sending" to sending, "problem" to shown(problem), "support" to support, "cut" to cut,
        "askNotes" to askNotes, "tooMany" to shown(tooMany), "unlisted" to shown(unlisted),
    )
}

internal fun shown(state: ReviewState) = state.run {
    mapOf(
        "items" to items?.map { mapOf("id" to it.id, "taken" to it.taken, "label" to it.label) }, 
        "open" to open?.let { listOf(it.item.id, shown(it.item.patient), shown(it.picture)) }, "working" to working, "problem" to shown(problem),
    )
}

internal fun shown(state: IncidentState) = state.run {
    mapOf(
        "chosen" to shown(chosen), "waiting" to waiting.map { shown(it) }, "support" to support, "said" to shown(said),
        "form" to form?.let(::shown), "reports" to reports.map(::shown),
    )
}

private fun shown(form: ReportForm) = form.run {
    mapOf(
        "kind" to shown(kind), "what" to what, "whose" to whose, "noticed" to shown(noticed), "day" to day, "photo" to photo,
        "photos" to photos.map { it.id }, "fault" to shown(fault), "sending" to sending,
    )
}

private fun shown(report: ReportItem) = report.run {
    mapOf("id" to id, "written" to shown(written), "state" to state.resource, "why" to shown(why))
}

internal fun shown(said: WentWrong) = said.run {
    mapOf("kind" to shown(kind), "what" to what, "whose" to whose, "photo" to photo, "noticed_at" to noticedAt)
}

internal fun shown(state: BlockedState?) =
    state?.run {
        mapOf(
            "stop" to stop.name.lowercase(), "why" to shown(why), "unsent" to unsent, "reports" to reports, "support" to support,
            "sends" to sends, "over" to over,
        )
    }

internal fun shown(state: SettingsState) = state.run {
    mapOf(
        "phone" to lines(phone), "may" to lines(may), "mayNot" to lines(mayNot), "version" to shown(version),
        "canSignOut" to canSignOut, "canChangeTeam" to canChangeTeam,
    )
}

internal fun shown(state: HelpState) = mapOf("lines" to lines(state.lines), "support" to state.support)

internal fun shown(route: Route): List<Any?> = when (route) {
    Route.Enrol -> listOf("enrol")
    Route.SignIn -> listOf("sign_in")
    is Route.Notice -> listOf("notice", shown(route.notice))
    is Route.Team -> listOf("team", route.teams.map { it.code })
    Route.Patient -> listOf("patient")
    is Route.Consent -> listOf("consent", shown(route.patient))
    is Route.Body -> listOf("body", shown(route.patient))
    is Route.Wound -> listOf("wound", shown(route.patient))
    is Route.Camera -> listOf("camera", shown(route.record)) + listOfNotNull(route.ghost)
    is Route.Check -> listOf("check", route.kept.id, shown(route.patient))
    Route.Queue -> listOf("queue")
    Route.Review -> listOf("review")
    Route.Incident -> listOf("incident")
    Route.Settings -> listOf("settings")
    Route.Help -> listOf("help")
    Route.Licences -> listOf("licences")
    is Route.Stopped -> listOf("stopped", shown(route.state))
}

internal fun shown(band: Band): Map<String, Any?> = when (band) {
    is Band.Person -> band.run {
        mapOf(
            "number" to number, "register" to shown(register), "family" to family, "given" to given, "born" to born?.toString(),
            "issue" to issue,
        )
    }
    is Band.Local -> mapOf("local" to band.number)
    is Band.Refused -> mapOf("refused" to shown(band.why))
}

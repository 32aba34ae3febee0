package org.gauze.bridge

import java.time.Instant
import org.gauze.core.BodySide
import org.gauze.core.CaptureContext
import org.gauze.core.Choice
import org.gauze.core.Consent
import org.gauze.core.ConsentScope
import org.gauze.core.Established
import org.gauze.core.Fitness
import org.gauze.core.Fix
import org.gauze.core.FoundMarker
import org.gauze.core.Framing
import org.gauze.core.Happened
import org.gauze.core.Identifier
import org.gauze.core.Kind
import org.gauze.core.OldestPhoto
import org.gauze.core.Outside
import org.gauze.core.Patient
import org.gauze.core.PhotoView
import org.gauze.core.PickLists
import org.gauze.core.QueueReport
import org.gauze.core.ShownNotice
import org.gauze.core.Site
import org.gauze.core.Stage
import org.gauze.core.StatusView
import org.gauze.core.TransferEnd
import org.gauze.core.TransportError
import org.gauze.core.WaitingReport
import org.gauze.core.WentWrong
import org.gauze.core.WoundView
import org.gauze.core.describe
import org.gauze.logic.core.CheckDigit as AppCheckDigit
import org.gauze.logic.core.Choice as AppChoice
import org.gauze.logic.core.Choices as AppChoices
import org.gauze.logic.core.Consent as AppConsent
import org.gauze.logic.core.Established as AppEstablished
import org.gauze.logic.core.FenceMode as AppFenceMode
import org.gauze.logic.core.Fitness as AppFitness
import org.gauze.logic.core.Fix as AppFix
import org.gauze.logic.core.Identifier as AppIdentifier
import org.gauze.logic.core.LocalNumbers as AppLocalNumbers
import org.gauze.logic.core.Notice as AppNotice
import org.gauze.logic.core.OldestPhoto as AppOldest
import org.gauze.logic.core.Outside as AppOutside
import org.gauze.logic.core.Patient as AppPatient
import org.gauze.logic.core.Photo as AppPhoto
import org.gauze.logic.core.PhotoRecord as AppRecord
import org.gauze.logic.core.Sent as AppSent
import org.gauze.logic.core.Side as AppSide
import org.gauze.logic.core.Site as AppSite
import org.gauze.logic.core.SiteChoice as AppSiteChoice
import org.gauze.logic.core.Stage as AppStage
import org.gauze.logic.core.Standing as AppStanding
import org.gauze.logic.core.TransferEnd as AppEnd
import org.gauze.logic.core.Waiting as AppWaiting
import org.gauze.logic.core.WaitingReport as AppReport
import org.gauze.logic.core.WentWrong as AppWentWrong
import org.gauze.logic.core.Wound as AppWound

internal fun AppRecord.toCore() = CaptureContext(
    patient = patient?.toCore(),
    team = team?.toCore(),
    site = site?.toCore(),
    wound = wound,
    series = series,
    view = view?.let { Framing.valueOf(it.name) },
    consent = consent?.toCore(),
    fitness = fitness?.toCore(),
    notes = notes,
)

internal fun AppPatient.toCore() = Patient(
    nhsNumber = nhs,
    chiNumber = chi,
    hcNumber = hc,
    localNumber = local,
    family = family,
    given = given,
    dob = born,
    established = when (val how = established) {
        AppEstablished.Wristband -> Established.Wristband
        AppEstablished.Worklist -> Established.Worklist
        is AppEstablished.Typed -> Established.Typed(how.reason)
    },
    confirmedBy = confirmed.sorted().map {
        when (it) {
            AppIdentifier.NAME -> Identifier.NAME
            AppIdentifier.BORN -> Identifier.DOB
            AppIdentifier.NHS -> Identifier.NHS_NUMBER
            AppIdentifier.CHI -> Identifier.CHI_NUMBER
            AppIdentifier.HC -> Identifier.HC_NUMBER
            AppIdentifier.LOCAL -> Identifier.LOCAL_NUMBER
        }
    },
)

/** The core's patients are those of its list. */
internal fun Patient.toApp() =
    AppPatient(family, given, dob, nhsNumber, chiNumber, hcNumber, localNumber, AppEstablished.Worklist)

internal fun AppSite.toCore() = Site(system = system, code = code, words = words, side = side?.let { BodySide.valueOf(it.name) })

internal fun Site.toApp() =
    AppSite(words = words, side = side?.let { AppSide.valueOf(it.name) }, system = system, code = code)

internal fun AppChoice.toCore() = Choice(code, words)

internal fun AppFix.toCore() = Fix(
    latitude = latitude,
    longitude = longitude,
    accuracyM = accuracy,
    ageMs = age.coerceIn(0, UInt.MAX_VALUE.toLong()).toUInt(),
    mock = mock,
    utcOffsetMinutes = utcOffset.toShort(),
)

internal fun Outside.toApp() = AppOutside(AppFenceMode.valueOf(mode.name), words)

private fun AppConsent.toCore() = Consent(
    scopes = scopes.sorted().map { ConsentScope.valueOf(it.name) },
    by = by,
    form = form.toCore(),
    notice = notice?.toCore(),
    at = Instant.parse(at).toEpochMilli(),
)

internal fun AppNotice.toCore() = ShownNotice(code, version.toUInt())

/** What is out of the record's range is no reason to refuse a photo. */
private fun AppFitness.toCore() = Fitness(
    sharpness = sharpness.coerceIn(0, 1000).toUShort(),
    exposure = exposure.coerceIn(-1000, 1000).toShort(),
    marker = marker?.takeIf { it.nanometres in 1..10_000_000 && it.tilt in 0..90_000 }
        ?.let { FoundMarker(it.nanometres.toUInt(), it.tilt.toUInt()) },
)

internal fun Fitness.toApp() = AppFitness(sharpness.toInt(), exposure.toInt())

internal fun PickLists.toApp() = AppChoices(
    teams = teams.map { AppChoice(it.code, it.words) },
    sites = sites.map { AppSiteChoice(it.system, it.code, it.words, it.sided) },
    consents = consents.map { AppChoice(it.code, it.words) },
    notices = notices.map { AppNotice(it.code, it.version.toInt(), it.words) },
    localNumber = localNumber?.let { own -> AppLocalNumbers(own.words, own.shapes, own.check?.let { AppCheckDigit.valueOf(it.name) }) },
)

internal fun PhotoView.toApp() = AppPhoto(
    id = captureId,
    takenAt = Instant.ofEpochMilli(capturedAt).toString(),
    bytes = size.toLong(),
    stage = when (stage) {
        Stage.UNSIGNED -> AppStage.UNSIGNED
        Stage.SIGNED -> AppStage.SIGNED
        Stage.STORED -> AppStage.STORED
        Stage.FILED -> AppStage.FILED
        Stage.REFUSED -> AppStage.REFUSED
    },
    waiting = progress?.let {
        val advice = describe(it.trouble)
        AppWaiting(advice.code, advice.nextStep, it.attempts.toInt(), it.notBeforeMs)
    },
    label = label,
    patient = patient?.toApp(),
    previewed = previewed,
    void = kind == Kind.VOID,
)

internal fun OldestPhoto.toApp() = AppOldest(capturedAt, trouble?.let { describe(it).code })

internal fun StatusView.toApp() = AppStanding(
    device = deviceId,
    gateway = gateway,
    ward = ward,
    policy = policyVersion.toLong(),
    unsent = unsent.toLong(),
    reports = reports.toLong(),
    stored = stored.toLong(),
    refused = refused.toLong(),
    damaged = quarantined.toLong(),
    trustStale = bundleStale,
    trustRefused = trustRefused?.code,
    tooManyUnsent = tooManyUnsent?.code,
    reviewDenied = reviewDenied,
    storageTrouble = storageTrouble?.code,
    oldestUnsent = oldestUnsent?.toApp(),
    oldestRefused = oldestRefused?.toApp(),
)

internal fun QueueReport.toApp() = AppSent(
    stored = stored.toLong(),
    filed = filed.size,
    refused = refused.toLong(),
    waiting = stopped.associate { it.captureId to describe(it.trouble).code },
    nextAt = nextAtMs,
)

internal fun AppWentWrong.toCore() = WentWrong(
    kind = Happened.valueOf(kind.name),
    what = what,
    whose = whose,
    photo = photo,
    noticedAt = noticedAt?.let { Instant.parse(it).toEpochMilli() },
)

internal fun WaitingReport.toApp() =
    AppReport(reportId, writtenAt?.let { Instant.ofEpochMilli(it).toString() }, sent, trouble?.let { describe(it).code })

internal fun WoundView.toApp() = AppWound(wound, site?.toApp(), Instant.ofEpochMilli(namedAt).toString(), newest)

internal fun AppEnd.toCore(): TransferEnd = when (this) {
    is AppEnd.Answered -> TransferEnd.Answered(status.toUShort(), body)
    AppEnd.Cut -> TransferEnd.Failed(TransportError.Cut)
    AppEnd.Unreachable -> TransferEnd.Failed(TransportError.Unreachable)
    AppEnd.FileGone -> TransferEnd.Failed(TransportError.File)
}

package org.gauze.app

import android.graphics.Bitmap
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.graphics.Canvas
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.Paint
import androidx.compose.ui.platform.LocalConfiguration
import java.io.ByteArrayOutputStream
import java.time.ZoneId
import org.gauze.app.ui.BlockedView
import org.gauze.app.ui.BlockedWays
import org.gauze.app.ui.BodyView
import org.gauze.app.ui.CameraView
import org.gauze.app.ui.CameraWays
import org.gauze.app.ui.CheckView
import org.gauze.app.ui.ConsentView
import org.gauze.app.ui.EnrolView
import org.gauze.app.ui.HelpView
import org.gauze.app.ui.IncidentView
import org.gauze.app.ui.LicencesView
import org.gauze.app.ui.More
import org.gauze.app.ui.NoticeView
import org.gauze.app.ui.PatientView
import org.gauze.app.ui.QueueView
import org.gauze.app.ui.ReviewView
import org.gauze.app.ui.SettingsView
import org.gauze.app.ui.SettingsWays
import org.gauze.app.ui.SignInView
import org.gauze.app.ui.TeamView
import org.gauze.app.ui.WoundView
import org.gauze.app.ui.viewingGrey
import org.gauze.logic.body.bodySamples
import org.gauze.logic.camera.cameraSamples
import org.gauze.logic.check.checkSamples
import org.gauze.logic.consent.consentSamples
import org.gauze.logic.enrol.enrolSamples
import org.gauze.logic.incident.incidentSamples
import org.gauze.logic.notice.noticeSamples
import org.gauze.logic.patient.patientSamples
import org.gauze.logic.queue.queueSamples
import org.gauze.logic.review.OpenPhoto
import org.gauze.logic.review.ReviewItem
import org.gauze.logic.review.ReviewState
import org.gauze.logic.review.reviewSamples
import org.gauze.logic.settings.helpSamples
import org.gauze.logic.settings.lockedSamples
import org.gauze.logic.settings.settingsSamples
import org.gauze.logic.team.teamSamples
import org.gauze.logic.settings.wipedSamples
import org.gauze.logic.signin.signInSamples
import org.gauze.logic.wound.woundSamples

/** Every screen with every sample. */
object Samples {
    private val finder: @Composable () -> Unit = { Box(Modifier.fillMaxWidth().aspectRatio(1f).background(viewingGrey)) }
    private val picture: @Composable () -> Unit = {
        val lying = LocalConfiguration.current.run { screenWidthDp > screenHeightDp }
        Box(Modifier.aspectRatio(if (lying) 4f / 3f else 3f / 4f).background(Color(0xFF5F5F5F)))
    }
    private val ghost by lazy {
        ImageBitmap(30, 40).also { Canvas(it).drawCircle(Offset(15f, 20f), 9f, Paint().apply { color = Color(0xFFB5524A) }) }
    }
    private val nowhere = CameraWays({}, {}, {}, {}, {})
    private val overLock: Map<String, @Composable () -> Unit> = mapOf(
        "over-lock" to {
            val state = cameraSamples.getValue("ready").copy(patient = null, site = null, marker = null)
            CameraView(state, picture, null, CameraWays(null, null, {}, null, {})) {}
        },
    )
    private val taken by lazy {
        val bitmap = Bitmap.createBitmap(300, 400, Bitmap.Config.ARGB_8888).apply { eraseColor(0xFFB98B74.toInt()) }
        ByteArrayOutputStream().also { bitmap.compress(Bitmap.CompressFormat.JPEG, 90, it) }.toByteArray()
    }
    private val pictured: Map<String, @Composable () -> Unit> = mapOf(
        "pictured" to { CheckView(checkSamples.getValue("good").with(picture = taken)) {} },
    )
    private val opened: Map<String, @Composable () -> Unit> = mapOf(
        "open" to {
            val item = ReviewItem("1", "29-Nov-2026 08:04", "Zzyzx, Quillonbert, left heel", checkSamples.getValue("good").patient)
            ReviewView(ReviewState(listOf(item), OpenPhoto(item, taken), false, null), {}) {}
        },
    )
    private val notices = listOf(
        "aead 0.6.1: MIT OR Apache-2.0\nring 0.17.14: Apache-2.0 AND ISC",
        "Of aead 0.6.1:",
        "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files.",
    )
    private val utc = ZoneId.of("UTC")

    private fun <S> views(samples: Map<String, S>, view: @Composable (S) -> Unit): Map<String, @Composable () -> Unit> =
        samples.mapValues { (_, state) -> { view(state) } }

    val all: Map<String, Map<String, @Composable () -> Unit>> = mapOf(
        "enrol" to views(enrolSamples) { EnrolView(it, finder, {}) {} },
        "signin" to views(signInSamples) { SignInView(it) {} },
        "notice" to views(noticeSamples) { NoticeView(it) {} },
        "team" to views(teamSamples) { TeamView(it) {} },
        "patient" to views(patientSamples) { PatientView(it, finder, {}, { More({}, {}, {}) }) {} },
        "consent" to views(consentSamples) { ConsentView(it) {} },
        "body" to views(bodySamples) { BodyView(it) {} },
        "wound" to views(woundSamples) { WoundView(it, utc) {} },
        "camera" to views(cameraSamples) { CameraView(it, picture, ghost, nowhere) {} } + overLock,
        "check" to views(checkSamples) { CheckView(it) {} } + pictured,
        "queue" to views(queueSamples) { QueueView(it, {}, {}) {} },
        "review" to views(reviewSamples) { ReviewView(it, {}) {} } + opened,
        "incident" to views(incidentSamples) { IncidentView(it, {}) {} },
        "settings" to views(settingsSamples) { SettingsView(it, SettingsWays({}, {}, {}, {}, {}, {})) },
        "licences" to views(mapOf("text" to notices)) { LicencesView(it) {} },
        "locked" to views(lockedSamples) { BlockedView(it, BlockedWays({}, {}, {})) },
        "wiped" to views(wipedSamples) { BlockedView(it, BlockedWays({}, {}, {})) },
        "help" to views(helpSamples) { HelpView(it) {} },
    )
}

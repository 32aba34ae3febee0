package org.gauze.logic.patient

import org.gauze.logic.core.Identifier
import org.gauze.logic.core.Patient
import org.gauze.logic.flow.Line
import org.gauze.logic.port.CameraFault
import org.gauze.logic.words.Word

/** Nobody: numbers of the test range, names that no register has. */
val samplePatient = Patient("Zzyzx", "Quillonbert", "1945-07-14", nhs = "9990000042")

val longPatient = Patient(
    "Featherstonehaugh-Cholmondeley-Zzyzx",
    "Wilhelmina Anastasia Quillonberta",
    "2026-10-02",
    chi = "0607230002",
)

private val start = PatientState(Way.CHOOSE, Typed(), null, emptySet(), null, null, false, true, false)

val patientSamples = mapOf(
    "choose" to start,
    "choose-unlisted" to start.copy(listed = false),
    "scan" to start.copy(way = Way.SCAN),
    "scan-not-allowed" to start.copy(way = Way.SCAN, camera = CameraFault.NO_PERMISSION),
    "scan-in-use" to start.copy(way = Way.SCAN, camera = CameraFault.IN_USE),
    "scan-refused" to start.copy(way = Way.SCAN, problem = Line(Word.BandCheckDigit)),
    "type" to start.copy(
        way = Way.TYPE,
        typed = Typed(
            mapOf(Field.FAMILY to "Zzyzx", Field.BORN to "14.7.1945"),
            mapOf(Field.BORN to Line(Word.PatientBirthWrong), Field.REASON to Line(Word.PatientReasonMissing)),
        ),
    ),
    "list" to start.copy(way = Way.LIST, worklist = listOf(samplePatient, longPatient)),
    "list-empty" to start.copy(way = Way.LIST, worklist = emptyList()),
    "list-locked" to start.copy(way = Way.LIST),
    "list-declined" to start.copy(way = Way.LIST, problem = Line(Word.ReviewDeclined)),
    "confirm" to start.copy(way = Way.CONFIRM, found = samplePatient, confirmed = setOf(Identifier.NAME)),
    "confirm-long" to start.copy(
        way = Way.CONFIRM,
        found = longPatient,
        confirmed = setOf(Identifier.NAME, Identifier.BORN),
    ),
)

package org.gauze.app

import android.app.Activity
import android.content.Intent
import android.content.RestrictionsManager
import android.os.Bundle
import android.view.KeyEvent
import androidx.compose.ui.test.SemanticsNodeInteraction
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isEnabled
import androidx.compose.ui.test.junit4.ComposeTestRule
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import androidx.lifecycle.Lifecycle
import androidx.test.core.app.ActivityScenario
import androidx.test.core.app.ApplicationProvider
import java.io.File
import org.gauze.app.ui.text
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Photo
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Word
import org.gauze.platform.upload.Run
import org.json.JSONArray
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.rules.ExternalResource
import org.robolectric.Shadows.shadowOf

/** The hospital that `cargo xtask test` has running. */
object Hospital : Site("GAUZE_HOSPITAL", "GAUZE_MANAGED")

/** Another, which asks who takes its photos: with an identity provider of its own, that `tests/src/identity` is. */
object SigningHospital : Site("GAUZE_SIGN_IN_HOSPITAL", "GAUZE_SIGN_IN_MANAGED")

/** A hospital in a directory, with its gateway running and settings for several phones. */
open class Site(home: String, managed: String) {
    val home = System.getenv(home)?.let(::File)
    private val settings = System.getenv(managed)?.let(::File)

    /** One more phone's managed configuration. What is taken is renamed: each version of Android has this class anew. */
    fun next(): String {
        val unused = settings!!.listFiles()!!.filter { it.extension == "json" }.sorted().first()
        val taken = File(unused.path + ".taken")
        check(unused.renameTo(taken)) { "$unused" }
        return taken.readText()
    }

    /** A program of the hospital's own, run in its directory. */
    fun run(program: String, vararg arguments: String): String {
        val path = File(System.getProperty("jna.library.path"), program).canonicalPath
        val process = ProcessBuilder(path, *arguments).directory(home).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        val said = process.inputStream.bufferedReader().readText()
        check(process.waitFor() == 0) { "$program ${arguments.toList()}: $said" }
        return said
    }

    /** Files what came, and hands in what was decided. */
    fun pull() {
        val gateway = JSONObject(File(home, "managed.json").readText()).getString("gateway")
        run("gauze-records", "pull", "--data", "records", "--gateway", gateway, "--ca", "tls/ca.pem", "--keys", "keys")
    }

    /** What the hospital reads of a photo that it filed: the record, and the picture. */
    fun opened(photo: String): Pair<JSONObject, ByteArray> {
        val listed = JSONArray(run("gauze-records", "list", "--data", "records", "--json"))
        val found = (0 until listed.length()).map(listed::getJSONObject).single { it.getString("capture_id") == photo }
        check(found.getString("status") == "filed") { "$found" }
        val sealed = File(home, "records/${found.getString("path")}").path
        run("gauze-records", "open", sealed, "--identity", "keys/tenant-identity.txt", "--out", "opened")
        return JSONObject(File(home, "opened/$photo.record.json").readText()) to File(home, "opened/$photo.jpg").readBytes()
    }

    /** The phone is lost, and the hospital signs the order to wipe it. */
    fun wiped(device: String) {
        lost(device)
        pull()
        val asked = JSONArray(run("gauze-records", "proposals", "list", "--data", "records", "--json"))
        val proposals = (0 until asked.length()).map { asked.getJSONObject(it).getString("proposal_id") }
        proposals.forEach {
            run("gauze-records", "proposals", "approve", "--data", "records", "--keys", "keys", "--by", "A Helper", "--reason", "as asked", "--", it)
        }
        pull()
    }

    /** An id may begin with a hyphen. */
    fun lost(device: String) = run(
        "gauze-gateway", "admin", "device", "lost", "--data", "gateway", "--tenant", "demo-hospital",
        "--operator", "A Helper", "--reason", "left in a taxi", "--", device,
    )
}

/** Somebody with a phone: what is seen on it and pressed, and what Android does meanwhile. */
class Nurse(private val rule: ComposeTestRule) : ExternalResource() {
    val app: TestApplication get() = ApplicationProvider.getApplicationContext()
    val camera get() = (app.graph as TestGraph).camera
    val handed get() = Handed(app)
    private var window: ActivityScenario<Activity>? = null
    private val eyes = Eyes(rule) { app.resources }

    override fun before() {
        assumeTrue("GAUZE_MANAGED is not set: run `cargo xtask android`", System.getenv("GAUZE_MANAGED") != null)
    }

    override fun after() {
        window?.close()
        if (System.getenv("GAUZE_MANAGED") != null) (app.graph.core() as? Outcome.Done)?.value?.close()
    }

    fun manage(settings: String) {
        val bundle = Bundle()
        val values = JSONObject(settings)
        values.keys().forEach { bundle.putString(it, values.get(it).toString()) }
        shadowOf(app.getSystemService(RestrictionsManager::class.java)!!).setApplicationRestrictions(bundle)
    }

    fun open(activity: Class<out Activity> = MainActivity::class.java) {
        window = ActivityScenario.launch(Intent(app, activity))
    }

    fun on(act: (Activity) -> Unit) {
        window!!.onActivity { act(it) }
    }

    fun turn() {
        window!!.recreate()
    }

    fun leave() {
        window!!.moveToState(Lifecycle.State.CREATED)
    }

    fun comeBack() {
        window!!.moveToState(Lifecycle.State.RESUMED)
    }

    fun leaveAndComeBack() {
        leave()
        comeBack()
    }

    /** The process ends without a word: no window outlives it. */
    fun die() {
        window?.close()
        app.restart()
    }

    fun said(text: Int): String = app.getString(text)

    fun word(word: Word) = word.text(app.resources)

    fun see(word: Word) = eyes.see(word)

    fun sees(text: String) = eyes.sees(hasText(text, substring = true))

    /** The photo that was just taken. */
    fun pictured() = eyes.sees(hasContentDescription(word(Word.CheckPicture)))

    fun seePicture() = until("the photo", ::pictured)

    fun tap(word: Word) = eyes.press(word)

    /** As [tap] on the shutter, by a key of the phone's own. */
    fun shootByKey() {
        eyes.await(hasText(word(Word.CameraShoot)) and isEnabled())
        on { assertTrue(it.dispatchKeyEvent(KeyEvent(KeyEvent.ACTION_DOWN, KeyEvent.KEYCODE_VOLUME_UP))) }
    }

    /** Says which team photos go to. */
    fun worksIn(team: String) {
        see(Word.TeamTitle)
        rule.onNodeWithText(team).performScrollTo().performClick()
        see(Word.PatientTitle)
    }

    fun text(line: Line) = line.text(app.resources)

    fun tick(word: Word) = tick(word(word))

    fun tick(label: String) = rule.onNodeWithText(label).performScrollTo().performClick()

    fun until(what: String, so: () -> Boolean) = rule.waitUntil(what, 30_000, so)

    fun type(word: Word, text: String) = type(word(word), text)

    fun type(label: String, text: String) {
        field(label).performScrollTo().performTextInput(text)
    }

    fun replace(label: String, text: String) {
        field(label).performScrollTo().performTextReplacement(text)
    }

    private fun field(label: String): SemanticsNodeInteraction {
        val field = hasText(label) and hasSetTextAction()
        eyes.await(field)
        return rule.onNode(field)
    }

    fun setUp() {
        manage(Hospital.next())
        open()
        tap(Word.EnrolStart)
        see(Word.PatientTitle)
    }

    fun scan() {
        tap(Word.PatientScan)
        see(Word.PatientConfirmTitle)
    }

    fun confirm() {
        tick(Word.ConfirmName)
        tick(Word.ConfirmBorn)
        tap(Word.PatientConfirmed)
    }

    /** Finds the patient of the photo before in the list, which is locked at first. */
    fun chooseListed() {
        tap(Word.PatientList)
        tap(Word.PatientListUnlock)
        tapSmith()
        see(Word.PatientConfirmTitle)
    }

    fun takeOne() {
        scan()
        confirm()
        tap(Word.CameraShoot)
        see(Word.CheckSafe)
    }

    /** What a sentence says where photos are not shown: it is opened again, and the system runs what the app then asks of it. */
    fun openAgain() {
        handed.forget()
        leaveAndComeBack()
        until("a run that was asked of the system, and that nobody waits for") { handed.worked }
        assertEquals(Run.EMPTY, send())
    }

    /** The list of what is on the phone says that nothing is, and offers nothing to send. */
    fun seeNothingToSend() {
        tap(Word.HomeQueue)
        see(Word.QueueEmpty)
        rule.onNodeWithText(word(Word.QueueSend)).assertIsNotEnabled()
        tap(Word.Back)
        see(Word.PatientTitle)
    }

    /** Unlocks the photos and opens the one that [takeOne] took. */
    fun look() {
        tap(Word.HomeReview)
        tap(Word.ReviewUnlock)
        tapSmith()
        see(Word.ReviewClose)
    }

    /** The patient of the photo that [takeOne] took, or the photo. */
    private fun tapSmith() {
        val named = hasText("SMITH, John", substring = true)
        eyes.await(named)
        rule.onNode(named).performScrollTo().performClick()
    }

    fun core() = (app.graph.core() as Outcome.Done).value

    fun journey() = app.graph.journey(core())

    fun photos(): List<Photo> = (core().photos(10) as Outcome.Done).value

    /** The system starts what it was handed. */
    fun send(): Run = handed.run()

    fun saidAtTheIcon() = app.saidAtTheIcon()
}

package org.gauze.app

import android.content.RestrictionsManager
import android.os.Bundle
import android.view.WindowManager
import androidx.compose.ui.test.ComposeTimeoutException
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isEnabled
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.onRoot
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.printToString
import androidx.lifecycle.Lifecycle
import androidx.test.core.app.ApplicationProvider
import java.io.File
import kotlinx.coroutines.runBlocking
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Stage
import org.gauze.logic.words.Word
import org.gauze.app.ui.text
import org.gauze.platform.upload.Run
import org.json.JSONObject
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Assume.assumeTrue
import org.junit.Rule
import org.junit.Test
import org.junit.rules.ExternalResource
import org.junit.rules.RuleChain
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/**
 * The app as people use it, with the Rust core, against the hospital that `cargo xtask test` has running: settings arrive,
 * the phone is set up, a wristband is scanned, two identifiers are said, a photo is taken, kept and sent.
 */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w360dp-h720dp-mdpi", application = TestApplication::class)
class JourneyTest {
    private val rule = createAndroidComposeRule<MainActivity>()

    @get:Rule val chain: RuleChain = RuleChain.outerRule(object : ExternalResource() {
        override fun before() {
            assumeTrue("GAUZE_MANAGED is not set: run `cargo xtask android`", System.getenv("GAUZE_MANAGED") != null)
            manage(File(System.getenv("GAUZE_MANAGED")).listFiles()!!.minOf { it })
        }
    }).around(rule)

    private val app get() = ApplicationProvider.getApplicationContext<TestApplication>()

    private fun manage(settings: File) {
        val bundle = Bundle()
        val values = JSONObject(settings.readText())
        values.keys().forEach { bundle.putString(it, values.get(it).toString()) }
        shadowOf(app.getSystemService(RestrictionsManager::class.java)!!).setApplicationRestrictions(bundle)
    }

    private fun see(word: Word) = await(hasText(word.text(app.resources)))

    private fun tap(word: Word) {
        val button = hasText(word.text(app.resources)) and isEnabled()
        await(button)
        rule.onNode(button).performClick()
    }

    /** Whatever is there in its place is in the failure. */
    private fun await(what: SemanticsMatcher) = try {
        rule.waitUntil(what.description, 30_000) { rule.onAllNodes(what).fetchSemanticsNodes().isNotEmpty() }
    } catch (e: ComposeTimeoutException) {
        throw AssertionError("${e.message}; on the screen is\n${rule.onRoot().printToString()}", e)
    }

    private fun core() = (app.graph.core() as Outcome.Done).value

    @Test
    fun from_settings_that_arrive_to_a_photo_at_the_hospital_and_nothing_readable_left() {
        assertTrue(rule.activity.window.attributes.flags and WindowManager.LayoutParams.FLAG_SECURE != 0)
        tap(Word.EnrolStart)
        tap(Word.PatientScan)
        see(Word.PatientConfirmTitle)
        rule.onNodeWithText(Word.ConfirmName.text(app.resources)).performScrollTo().performClick()
        rule.onNodeWithText(Word.ConfirmBorn.text(app.resources)).performScrollTo().performClick()
        tap(Word.PatientConfirmed)
        tap(Word.CameraShoot)
        see(Word.CheckSafe)
        assertEquals(Stage.UNSIGNED, photos().single().stage)
        tap(Word.CheckKeep)
        see(Word.PatientTitle)
        assertEquals(true, app.graph.uploads.asked)

        // Swiped away first: no window outlives its process.
        rule.activityRule.scenario.moveToState(Lifecycle.State.DESTROYED)
        app.restart()
        assertEquals("the photo is there for the next process", 1, photos().size)
        assertEquals(Run.EMPTY, runBlocking { app.send() })
        assertEquals(Stage.STORED, photos().single().stage)
        nothingReadableIsLeft()
    }

    private fun photos() = (core().photos(10) as Outcome.Done).value

    private fun nothingReadableIsLeft() {
        val files = app.dataDir.walk().filter(File::isFile).toList()
        assertTrue(files.isNotEmpty())
        val jpeg = byteArrayOf(0xff.toByte(), 0xd8.toByte(), 0xff.toByte())
        for (file in files) {
            val bytes = file.readBytes()
            val text = String(bytes, Charsets.ISO_8859_1)
            assertTrue(file.path, listOf("SMITH", "John", "1980-01-18", "19800118", "9000000009").none { it in text })
            assertTrue(file.path, bytes.size < 3 || !bytes.copyOf(3).contentEquals(jpeg))
        }
    }

    @After
    fun close() {
        if (System.getenv("GAUZE_MANAGED") != null) core().close()
    }
}

package org.gauze.app

import android.content.ClipData
import android.content.ClipboardManager
import android.text.InputType
import android.view.inputmethod.EditorInfo
import androidx.activity.ComponentActivity
import androidx.compose.foundation.layout.Column
import androidx.compose.material3.OutlinedTextField
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.ExperimentalComposeUiApi
import androidx.compose.ui.platform.InterceptPlatformTextInput
import androidx.compose.ui.platform.PlatformTextInputInterceptor
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsPropertyKey
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.performSemanticsAction
import androidx.compose.ui.test.performTextInputSelection
import androidx.compose.ui.test.requestFocus
import androidx.compose.ui.text.TextRange
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.awaitCancellation
import org.gauze.app.ui.Field
import org.gauze.app.ui.GauzeTheme
import org.gauze.logic.flow.Line
import org.gauze.logic.words.Word
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** What keyboards are told of a field. That there is no other way to type, `tests/suite/apps.rs` shows. */
@OptIn(ExperimentalComposeUiApi::class)
@RunWith(RobolectricTestRunner::class)
@Config(qualifiers = "w360dp-h720dp-mdpi", application = android.app.Application::class)
class KeyboardTest {
    @get:Rule val rule = createAndroidComposeRule<ComponentActivity>()

    /** What the system's keyboard would be given. */
    private val asked = CopyOnWriteArrayList<EditorInfo>()
    private val keyboard = PlatformTextInputInterceptor { request, _ ->
        asked += EditorInfo().also(request::createInputConnection)
        awaitCancellation()
    }

    @Test
    fun a_keyboard_is_asked_to_learn_correct_and_complete_nothing() {
        val lines = listOf(1, 4)
        rule.setContent {
            GauzeTheme { InterceptPlatformTextInput(keyboard) { Column { lines.forEach { Field(Line(Word.ConsentBy), "", lines = it) {} } } } }
        }
        for (at in lines.indices) {
            rule.onAllNodes(hasSetTextAction())[at].requestFocus()
            rule.waitUntil("a keyboard for field $at", 30_000) { asked.size > at }
        }
        for (editor in asked) {
            assertNotEquals("learn", 0, editor.imeOptions and EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING)
            val more = InputType.TYPE_TEXT_FLAG_AUTO_CORRECT or InputType.TYPE_TEXT_FLAG_AUTO_COMPLETE
            assertEquals("correct, complete", 0, editor.inputType and more)
            assertEquals("no text of anybody's", InputType.TYPE_TEXT_VARIATION_PASSWORD, editor.inputType and InputType.TYPE_MASK_VARIATION)
        }
    }

    /** A field that would let itself be copied, and would be learnt from, shows that the tests here could see it. */
    @Composable
    private fun Plain(text: String, change: (String) -> Unit) = OutlinedTextField(text, change)

    @Test
    fun a_field_of_the_systems_own_is_learnt_from_copied_and_cut() {
        var text by mutableStateOf("SMITH")
        rule.setContent { GauzeTheme { InterceptPlatformTextInput(keyboard) { Plain(text) { text = it } } } }
        rule.onNode(hasSetTextAction()).requestFocus()
        rule.waitUntil("a keyboard", 30_000) { asked.isNotEmpty() }
        val editor = asked.first()
        assertEquals("learn", 0, editor.imeOptions and EditorInfo.IME_FLAG_NO_PERSONALIZED_LEARNING)
        assertNotEquals("no text of anybody's", InputType.TYPE_TEXT_VARIATION_PASSWORD, editor.inputType and InputType.TYPE_MASK_VARIATION)
        assertEquals(ways.map { it to "SMITH" }, copied { text = it })
    }

    private val clipboard by lazy { rule.activity.getSystemService(ClipboardManager::class.java)!! }

    /** What comes to the clipboard of SMITH when a screen reader asks for it; a key's way to the field is not there on Robolectric. */
    private fun copied(set: (String) -> Unit): List<Pair<SemanticsPropertyKey<*>, String?>> = ways.map { way ->
        clipboard.clearPrimaryClip()
        set("SMITH")
        rule.waitForIdle()
        val field = rule.onNode(hasSetTextAction())
        field.requestFocus()
        field.performTextInputSelection(TextRange(0, "SMITH".length))
        field.performSemanticsAction(way)
        rule.waitForIdle()
        way to clipboard.primaryClip?.getItemAt(0)?.text?.toString()
    }

    @Test
    fun what_is_typed_is_pasted_over_and_neither_copied_nor_cut() {
        var text by mutableStateOf("SMITH")
        rule.setContent {
            GauzeTheme { Field(Line(Word.PatientFamily), text) { text = it } }
        }
        assertEquals(ways.map { it to null }, copied { text = it })
        clipboard.setPrimaryClip(ClipData.newPlainText("", "9000000009"))
        text = "SMITH"
        rule.waitForIdle()
        val field = rule.onNode(hasSetTextAction())
        field.requestFocus()
        field.performTextInputSelection(TextRange(0, text.length))
        field.performSemanticsAction(SemanticsActions.PasteText)
        rule.waitUntil("what was pasted", 20_000) { text == "9000000009" }
    }

    private companion object {
        val ways = listOf(SemanticsActions.CopyText, SemanticsActions.CutText)
    }
}

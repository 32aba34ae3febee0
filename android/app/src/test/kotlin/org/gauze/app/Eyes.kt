package org.gauze.app

import android.content.res.Resources
import androidx.compose.ui.test.ComposeTimeoutException
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isEnabled
import androidx.compose.ui.test.junit4.ComposeTestRule
import androidx.compose.ui.test.onRoot
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.printToString
import org.gauze.app.ui.text
import org.gauze.logic.words.Word

/** What is on the screen now, waited for, and pressed. Whatever is there in its place is in the failure. */
class Eyes(private val rule: ComposeTestRule, private val resources: () -> Resources) {
    fun sees(what: SemanticsMatcher) = rule.onAllNodes(what).fetchSemanticsNodes().isNotEmpty()

    fun see(word: Word) = await(hasText(said(word)))

    fun press(word: Word) {
        val button = hasText(said(word)) and isEnabled()
        await(button)
        rule.onNode(button).performClick()
    }

    fun await(what: SemanticsMatcher) = try {
        rule.waitUntil(what.description, 30_000) { sees(what) }
    } catch (e: ComposeTimeoutException) {
        throw AssertionError("${e.message}; on the screen is\n${rule.onRoot().printToString()}", e)
    }

    private fun said(word: Word) = word.text(resources())
}

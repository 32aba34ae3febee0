package org.gauze.app

import androidx.activity.ComponentActivity
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.getValue
import androidx.compose.runtime.key
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.platform.LocalLayoutDirection
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.unit.LayoutDirection
import org.gauze.app.ui.GauzeTheme
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** What fingers in gloves and a screen reader need of every sample of every screen, whichever way people write. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w360dp-h4000dp-mdpi", application = android.app.Application::class)
class HandsTest {
    @get:Rule val rule = createAndroidComposeRule<ComponentActivity>()

    private var shown by mutableStateOf<Pair<LayoutDirection, @Composable () -> Unit>>(LayoutDirection.Ltr to {})

    @Composable
    private fun Stage() {
        val (direction, content) = shown
        CompositionLocalProvider(LocalLayoutDirection provides direction) {
            GauzeTheme(false) { Box(Modifier.fillMaxSize()) { key(content) { content() } } }
        }
    }

    private fun pressed(direction: LayoutDirection, content: @Composable () -> Unit): List<SemanticsNode> {
        shown = direction to content
        rule.waitForIdle()
        return rule.onAllNodes(hasClickAction()).fetchSemanticsNodes()
    }

    private fun named(node: SemanticsNode) = node.config.run {
        getOrNull(SemanticsProperties.ContentDescription).orEmpty() + getOrNull(SemanticsProperties.Text).orEmpty().map { it.text }
    }.filter(String::isNotBlank)

    /** As laid out or as touched, which reaches further; what is scrolled out of sight is as large as it is laid out. */
    private fun large(node: SemanticsNode) = node.touchBoundsInRoot.run {
        // Half a pixel is the rounding of a layout.
        maxOf(width, node.size.width.toFloat()) >= LEAST - 0.5f && maxOf(height, node.size.height.toFloat()) >= LEAST - 0.5f
    }

    @Test
    fun whatever_is_pressed_is_large_enough_for_a_glove_and_says_what_it_is() {
        rule.setContent { Stage() }
        var seen = 0
        val wrong = LayoutDirection.entries.flatMap { direction ->
            Samples.all.flatMap { (screen, samples) ->
                samples.flatMap { (sample, content) ->
                    val nodes = pressed(direction, content).also { seen += it.size }
                    nodes.filterNot { large(it) && named(it).isNotEmpty() }.map { "$screen-$sample $direction: ${named(it)} ${it.touchBoundsInRoot}" }
                }
            }
        }
        assertEquals(emptyList<String>(), wrong)
        assertTrue("$seen were looked at", seen > 300)
    }

    @Test
    fun a_bodys_left_is_where_it_is_whichever_way_people_write() {
        rule.setContent { Stage() }
        val front = Samples.all.getValue("body").getValue("front")
        val places = LayoutDirection.entries.map { direction ->
            pressed(direction, front).filter { SemanticsProperties.ContentDescription in it.config }
                .associate { named(it).first() to it.positionInRoot.x + it.size.width / 2f }
        }
        assertEquals(places.first(), places.last())
        val (left, right) = listOf("left", "right").map { side -> places.first().filterKeys { it.lowercase().endsWith(side) } }
        assertTrue(places.toString(), left.isNotEmpty() && left.size == right.size)
        // Whoever is looked at from the front has their left where the looker's right is.
        left.forEach { (name, x) -> assertTrue(name, x > right.getValue(name.dropLast("left".length) + "right")) }
    }

    private companion object {
        /** Least width and height of what is pressed, in dp: a pixel is one here. */
        const val LEAST = 48f
    }
}

package org.gauze.app

import androidx.activity.ComponentActivity
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.size
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.SemanticsActions
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.performSemanticsAction
import androidx.compose.ui.unit.dp
import org.gauze.app.ui.BodyView
import org.gauze.app.ui.CameraView
import org.gauze.app.ui.CameraWays
import org.gauze.app.ui.text
import org.gauze.logic.body.BodyMap
import org.gauze.logic.body.Turn
import org.gauze.logic.body.bodySamples
import org.gauze.logic.camera.CameraScreenEvent
import org.gauze.logic.camera.cameraSamples
import org.gauze.logic.core.Site
import org.gauze.logic.words.Word
import org.gauze.logic.words.Wordings
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** What fingers in gloves and a screen reader need of every sample of every screen, however the window lies and whichever way people write. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w1280dp-h800dp-mdpi", application = android.app.Application::class)
class HandsTest {
    @get:Rule val rule = createAndroidComposeRule<ComponentActivity>()

    private val stage = Stage(rule)

    private fun pressed(look: Look, content: @Composable () -> Unit): List<SemanticsNode> {
        stage.show(look, content)
        return rule.onAllNodes(hasClickAction()).fetchSemanticsNodes()
    }

    private fun named(node: SemanticsNode) = node.config.run {
        getOrNull(SemanticsProperties.ContentDescription).orEmpty() + getOrNull(SemanticsProperties.Text).orEmpty().map { it.text }
    }.filter(String::isNotBlank)

    /** As it is laid out: what is touched reaches further by itself, where nothing else is. Half a pixel is the rounding of a layout. */
    private fun large(node: SemanticsNode) = node.size.run { minOf(width, height) >= LEAST - 0.5f }

    /** A spot of the figure is as large as that part of a body is beside the others, and which one was hit is said before anybody goes on. */
    private val spots by lazy {
        Turn.entries.flatMap(BodyMap::spots)
            .map { Wordings.site(Site(it.word.text(rule.activity.resources), it.side)).text(rule.activity.resources) }.toSet()
    }

    private fun wrong(node: SemanticsNode): Boolean {
        val names = named(node)
        return names.isEmpty() || !large(node) && names.none(spots::contains)
    }

    @Test
    fun whatever_is_pressed_is_large_enough_for_a_glove_and_says_what_it_is() {
        stage.begin()
        var seen = 0
        val wrong = listOf(Look.LIGHT, Look.RIGHT_TO_LEFT, Look.LARGE, Look.LOW, Look.WIDE).flatMap { look ->
            Samples.all.flatMap { (screen, samples) ->
                samples.flatMap { (sample, content) ->
                    val nodes = pressed(look, content).also { seen += it.size }
                    nodes.filter(::wrong).map { "$screen-$sample $look: ${named(it)} ${it.size}" }
                }
            }
        }
        assertEquals(wrong.joinToString("\n"), 0, wrong.size)
        assertTrue("$seen were looked at", seen > 600)
    }

    @Test
    fun what_is_too_small_or_says_nothing_is_told() {
        stage.begin()
        val nodes = pressed(Look.LIGHT) {
            Column {
                for ((width, height) in listOf(48 to 47, 40 to 48, 48 to 48)) {
                    Box(Modifier.size(width.dp, height.dp).clickable {}.semantics { contentDescription = "$width $height" })
                }
                Box(Modifier.size(60.dp).clickable {})
            }
        }
        assertEquals(listOf(true, true, false, true), nodes.map(::wrong))
    }

    @Test
    fun whoever_does_not_see_where_to_touch_focuses_on_the_middle() {
        stage.begin()
        val sent = ArrayList<CameraScreenEvent>()
        stage.show(Look.LIGHT) {
            CameraView(cameraSamples.getValue("ready"), { Box(Modifier.size(200.dp)) }, null, CameraWays({}, {}, {}, {}, {})) { sent += it }
        }
        rule.onNode(hasContentDescription(Word.CameraFinder.text(rule.activity.resources))).performSemanticsAction(SemanticsActions.OnClick)
        rule.waitForIdle()
        val focus = sent.single() as CameraScreenEvent.Focus
        assertEquals(0.5f to 0.5f, focus.x to focus.y)
    }

    @Test
    fun a_bodys_left_is_where_it_is_whichever_way_people_write() {
        stage.begin()
        val front: @Composable () -> Unit = { BodyView(bodySamples.getValue("front")) {} }
        val places = listOf(Look.LIGHT, Look.RIGHT_TO_LEFT).map { look ->
            pressed(look, front).filter { SemanticsProperties.ContentDescription in it.config }
                .associate { named(it).first() to it.positionInRoot.x + it.size.width / 2f }
        }
        assertEquals(places.first(), places.last())
        val (left, right) = listOf("left", "right").map { side -> places.first().filterKeys { it.lowercase().endsWith(side) } }
        assertTrue(places.toString(), left.isNotEmpty() && left.size == right.size)
        // Whoever is looked at from the front has their left where the looker's right is.
        left.forEach { (name, x) -> assertTrue(name, x > right.getValue(name.dropLast("left".length) + "right")) }
    }

    private companion object {
        /** Least width and height of what is pressed, in dp. */
        const val LEAST = 48f
    }
}

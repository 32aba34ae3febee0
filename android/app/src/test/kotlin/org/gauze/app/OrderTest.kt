package org.gauze.app

import android.accessibilityservice.AccessibilityServiceInfo
import android.content.Context
import android.os.Bundle
import android.view.View
import android.view.ViewGroup
import android.view.accessibility.AccessibilityManager
import androidx.activity.ComponentActivity
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.height
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.traversalIndex
import androidx.compose.ui.test.SemanticsMatcher
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.unit.dp
import org.gauze.app.ui.text
import org.gauze.logic.words.Word
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** In which order a screen reader goes through each sample of each screen: who the patient is, what the screen is called, then downwards. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w1280dp-h800dp-mdpi", application = android.app.Application::class)
class OrderTest {
    @get:Rule val rule = createAndroidComposeRule<ComponentActivity>()

    private val stage = Stage(rule)

    private fun begin() {
        val manager = rule.activity.getSystemService(Context.ACCESSIBILITY_SERVICE) as AccessibilityManager
        shadowOf(manager).setEnabled(true)
        shadowOf(manager).setTouchExplorationEnabled(true)
        shadowOf(manager).setEnabledAccessibilityServiceList(listOf(AccessibilityServiceInfo()))
        stage.begin()
    }

    private fun reader(view: View): View? = when {
        view.accessibilityNodeProvider != null -> view
        view is ViewGroup -> (0 until view.childCount).firstNotNullOfOrNull { reader(view.getChildAt(it)) }
        else -> null
    }

    /** What says something, as the system is told to read it. */
    private fun read(content: @Composable () -> Unit): List<SemanticsNode> {
        stage.show(Look.LIGHT, content)
        val nodes = rule.onAllNodes(SemanticsMatcher("is there") { true }).fetchSemanticsNodes().associateBy { it.id }
        val provider = checkNotNull(reader(rule.activity.window.decorView)?.accessibilityNodeProvider)
        // What is scrolled away is not there for a reader either.
        val seen = nodes.keys.mapNotNull { id -> provider.createAccessibilityNodeInfo(id)?.let { id to it } }
        val next = seen.associate { (id, info) ->
            provider.addExtraDataToAccessibilityNodeInfo(id, info, BEFORE, Bundle())
            id to info.extras.getInt(BEFORE, NONE)
        }.filterValues { it != NONE }
        val first = (next.keys - next.values.toSet()).singleOrNull() ?: seen.map { it.first }.single { said(nodes.getValue(it)).isNotEmpty() }
        val order = generateSequence(first) { next[it] }.toList()
        val saying = seen.map { it.first }.filter { said(nodes.getValue(it)).isNotEmpty() }
        // The finder is linked to nothing: the system reads it by its place.
        val unread = (saying.toSet() - order.toSet()).flatMap { said(nodes.getValue(it)) } - Word.CameraFinder.text(rule.activity.resources)
        assertEquals("each is read, of $order", emptyList<String>(), unread)
        return order.mapNotNull(nodes::get).filter { said(it).isNotEmpty() }
    }

    private fun said(node: SemanticsNode) = node.config.run {
        getOrNull(SemanticsProperties.ContentDescription).orEmpty() + getOrNull(SemanticsProperties.Text).orEmpty().map { it.text }
    }.filter(String::isNotBlank)

    /** Whatever is read before what stands wholly above it. */
    private fun upwards(order: List<SemanticsNode>) = order.zipWithNext().filter { (one, next) ->
        next.positionInRoot.y + next.size.height <= one.positionInRoot.y
    }

    @Test
    fun a_screen_is_read_from_its_title_downwards() {
        begin()
        val wrong = Samples.all.flatMap { (screen, samples) ->
            samples.flatMap { (sample, content) ->
                val order = read(content)
                val title = order.indexOfFirst { SemanticsProperties.Heading in it.config }
                val late = order.take(maxOf(title, 0)).filter { it.positionInRoot.y >= order[title].positionInRoot.y }
                // The camera has no room for one.
                val untitled = listOf("no title").filter { title < 0 && screen != "camera" }
                (untitled + upwards(order).map { (one, next) -> "${said(next)} after ${said(one)}" } + late.map { "${said(it)} before the title" })
                    .map { "$screen-$sample: $it" }
            }
        }
        assertEquals(wrong.joinToString("\n"), 0, wrong.size)
    }

    @Test
    fun what_is_read_out_of_its_place_is_told() {
        begin()
        val order = read {
            Column {
                Text("first", Modifier.height(40.dp).semantics { traversalIndex = 1f })
                Text("second", Modifier.height(40.dp).semantics { heading() })
            }
        }
        assertEquals(listOf(listOf("second"), listOf("first")), order.map(::said))
        assertTrue(upwards(order).isNotEmpty())
    }

    private companion object {
        /** By which Compose says what is read next, for tests of just this. */
        const val BEFORE = "android.view.accessibility.extra.EXTRA_DATA_TEST_TRAVERSALBEFORE_VAL"
        const val NONE = -1
    }
}

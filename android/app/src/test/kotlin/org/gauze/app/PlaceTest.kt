package org.gauze.app

import androidx.activity.ComponentActivity
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.isEnabled
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.lifecycle.Lifecycle
import androidx.lifecycle.lifecycleScope
import androidx.test.core.app.ApplicationProvider
import org.gauze.app.ui.CameraView
import org.gauze.app.ui.CameraWays
import org.gauze.app.ui.GauzeTheme
import org.gauze.app.ui.text
import org.gauze.logic.camera.cameraSamples
import org.gauze.logic.core.Choice
import org.gauze.logic.core.Core
import org.gauze.logic.core.FenceMode
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.Outside
import org.gauze.logic.core.PhotoRecord
import org.gauze.logic.flow.Journey
import org.gauze.logic.flow.Line
import org.gauze.logic.flow.Route
import org.gauze.logic.port.LocationEvent
import org.gauze.logic.words.Word
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** The real core, and a policy that it does not have. */
internal class Fenced(real: Core, private val fences: Boolean = true) : Core by real {
    override fun wantsPosition() = fences

    override fun outside(team: Choice?) = Outside(FenceMode.WARN, "Site A")
}

/** Camera and photos where the policy has fences: what is said, and for how long the phone is asked where it is. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w360dp-h720dp-mdpi", application = TestApplication::class)
class PlaceTest {
    @get:Rule val rule = createAndroidComposeRule<ComponentActivity>()

    private val graph = ApplicationProvider.getApplicationContext<TestApplication>().graph
    private val locations get() = graph.locations
    private var shown by mutableStateOf(true)
    private var asked = 0

    private fun show(fences: Boolean) {
        val core = Fenced((graph.core() as Outcome.Done).value, fences)
        val at = Route.Camera(PhotoRecord(series = "visit"))
        val ways = CameraWays({}, {}, {}, { asked++ }, {})
        val shutters = Shutters()
        rule.setContent { GauzeTheme { if (shown) TakePhoto(graph, core, at, 0, shutters, ways) {} } }
    }

    private fun see(line: Line) =
        Eyes(rule) { rule.activity.resources }.await(hasText(line.text(rule.activity.resources)))

    private fun asking(many: Int) = rule.waitUntil(20_000) { locations.asking.value == many }

    @Test
    fun outside_it_says_so_and_the_phone_is_asked_only_while_it_is_in_front() {
        show(fences = true)
        see(Line(Word.CameraOutside, "Site A"))
        asking(1)
        shown = false
        rule.waitForIdle()
        asking(0)
        shown = true
        rule.waitForIdle()
        asking(1)
        rule.activityRule.scenario.moveToState(Lifecycle.State.CREATED)
        asking(0)
    }

    @Test
    fun a_phone_that_may_not_be_asked_says_so_and_its_button_asks() {
        locations.event.value = LocationEvent.NotAllowed
        show(fences = true)
        see(Line(Word.CameraPosition))
        rule.onNodeWithText(Word.CameraPositionAllow.text(rule.activity.resources)).performClick()
        assertEquals(1, asked)
    }

    /** The window's own screens, with the photos on them. */
    private fun look(fences: Boolean): Journey {
        val core = Fenced((graph.core() as Outcome.Done).value, fences)
        val journey = graph.journey(core)
        journey.open(Route.Review)
        val screens = Screens(graph, core, journey, rule.activity.lifecycleScope, Asks({}, {}, {}))
        rule.setContent { GauzeTheme { screens.View() } }
        see(Line(Word.ReviewUnlock))
        return journey
    }

    @Test
    fun while_photos_are_looked_at_the_phone_is_asked_and_not_before_or_after() {
        val journey = look(fences = true)
        asking(1)
        journey.open(Route.Settings)
        asking(0)
        journey.open(Route.Review)
        asking(1)
        rule.activityRule.scenario.moveToState(Lifecycle.State.CREATED)
        asking(0)
        assertEquals(2, locations.times.get())
    }

    @Test
    fun without_fences_nobody_asks_where_photos_are_looked_at() {
        look(fences = false)
        rule.waitForIdle()
        assertEquals(0, locations.times.get())
    }

    @Test
    fun a_refusal_leaves_the_name_of_the_place_on_the_screen() {
        val state = cameraSamples.getValue("outside-refused")
        rule.setContent { GauzeTheme { CameraView(state, {}, null, CameraWays({}, {}, {}, {}, {})) {} } }
        see(Line(Word.CameraOutsideBlocked, "Site A, Health centre B"))
        assertEquals("said once", 1, rule.onAllNodes(hasText("Health centre B", substring = true)).fetchSemanticsNodes().size)
    }

    @Test
    fun without_fences_nobody_asks_and_nothing_is_said() {
        show(fences = false)
        val ready = hasText(Word.CameraShoot.text(rule.activity.resources)) and isEnabled()
        rule.waitUntil(20_000) { rule.onAllNodes(ready).fetchSemanticsNodes().isNotEmpty() }
        assertEquals(0, locations.times.get())
    }
}

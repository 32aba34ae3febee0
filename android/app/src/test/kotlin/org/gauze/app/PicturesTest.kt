package org.gauze.app

import android.content.res.Configuration
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Canvas
import androidx.activity.ComponentActivity
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.size
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.getValue
import androidx.compose.runtime.key
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.LocalConfiguration
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.dp
import java.io.File
import java.time.LocalDate
import kotlin.math.abs
import org.gauze.app.ui.GauzeTheme
import org.gauze.app.ui.LocalToday
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/** How a picture is taken: its name, size in dp, the text's scale. */
private enum class Look(val width: Int, val height: Int, val dark: Boolean = false, val scale: Float = 1f) {
    LIGHT(360, 720),
    DARK(360, 720, dark = true),
    LARGE(360, 720, scale = 2f),
    NARROW(320, 568),
    WIDE(1280, 800),
    LOW(640, 360),
}

/**
 * Every sample of every screen in light, and the first of each in dark, with text at 200 %, narrow, wide and on its side; each against
 * the picture that was looked at and recorded. `GAUZE_RECORD=1` records anew; what differs is under `target/android/app/pictures`.
 */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w1280dp-h800dp-mdpi", application = android.app.Application::class)
class PicturesTest {
    @get:Rule val rule = createAndroidComposeRule<ComponentActivity>()

    private var shown by mutableStateOf<Pair<Look, @Composable () -> Unit>>(Look.LIGHT to {})
    private val recorded = File(System.getProperty("gauze.root"), "android/app/src/test/pictures")
    private val out = File(System.getProperty("gauze.pictures", "build/pictures")).apply { mkdirs() }

    @Test
    fun screens_look_as_they_did_when_somebody_looked() {
        rule.setContent { Stage() }
        val different = Samples.all.flatMap { (screen, samples) ->
            samples.entries.withIndex().flatMap { (at, sample) ->
                val looks = if (at == 0) Look.entries else listOf(Look.LIGHT)
                looks.filterNot { look -> same("$screen-${sample.key}-${look.name.lowercase()}", take(look, sample.value)) }
                    .map { "$screen-${sample.key}-$it" }
            }
        }
        assertEquals(emptyList<String>(), different)
    }

    @Composable
    private fun Stage() {
        val (look, content) = shown
        val density = Density(1f, look.scale)
        val window = Configuration(LocalConfiguration.current).apply {
            screenWidthDp = look.width
            screenHeightDp = look.height
        }
        val day = LocalDate.parse("2026-11-29")
        CompositionLocalProvider(LocalDensity provides density, LocalConfiguration provides window, LocalToday provides day) {
            Box(Modifier.fillMaxSize().background(Color.Magenta)) {
                GauzeTheme(look.dark) { Box(Modifier.size(look.width.dp, look.height.dp)) { key(content) { content() } } }
            }
        }
    }

    private fun take(look: Look, content: @Composable () -> Unit): Bitmap {
        shown = look to content
        rule.waitForIdle()
        val view = rule.activity.window.decorView
        val whole = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
        view.draw(Canvas(whole))
        return Bitmap.createBitmap(whole, 0, 0, look.width, look.height)
    }

    private fun same(name: String, picture: Bitmap): Boolean {
        val file = File(recorded, "$name.png")
        if (System.getenv("GAUZE_RECORD") != null) {
            recorded.mkdirs()
            file.outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
            return true
        }
        val before = if (file.exists()) BitmapFactory.decodeFile(file.path) else null
        if (before != null && close(before, picture)) return true
        File(out, "$name.png").outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
        return false
    }

    /**
     * In no square of 16 pixels are more than 24 off by more than a tenth: edges of letters differ between machines, and a letter that
     * is another one is told.
     */
    private fun close(a: Bitmap, b: Bitmap): Boolean {
        if (a.width != b.width || a.height != b.height) return false
        val one = pixels(a)
        val other = pixels(b)
        val across = (a.width + SQUARE - 1) / SQUARE
        val off = IntArray(across * ((a.height + SQUARE - 1) / SQUARE))
        for (at in one.indices) {
            val differs = (0..16 step 8).any { abs((one[at] shr it and 255) - (other[at] shr it and 255)) > 25 }
            if (differs) off[at / a.width / SQUARE * across + at % a.width / SQUARE]++
        }
        return off.all { it <= 24 }
    }

    private fun pixels(bitmap: Bitmap) =
        IntArray(bitmap.width * bitmap.height).also { bitmap.getPixels(it, 0, bitmap.width, 0, 0, bitmap.width, bitmap.height) }

    private companion object {
        const val SQUARE = 16
    }
}

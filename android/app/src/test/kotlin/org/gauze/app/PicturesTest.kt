package org.gauze.app

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Canvas
import androidx.activity.ComponentActivity
import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.padding
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.test.junit4.v2.createAndroidComposeRule
import androidx.compose.ui.unit.dp
import java.io.File
import kotlin.math.abs
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode

/**
 * Every sample of every screen in light, in dark, with text at 200 %, narrow, wide and on its side; each against the picture that was
 * looked at and recorded: in light whole, otherwise at half the size. `GAUZE_RECORD=1` records anew; what differs is under
 * `target/android/app/pictures`, whole.
 */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
@Config(qualifiers = "w1280dp-h800dp-mdpi", application = android.app.Application::class)
class PicturesTest {
    @get:Rule val rule = createAndroidComposeRule<ComponentActivity>()

    private val stage = Stage(rule)
    private val recorded = File(System.getProperty("gauze.root"), "android/app/src/test/pictures")
    private val out = File(System.getProperty("gauze.pictures", "build/pictures")).apply { mkdirs() }

    @Test
    fun screens_look_as_they_did_when_somebody_looked() {
        stage.begin()
        val different = buildList {
            for ((screen, samples) in Samples.all) for ((sample, view) in samples) for (look in Look.entries - Look.RIGHT_TO_LEFT) {
                val name = "$screen-$sample-${look.name.lowercase()}"
                if (!same(name, take(look, view), if (look == Look.LIGHT) 1 else 2)) add(name)
            }
        }
        assertEquals(emptyList<String>(), different)
    }

    /** The smallest difference that somebody could read: one digit is another one, in the smallest of the text. */
    @Test
    fun a_digit_that_is_another_one_is_told_wherever_it_stands_and_a_picture_is_itself() {
        stage.begin()
        for (smaller in listOf(1, 2)) for (at in listOf(0, 5, 11)) {
            val digits = ('0'..'9').map { digit ->
                val whole = take(Look.LIGHT) { Box(Modifier.fillMaxSize().background(Color.White).padding(at.dp)) { Text("Born 14-Jul-194$digit") } }
                scaled(whole, smaller)
            }
            val pairs = digits.indices.flatMap { one -> digits.indices.map { other -> one to other } }
            val untold = pairs.filter { (one, other) -> close(digits[one], digits[other], smaller) != (one == other) }
            val least = pairs.filter { it.first < it.second }.minOf { (one, other) -> most(digits[one], digits[other]) }
            assertEquals("at $at, smaller by $smaller: $least at least", emptyList<Pair<Int, Int>>(), untold)
        }
    }

    private fun take(look: Look, content: @Composable () -> Unit): Bitmap {
        stage.show(look, content)
        val view = rule.activity.window.decorView
        val whole = Bitmap.createBitmap(view.width, view.height, Bitmap.Config.ARGB_8888)
        view.draw(Canvas(whole))
        return Bitmap.createBitmap(whole, 0, 0, look.width, look.height)
    }

    /** Whether [whole] looks as it did; the recorded picture is as many times smaller as [smaller] says. */
    private fun same(name: String, whole: Bitmap, smaller: Int): Boolean {
        val file = File(recorded, "$name.png")
        val picture = scaled(whole, smaller)
        if (System.getenv("GAUZE_RECORD") != null) save(picture, file)
        val before = if (file.exists()) BitmapFactory.decodeFile(file.path) else null
        return (before != null && close(before, picture, smaller)).also { if (!it) save(whole, File(out, file.name)) }
    }

    private fun scaled(whole: Bitmap, smaller: Int) = Bitmap.createScaledBitmap(whole, whole.width / smaller, whole.height / smaller, true)

    private fun save(picture: Bitmap, file: File) {
        file.parentFile?.mkdirs()
        file.outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, 100, it) }
    }

    /** Edges of letters differ between machines, by a few pixels of a letter. */
    private fun close(a: Bitmap, b: Bitmap, smaller: Int) = a.width == b.width && a.height == b.height && most(a, b) <= BOUNDS.getValue(smaller)

    /** How many pixels are off by more than a tenth in the square, wherever it lies, that has most of them. */
    private fun most(a: Bitmap, b: Bitmap): Int {
        val (one, other) = pixels(a) to pixels(b)
        // Sums of all that lies above and before.
        val sums = IntArray((a.width + 1) * (a.height + 1))
        val at = { x: Int, y: Int -> y * (a.width + 1) + x }
        for (y in 0 until a.height) for (x in 0 until a.width) {
            val (here, there) = one[y * a.width + x] to other[y * a.width + x]
            val differs = (0..16 step 8).any { abs((here shr it and 255) - (there shr it and 255)) > 25 }
            sums[at(x + 1, y + 1)] = sums[at(x, y + 1)] + sums[at(x + 1, y)] - sums[at(x, y)] + if (differs) 1 else 0
        }
        return (SQUARE..a.height).maxOf { y ->
            (SQUARE..a.width).maxOf { x -> sums[at(x, y)] - sums[at(x - SQUARE, y)] - sums[at(x, y - SQUARE)] + sums[at(x - SQUARE, y - SQUARE)] }
        }
    }

    private fun pixels(bitmap: Bitmap) =
        IntArray(bitmap.width * bitmap.height).also { bitmap.getPixels(it, 0, bitmap.width, 0, 0, bitmap.width, bitmap.height) }

    private companion object {
        const val SQUARE = 16

        /** By how many times smaller a picture is recorded. A digit that is another one is more. */
        val BOUNDS = mapOf(1 to 24, 2 to 4)
    }
}

package org.gauze.app

import android.content.res.Configuration
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
import androidx.compose.ui.platform.LocalLayoutDirection
import androidx.compose.ui.test.junit4.ComposeContentTestRule
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.dp
import java.time.LocalDate
import org.gauze.app.ui.GauzeTheme
import org.gauze.app.ui.LocalToday

/** A window that a screen is shown in: its size in dp, its scheme, the text's scale, which way people write. */
enum class Look(
    val width: Int, val height: Int, val dark: Boolean = false, val scale: Float = 1f, val direction: LayoutDirection = LayoutDirection.Ltr,
) {
    LIGHT(360, 720),
    DARK(360, 720, dark = true),
    LARGE(360, 720, scale = 2f),
    NARROW(320, 568),
    WIDE(1280, 800),
    LOW(640, 360),
    RIGHT_TO_LEFT(360, 720, direction = LayoutDirection.Rtl),
}

/** Shows one screen after the other, each in its look; a dp is a pixel. */
class Stage(private val rule: ComposeContentTestRule) {
    private var shown by mutableStateOf<Pair<Look, @Composable () -> Unit>>(Look.LIGHT to {})

    fun begin() = rule.setContent {
        val (look, content) = shown
        val window = Configuration(LocalConfiguration.current).apply {
            screenWidthDp = look.width
            screenHeightDp = look.height
        }
        CompositionLocalProvider(
            LocalDensity provides Density(1f, look.scale),
            LocalConfiguration provides window,
            LocalToday provides { LocalDate.parse("2026-11-29") },
        ) {
            Box(Modifier.fillMaxSize().background(Color.Magenta)) {
                GauzeTheme(look.dark) {
                    Box(Modifier.size(look.width.dp, look.height.dp)) {
                        CompositionLocalProvider(LocalLayoutDirection provides look.direction) { key(content) { content() } }
                    }
                }
            }
        }
    }

    fun show(look: Look, content: @Composable () -> Unit) {
        shown = look to content
        rule.waitForIdle()
    }
}

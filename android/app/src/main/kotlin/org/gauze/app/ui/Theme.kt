package org.gauze.app.ui

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Shapes
import androidx.compose.material3.Typography
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp

/** Colours that Material has no name for. All reach AA on both surfaces; docs/look.md has the figures. */
class Tones(val warning: Color, val good: Color, val information: Color, val muted: Color, val line: Color)

private val lightTones = Tones(Color(0xFF7A4B00), Color(0xFF00622F), Color(0xFF0B4F8A), Color(0xFF4A5763), Color(0xFF7A8794))
private val darkTones = Tones(Color(0xFFF5B94A), Color(0xFF6FD996), Color(0xFF8CC4FF), Color(0xFFAEBAC4), Color(0xFF71808D))

val LocalTones = staticCompositionLocalOf { lightTones }

/** What photos are looked at against: skin is judged against grey. */
val viewingGrey = Color(0xFF8A8A8A)

private val light = lightColorScheme(
    primary = Color(0xFF00594F), onPrimary = Color.White,
    secondaryContainer = Color(0xFFD5E8E5), onSecondaryContainer = Color(0xFF16202A),
    background = Color.White, onBackground = Color(0xFF16202A),
    surface = Color.White, onSurface = Color(0xFF16202A),
    surfaceVariant = Color(0xFFF3F6F8), onSurfaceVariant = Color(0xFF4A5763),
    outline = Color(0xFF7A8794), error = Color(0xFFA3121F), onError = Color.White,
)
private val dark = darkColorScheme(
    primary = Color(0xFF63D2C0), onPrimary = Color(0xFF11181E),
    secondaryContainer = Color(0xFF24423E), onSecondaryContainer = Color(0xFFE9EEF2),
    background = Color(0xFF11181E), onBackground = Color(0xFFE9EEF2),
    surface = Color(0xFF11181E), onSurface = Color(0xFFE9EEF2),
    surfaceVariant = Color(0xFF1B242C), onSurfaceVariant = Color(0xFFAEBAC4),
    outline = Color(0xFF71808D), error = Color(0xFFFF8F94), onError = Color(0xFF11181E),
)

private val type = Typography(
    titleLarge = TextStyle(fontSize = 25.sp, lineHeight = 31.sp, fontWeight = FontWeight.Medium),
    titleMedium = TextStyle(fontSize = 20.sp, lineHeight = 26.sp, fontWeight = FontWeight.Medium),
    bodyLarge = TextStyle(fontSize = 16.sp, lineHeight = 23.sp),
    bodyMedium = TextStyle(fontSize = 16.sp, lineHeight = 23.sp),
    labelLarge = TextStyle(fontSize = 16.sp, lineHeight = 20.sp, fontWeight = FontWeight.Medium),
    labelMedium = TextStyle(fontSize = 16.sp, lineHeight = 20.sp),
)
private val corner = RoundedCornerShape(4.dp)
private val shapes = Shapes(corner, corner, corner, corner, corner)

@Composable
fun GauzeTheme(dark: Boolean = isSystemInDarkTheme(), content: @Composable () -> Unit) {
    CompositionLocalProvider(LocalTones provides if (dark) darkTones else lightTones) {
        MaterialTheme(if (dark) org.gauze.app.ui.dark else light, shapes, type, content)
    }
}

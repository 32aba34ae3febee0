package org.gauze.bridge

import java.io.File
import java.nio.file.Path
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable

/** Milliseconds of each capture through a direct buffer; `cargo xtask bench` reads them. */
@EnabledIfEnvironmentVariable(named = "GAUZE_BENCH", matches = ".+")
class CaptureBench {
    @Test
    fun `captures through a direct buffer`() = runBlocking {
        val phone = Phone(Path.of(System.getenv("GAUZE_BENCH_PHONE")).also { it.toFile().mkdirs() })
        phone.enrol().use {
            val photo = Ward.direct(Ward.picture)
            val warm = 10
            val times = System.getenv("GAUZE_BENCH_TIMES").toInt()
            val millis = (0 until warm + times).map {
                photo.rewind()
                val start = System.nanoTime()
                val captured = phone.client.capture(photo, org.gauze.core.CaptureContext())
                val took = (System.nanoTime() - start) / 1e6
                phone.client.discard(captured.captureId)
                took
            }
            File(System.getenv("GAUZE_BENCH")).writeText(millis.drop(warm).joinToString("\n"))
        }
    }
}

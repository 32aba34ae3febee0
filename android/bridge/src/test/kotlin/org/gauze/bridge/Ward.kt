package org.gauze.bridge

import java.io.File
import java.nio.ByteBuffer
import java.nio.file.Files
import java.nio.file.Path
import org.gauze.core.BodySide
import org.gauze.core.CaptureContext
import org.gauze.core.CaptureId
import org.gauze.core.Client
import org.gauze.core.ClientPorts
import org.gauze.core.Established
import org.gauze.core.Framing
import org.gauze.core.Identifier
import org.gauze.core.Patient
import org.gauze.core.Platform
import org.gauze.core.Site

/**
 * The hospital that whoever started the tests has running: `GAUZE_MANAGED` is a directory with one managed configuration
 * per phone, `GAUZE_PICTURE` a JPEG of a camera.
 */
object Ward {
    val picture: ByteArray by lazy { File(environment("GAUZE_PICTURE")).readBytes() }

    private val configurations by lazy {
        File(environment("GAUZE_MANAGED")).listFiles()!!.sorted().map(File::readText).iterator()
    }

    @Synchronized
    fun managed(): String = configurations.next()

    fun direct(bytes: ByteArray): ByteBuffer =
        ByteBuffer.allocateDirect(bytes.size).put(bytes).flip() as ByteBuffer

    private fun environment(name: String): String =
        System.getenv(name) ?: error("$name is not set: run `cargo xtask test`")
}

/** A phone: the core on ports written in Kotlin. */
class Phone(val dir: Path = Files.createTempDirectory("gauze-phone-")) : AutoCloseable {
    val vault = JcaVault()
    val secrets = MemorySecrets()
    val air = Air()
    val guard = Guard()
    var client: Client = open()
        private set

    private fun open() =
        Client.open(dir.toString(), Platform.ANDROID, "jvm", "0.1.0", ClientPorts(vault, vault, secrets, air, guard))

    /** Ends the app and starts it anew. */
    fun restart() {
        client.close()
        client = open()
    }

    suspend fun enrol(): Phone = apply { client.enrolment().use { it.enrol(Ward.managed()) } }

    fun capture(): CaptureId = client.capture(Ward.direct(Ward.picture), context()).captureId

    override fun close() {
        client.close()
        dir.toFile().deleteRecursively()
    }
}

/** A record of nobody. */
fun context() = CaptureContext(
    patient = Patient(
        nhsNumber = "9990000042",
        localNumber = null,
        family = "Zzyzx-Familyname",
        given = "Quillonbert",
        dob = "1950-01-31",
        established = Established.Wristband,
        confirmedBy = listOf(Identifier.DOB, Identifier.NHS_NUMBER),
    ),
    site = Site(words = "lower leg", side = BodySide.LEFT),
    view = Framing.STRAIGHT,
)

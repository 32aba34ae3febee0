package org.gauze.app

import android.app.Notification
import android.app.NotificationManager
import android.content.Context
import androidx.work.testing.WorkManagerTestInitHelper
import com.google.zxing.BarcodeFormat
import com.google.zxing.datamatrix.DataMatrixWriter
import java.io.File
import java.math.BigInteger
import java.nio.ByteBuffer
import java.security.AlgorithmParameters
import java.security.KeyFactory
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.Signature
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import java.security.spec.ECParameterSpec
import java.security.spec.ECPoint
import java.security.spec.ECPublicKeySpec
import java.time.LocalDate
import java.util.concurrent.atomic.AtomicInteger
import javax.crypto.KeyAgreement
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.onCompletion
import kotlinx.coroutines.flow.onStart
import kotlinx.coroutines.flow.update
import org.gauze.logic.core.Core
import org.gauze.logic.core.Outcome
import org.gauze.logic.core.map
import org.gauze.logic.port.Authentication
import org.gauze.logic.port.BackgroundUploads
import org.gauze.logic.port.Biometric
import org.gauze.logic.port.Camera
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault
import org.gauze.logic.port.CorePorts
import org.gauze.logic.port.DeviceKeys
import org.gauze.logic.port.Disk
import org.gauze.logic.port.DiskProtection
import org.gauze.logic.port.Frame
import org.gauze.logic.port.KeyEvidence
import org.gauze.logic.port.KeyException
import org.gauze.logic.port.KeyFault
import org.gauze.logic.port.LocationEvent
import org.gauze.logic.port.Level
import org.gauze.logic.port.Locations
import org.gauze.logic.port.ManagedConfiguration
import org.gauze.logic.port.Network
import org.gauze.logic.port.Scanner
import org.gauze.logic.port.Secret
import org.gauze.logic.port.Sound
import org.gauze.platform.camera.DirectShot
import org.robolectric.Shadows.shadowOf

/** The app with a camera and keys of the test's own; screens, scanner, settings, background and core are the real ones. */
class TestApplication : GauzeApplication() {
    var phone = FakePhone()
        private set
    override var graph = TestGraph(this, phone)
        private set

    override fun onCreate() {
        super.onCreate()
        // Starts nothing by itself: a test says when.
        WorkManagerTestInitHelper.initializeTestWorkManager(this, workManagerConfiguration)
    }

    /** Ends the process as far as the app can tell: keys and files stay, everything in memory goes. */
    fun restart() {
        graph.work.cancel()
        (graph.core() as Outcome.Done).value.close()
        graph = TestGraph(this, phone)
    }

    fun atTheIcon(): List<Notification> =
        shadowOf(getSystemService(NotificationManager::class.java)!!).allNotifications.filterNotNull()

    fun saidAtTheIcon(): List<String> = atTheIcon().map { it.extras.getString(Notification.EXTRA_TITLE).orEmpty() }

    /** Another phone in its place: nothing is on it. */
    fun another() {
        graph.work.cancel()
        (graph.core() as? Outcome.Done)?.value?.close()
        File(noBackupFilesDir, "gauze").deleteRecursively()
        phone = FakePhone()
        graph = TestGraph(this, phone)
    }
}

class TestGraph(context: Context, private val phone: FakePhone) : AppGraph(context) {
    override val camera = FakeCamera()
    override val locations = FakeLocations()

    /** How often a photo was said to be safe. */
    val ticks = AtomicInteger()
    override val sound = Sound { ticks.incrementAndGet() }
    override val biometric = Biometric { Authentication.CONFIRMED }
    override val browser = Visitor()
    override val level = Level { flowOf(0) }
    override val hardware = false

    /** The day that it is, where a test says so. */
    var day: LocalDate? = null
    override val today: () -> LocalDate = { day ?: LocalDate.now(zone) }

    /** What a test puts in the place of a part of the phone's, before anything asks for it. */
    var handing: BackgroundUploads? = null
    var managing: ManagedConfiguration? = null
    var scanning: Scanner? = null
    var notices: List<String>? = null
    override val uploads get() = handing ?: super.uploads
    override val managed get() = managing ?: super.managed
    override val scanner get() = scanning ?: super.scanner
    override val licences get() = notices ?: super.licences

    /** What a test lays around the real core. */
    var around: (Core) -> Core = { it }

    override fun core() = super.core().map(around)

    override val network = Network { phone.online }
    override val ports get() = CorePorts(phone, phone, phone, network, Disk { phone.disk })
}

/** Says [event] for as long as somebody listens, and counts who does. */
class FakeLocations : Locations {
    val event = MutableStateFlow<LocationEvent>(LocationEvent.Looking)
    val asking = MutableStateFlow(0)
    val times = AtomicInteger()

    override fun open(): Flow<LocationEvent> =
        event.onStart {
            times.incrementAndGet()
            asking.update { it + 1 }
        }.onCompletion { asking.update { it - 1 } }
}

/** Sees a wristband, and takes the photo that `GAUZE_PICTURE` names, or another. */
class FakeCamera : Camera {
    var picture = File(System.getenv("GAUZE_PICTURE").orEmpty())
    private val shots = Channel<Unit>(Channel.CONFLATED)

    /** How often a photo was asked for. */
    val asked = AtomicInteger()

    /** What is wrong with it now. */
    val fault = MutableStateFlow<CameraFault?>(null)

    /** False: a photo that was asked for does not come. */
    val delivers = MutableStateFlow(true)

    override fun open(): Flow<CameraEvent> = flow {
        // Opened anew, it knows of no photo that was asked for before.
        shots.tryReceive()
        if (fault.value == null) emit(CameraEvent.Ready)
        while (fault.value == null) {
            emit(CameraEvent.Seen(wristband))
            if (shots.tryReceive().isSuccess) {
                delivers.first { it }
                val jpeg = picture.readBytes()
                emit(CameraEvent.Taken(DirectShot(ByteBuffer.wrap(jpeg), 4032)))
            }
            delay(50)
        }
        emit(CameraEvent.Failed(fault.value!!))
        awaitCancellation()
    }

    override fun shoot() {
        asked.incrementAndGet()
        shots.trySend(Unit)
    }

    override fun torch(on: Boolean) = Unit

    override fun focus(x: Float, y: Float) = Unit

    companion object {
        private const val BAND = "8018505089890000000097\u001d80191\u001d725019800118\u001d7253SMITH\u001d7254John"
        val wristband: Frame by lazy { band(640, 480) }

        /** As phones see it. */
        val wide: Frame by lazy { band(1280, 720) }

        /** The band's symbol, black on white, in the middle of a frame. */
        private fun band(width: Int, height: Int): Frame {
            val symbol = DataMatrixWriter().encode(BAND, BarcodeFormat.DATA_MATRIX, 240, 240)
            val luma = ByteArray(width * height) { 0xff.toByte() }
            for (y in 0 until symbol.height) for (x in 0 until symbol.width) {
                if (symbol[x, y]) luma[(y + height / 2 - 120) * width + x + width / 2 - 120] = 0
            }
            return Frame(luma, width, height)
        }
    }
}

/** Keys of the Java Cryptography Architecture: what a phone's Keystore is. Outlives a process. */
class FakePhone : DeviceKeys, KeyEvidence, Secret {
    @Volatile var online = true

    /** What Android says of the app's directory. */
    @Volatile var disk = DiskProtection.HELD
    private var device: KeyPair? = null
    private var review: KeyPair? = null
    private var secret: ByteArray? = null

    private fun make(): KeyPair =
        KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()

    override fun create(challenge: ByteArray) {
        device = make()
        createReview()
    }

    override fun createReview() {
        if (review == null) review = make()
    }

    override fun deviceKey() = point(device ?: throw KeyException(KeyFault.GONE))

    override fun sign(message: ByteArray): ByteArray = Signature.getInstance("SHA256withECDSA").run {
        initSign((device ?: throw KeyException(KeyFault.GONE)).private)
        update(message)
        sign()
    }

    override fun reviewKey() = review?.let(::point)

    override fun agree(peer: ByteArray): ByteArray {
        val curve = AlgorithmParameters.getInstance("EC").apply { init(ECGenParameterSpec("secp256r1")) }
            .getParameterSpec(ECParameterSpec::class.java)
        val at = ECPoint(BigInteger(1, peer.copyOfRange(1, 33)), BigInteger(1, peer.copyOfRange(33, 65)))
        return KeyAgreement.getInstance("ECDH").run {
            init(review?.private ?: throw KeyException(KeyFault.GONE))
            doPhase(KeyFactory.getInstance("EC").generatePublic(ECPublicKeySpec(at, curve)), true)
            generateSecret()
        }
    }

    /** The lock screen was taken away: the review key is there and answers nobody. */
    fun invalidate() {
        review = review?.let { KeyPair(it.public, null) }
    }

    /** Whether anything on it opens anything. */
    val opens get() = review != null || secret != null

    override fun destroy(deviceToo: Boolean) {
        review = null
        if (deviceToo) device = null
    }

    override fun chain(): List<ByteArray>? = null

    override fun fresh(challenge: ByteArray): List<ByteArray>? = null

    override fun load() = secret

    override fun keep(secret: ByteArray) {
        this.secret = secret
    }

    override fun forget() {
        secret = null
    }

    private fun point(pair: KeyPair): ByteArray {
        val at = (pair.public as ECPublicKey).w
        return byteArrayOf(4) + fixed(at.affineX) + fixed(at.affineY)
    }

    private fun fixed(value: BigInteger): ByteArray {
        val bytes = value.toByteArray().takeLast(32).toByteArray()
        return ByteArray(32 - bytes.size) + bytes
    }
}

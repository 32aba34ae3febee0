package org.gauze.platform

import android.app.Application
import android.content.RestrictionsManager
import android.os.Build
import android.os.Bundle
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.UserNotAuthenticatedException
import android.util.Size
import android.view.Surface
import androidx.test.core.app.ApplicationProvider
import java.nio.ByteBuffer
import java.security.InvalidKeyException
import java.security.UnrecoverableKeyException
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.gauze.logic.port.CameraEvent
import org.gauze.logic.port.CameraFault
import org.gauze.logic.port.DiskProtection
import org.gauze.logic.port.Frame
import org.gauze.logic.port.KeyException
import org.gauze.logic.port.KeyFault
import org.gauze.platform.camera.Camera2
import org.gauze.platform.camera.DirectShot
import org.gauze.platform.camera.FrameJudge
import org.gauze.platform.camera.Sizes
import org.gauze.platform.keys.KeystoreKeys
import org.gauze.platform.managed.Restrictions
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config

/** On the framework of the oldest phone too, where a call that it does not have yet fails. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [29, 35])
class SystemTest {
    private val app: Application = ApplicationProvider.getApplicationContext()

    @Before
    fun keystore() = FakeKeystore.install()

    @Test
    fun keys_are_made_in_a_chip_where_there_is_one_and_for_the_servers_challenge() {
        val keys = KeystoreKeys(strongBox = true)
        keys.create(byteArrayOf(1, 2, 3))
        val device = FakeKeystore.held.getValue(KeystoreKeys.DEVICE).spec
        assertEquals(listOf<Byte>(1, 2, 3), device.attestationChallenge!!.toList())
        assertTrue(device.isStrongBoxBacked && !device.isUserAuthenticationRequired)
        // Older ones agree on no key.
        val review = FakeKeystore.held[KeystoreKeys.REVIEW]?.spec
        assertEquals(Build.VERSION.SDK_INT >= Build.VERSION_CODES.S, review != null)
        if (review != null) assertTrue(review.isUserAuthenticationRequired && review.isUnlockedDeviceRequired)
        assertEquals(listOf(true, true), listOf(keys, KeystoreKeys(strongBox = true)).map { it.inChip })
        assertEquals(65, keys.deviceKey().size)
        assertEquals(2, keys.chain()!!.size)
    }

    @Test
    fun without_a_chip_the_fall_back_is_said() {
        FakeKeystore.chip = false
        val keys = KeystoreKeys(strongBox = true)
        keys.create(ByteArray(32))
        assertEquals("by the next process too", listOf(false, false), listOf(keys, KeystoreKeys(strongBox = true)).map { it.inChip })
        assertFalse(FakeKeystore.held.getValue(KeystoreKeys.DEVICE).spec.isStrongBoxBacked)
    }

    @Test
    fun where_the_key_is_is_said_of_the_key_that_is_there() {
        val next = { KeystoreKeys(strongBox = true).inChip }
        assertNull("before there is one", next())
        KeystoreKeys(strongBox = true).create(ByteArray(32))
        FakeKeystore.chip = false
        KeystoreKeys(strongBox = true).create(ByteArray(32))
        assertEquals("made anew, and the chip had no room", false, next())
        KeystoreKeys(strongBox = true).destroy(deviceToo = true)
        assertNull(next())
    }

    @Test
    fun a_key_is_made_where_it_cannot_be_noted_where_it_is() {
        FakeKeystore.room = false
        val keys = KeystoreKeys(strongBox = true)
        keys.create(ByteArray(32))
        assertEquals(true to 65, keys.inChip to keys.deviceKey().size)
        val says = Build.VERSION.SDK_INT >= Build.VERSION_CODES.S
        assertEquals("a chip that the next process does not know of it does not claim", says, KeystoreKeys(strongBox = true).inChip)
    }

    /** What AndroidKeyStore throws when a key is used (`KeyStoreCryptoOperationUtils.getInvalidKeyException`). */
    @Test
    @Config(sdk = [35])
    fun a_key_that_wants_its_user_first_and_one_that_is_invalid_for_good_are_told_apart() {
        val keys = KeystoreKeys(strongBox = false)
        keys.create(ByteArray(32))
        val fault = { refusal: InvalidKeyException ->
            FakeKeystore.refusing[KeystoreKeys.REVIEW] = refusal
            assertThrows(KeyException::class.java) { keys.agree(ByteArray(65)) }.fault
        }
        assertEquals(KeyFault.NEEDS_USER, fault(UserNotAuthenticatedException()))
        assertEquals(KeyFault.GONE, fault(KeyPermanentlyInvalidatedException()))
        assertEquals("busy, or another system's words", KeyFault.UNAVAILABLE, fault(InvalidKeyException("Keystore operation failed")))
    }

    @Test
    @Config(sdk = [35])
    fun both_sides_of_an_agreement_come_to_the_same_and_a_key_that_is_gone_says_so() {
        val ours = KeystoreKeys(strongBox = false)
        ours.create(ByteArray(32))
        val peer = java.security.KeyPairGenerator.getInstance("EC")
            .apply { initialize(java.security.spec.ECGenParameterSpec("secp256r1")) }.generateKeyPair()
        val theirs = javax.crypto.KeyAgreement.getInstance("ECDH").run {
            init(peer.private)
            doPhase(FakeKeystore.held.getValue(KeystoreKeys.REVIEW).pair.public, true)
            generateSecret()
        }
        val w = (peer.public as java.security.interfaces.ECPublicKey).w
        val fixed = { value: java.math.BigInteger -> value.toByteArray().takeLast(32).toByteArray().let { ByteArray(32 - it.size) + it } }
        assertEquals(theirs.toList(), ours.agree(byteArrayOf(4) + fixed(w.affineX) + fixed(w.affineY)).toList())
        ours.destroy(deviceToo = true)
        assertEquals(KeyFault.GONE, assertThrows(KeyException::class.java) { ours.sign(ByteArray(1)) }.fault)
        assertNull(ours.reviewKey())
    }

    @Test
    fun a_review_key_is_made_anew_where_there_is_none_and_the_device_key_stays() {
        val keys = KeystoreKeys(strongBox = false)
        keys.create(ByteArray(32))
        val (device, review) = keys.deviceKey().toList() to keys.reviewKey()?.toList()
        keys.createReview()
        assertEquals(review, keys.reviewKey()?.toList())
        keys.destroy(deviceToo = false)
        assertNull(keys.reviewKey())
        keys.createReview()
        assertEquals(device, keys.deviceKey().toList())
        assertEquals("older ones agree on none", Build.VERSION.SDK_INT >= Build.VERSION_CODES.S, keys.reviewKey() != null)
        assertTrue(keys.reviewKey() == null || keys.reviewKey()?.toList() != review)
    }

    @Test
    @Config(sdk = [35])
    fun a_key_that_the_system_ended_is_gone_and_one_that_it_cannot_read_now_is_not() {
        val keys = KeystoreKeys(strongBox = false)
        keys.create(ByteArray(32))
        val fault = { assertThrows(KeyException::class.java) { keys.reviewKey() }.fault }
        FakeKeystore.unread[KeystoreKeys.REVIEW] = UnrecoverableKeyException("busy").apply { initCause(IllegalStateException()) }
        assertEquals(KeyFault.UNAVAILABLE, fault())
        assertThrows(KeyException::class.java) { keys.createReview() }
        FakeKeystore.unread[KeystoreKeys.REVIEW] = UnrecoverableKeyException("Key permanently invalidated")
        assertEquals(KeyFault.GONE, fault())
        assertEquals(KeyFault.GONE, assertThrows(KeyException::class.java) { keys.agree(ByteArray(65)) }.fault)
        keys.createReview()
        assertNotNull(keys.reviewKey())
    }

    @Test
    fun what_device_management_sets_arrives_as_json() = runBlocking {
        val manager = app.getSystemService(RestrictionsManager::class.java)!!
        val bundle = Bundle().apply {
            putString("gateway", "https://g.test")
            putInt("review_hours", 4)
        }
        shadowOf(manager).setApplicationRestrictions(bundle)
        val read = JSONObject(Restrictions(app) {}.changes().first())
        assertEquals("https://g.test" to 4, read.getString("gateway") to read.getInt("review_hours"))
    }

    @Test
    fun a_camera_that_is_not_allowed_or_not_there_says_which() = runBlocking {
        val camera = Camera2(app, MutableStateFlow(null))
        assertEquals(CameraFault.NO_PERMISSION, (camera.open().first() as CameraEvent.Failed).fault)
        shadowOf(app).grantPermissions(android.Manifest.permission.CAMERA)
        assertEquals(CameraFault.NO_CAMERA, (camera.open().first() as CameraEvent.Failed).fault)
    }

    @Test
    fun viewfinder_and_frames_have_the_photos_shape_where_the_camera_has_one_of_it() {
        val wide = arrayOf(Size(1920, 1080), Size(1280, 720))
        assertEquals(Size(1280, 960), Sizes.like(Size(4032, 3024), wide + Size(1440, 1080) + Size(1280, 960) + Size(640, 480), 1280))
        assertEquals(Size(1280, 720), Sizes.like(Size(4032, 3024), wide, 1280))
        assertNull(Sizes.like(Size(4032, 3024), null, 1280))
        assertEquals(Size(1280, 960), Sizes.of(app).finder)
        val turned = (Surface.ROTATION_0..Surface.ROTATION_270).map { Sizes.of(app).shape(it) }
        assertEquals("upright on a phone that is, lying on one on its side", listOf(0.75f, 4 / 3f, 0.75f, 4 / 3f), turned)
    }

    @Test
    fun a_shot_is_direct_and_overwritten() {
        val shot = DirectShot(ByteBuffer.wrap(byteArrayOf(1, 2, 3)), 1)
        assertTrue(shot.jpeg.isDirect)
        assertEquals(3, shot.jpeg.remaining())
        shot.close()
        assertEquals(listOf<Byte>(0, 0, 0), List(3) { shot.jpeg.get(it) })
    }

    @Test
    fun two_open_shots_never_share_memory_and_a_smaller_one_shows_nothing_of_the_one_before() {
        DirectShot(ByteBuffer.wrap(byteArrayOf(1, 2, 3)), 1).apply { close() }.close()
        val (first, second) = List(2) { DirectShot(ByteBuffer.wrap(byteArrayOf((it + 4).toByte(), 9)), 1) }
        assertEquals(listOf(4, 9, 5, 9), listOf(first, second).flatMap { shot -> List(shot.jpeg.remaining()) { shot.jpeg.get(it).toInt() } })
        first.close()
        second.close()
    }

    @Test
    fun frames_are_judged_by_their_middle() {
        val flat = Frame(ByteArray(640 * 480) { 118 }, 640, 480)
        val dark = Frame(ByteArray(640 * 480) { 4 }, 640, 480)
        val white = Frame(ByteArray(640 * 480) { -1 }, 640, 480)
        val sharp = Frame(ByteArray(640 * 480) { if ((it % 640) / 2 % 2 == 0) 40 else -56 }, 640, 480)
        val judge = FrameJudge()
        assertEquals(0, judge.judge(flat).sharpness)
        assertEquals(listOf(0, -966, 1000), listOf(flat, dark, white).map { judge.judge(it).exposure })
        assertTrue(judge.judge(sharp).sharpness > 500)
    }

    /** Skin has few edges: one that is narrow is enough, and one that a hand smeared is not. */
    @Test
    fun a_frame_is_sharp_by_how_narrow_its_edges_are_and_not_by_how_many_it_has() {
        val sharpness = { wide: Int ->
            val luma = ByteArray(640 * 480) { (90 + 80 * (it % 640 - 320).coerceIn(0, wide) / wide).toByte() }
            FrameJudge().judge(Frame(luma, 640, 480)).sharpness
        }
        assertEquals(listOf(true, true, false), listOf(1, 3, 12).map { sharpness(it) >= 120 })
    }

    @Test
    fun only_the_directory_without_backup_is_a_place_for_photos() {
        val disk = SystemDisk(app)
        assertEquals(DiskProtection.HELD, disk.protection(app.noBackupFilesDir.resolve("gauze").path))
        assertEquals(DiskProtection.WRONG, disk.protection(app.filesDir.path))
    }
}

package org.gauze.platform

import android.app.Application
import android.security.keystore.KeyProperties
import androidx.test.core.app.ApplicationProvider
import java.io.File
import org.gauze.logic.port.KeyException
import org.gauze.logic.port.KeyFault
import org.gauze.platform.keys.KeystoreSecret
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Before
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.Config

/** The store's secret, sealed by the Keystore that [FakeKeystore] plays. */
@RunWith(RobolectricTestRunner::class)
@Config(sdk = [29, 35])
class SecretTest {
    private val dir: File = ApplicationProvider.getApplicationContext<Application>().noBackupFilesDir
    private val file = File(dir, "secret")
    private val secret = ByteArray(32) { it.toByte() }

    @Before
    fun keystore() = FakeKeystore.install()

    private fun fault() = assertThrows(KeyException::class.java) { KeystoreSecret(dir).load() }.fault

    @Test
    fun what_is_kept_is_read_by_the_next_process_and_lies_sealed_under_a_key_that_asks_for_nobody() {
        assertNull(KeystoreSecret(dir).load())
        KeystoreSecret(dir).keep(secret)
        assertArrayEquals(secret, KeystoreSecret(dir).load())
        assertFalse(String(secret, Charsets.ISO_8859_1) in String(file.readBytes(), Charsets.ISO_8859_1))
        assertEquals(listOf("secret"), dir.list()!!.toList())
        val key = FakeKeystore.sealing.values.single()
        assertEquals(256 to listOf(KeyProperties.BLOCK_MODE_GCM), key.keySize to key.blockModes.toList())
        assertFalse("photos go out while the phone lies locked", key.isUserAuthenticationRequired)
        val before = file.readBytes()
        KeystoreSecret(dir).keep(secret)
        assertFalse("a nonce of its own each time", before.contentEquals(file.readBytes()))
    }

    @Test
    fun a_key_that_is_gone_and_a_file_that_is_not_whole_are_told_apart() {
        KeystoreSecret(dir).keep(secret)
        val sealed = file.readBytes()
        file.writeBytes(sealed.copyOf().also { it[sealed.size - 1] = (it[sealed.size - 1] + 1).toByte() })
        assertEquals(KeyFault.UNAVAILABLE, fault())
        file.writeBytes(sealed.copyOf(5))
        assertEquals(KeyFault.UNAVAILABLE, fault())
        file.writeBytes(sealed)
        FakeKeystore.secrets.clear()
        assertEquals(KeyFault.GONE, fault())
    }

    @Test
    fun what_is_forgotten_leaves_neither_file_nor_key() {
        KeystoreSecret(dir).keep(secret)
        KeystoreSecret(dir).forget()
        assertNull(KeystoreSecret(dir).load())
        assertTrue(FakeKeystore.secrets.isEmpty() && !file.exists())
    }
}

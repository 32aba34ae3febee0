package org.gauze.platform.keys

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyProperties
import java.io.File
import java.security.GeneralSecurityException
import java.security.KeyStore
import javax.crypto.Cipher
import javax.crypto.KeyGenerator
import javax.crypto.SecretKey
import javax.crypto.spec.GCMParameterSpec
import org.gauze.logic.port.KeyException
import org.gauze.logic.port.KeyFault
import org.gauze.logic.port.Secret

/** The store's secret in a small file, sealed with AES-256-GCM under a Keystore key that works from the first unlock on. */
class KeystoreSecret(dir: File) : Secret {
    private val file = File(dir, "secret")

    override fun load(): ByteArray? = answered {
        if (!file.exists()) return@answered null
        val sealed = file.readBytes()
        if (sealed.size < NONCE) throw KeyException(KeyFault.UNAVAILABLE)
        val key = store().getKey(ALIAS, null) as? SecretKey ?: throw KeyException(KeyFault.GONE)
        Cipher.getInstance(TRANSFORMATION).run {
            init(Cipher.DECRYPT_MODE, key, GCMParameterSpec(128, sealed, 0, NONCE))
            doFinal(sealed, NONCE, sealed.size - NONCE)
        }
    }

    override fun keep(secret: ByteArray) = answered {
        val key = store().getKey(ALIAS, null) as? SecretKey ?: make()
        val sealed = Cipher.getInstance(TRANSFORMATION).run {
            init(Cipher.ENCRYPT_MODE, key)
            iv + doFinal(secret)
        }
        val part = File(file.path + ".part")
        part.outputStream().use {
            it.write(sealed)
            it.fd.sync()
        }
        if (!part.renameTo(file)) throw KeyException(KeyFault.UNAVAILABLE)
    }

    override fun forget() = answered {
        store().deleteEntry(ALIAS)
        file.delete()
        Unit
    }

    private fun store(): KeyStore = KeyStore.getInstance(PROVIDER).apply { load(null) }

    private fun make(): SecretKey = KeyGenerator.getInstance(KeyProperties.KEY_ALGORITHM_AES, PROVIDER).run {
        init(
            KeyGenParameterSpec.Builder(ALIAS, KeyProperties.PURPOSE_ENCRYPT or KeyProperties.PURPOSE_DECRYPT)
                .setBlockModes(KeyProperties.BLOCK_MODE_GCM)
                .setEncryptionPaddings(KeyProperties.ENCRYPTION_PADDING_NONE)
                .setKeySize(256)
                .build(),
        )
        generateKey()
    }

    private inline fun <T> answered(call: () -> T): T = try {
        call()
    } catch (_: GeneralSecurityException) {
        throw KeyException(KeyFault.UNAVAILABLE)
    } catch (_: java.io.IOException) {
        throw KeyException(KeyFault.UNAVAILABLE)
    }

    private companion object {
        const val PROVIDER = "AndroidKeyStore"
        const val ALIAS = "gauze.store"
        const val TRANSFORMATION = "AES/GCM/NoPadding"
        const val NONCE = 12
    }
}

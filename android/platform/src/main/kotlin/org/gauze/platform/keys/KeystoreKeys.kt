package org.gauze.platform.keys

import android.os.Build
import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyPermanentlyInvalidatedException
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import android.security.keystore.UserNotAuthenticatedException
import java.math.BigInteger
import java.security.AlgorithmParameters
import java.security.GeneralSecurityException
import java.security.KeyFactory
import java.security.KeyPairGenerator
import java.security.KeyStore
import java.security.PrivateKey
import java.security.ProviderException
import java.security.PublicKey
import java.security.Signature
import java.security.UnrecoverableKeyException
import java.security.interfaces.ECPublicKey
import java.security.spec.ECGenParameterSpec
import java.security.spec.ECParameterSpec
import java.security.spec.ECPoint
import java.security.spec.ECPublicKeySpec
import javax.crypto.KeyAgreement
import org.gauze.logic.port.DeviceKeys
import org.gauze.logic.port.KeyEvidence
import org.gauze.logic.port.KeyException
import org.gauze.logic.port.KeyFault

/**
 * The two keys in Android's Keystore, in a chip of their own where the phone has one. The device key has no user gate, so
 * that photos go out while the phone lies locked; the review key works for [REVIEW_SECONDS] after its user authenticated.
 * Keystore agrees on keys from Android 12; on older phones there is no review key, and photos cannot be looked at.
 */
class KeystoreKeys(private val strongBox: Boolean) : DeviceKeys, KeyEvidence {
    /** Of the device key, once it was made or asked. */
    @Volatile private var found: Boolean? = null

    /** Whether the device key is in a chip of its own; null where there is none, or none that answers now. */
    val inChip: Boolean?
        get() = found ?: try {
            answered { entry(DEVICE)?.let(::isInChip) }.also { found = it }
        } catch (_: KeyException) {
            null
        }

    override fun create(challenge: ByteArray) = answered {
        val chip = make(device(challenge))
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.S) mark(chip)
        found = chip
        createReview()
    }

    /** Before Android 12 a key does not say where it is: where that is a chip of its own, its certificate lies here a second time. */
    private fun mark(chip: Boolean) = try {
        answered {
            val store = store()
            if (chip) store.setCertificateEntry(CHIP, store.getCertificate(DEVICE)) else store.deleteEntry(CHIP)
        }
    } catch (_: KeyException) {
        // The key is there all the same; the next process takes it for one in no chip.
    }

    private fun isInChip(device: KeyStore.PrivateKeyEntry): Boolean {
        if (Build.VERSION.SDK_INT < Build.VERSION_CODES.S) return store().getCertificate(CHIP) == device.certificate
        val key = device.privateKey
        val said = KeyFactory.getInstance(key.algorithm, PROVIDER).getKeySpec(key, KeyInfo::class.java)
        return said.securityLevel == KeyProperties.SECURITY_LEVEL_STRONGBOX
    }

    override fun createReview(): Unit = answered {
        if (Build.VERSION.SDK_INT >= Build.VERSION_CODES.S && isMissing(REVIEW)) make(review())
    }

    override fun deviceKey(): ByteArray = answered { point(entry(DEVICE)?.certificate?.publicKey) }

    override fun sign(message: ByteArray): ByteArray = answered {
        Signature.getInstance("SHA256withECDSA").run {
            initSign(key(DEVICE))
            update(message)
            sign()
        }
    }

    override fun reviewKey(): ByteArray? = answered { entry(REVIEW)?.let { point(it.certificate.publicKey) } }

    override fun agree(peer: ByteArray): ByteArray = answered {
        KeyAgreement.getInstance("ECDH").run {
            init(key(REVIEW))
            doPhase(public(peer), true)
            generateSecret()
        }
    }

    override fun destroy(deviceToo: Boolean): Unit = answered {
        val store = store()
        store.deleteEntry(REVIEW)
        if (deviceToo) {
            store.deleteEntry(DEVICE)
            store.deleteEntry(CHIP)
            found = null
        }
    }

    override fun chain(): List<ByteArray>? = answered { certificates(DEVICE) }

    override fun fresh(challenge: ByteArray): List<ByteArray>? = answered {
        make(device(challenge, FRESH))
        try {
            certificates(FRESH)
        } finally {
            store().deleteEntry(FRESH)
        }
    }

    private fun device(challenge: ByteArray, alias: String = DEVICE) =
        KeyGenParameterSpec.Builder(alias, KeyProperties.PURPOSE_SIGN)
            .setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
            .setDigests(KeyProperties.DIGEST_SHA256)
            .setAttestationChallenge(challenge)

    private fun review(): KeyGenParameterSpec.Builder =
        KeyGenParameterSpec.Builder(REVIEW, KeyProperties.PURPOSE_AGREE_KEY)
            .setAlgorithmParameterSpec(ECGenParameterSpec("secp256r1"))
            .setUserAuthenticationRequired(true)
            .setUserAuthenticationParameters(
                REVIEW_SECONDS,
                KeyProperties.AUTH_BIOMETRIC_STRONG or KeyProperties.AUTH_DEVICE_CREDENTIAL,
            )
            .setUnlockedDeviceRequired(true)

    /** A chip of its own first; where that has no room or is not there, the protected processor. Whether it is the chip. */
    private fun make(spec: KeyGenParameterSpec.Builder): Boolean {
        if (strongBox) {
            try {
                generate(spec.setIsStrongBoxBacked(true).build())
                return true
            } catch (_: StrongBoxUnavailableException) {
                spec.setIsStrongBoxBacked(false)
            }
        }
        generate(spec.build())
        return false
    }

    private fun generate(spec: KeyGenParameterSpec) {
        KeyPairGenerator.getInstance(KeyProperties.KEY_ALGORITHM_EC, PROVIDER).run {
            initialize(spec)
            generateKeyPair()
        }
    }

    /** A chain of one is the key's own word for itself: no hardware vouches for it. */
    private fun certificates(alias: String): List<ByteArray>? =
        store().getCertificateChain(alias)?.map { it.encoded }?.takeIf { it.size > 1 }

    private fun store(): KeyStore = KeyStore.getInstance(PROVIDER).apply { load(null) }

    /** Also where the system ended it. */
    private fun isMissing(alias: String) = try {
        entry(alias) == null
    } catch (fault: UnrecoverableKeyException) {
        fault.isEnd || throw fault
    }

    private fun entry(alias: String) = store().getEntry(alias, null) as? KeyStore.PrivateKeyEntry

    private fun key(alias: String): PrivateKey = entry(alias)?.privateKey ?: throw KeyException(KeyFault.GONE)

    companion object {
        private const val PROVIDER = "AndroidKeyStore"
        const val DEVICE = "gauze.device"
        const val REVIEW = "gauze.review"
        private const val FRESH = "gauze.fresh"
        private const val CHIP = "gauze.chip"

        /** How long one authentication opens photos. */
        const val REVIEW_SECONDS = 300

        /** How a store says that the system ended a key, as where the screen lock is taken away: what else goes wrong has a cause. */
        private val UnrecoverableKeyException.isEnd get() = cause == null

        private inline fun <T> answered(call: () -> T): T = try {
            call()
        } catch (_: UserNotAuthenticatedException) {
            throw KeyException(KeyFault.NEEDS_USER)
        } catch (_: KeyPermanentlyInvalidatedException) {
            throw KeyException(KeyFault.GONE)
        } catch (fault: UnrecoverableKeyException) {
            throw KeyException(if (fault.isEnd) KeyFault.GONE else KeyFault.UNAVAILABLE)
        } catch (_: GeneralSecurityException) {
            throw KeyException(KeyFault.UNAVAILABLE)
        } catch (_: ProviderException) {
            throw KeyException(KeyFault.UNAVAILABLE)
        }

        internal fun point(key: PublicKey?): ByteArray {
            val at = (key as? ECPublicKey ?: throw KeyException(KeyFault.GONE)).w
            return byteArrayOf(4) + fixed(at.affineX) + fixed(at.affineY)
        }

        internal fun public(point: ByteArray): PublicKey {
            val curve = AlgorithmParameters.getInstance("EC").apply { init(ECGenParameterSpec("secp256r1")) }
                .getParameterSpec(ECParameterSpec::class.java)
            val at = ECPoint(BigInteger(1, point.copyOfRange(1, 33)), BigInteger(1, point.copyOfRange(33, 65)))
            return KeyFactory.getInstance("EC").generatePublic(ECPublicKeySpec(at, curve))
        }

        private fun fixed(value: BigInteger): ByteArray {
            val bytes = value.toByteArray().takeLast(32).toByteArray()
            return ByteArray(32 - bytes.size) + bytes
        }
    }
}

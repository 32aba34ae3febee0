package org.gauze.bridge

import java.math.BigInteger
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
import javax.crypto.KeyAgreement
import org.gauze.core.Attestor
import org.gauze.core.Evidence
import org.gauze.core.KeyVault
import org.gauze.core.PlatformException
import org.gauze.core.Protection
import org.gauze.core.Reachability
import org.gauze.core.SecretStore
import org.gauze.core.Storage

/** P-256 keys of the Java Cryptography Architecture, in memory: what Android Keystore is on a phone. */
class JcaVault : KeyVault, Attestor {
    private var device: KeyPair? = null
    private var review: KeyPair? = null

    /** What the vault throws from now on, in place of an answer. */
    @Volatile var fault: Throwable? = null

    /** Runs before each signature: the hardware takes its time. */
    @Volatile var beforeSigning: () -> Unit = {}

    /** What it shows for its device key, given the challenge and the key's point. */
    @Volatile var evidence: (ByteArray, ByteArray) -> Evidence = { _, _ -> Evidence.Software }

    private fun make(): KeyPair =
        KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()

    /** What the device key was made for. */
    var madeFor = ByteArray(0)
        private set

    override fun create(challenge: ByteArray) {
        madeFor = challenge
        device = make()
        createReview()
    }

    override fun createReview() {
        if (review == null) review = make()
    }

    override fun deviceKey(): ByteArray = point(device ?: throw PlatformException.Gone())

    override fun sign(message: ByteArray): ByteArray {
        beforeSigning()
        fault?.let { throw it }
        val key = device ?: throw PlatformException.Gone()
        return Signature.getInstance("SHA256withECDSA").run {
            initSign(key.private)
            update(message)
            sign()
        }
    }

    override fun reviewKey(): ByteArray? = review?.let(::point)

    override fun agree(peer: ByteArray): ByteArray {
        fault?.let { throw it }
        val key = review ?: throw PlatformException.Gone()
        val curve = AlgorithmParameters.getInstance("EC").apply { init(ECGenParameterSpec("secp256r1")) }
            .getParameterSpec(ECParameterSpec::class.java)
        val at = ECPoint(BigInteger(1, peer.copyOfRange(1, 33)), BigInteger(1, peer.copyOfRange(33, 65)))
        val public = KeyFactory.getInstance("EC").generatePublic(ECPublicKeySpec(at, curve))
        return KeyAgreement.getInstance("ECDH").run {
            init(key.private)
            doPhase(public, true)
            generateSecret()
        }
    }

    override fun destroy(deviceToo: Boolean) {
        review = null
        if (deviceToo) device = null
    }

    override fun attest(challenge: ByteArray, deviceKey: ByteArray): Evidence = evidence(challenge, deviceKey)

    override fun attestAgain(challenge: ByteArray, deviceKey: ByteArray): Evidence = evidence(challenge, deviceKey)

    private fun point(pair: KeyPair): ByteArray {
        val at = (pair.public as ECPublicKey).w
        return byteArrayOf(4) + fixed(at.affineX) + fixed(at.affineY)
    }

    private fun fixed(value: BigInteger): ByteArray {
        val bytes = value.toByteArray().takeLast(32).toByteArray()
        return ByteArray(32 - bytes.size) + bytes
    }
}

/** Forgets everything with the process. */
class MemorySecrets : SecretStore {
    var secret: ByteArray? = null
        private set

    override fun load(): ByteArray? = secret

    override fun keep(secret: ByteArray) {
        this.secret = secret
    }

    override fun forget() {
        secret = null
    }
}

/** What the system knows of the network. */
class Air(@Volatile var reachable: Boolean = true) : Reachability {
    override fun reachable(): Boolean = reachable
}

/** How the system protects the app's directory. */
class Guard(@Volatile var says: Protection = Protection.HELD) : Storage {
    override fun protection(dir: String): Protection = says
}

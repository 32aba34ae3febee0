package org.gauze.platform

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.StrongBoxUnavailableException
import java.io.InputStream
import java.io.OutputStream
import java.security.Key
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.KeyPairGeneratorSpi
import java.security.KeyStore
import java.security.KeyStoreSpi
import java.security.PrivateKey
import java.security.Provider
import java.security.SecureRandom
import java.security.Security
import java.security.UnrecoverableKeyException
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.security.spec.ECGenParameterSpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.crypto.KeyGeneratorSpi
import javax.crypto.SecretKey
import javax.crypto.spec.SecretKeySpec

/** A certificate that is nothing but its key. */
class BareCertificate(private val key: java.security.PublicKey) : Certificate("X.509") {
    override fun getEncoded(): ByteArray = key.encoded

    override fun verify(key: java.security.PublicKey) = Unit

    override fun verify(key: java.security.PublicKey, provider: String) = Unit

    override fun toString() = "BareCertificate"

    override fun getPublicKey() = key
}

/** What Android's Keystore would hold and say; real P-256 keys, in memory. */
object FakeKeystore {
    class Held(val pair: KeyPair, val spec: KeyGenParameterSpec)

    val held = HashMap<String, Held>()

    /** Keys for sealing files. */
    val secrets = HashMap<String, SecretKey>()
    val sealing = HashMap<String, KeyGenParameterSpec>()
    var chip = true

    /** What a key's reading throws, as Android 12 to 15 do (`AndroidKeyStoreSpi.engineGetKey`). */
    val unread = HashMap<String, UnrecoverableKeyException>()

    fun install() {
        Security.removeProvider("AndroidKeyStore")
        Security.addProvider(FakeProvider())
        held.clear()
        secrets.clear()
        unread.clear()
        chip = true
    }
}

class FakeProvider : Provider("AndroidKeyStore", "1", "for tests") {
    init {
        put("KeyStore.AndroidKeyStore", FakeStore::class.java.name)
        put("KeyPairGenerator.EC", FakeGenerator::class.java.name)
        put("KeyGenerator.AES", FakeSecretGenerator::class.java.name)
    }
}

class FakeGenerator : KeyPairGeneratorSpi() {
    private var spec: KeyGenParameterSpec? = null

    override fun initialize(size: Int, random: SecureRandom?) = error("with a spec")

    override fun initialize(parameters: AlgorithmParameterSpec, random: SecureRandom?) {
        spec = parameters as KeyGenParameterSpec
    }

    override fun generateKeyPair(): KeyPair {
        val wanted = spec!!
        if (wanted.isStrongBoxBacked && !FakeKeystore.chip) throw StrongBoxUnavailableException()
        val made = KeyPairGenerator.getInstance("EC").apply { initialize(ECGenParameterSpec("secp256r1")) }.generateKeyPair()
        FakeKeystore.held[wanted.keystoreAlias] = FakeKeystore.Held(made, wanted)
        FakeKeystore.unread.remove(wanted.keystoreAlias)
        return made
    }
}

class FakeSecretGenerator : KeyGeneratorSpi() {
    private var spec: KeyGenParameterSpec? = null

    override fun engineInit(random: SecureRandom?) = error("with a spec")

    override fun engineInit(size: Int, random: SecureRandom?) = error("with a spec")

    override fun engineInit(parameters: AlgorithmParameterSpec, random: SecureRandom?) {
        spec = parameters as KeyGenParameterSpec
    }

    override fun engineGenerateKey(): SecretKey {
        val wanted = spec!!
        val made = SecretKeySpec(ByteArray(wanted.keySize / 8).also(SecureRandom()::nextBytes), "AES")
        FakeKeystore.secrets[wanted.keystoreAlias] = made
        FakeKeystore.sealing[wanted.keystoreAlias] = wanted
        return made
    }
}

class FakeStore : KeyStoreSpi() {
    override fun engineLoad(stream: InputStream?, password: CharArray?) = Unit

    override fun engineGetKey(alias: String, password: CharArray?): Key? =
        FakeKeystore.secrets[alias] ?: FakeKeystore.held[alias]?.pair?.private

    override fun engineGetCertificateChain(alias: String): Array<Certificate>? =
        FakeKeystore.held[alias]?.let { arrayOf(BareCertificate(it.pair.public), BareCertificate(it.pair.public)) }

    override fun engineGetCertificate(alias: String): Certificate? = engineGetCertificateChain(alias)?.first()

    override fun engineGetEntry(alias: String, parameter: KeyStore.ProtectionParameter?): KeyStore.Entry? {
        FakeKeystore.unread[alias]?.let { throw it }
        return FakeKeystore.held[alias]?.let { KeyStore.PrivateKeyEntry(it.pair.private as PrivateKey, engineGetCertificateChain(alias)) }
    }

    override fun engineDeleteEntry(alias: String) {
        FakeKeystore.held.remove(alias)
        FakeKeystore.secrets.remove(alias)
        FakeKeystore.unread.remove(alias)
    }

    override fun engineContainsAlias(alias: String) = alias in FakeKeystore.held

    override fun engineAliases(): Enumeration<String> = Collections.enumeration(FakeKeystore.held.keys)

    override fun engineSize() = FakeKeystore.held.size

    override fun engineIsKeyEntry(alias: String) = alias in FakeKeystore.held

    override fun engineIsCertificateEntry(alias: String) = false

    override fun engineGetCreationDate(alias: String): Date? = null

    override fun engineGetCertificateAlias(certificate: Certificate?): String? = null

    override fun engineSetKeyEntry(alias: String?, key: Key?, password: CharArray?, chain: Array<out Certificate>?) = error("not asked")

    override fun engineSetKeyEntry(alias: String?, key: ByteArray?, chain: Array<out Certificate>?) = error("not asked")

    override fun engineSetCertificateEntry(alias: String?, certificate: Certificate?) = error("not asked")

    override fun engineStore(stream: OutputStream?, password: CharArray?) = error("not asked")
}

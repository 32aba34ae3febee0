package org.gauze.platform

import android.security.keystore.KeyGenParameterSpec
import android.security.keystore.KeyInfo
import android.security.keystore.KeyProperties
import android.security.keystore.StrongBoxUnavailableException
import java.io.InputStream
import java.io.OutputStream
import java.security.InvalidKeyException
import java.security.Key
import java.security.KeyFactorySpi
import java.security.KeyPair
import java.security.KeyPairGenerator
import java.security.KeyPairGeneratorSpi
import java.security.KeyStore
import java.security.KeyStoreException
import java.security.KeyStoreSpi
import java.security.PrivateKey
import java.security.Provider
import java.security.PublicKey
import java.security.SecureRandom
import java.security.Security
import java.security.UnrecoverableKeyException
import java.security.cert.Certificate
import java.security.spec.AlgorithmParameterSpec
import java.security.spec.ECGenParameterSpec
import java.security.spec.KeySpec
import java.util.Collections
import java.util.Date
import java.util.Enumeration
import javax.crypto.KeyAgreementSpi
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

    /** What a key's use throws, once it was read. */
    val refusing = HashMap<String, InvalidKeyException>()

    /** Certificates that lie there without a key, and whether there is room for one. */
    val certificates = HashMap<String, Certificate>()
    var room = true

    fun install() {
        listOf("AndroidKeyStore", SHUT).forEach(Security::removeProvider)
        Security.addProvider(FakeProvider())
        // As on phones: what keys of the Keystore are used by comes before what looks into a key.
        Security.insertProviderAt(ShutProvider(), 1)
        listOf(held, secrets, unread, refusing, certificates).forEach { it.clear() }
        chip = true
        room = true
    }

    const val SHUT = "AndroidKeyStoreBCWorkaround"
}

/** A key that nobody sees, and that refuses its use. */
class ShutKey(val refusal: InvalidKeyException) : PrivateKey {
    override fun getAlgorithm() = "EC"

    override fun getFormat(): String? = null

    override fun getEncoded(): ByteArray? = null
}

/** What is done with [ShutKey] alone. */
class ShutProvider : Provider(FakeKeystore.SHUT, "1", "for tests") {
    init {
        put("KeyAgreement.ECDH", ShutAgreement::class.java.name)
        put("KeyAgreement.ECDH SupportedKeyClasses", ShutKey::class.java.name)
    }
}

class ShutAgreement : KeyAgreementSpi() {
    override fun engineInit(key: Key, random: SecureRandom?): Unit = throw (key as ShutKey).refusal

    override fun engineInit(key: Key, parameters: AlgorithmParameterSpec?, random: SecureRandom?): Unit = throw (key as ShutKey).refusal

    override fun engineDoPhase(key: Key?, last: Boolean): Key? = error("not begun")

    override fun engineGenerateSecret(): ByteArray = error("not begun")

    override fun engineGenerateSecret(into: ByteArray?, at: Int): Int = error("not begun")

    override fun engineGenerateSecret(algorithm: String?): SecretKey = error("not begun")
}

class FakeProvider : Provider("AndroidKeyStore", "1", "for tests") {
    init {
        put("KeyStore.AndroidKeyStore", FakeStore::class.java.name)
        put("KeyPairGenerator.EC", FakeGenerator::class.java.name)
        put("KeyFactory.EC", FakeFactory::class.java.name)
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
        FakeKeystore.refusing.remove(wanted.keystoreAlias)
        return made
    }
}

/** Says of a key where it lies, as the Keystore does from Android 12 on. */
class FakeFactory : KeyFactorySpi() {
    override fun <T : KeySpec> engineGetKeySpec(key: Key, type: Class<T>): T {
        val chip = FakeKeystore.held.values.single { it.pair.private === key }.spec.isStrongBoxBacked
        val level = if (chip) KeyProperties.SECURITY_LEVEL_STRONGBOX else KeyProperties.SECURITY_LEVEL_TRUSTED_ENVIRONMENT
        // Its constructor is the system's own, and another one in each version: every number that it takes is the level.
        val constructor = KeyInfo::class.java.declaredConstructors.maxBy { it.parameterCount }
        val said = constructor.parameterTypes.map {
            when (it) {
                Int::class.java -> level
                Boolean::class.java -> false
                else -> null
            }
        }
        return type.cast(constructor.newInstance(*said.toTypedArray<Any?>()))
    }

    override fun engineGeneratePublic(spec: KeySpec?): PublicKey = error("not asked")

    override fun engineGeneratePrivate(spec: KeySpec?): PrivateKey = error("not asked")

    override fun engineTranslateKey(key: Key?): Key = error("not asked")
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

    override fun engineGetCertificate(alias: String): Certificate? = engineGetCertificateChain(alias)?.first() ?: FakeKeystore.certificates[alias]

    override fun engineGetEntry(alias: String, parameter: KeyStore.ProtectionParameter?): KeyStore.Entry? {
        FakeKeystore.unread[alias]?.let { throw it }
        val shut = FakeKeystore.refusing[alias]?.let(::ShutKey)
        return FakeKeystore.held[alias]?.let { KeyStore.PrivateKeyEntry(shut ?: it.pair.private, engineGetCertificateChain(alias)) }
    }

    override fun engineDeleteEntry(alias: String) {
        FakeKeystore.held.remove(alias)
        FakeKeystore.secrets.remove(alias)
        FakeKeystore.unread.remove(alias)
        FakeKeystore.refusing.remove(alias)
        FakeKeystore.certificates.remove(alias)
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

    override fun engineSetCertificateEntry(alias: String, certificate: Certificate) {
        if (!FakeKeystore.room) throw KeyStoreException("no room")
        FakeKeystore.certificates[alias] = certificate
    }

    override fun engineStore(stream: OutputStream?, password: CharArray?) = error("not asked")
}

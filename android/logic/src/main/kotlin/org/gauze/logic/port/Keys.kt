package org.gauze.logic.port

/** Why the keys did not answer: each ends in the core's own cause and next step. */
enum class KeyFault { NEEDS_USER, GONE, UNAVAILABLE }

class KeyException(val fault: KeyFault) : Exception(fault.name)

/**
 * The phone's two P-256 keys. The device key signs at any time; the review key agrees only after its user authenticated.
 * Public keys are uncompressed points of 65 bytes. Every call may throw [KeyException]; none calls back into the core.
 */
interface DeviceKeys {
    /** Makes the device key anew, attested for [challenge], and the review key where there is none. */
    fun create(challenge: ByteArray)

    fun deviceKey(): ByteArray

    /** ECDSA with SHA-256, in DER. */
    fun sign(message: ByteArray): ByteArray

    /** Makes the review key where there is none; nothing on a phone that can have none. */
    fun createReview()

    fun reviewKey(): ByteArray?

    /** ECDH of the review key: 32 bytes. */
    fun agree(peer: ByteArray): ByteArray

    fun destroy(deviceToo: Boolean)
}

/** What the hardware says of the device key. */
interface KeyEvidence {
    /** The device key's certificates, leaf first; null where no hardware vouches for it. */
    fun chain(): List<ByteArray>?

    /** Certificates of a new key, made for [challenge] and thrown away; null where no hardware vouches for it. */
    fun fresh(challenge: ByteArray): List<ByteArray>?
}

/** One small secret that outlives the process, under a key of the hardware. */
interface Secret {
    fun load(): ByteArray?

    fun keep(secret: ByteArray)

    fun forget()
}

fun interface Network {
    fun reachable(): Boolean
}

enum class DiskProtection { HELD, WRONG, NOT_YET_UNLOCKED }

fun interface Disk {
    fun protection(dir: String): DiskProtection
}

/** Everything of the phone that the core stands on. */
class CorePorts(
    val keys: DeviceKeys,
    val evidence: KeyEvidence,
    val secret: Secret,
    val network: Network,
    val disk: Disk,
)

package org.gauze.bridge

import org.gauze.core.Attestor
import org.gauze.core.ClientPorts
import org.gauze.core.Evidence
import org.gauze.core.KeyVault
import org.gauze.core.PlatformException
import org.gauze.core.Protection
import org.gauze.core.Reachability
import org.gauze.core.SecretStore
import org.gauze.core.Storage
import org.gauze.core.freshAndroidChallenge
import org.gauze.logic.port.CorePorts
import org.gauze.logic.port.DeviceKeys
import org.gauze.logic.port.DiskProtection
import org.gauze.logic.port.KeyEvidence
import org.gauze.logic.port.KeyException
import org.gauze.logic.port.KeyFault
import org.gauze.logic.port.Secret

internal fun CorePorts.toClientPorts() = ClientPorts(
    vault = Vault(keys),
    attestor = Witness(evidence),
    secrets = Secrets(secret),
    reachability = object : Reachability {
        override fun reachable() = network.reachable()
    },
    storage = object : Storage {
        override fun protection(dir: String) = when (disk.protection(dir)) {
            DiskProtection.HELD -> Protection.HELD
            DiskProtection.WRONG -> Protection.WRONG
            DiskProtection.NOT_YET_UNLOCKED -> Protection.NOT_YET_UNLOCKED
        }
    },
)

private inline fun <T> answered(call: () -> T): T = try {
    call()
} catch (e: KeyException) {
    throw when (e.fault) {
        KeyFault.NEEDS_USER -> PlatformException.NeedsUser()
        KeyFault.GONE -> PlatformException.Gone()
        KeyFault.UNAVAILABLE -> PlatformException.Unavailable()
    }
}

private class Vault(private val keys: DeviceKeys) : KeyVault {
    override fun create(challenge: ByteArray) = answered { keys.create(challenge) }

    override fun deviceKey() = answered { keys.deviceKey() }

    override fun sign(message: ByteArray) = answered { keys.sign(message) }

    override fun createReview() = answered { keys.createReview() }

    override fun reviewKey() = answered { keys.reviewKey() }

    override fun agree(peer: ByteArray) = answered { keys.agree(peer) }

    override fun destroy(deviceToo: Boolean) = answered { keys.destroy(deviceToo) }
}

private class Witness(private val evidence: KeyEvidence) : Attestor {
    override fun attest(challenge: ByteArray, deviceKey: ByteArray): Evidence =
        answered { evidence.chain() }?.let { Evidence.AndroidKey(it) } ?: Evidence.Software

    override fun attestAgain(challenge: ByteArray, deviceKey: ByteArray): Evidence {
        val bound = freshAndroidChallenge(challenge, deviceKey)
        return answered { evidence.fresh(bound) }?.let { Evidence.FreshAndroidKey(it) } ?: Evidence.Software
    }
}

private class Secrets(private val secret: Secret) : SecretStore {
    override fun load() = answered { secret.load() }

    override fun keep(secret: ByteArray) = answered { this.secret.keep(secret) }

    override fun forget() = answered { secret.forget() }
}

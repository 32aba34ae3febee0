package org.gauze.logic.words

/**
 * What is said of each reason for which the hospital does not accept a phone: many ask the same of whoever holds it. A reason is no code
 * of the core's, though some are called alike. WordsTest holds this against the hospital's own list.
 */
object Refusals {
    private val reasons = mapOf(
        Word.RefusedSerialMissing to listOf("serial_missing"),
        Word.RefusedSerialOther to listOf("serial_other", "serial_mismatch"),
        Word.RefusedSerialUnlisted to listOf("serial_unlisted"),
        Word.RefusedSerialStated to listOf("serial_stated"),
        Word.RefusedSerialNotAttested to listOf("serial_not_attested"),
        Word.RefusedInventoryMissing to listOf("inventory_missing"),
        Word.RefusedAppUnassessed to listOf("app_unassessed"),
        Word.RefusedAppOld to listOf(
            "key_purpose", "key_unsupported", "app_version_too_old", "bundle_version_too_old",
        ),
        Word.RefusedAppOther to listOf(
            "app_unknown", "app_signer", "app_id_mismatch", "environment_mismatch", "category_not_allowed",
        ),
        Word.RefusedKind to listOf(
            "platform_not_allowed", "algorithm_unsupported", "critical_extension", "root_out_of_time",
            "not_remotely_provisioned",
        ),
        Word.RefusedHardware to listOf("software_key", "security_level_software", "security_level_too_low"),
        Word.RefusedUnlocked to listOf("bootloader_unlocked"),
        Word.RefusedSystem to listOf("root_of_trust_missing", "boot_not_verified", "boot_key_not_allowed"),
        Word.RefusedSystemOld to listOf(
            "os_too_old", "patch_level_missing", "patch_level_too_old", "category_missing",
        ),
        Word.RefusedRolledBack to listOf("patch_rolled_back"),
        Word.RefusedDistrusted to listOf("certificate_revoked", "certificate_suspended"),
        Word.RefusedExpired to listOf("certificate_expired"),
        Word.RefusedDate to listOf("not_yet_valid"),
        Word.RefusedProof to listOf(
            "evidence_kind", "chain_malformed", "certificate_malformed", "link_broken", "issuer_not_ca",
            "untrusted_root", "key_description_missing", "chain_extended", "key_description_malformed",
            "object_malformed", "format_unknown", "app_attest_unknown",
        ),
        Word.RefusedAttempt to listOf(
            "challenge_mismatch", "key_not_generated", "key_mismatch", "nonce_mismatch", "key_id_mismatch",
            "counter_used", "assertion_invalid",
        ),
        Word.RefusedBefore to listOf("former_claimed"),
        Word.RefusedLater to listOf("status_list_missing", "status_list_stale"),
        Word.RefusedNoAnswer to listOf("app_attest_unavailable"),
    )
    private val byReason = reasons.flatMap { (word, some) -> some.map { it to word } }.toMap()

    /** The line for a reason, or null where there is none: the hospital is ahead of this app. */
    fun word(reason: String): Word? = byReason[reason]
}

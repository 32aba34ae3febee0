/// What is said of each reason for which the hospital does not accept a phone: many ask the same of whoever holds it. A reason is no
/// code of the core's, though some are called alike. `WordsTests` holds this against the hospital's own list.
public enum Refusals {
    private static let reasons: [Word: [String]] = [
        .refusedSerialMissing: ["serial_missing"],
        .refusedSerialOther: ["serial_other", "serial_mismatch"],
        .refusedSerialUnlisted: ["serial_unlisted"],
        .refusedSerialStated: ["serial_stated"],
        .refusedSerialNotAttested: ["serial_not_attested"],
        .refusedInventoryMissing: ["inventory_missing"],
        .refusedAppUnassessed: ["app_unassessed"],
        .refusedAppOld: ["key_purpose", "key_unsupported", "app_version_too_old", "bundle_version_too_old"],
        .refusedAppOther: [
            "app_unknown", "app_signer", "app_id_mismatch", "environment_mismatch", "category_not_allowed",
        ],
        .refusedKind: [
            "platform_not_allowed", "algorithm_unsupported", "critical_extension", "root_out_of_time",
            "not_remotely_provisioned",
        ],
        .refusedHardware: ["software_key", "security_level_software", "security_level_too_low"],
        .refusedUnlocked: ["bootloader_unlocked"],
        .refusedSystem: ["root_of_trust_missing", "boot_not_verified", "boot_key_not_allowed"],
        .refusedSystemOld: ["os_too_old", "patch_level_missing", "patch_level_too_old", "category_missing"],
        .refusedRolledBack: ["patch_rolled_back"],
        .refusedDistrusted: ["certificate_revoked", "certificate_suspended"],
        .refusedExpired: ["certificate_expired"],
        .refusedDate: ["not_yet_valid"],
        .refusedProof: [
            "evidence_kind", "chain_malformed", "certificate_malformed", "link_broken", "issuer_not_ca",
            "untrusted_root", "key_description_missing", "chain_extended", "key_description_malformed",
            "object_malformed", "format_unknown", "app_attest_unknown",
        ],
        .refusedAttempt: [
            "challenge_mismatch", "key_not_generated", "key_mismatch", "nonce_mismatch", "key_id_mismatch",
            "counter_used", "assertion_invalid",
        ],
        .refusedBefore: ["former_claimed"],
        .refusedLater: ["status_list_missing", "status_list_stale"],
        .refusedNoAnswer: ["app_attest_unavailable"],
    ]
    private static let byReason = Dictionary(
        uniqueKeysWithValues: reasons.flatMap { word, some in some.map { ($0, word) } }
    )

    /// The line for a reason, or nil where there is none: the hospital is ahead of this app.
    public static func word(_ reason: String) -> Word? { byReason[reason] }
}

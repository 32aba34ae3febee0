//! Why a phone's evidence does not hold: one stable code each, a code for the help desk, a sentence for the user and
//! one for IT.

use std::fmt;

macro_rules! faults {
    ($($variant:ident = $code:literal, $help:literal, $user:literal, $it:literal;)*) => {
        /// What did not hold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Fault {
            $(#[doc = $it] $variant,)*
        }

        impl Fault {
            /// Every fault, in the order they are documented.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable code, for programs.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The short code that a user reads to the help desk.
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }

            /// One sentence for the user.
            pub fn for_user(self) -> &'static str {
                match self { $(Self::$variant => $user,)* }
            }

            /// One sentence for IT.
            pub fn for_it(self) -> &'static str {
                match self { $(Self::$variant => $it,)* }
            }
        }
    };
}

faults! {
    PlatformNotAllowed = "platform_not_allowed", "G01", "Phones of this kind cannot be enrolled here.", "The policy has no section for this platform.";
    SoftwareKey = "software_key", "G02", "This device has no secure hardware that the hospital accepts.", "The key is in software, or its statement is for another enrolment; only a policy with `allow_software_keys` takes one.";
    EvidenceKind = "evidence_kind", "G03", "Ask the help desk to enrol this phone again.", "The evidence is not of the kind that the platform shows on this occasion.";
    SerialMissing = "serial_missing", "G05", "Device management has to tell the app this phone's serial number.", "The token asks for a serial number and the phone has none: set `serial` in the managed configuration to the system's variable.";
    SerialOther = "serial_other", "G06", "This enrolment token is for another phone.", "The token names another serial number than the phone's: compare `serial` in the managed configuration, or ask for a token with the phone's own.";
    SerialUnlisted = "serial_unlisted", "G07", "This phone is not on the hospital's list of phones.", "The serial number is not on the inventory, or was taken off it: import the list again with `gauze-records token inventory`.";
    SerialStated = "serial_stated", "G08", "This phone must be enrolled with a token of its own.", "The serial number is stated by device management and not attested, and the policy has no `stated_serials`: enrol it with a single-use token.";
    InventoryMissing = "inventory_missing", "G09", "Enrolment is not possible at the moment.", "The list that the token is for is not here yet: the records side hands it over at its next pull.";
    AppUnassessed = "app_unassessed", "G10", "Ask the help desk for a version of the app that the hospital has allowed.", "The policy's `assessed` does not name this version: install one that it names, or assess this one and sign a policy that names it.";
    FormerClaimed = "former_claimed", "G04", "Tell the help desk that this phone was enrolled before.", "That the key it follows was this phone's rests on its word alone: compare the phone, then `admin device succeed`.";

    ChainMalformed = "chain_malformed", "A01", "This phone's certificate could not be read.", "The chain is empty, too long, or not PEM certificates.";
    CertificateMalformed = "certificate_malformed", "A02", "This phone's certificate could not be read.", "A certificate is not X.509 version 3 in strict DER.";
    LinkBroken = "link_broken", "A03", "This phone's certificate does not hold.", "A certificate's issuer is not the next one's subject, or its signature does not verify.";
    IssuerNotCa = "issuer_not_ca", "A04", "This phone's certificate does not hold.", "An issuer is no certificate authority, or for fewer levels: a key may have signed a forged certificate below its own, or the policy says `issuer_must_be_ca`.";
    AlgorithmUnsupported = "algorithm_unsupported", "A05", "This phone's certificate is of a kind that is not supported.", "A signature is neither ECDSA on P-256 or P-384 nor RSA PKCS #1 of 2048 bits or more with SHA-2.";
    CriticalExtension = "critical_extension", "A06", "This phone's certificate is of a kind that is not supported.", "A certificate has a critical extension that is not understood.";
    UntrustedRoot = "untrusted_root", "A07", "This phone's certificate was not issued by its maker.", "The chain does not lead to a pinned root.";
    RootOutOfTime = "root_out_of_time", "A08", "This phone's certificate is no longer accepted.", "The root is outside the time that the policy, or its own validity, gives it.";
    NotYetValid = "not_yet_valid", "A09", "Set this phone's date and time, then enrol again.", "A certificate is not valid yet.";
    CertificateExpired = "certificate_expired", "A10", "Restart this phone with a network connection, then enrol again.", "An intermediate certificate has expired; remotely provisioned keys are renewed when the phone is online.";
    Revoked = "certificate_revoked", "A11", "This phone is no longer trusted by its maker.", "The status list has a certificate of the chain as REVOKED.";
    Suspended = "certificate_suspended", "A12", "This phone is at present not trusted by its maker.", "The status list has a certificate of the chain as SUSPENDED.";
    StatusListMissing = "status_list_missing", "A13", "Enrolment is not possible at the moment.", "The policy asks for a status list and none was given.";
    StatusListStale = "status_list_stale", "A14", "Enrolment is not possible at the moment.", "The status list is older than the policy allows: fetch it again.";

    DescriptionMissing = "key_description_missing", "A20", "This phone gave no proof of where its key is.", "The first certificate has no key description: the order is wrong, or the key is not attested.";
    ChainExtended = "chain_extended", "A21", "This phone's certificate does not hold.", "A key description stands above the first certificate, and not on a key that can do nothing but attest.";
    DescriptionMalformed = "key_description_malformed", "A22", "This phone's proof could not be read.", "The key description is not as the Android schema has it, in strict DER.";
    SoftwareLevel = "security_level_software", "A23", "This phone has no secure hardware that the hospital accepts.", "The key or its attestation is in software.";
    LevelTooLow = "security_level_too_low", "A24", "This phone's secure hardware is not what the hospital asks for.", "The policy asks for StrongBox, and key description and certificates do not both say so.";
    ChallengeMismatch = "challenge_mismatch", "A25", "Start the enrolment again.", "The attestation was made for another challenge.";
    RootOfTrustMissing = "root_of_trust_missing", "A26", "This phone gave no proof that its system is unmodified.", "The hardware-enforced list has no root of trust.";
    BootloaderUnlocked = "bootloader_unlocked", "A27", "This phone is unlocked for modification and cannot be used.", "The bootloader is unlocked: lock it, which erases the phone.";
    BootNotVerified = "boot_not_verified", "A28", "This phone's system is not the maker's and cannot be used.", "The verified boot state is UNVERIFIED or FAILED.";
    BootKeyNotAllowed = "boot_key_not_allowed", "A29", "This phone's system is not one that the hospital accepts.", "The system is signed by its owner, and its boot key is not in the policy's `boot_keys`.";
    KeyImported = "key_not_generated", "A30", "Start the enrolment again.", "The key was not generated inside the secure hardware.";
    KeyPurpose = "key_purpose", "A31", "Update the app, then enrol again.", "The key is not for signing alone, or may be used by every app.";
    KeyUnsupported = "key_unsupported", "A32", "Update the app, then enrol again.", "The key is not an EC key on P-256 for SHA-256.";
    KeyMismatch = "key_mismatch", "A33", "Start the enrolment again.", "The attestation is for another key than the one that enrols.";
    OsTooOld = "os_too_old", "A40", "Update this phone's system, then enrol again.", "The Android version is older than the policy allows.";
    PatchMissing = "patch_level_missing", "A41", "Update this phone's system, then enrol again.", "A patch level that the policy asks for is not attested.";
    PatchTooOld = "patch_level_too_old", "A42", "Update this phone's system.", "A patch level is older than the policy allows.";
    RolledBack = "patch_rolled_back", "A43", "This phone's system is older than it was; ask the help desk.", "Version or patch level is lower than last seen on this phone.";
    NotRemote = "not_remotely_provisioned", "A44", "This phone is of a kind that the hospital no longer enrols.", "The policy asks for a remotely provisioned key, and this one is from the factory.";
    AppUnknown = "app_unknown", "A50", "Install the app from the hospital, then enrol again.", "The package is not one that the policy names.";
    AppSigner = "app_signer", "A51", "Install the app from the hospital, then enrol again.", "The app was signed by another certificate than the policy names.";
    AppVersion = "app_version_too_old", "A52", "Update the app, then enrol again.", "The attested version of the app is older than the policy allows.";
    SerialMismatch = "serial_mismatch", "A53", "This enrolment is for another phone.", "The attested serial number is not the one that enrols.";
    SerialNotAttested = "serial_not_attested", "A54", "This phone must be enrolled by the hospital's device management.", "The policy asks for an attested serial number and there is none.";

    ObjectMalformed = "object_malformed", "I01", "This phone's proof could not be read.", "The App Attest object is not as documented, in canonical CBOR.";
    FormatUnknown = "format_unknown", "I02", "This phone's proof is of another kind.", "The attestation format is not `apple-appattest`.";
    NonceMismatch = "nonce_mismatch", "I03", "Start the enrolment again.", "The certificate's nonce is not that of this authenticator data and client data.";
    KeyIdMismatch = "key_id_mismatch", "I04", "Start the enrolment again.", "Key id, credential id and certified key do not agree.";
    AppIdMismatch = "app_id_mismatch", "I05", "Install the app from the hospital, then enrol again.", "The attestation is for another app.";
    EnvironmentMismatch = "environment_mismatch", "I06", "Install the app from the hospital, then enrol again.", "The attestation is for App Attest's other environment.";
    CounterUsed = "counter_used", "I07", "Start the enrolment again.", "The key's counter is not 0 at attestation, or not above the last one seen.";
    CategoryMissing = "category_missing", "I08", "Update this phone's system, then enrol again.", "The policy asks for a launch validation category and the phone stated none.";
    CategoryNotAllowed = "category_not_allowed", "I09", "Install the app from the hospital, then enrol again.", "The app was not installed in a way that the policy allows.";
    BundleTooOld = "bundle_version_too_old", "I10", "Update the app, then enrol again.", "The attested bundle version is older than the policy allows.";
    AssertionInvalid = "assertion_invalid", "I11", "Start again.", "The assertion's signature does not verify under the attested key.";
    Unavailable = "app_attest_unavailable", "I12", "Apple's service did not answer for this phone.", "The phone got no attestation from Apple's service.";
    AppAttestUnknown = "app_attest_unknown", "I13", "Ask the help desk to enrol this phone again.", "The phone showed an assertion, and no App Attest key of it was attested before.";
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.for_it())
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fault_has_its_own_codes_and_one_sentence_for_each_reader() {
        let (mut codes, mut helps) = (HashSet::new(), HashSet::new());
        for fault in Fault::ALL {
            assert!(codes.insert(fault.code()) && helps.insert(fault.help()), "{fault:?}");
            for sentence in [fault.for_user(), fault.for_it()] {
                assert!(sentence.ends_with('.') && !sentence.contains(". "), "{fault:?}: {sentence}");
            }
        }
    }
}

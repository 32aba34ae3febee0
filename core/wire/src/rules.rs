//! What a phone must show to enrol: the policy's sections that the attestation verifiers read.
//!
//! A section that is absent keeps phones of that platform out. Rules narrow what the verifiers accept; they name no
//! key of ours, and a root only by the fingerprint of one that the program pins, so a policy can take trust away or
//! date it, not add any.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Digest, Name, WireError};

/// Longest list in a section.
const LIST: usize = 64;

/// Where an Android key has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyLevel {
    /// In the trusted execution environment, or better.
    TrustedEnvironment,
    /// In a StrongBox.
    StrongBox,
}

/// An Android app that may enrol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AndroidApp {
    /// Package name.
    pub package: Name,
    /// SHA-256 of the certificates that may have signed it; empty is any.
    pub signers: Vec<Digest>,
    /// Oldest version code.
    pub min_version: u64,
}

/// A pinned root and the time in which keys under it may enrol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatedRoot {
    /// SHA-256 of its SubjectPublicKeyInfo: one of those that the program pins.
    pub spki_sha256: Digest,
    /// Not before (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// Not after (RFC 3339, UTC).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What an Android phone must show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AndroidRules {
    /// Apps that may enrol.
    pub apps: Vec<AndroidApp>,
    /// Where the device key has to be.
    pub level: KeyLevel,
    /// Verified boot keys (SHA-256) of systems that the phone's owner signed and the hospital accepts, such as
    /// GrapheneOS; empty is none.
    pub boot_keys: Vec<Digest>,
    /// Oldest Android version, as attested: 130000 is Android 13; 0 is any.
    pub min_os_version: u32,
    /// Days since the oldest of the attested patch levels (system, vendor, boot); absent is any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_patch_days: Option<u32>,
    /// Days beyond `max_patch_days` in which a phone still enrols, with a flag.
    pub patch_grace_days: u32,
    /// Which pinned roots count, and when; empty is all, for as long as each is valid.
    pub roots: Vec<DatedRoot>,
    /// Days that a key provisioned in the factory is accepted after its certificates expired; absent is for ever,
    /// as Google's own verifier has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factory_grace_days: Option<u32>,
    /// Only keys that Google provisioned remotely, which are replaced every few weeks.
    pub remote_only: bool,
    /// Keys provisioned in the factory count only below a certificate that is an authority's (`CA:TRUE`). Absent is false:
    /// some genuine phones carry one that is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub issuer_must_be_ca: bool,
    /// Oldest status list, in hours, by which a phone may enrol; absent means that none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_list_hours: Option<u32>,
    /// The serial number must be attested by the hardware, not only named by managed configuration.
    pub attested_serial: bool,
}

impl AndroidRules {
    /// A hardware key in a locked phone with verified boot, made by one of `apps`; no word on age.
    pub fn for_apps(apps: Vec<AndroidApp>) -> Self {
        Self {
            apps,
            level: KeyLevel::TrustedEnvironment,
            boot_keys: Vec::new(),
            min_os_version: 0,
            max_patch_days: None,
            patch_grace_days: 0,
            roots: Vec::new(),
            factory_grace_days: None,
            remote_only: false,
            issuer_must_be_ca: false,
            status_list_hours: None,
            attested_serial: false,
        }
    }

    pub(crate) fn check(&self) -> Result<(), WireError> {
        let signers = self.apps.iter().map(|app| app.signers.len()).max().unwrap_or(0);
        bounded("android", &[self.apps.len(), signers, self.boot_keys.len(), self.roots.len()])
    }
}

/// An iOS app that may enrol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppleApp {
    /// Team identifier, a dot, bundle identifier.
    pub app_id: Name,
    /// Oldest bundle version, where the phone states one (iOS 27 and later).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_bundle_version: Option<Name>,
}

/// App Attest's two environments, kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppleEnvironment {
    /// Apps from the store, TestFlight or the company's own distribution.
    Production,
    /// Apps run from Xcode.
    Development,
}

/// What a failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// The phone does not enrol.
    Refuse,
    /// The phone enrols with a flag and a help-desk code.
    Flag,
}

/// What an iPhone must show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppleRules {
    /// Apps that may enrol.
    pub apps: Vec<AppleApp>,
    /// Which environment.
    pub environment: AppleEnvironment,
    /// Launch validation categories: 4 is the App Store, 5 the company's own distribution; empty is any.
    pub categories: Vec<u32>,
    /// From when a phone must state its category (RFC 3339, UTC); iOS 26 and older state none. Absent is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_from: Option<Timestamp>,
    /// What another category means.
    pub on_category: Grade,
    /// What it means that Apple's service gave the phone no attestation.
    pub on_unavailable: Grade,
    /// What an attestation that does not hold means.
    pub on_failure: Grade,
}

impl AppleRules {
    /// App Attest in production for apps from the App Store; a failure refuses.
    pub fn for_apps(apps: Vec<AppleApp>) -> Self {
        Self {
            apps,
            environment: AppleEnvironment::Production,
            categories: vec![4],
            category_from: None,
            on_category: Grade::Refuse,
            on_unavailable: Grade::Refuse,
            on_failure: Grade::Refuse,
        }
    }

    pub(crate) fn check(&self) -> Result<(), WireError> {
        bounded("apple", &[self.apps.len(), self.categories.len()])
    }
}

fn bounded(section: &'static str, lengths: &[usize]) -> Result<(), WireError> {
    if lengths.iter().all(|&length| length <= LIST) { Ok(()) } else { Err(WireError::Field(section)) }
}

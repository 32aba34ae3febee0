//! Enrolment: one request that the new device key signs, carrying everything needed to believe it.
//!
//! The phone asks `POST /v1/TENANT/challenges` for a challenge, makes its keys, and posts the signed [`Enrolment`] to
//! `POST /v1/TENANT/enrolments`. The gateway keeps the JWS whole as a log entry; the records side pulls it and judges
//! it again for itself. The signature is the proof of possession.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Bytes, Digest, Follows, Jws, Name, PublicKey, Shape, Signed, Tenant, Ward, WireError};

/// Most certificates in an Android chain.
const CHAIN_LIMIT: usize = 10;

/// What kind of phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// Android.
    Android,
    /// iOS.
    Ios,
    /// A simulated phone or a desktop.
    Desktop,
}

/// What the phone shows for its device key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "format", rename_all = "snake_case", deny_unknown_fields)]
pub enum Attestation {
    /// A key held in software, which says so. Only a development policy accepts it.
    Software {
        /// SHA-256 over challenge and device key: shows that it was made for this enrolment.
        statement: Digest,
    },
    /// Android Key Attestation of the device key itself, made for the enrolment's challenge (its 32 bytes).
    AndroidKey {
        /// X.509 certificates in DER, the device key's first, each signed by the next; with or without the root.
        chain: Vec<Bytes<8192>>,
    },
    /// App Attest, bound to the device key by [`Attestation::app_attest_hash`].
    AppAttest {
        /// The App Attest key's id.
        key_id: Bytes<32>,
        /// The attestation object: CBOR, as `attestKey` returned it.
        object: Bytes<32768>,
    },
    /// Apple's service gave no attestation. Enrols only where the policy says so, and then with a flag.
    AppAttestUnavailable {
        /// The error's name, such as `invalidKey`.
        error: Name,
    },
    /// Android Key Attestation of a key made for this alone, over [`Attestation::fresh_android_challenge`]. Shown again, never at
    /// enrolment: Android attests a key only as it is made, and the device key is made already.
    FreshAndroidKey {
        /// X.509 certificates in DER, the fresh key's first, each signed by the next; with or without the root.
        chain: Vec<Bytes<8192>>,
    },
    /// An assertion by the App Attest key that was attested before, over [`Attestation::app_attest_hash`]. Shown again, never
    /// at enrolment.
    AppAttestAssertion {
        /// The assertion: CBOR, as `generateAssertion` returned it.
        assertion: Bytes<4096>,
    },
}

impl Attestation {
    /// What App Attest is given as `clientDataHash`: SHA-256 over a name, the challenge and the device key's point.
    ///
    /// The token is not in it: the device key that is in it signs the enrolment that holds the token.
    pub fn app_attest_hash(challenge: &Digest, device_key: &PublicKey) -> Digest {
        let mut bytes = b"gauze-app-attest/v1\0".to_vec();
        bytes.extend(challenge.0);
        bytes.extend(device_key.to_sec1());
        Digest::of(&bytes)
    }

    /// The challenge of a fresh Android key: SHA-256 over a name, the gateway's challenge and the device key's point.
    ///
    /// It binds the fresh key to the device key, which signs the evidence: a chain made beside one phone's key is of no use
    /// beside another's.
    pub fn fresh_android_challenge(challenge: &Digest, device_key: &PublicKey) -> Digest {
        let mut bytes = b"gauze-fresh-android-key/v1\0".to_vec();
        bytes.extend(challenge.0);
        bytes.extend(device_key.to_sec1());
        Digest::of(&bytes)
    }

    /// The version of an enrolment that carries it: 1 for software keys, 2 for hardware; none carries what is only shown
    /// again.
    pub fn enrolment_version(&self) -> Option<u32> {
        match self {
            Self::Software { .. } => Some(1),
            Self::AndroidKey { .. } | Self::AppAttest { .. } | Self::AppAttestUnavailable { .. } => Some(2),
            Self::FreshAndroidKey { .. } | Self::AppAttestAssertion { .. } => None,
        }
    }

    /// The version of a [`crate::Reattestation`] that carries it: 1 for what an enrolment may carry too, 2 for the rest.
    pub fn reattestation_version(&self) -> u32 {
        if self.enrolment_version().is_some() { 1 } else { 2 }
    }

    /// Whether a phone of this platform shows this kind.
    pub fn fits(&self, platform: Platform) -> bool {
        match self {
            Self::Software { .. } => true,
            Self::AndroidKey { chain } | Self::FreshAndroidKey { chain } => {
                platform == Platform::Android && chain.len() <= CHAIN_LIMIT
            }
            Self::AppAttest { .. } | Self::AppAttestUnavailable { .. } | Self::AppAttestAssertion { .. } => {
                platform == Platform::Ios
            }
        }
    }

    /// What a key in software shows.
    pub fn software(challenge: &Digest, device_key: &PublicKey) -> Self {
        Self::Software { statement: Self::software_statement(challenge, device_key) }
    }

    /// The statement that a software attestation carries.
    pub fn software_statement(challenge: &Digest, device_key: &PublicKey) -> Digest {
        let mut bytes = b"gauze-software-attestation/v1\0".to_vec();
        bytes.extend(challenge.0);
        bytes.extend(device_key.to_sec1());
        Digest::of(&bytes)
    }
}

/// A challenge to enrol with: `201 Created`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeAnswer {
    /// 32 random bytes, hex; one use.
    pub challenge: Digest,
    /// Five minutes from now (RFC 3339, UTC).
    pub expires_at: Timestamp,
}

/// A request to enrol, signed by the device key it names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolment {
    /// Format version: 1 with a software key, 2 with a hardware attestation.
    pub v: u32,
    /// `gauze-enrolment`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The token, as signed inside the hospital.
    pub token: Jws,
    /// The gateway's challenge.
    pub challenge: Digest,
    /// The phone's device key.
    pub device_key: PublicKey,
    /// The phone's review key, where local review is offered.
    pub review_key: Option<PublicKey>,
    /// What the phone shows for the device key.
    pub attestation: Attestation,
    /// Platform.
    pub platform: Platform,
    /// Model name.
    pub model: Name,
    /// Serial number, where managed configuration gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<Name>,
    /// Where it is used, where managed configuration said so. It proves nothing: phones are listed by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<Ward>,
    /// Program version.
    pub app_version: Name,
    /// The device id this one replaces on the same phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<Follows>,
    /// The replaced key's own word ([`crate::Succession`]), where the phone still held it. Without it `follows` is a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Jws>,
    /// The phone's clock (RFC 3339, UTC).
    pub at: Timestamp,
}

impl Signed for Enrolment {
    const TYP: &'static str = "gauze-enrolment";
    const VERSIONS: RangeInclusive<u32> = 1..=2;
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        if Some(self.v) != self.attestation.enrolment_version() {
            return Err(WireError::Field("v"));
        }
        if self.former.is_some() && self.follows.is_none() {
            return Err(WireError::Field("former"));
        }
        if self.attestation.fits(self.platform) { Ok(()) } else { Err(WireError::Field("attestation")) }
    }
}

/// The gateway's answer: `201 Created`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolled {
    /// The thumbprint of the device key.
    pub device_id: crate::DeviceId,
    /// Index of the evidence in the log.
    pub log_index: u64,
    /// What the hospital should hear of, although the phone is enrolled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
}

/// Something that did not hold, which policy lets pass.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The stable code of what did not hold.
    pub code: String,
    /// What to tell the help desk.
    pub help: String,
    /// One sentence for the user.
    pub detail: String,
}

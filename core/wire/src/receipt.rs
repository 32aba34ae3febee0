//! Receipts: *stored* by the gateway, *filed* or *refused* by the records side.
//!
//! Always: a receipt repeats the exact binding of one manifest and proves that manifest's place in the log. Only
//! *filed* lets a phone erase.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::log::{Checkpoint, LogKey, WitnessKey, verify_inclusion};
use crate::{CaptureId, DeviceId, Digest, Jws, PublicKey, Shape, Signed, Tenant, WireError};

/// What every receipt about a photo repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Whose.
    pub tenant: Tenant,
    /// The phone that sent it.
    pub device_id: DeviceId,
    /// The photo.
    pub capture_id: CaptureId,
    /// SHA-256 of the manifest's JWS text: the log's leaf.
    pub manifest_sha256: Digest,
    /// SHA-256 of the sealed file.
    pub sha256: Digest,
    /// Length of the sealed file in bytes.
    pub size: u64,
}

/// A leaf's place in the log and the signed tree it is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The leaf's index, from 0.
    pub log_index: u64,
    /// RFC 6962 inclusion proof, leaf to root.
    pub inclusion: Vec<Digest>,
    /// C2SP signed checkpoint (a note) that the proof leads to.
    pub checkpoint: String,
}

impl Proof {
    pub(crate) fn check(&self) -> Result<(), WireError> {
        if self.inclusion.len() > 64 || self.checkpoint.len() > 4096 {
            return Err(WireError::Field("inclusion"));
        }
        Ok(())
    }

    /// Checks that `manifest` is in the tree that `log` signed; with `witnesses`, also that one of them cosigned it.
    pub fn verify(
        &self,
        manifest: &Digest,
        log: &LogKey,
        witnesses: Option<&[WitnessKey]>,
    ) -> Result<Checkpoint, WireError> {
        self.verify_by(manifest, &mut Notes::of(log, witnesses))
    }

    /// The same, where many proofs are checked in a row.
    pub fn verify_by(&self, manifest: &Digest, notes: &mut Notes<'_>) -> Result<Checkpoint, WireError> {
        self.check()?;
        let checkpoint = notes.believe(&self.checkpoint)?;
        verify_inclusion(&checkpoint, self.log_index, manifest, &self.inclusion)?;
        Ok(checkpoint)
    }
}

/// Whose notes are believed, and the last one that was: receipts that are made together carry the same.
pub struct Notes<'a> {
    log: &'a LogKey,
    witnesses: Option<&'a [WitnessKey]>,
    last: Option<(String, Checkpoint)>,
}

impl<'a> Notes<'a> {
    /// Those that `log` signed; with `witnesses`, those of them that one of these cosigned.
    pub fn of(log: &'a LogKey, witnesses: Option<&'a [WitnessKey]>) -> Self {
        Self { log, witnesses, last: None }
    }

    fn believe(&mut self, note: &str) -> Result<Checkpoint, WireError> {
        if let Some((last, checkpoint)) = &self.last
            && last == note
        {
            return Ok(checkpoint.clone());
        }
        let checkpoint = self.log.verify(note)?;
        let cosigned =
            |witnesses: &[WitnessKey]| witnesses.iter().any(|witness| witness.verify(note).is_ok());
        if !self.witnesses.is_none_or(cosigned) {
            return Err(WireError::UnknownKey);
        }
        self.last = Some((note.to_owned(), checkpoint.clone()));
        Ok(checkpoint)
    }
}

/// Why the records side would not file a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilingRefusal {
    /// The phone's enrolment evidence did not hold.
    EnrolmentInvalid,
    /// The manifest's signature or fields did not hold.
    ManifestInvalid,
    /// The chain names another predecessor, or two photos claim one place.
    ChainBroken,
    /// The bytes are not those the manifest names.
    DigestMismatch,
    /// No key of the tenant opens it.
    DidNotOpen,
    /// Classical and post-quantum recipients together.
    MixedRecipients,
    /// What was inside is not one record and one photo as documented.
    BundleInvalid,
    /// The record's binding fields are not the manifest's.
    RecordMismatch,
    /// The photo is not the one the record names.
    PhotoMismatch,
}

impl FilingRefusal {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::EnrolmentInvalid,
        Self::ManifestInvalid,
        Self::ChainBroken,
        Self::DigestMismatch,
        Self::DidNotOpen,
        Self::MixedRecipients,
        Self::BundleInvalid,
        Self::RecordMismatch,
        Self::PhotoMismatch,
    ];

    /// What the hospital can do.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::EnrolmentInvalid => {
                "Mend the policy or the keys and run gauze-records rejudge; or enrol the phone anew: it signs for its photos again."
            }
            Self::ManifestInvalid => "Enrol the phone anew: it signs for its photos again.",
            Self::ChainBroken => {
                "Where the phone's earlier enrolment is believed by now, run gauze-records rejudge; else have the photo discarded on \
                 the phone, enrol the phone anew and take the photo again."
            }
            Self::DigestMismatch => "None: its bytes are asked for again.",
            Self::DidNotOpen => {
                "Add the identity that it was sealed to to tenant-identity.txt and run gauze-records rejudge; without it have the \
                 photo discarded on the phone and taken anew."
            }
            Self::MixedRecipients => {
                "Report it with the app's version; have the photo discarded on the phone and taken anew."
            }
            Self::BundleInvalid | Self::RecordMismatch | Self::PhotoMismatch => {
                "Report it with the app's version; where an update of this side reads it, run gauze-records rejudge; else have the \
                 photo discarded on the phone and taken anew."
            }
        }
    }

    /// Whether it lies in who signed or where in the chain, and not in the photo: then the phone's next key may sign for the
    /// photo in its place.
    pub fn is_superseded_by_adoption(self) -> bool {
        match self {
            Self::EnrolmentInvalid | Self::ManifestInvalid | Self::ChainBroken => true,
            Self::DigestMismatch
            | Self::DidNotOpen
            | Self::MixedRecipients
            | Self::BundleInvalid
            | Self::RecordMismatch
            | Self::PhotoMismatch => false,
        }
    }

    /// The stable code: the JSON form.
    pub fn code(self) -> &'static str {
        match self {
            Self::EnrolmentInvalid => "enrolment_invalid",
            Self::ManifestInvalid => "manifest_invalid",
            Self::ChainBroken => "chain_broken",
            Self::DigestMismatch => "digest_mismatch",
            Self::DidNotOpen => "did_not_open",
            Self::MixedRecipients => "mixed_recipients",
            Self::BundleInvalid => "bundle_invalid",
            Self::RecordMismatch => "record_mismatch",
            Self::PhotoMismatch => "photo_mismatch",
        }
    }
}

macro_rules! receipt {
    ($(#[$doc:meta])* $name:ident, $typ:literal $(, $(#[$edoc:meta])* $extra:ident : $ety:ty)?) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Format version: 1.
            pub v: u32,
            /// The kind.
            pub typ: String,
            /// Whose.
            pub tenant: Tenant,
            /// The phone that sent it.
            pub device_id: DeviceId,
            /// The photo.
            pub capture_id: CaptureId,
            /// SHA-256 of the manifest's JWS text.
            pub manifest_sha256: Digest,
            /// SHA-256 of the sealed file.
            pub sha256: Digest,
            /// Length of the sealed file in bytes.
            pub size: u64,
            /// When it was signed (RFC 3339, UTC).
            pub at: Timestamp,
            /// The manifest's place in the log.
            pub proof: Proof,
            $($(#[$edoc])* pub $extra: $ety,)?
        }

        impl $name {
            /// A receipt over `binding`.
            pub fn new(binding: Binding, proof: Proof, at: Timestamp $(, $extra: $ety)?) -> Self {
                let Binding { tenant, device_id, capture_id, manifest_sha256, sha256, size } = binding;
                Self {
                    v: 1,
                    typ: Self::TYP.to_owned(),
                    tenant,
                    device_id,
                    capture_id,
                    manifest_sha256,
                    sha256,
                    size,
                    at,
                    proof,
                    $($extra,)?
                }
            }

            /// What it is bound to.
            pub fn binding(&self) -> Binding {
                Binding {
                    tenant: self.tenant.clone(),
                    device_id: self.device_id.clone(),
                    capture_id: self.capture_id,
                    manifest_sha256: self.manifest_sha256,
                    sha256: self.sha256,
                    size: self.size,
                }
            }

            /// Believes `jws` only as this kind, by one of `keys`, for exactly `expected`, with a proof that leads to
            /// a tree that `log` signed and, where `witnesses` are given, one of them cosigned.
            pub fn verify(
                jws: &Jws,
                keys: &[PublicKey],
                expected: &Binding,
                log: &LogKey,
                witnesses: Option<&[WitnessKey]>,
            ) -> Result<Self, WireError> {
                Self::verify_in_turn(jws, keys, expected, &mut Notes::of(log, witnesses))
            }

            /// The same, where many receipts are checked in a row.
            pub fn verify_in_turn(
                jws: &Jws,
                keys: &[PublicKey],
                expected: &Binding,
                notes: &mut Notes<'_>,
            ) -> Result<Self, WireError> {
                let receipt: Self = jws.verify_by(keys, &expected.tenant)?;
                if receipt.binding() != *expected {
                    return Err(WireError::Field("binding"));
                }
                receipt.proof.verify_by(&expected.manifest_sha256, notes)?;
                Ok(receipt)
            }
        }

        impl Signed for $name {
            const TYP: &'static str = $typ;
            fn shape(&self) -> Shape<'_> {
                Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
            }
            fn check(&self) -> Result<(), WireError> {
                self.proof.check()
            }
        }
    };
}

receipt! {
    /// *Stored*: the gateway holds the exact bytes, fsynced, and logged the manifest. Stops the sending, erases nothing.
    Stored, "gauze-stored"
}

receipt! {
    /// *Filed*: the records side opened it, filed it durably and cosigned the log. Lets the phone erase.
    Filed, "gauze-filed"
}

receipt! {
    /// *Refused*: the records side would not file it. The phone keeps the photo and says so.
    Refused, "gauze-refused",
    /// Why.
    cause: FilingRefusal
}

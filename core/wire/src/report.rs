//! A phone's report that something went wrong, or that a notice was read: sealed as it is written, signed by the device key, kept until
//! the hospital has it.
//!
//! `POST /v1/TENANT/reports` (signed request) takes a [`ReportRequest`] and answers [`ReportAnswer`]. The same report again is
//! answered with a receipt of now; another one under the same id is a conflict. The gateway reads none of what is sealed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::log::{LogKey, WitnessKey};
use crate::{
    Bytes, CaptureId, DeviceId, Digest, Incident, Jws, Proof, PublicKey, ReportId, SessionEvidence, Shape,
    Signed, Tenant, Text, WireError,
};

/// Largest sealed [`Testimony`] or [`NoticeRead`](crate::NoticeRead): its words, an ID token, and a stanza for each of 16 recipients.
pub const SEALED_TESTIMONY: usize = 64 << 10;

/// What is sealed in a phone's report that something went wrong. JSON, read strictly. No `Debug`: it may name a patient.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Testimony {
    /// Format version: 1.
    pub v: u32,
    /// The phone, as it was enrolled when this was written: what a provider signed for its clinician commits to this id.
    pub device_id: DeviceId,
    /// The phone's clock when it was written (RFC 3339, UTC).
    pub written_at: Timestamp,
    /// What went wrong.
    pub incident: Incident,
    /// The photo that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<CaptureId>,
    /// Who was signed in, as the phone was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clinician: Option<Text<256>>,
    /// Evidence of who was signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionEvidence>,
}

impl Testimony {
    /// The text that is sealed.
    ///
    /// # Errors
    /// [`WireError`]: it cannot be written.
    pub fn to_text(&self) -> Result<Vec<u8>, WireError> {
        serde_json::to_vec(self).map_err(|_| WireError::Malformed("testimony"))
    }

    /// What was sealed.
    ///
    /// # Errors
    /// [`WireError`]: it is not one, or of another version.
    pub fn read(text: &[u8]) -> Result<Self, WireError> {
        let testimony: Self = serde_json::from_slice(text).map_err(|_| WireError::Malformed("testimony"))?;
        match (testimony.v, testimony.incident.v) {
            (1, 1) => Ok(testimony),
            _ => Err(WireError::Field("v")),
        }
    }
}

/// A report as it leaves the phone. Signed by the device key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-report`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The phone that sends it.
    pub device_id: DeviceId,
    /// Names it: the name of what is sealed.
    pub report_id: ReportId,
    /// An age file to the hospital's recipients: a [`Testimony`], or a [`NoticeRead`](crate::NoticeRead).
    pub sealed: Bytes<SEALED_TESTIMONY>,
}

impl Signed for Report {
    const TYP: &'static str = "gauze-report";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        if self.sealed.as_slice().is_empty() { Err(WireError::Field("sealed")) } else { Ok(()) }
    }
}

/// Hands in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRequest {
    /// The report.
    pub report: Jws,
}

/// What the gateway says of it: `200 OK`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportAnswer {
    /// The [`Reported`] receipt.
    pub receipt: Jws,
    /// The report that it is of, where the phone handed in the same words under another signature: its hardware signs differently each
    /// time, and it may have lost the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Jws>,
}

/// *Reported*: the gateway logged it. Where its checkpoint carries the hospital's cosignature, the hospital has it too, and the phone
/// lets go of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reported {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-reported`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// The phone.
    pub device_id: DeviceId,
    /// The report.
    pub report_id: ReportId,
    /// SHA-256 of the report's JWS text.
    pub report_sha256: Digest,
    /// When it was signed (RFC 3339, UTC).
    pub at: Timestamp,
    /// The report's place in the log.
    pub proof: Proof,
}

impl Reported {
    /// A receipt for a report that is in the log.
    pub fn new(report: &Report, report_sha256: Digest, proof: Proof, at: Timestamp) -> Self {
        Self {
            v: 1,
            typ: Self::TYP.to_owned(),
            tenant: report.tenant.clone(),
            device_id: report.device_id.clone(),
            report_id: report.report_id.clone(),
            report_sha256,
            at,
            proof,
        }
    }

    /// Believes `jws` only by the gateway's key, for this very report, with a proof that leads to a tree that `log` signed and, where
    /// `witnesses` are given, one of them cosigned.
    ///
    /// # Errors
    /// [`WireError`]: what does not hold.
    pub fn verify(
        jws: &Jws,
        key: &PublicKey,
        report: &Jws,
        log: &LogKey,
        witnesses: Option<&[WitnessKey]>,
    ) -> Result<Self, WireError> {
        let expected: Report = report.peek()?;
        let receipt: Self = jws.verify(key, &expected.tenant)?;
        let same = receipt.device_id == expected.device_id
            && receipt.report_id == expected.report_id
            && receipt.report_sha256 == report.digest();
        if !same {
            return Err(WireError::Field("report_sha256"));
        }
        receipt.proof.verify(&receipt.report_sha256, log, witnesses)?;
        Ok(receipt)
    }
}

impl Signed for Reported {
    const TYP: &'static str = "gauze-reported";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        self.proof.check()
    }
}

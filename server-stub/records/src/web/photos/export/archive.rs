//! The archive of an export: the photo, what was signed about it, our statement of what leaves, and how to check it.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_people::context::ReasonCode;
use gauze_wire::{
    CaptureId, DeviceId, Digest, Enrolment, Jws, PublicKey, Shape, Signed, Signer, Tenant, Text,
};
use jiff::Timestamp;
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use serde::{Deserialize, Serialize};

use super::words;
use crate::folk::Papers;

/// In which form a photo leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Form {
    /// A marked rendering with its visible line.
    Picture,
    /// What the phone sealed, to the receiver's own key.
    Sealed,
}

impl Form {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Picture => "picture",
            Self::Sealed => "sealed",
        }
    }
}

/// A file of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    name: String,
    sha256: Digest,
    size: u64,
}

/// What left, for whom, and why: `typ` `gauze-export`, signed by the records key. No `Debug`: the receiver is what somebody typed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statement {
    v: u32,
    typ: String,
    tenant: Tenant,
    device_id: DeviceId,
    capture_id: CaptureId,
    /// SHA-256 of the manifest's JWS text.
    manifest_sha256: Digest,
    /// The export's line in the access log, which the mark carries too.
    line: u64,
    at: Timestamp,
    purpose: ReasonCode,
    receiver: Text<100>,
    form: Form,
    files: Vec<Part>,
}

impl Signed for Statement {
    const TYP: &'static str = "gauze-export";

    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
}

/// What the statement says of an export.
pub(super) struct Leaving {
    pub(super) capture_id: CaptureId,
    pub(super) line: u64,
    pub(super) at: Timestamp,
    pub(super) purpose: ReasonCode,
    pub(super) receiver: Text<100>,
    pub(super) form: Form,
}

/// The archive could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the archive could not be made: {0}")]
pub(super) struct Unmade(String);

fn unmade(error: impl ToString) -> Unmade {
    Unmade(error.to_string())
}

/// Files of an archive, in their order.
pub(super) struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    /// Begins with the photo and what was signed about it.
    pub(super) fn of(form: Form, photo: Vec<u8>, papers: &Papers) -> Result<Self, Unmade> {
        let name = match form {
            Form::Picture => "photo.jpg",
            Form::Sealed => "photo.age",
        };
        let mut files = Self(vec![(name.to_owned(), photo), ("README.txt".to_owned(), words::README.into())]);
        files.add_signed("manifest", &papers.manifest)?;
        files.add_signed("filed", &papers.filed)?;
        if let Some(enrolment) = &papers.enrolment {
            files.add("enrolment.jws", enrolment.as_str());
            let phone = enrolment.peek::<Enrolment>().map_err(unmade)?.device_key;
            files.add("phone.pem", &pem(&phone)?);
        }
        Ok(files)
    }

    pub(super) fn add(&mut self, name: &str, text: &str) {
        self.0.push((name.to_owned(), text.as_bytes().to_vec()));
    }

    /// A JWS, and the same as `openssl` takes it: what was signed, and the signature in DER.
    fn add_signed(&mut self, name: &str, jws: &Jws) -> Result<(), Unmade> {
        let (signed, signature) = jws.as_str().rsplit_once('.').ok_or_else(|| unmade("jws"))?;
        let raw = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(unmade)?;
        let der = p256::ecdsa::Signature::from_slice(&raw).map_err(unmade)?.to_der();
        self.add(&format!("{name}.jws"), jws.as_str());
        self.add(&format!("{name}.signed"), signed);
        self.0.push((format!("{name}.der"), der.as_bytes().to_vec()));
        Ok(())
    }

    /// Signs for all of it, and packs it (POSIX tar).
    pub(super) fn pack(
        mut self,
        leaving: Leaving,
        papers: &Papers,
        key: &dyn Signer,
    ) -> Result<Vec<u8>, Unmade> {
        self.add("hospital.pem", &pem(&key.public_key())?);
        let part = |(name, bytes): &(String, Vec<u8>)| Part {
            name: name.clone(),
            sha256: Digest::of(bytes),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        };
        let statement = Statement {
            v: 1,
            typ: Statement::TYP.to_owned(),
            tenant: papers.tenant.clone(),
            device_id: papers.device_id.clone(),
            capture_id: leaving.capture_id,
            manifest_sha256: papers.manifest.digest(),
            line: leaving.line,
            at: leaving.at,
            purpose: leaving.purpose,
            receiver: leaving.receiver,
            form: leaving.form,
            files: self.0.iter().map(part).collect(),
        };
        self.add_signed("export", &Jws::sign(&statement, key).map_err(unmade)?)?;
        let sums: String =
            self.0.iter().map(part).map(|part| format!("{}  {}\n", part.sha256, part.name)).collect();
        self.add("SHA256SUMS", &sums);
        let mut packed = tar::Builder::new(Vec::new());
        for (name, bytes) in &self.0 {
            let mut header = tar::Header::new_ustar();
            header.set_size(u64::try_from(bytes.len()).map_err(unmade)?);
            header.set_mode(0o600);
            header.set_mtime(u64::try_from(leaving.at.as_second()).unwrap_or_default());
            packed.append_data(&mut header, name, bytes.as_slice()).map_err(unmade)?;
        }
        packed.into_inner().map_err(unmade)
    }
}

fn pem(key: &PublicKey) -> Result<String, Unmade> {
    let key = p256::PublicKey::from_sec1_bytes(&key.to_sec1()).map_err(unmade)?;
    key.to_public_key_pem(LineEnding::LF).map_err(unmade)
}

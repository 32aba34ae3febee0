//! A phone that is only what the gateway sees of one: its key and its chain. For measuring; it keeps nothing.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use gauze_core::adapters::{HttpTransport, SystemClock, SystemEntropy};
use gauze_core::ports::{Answer, Call, Clock as _, Entropy as _, Transfer, Transport as _};
use gauze_wire::signature::{Request, Tag, sign};
use gauze_wire::{
    Attestation, Body, CaptureId, Carried, ChallengeAnswer, Digest, Enrolment, Holding, Jws, Platform,
    PublicKey, Signed as _, Signer as _, SoftwareKey, StatusAnswer, StatusQuery, Tenant, UploadAnswer,
    UploadRequest, Void, VoidReason,
};
use serde::de::DeserializeOwned;

use crate::hospital::Hospital;

/// A sealed file, as far as a gateway can tell, that any number of photos may share.
pub struct SharedFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its digest.
    pub sha256: Digest,
    /// Its length.
    pub size: u64,
}

/// An enrolled phone.
pub struct LeanPhone {
    key: SoftwareKey,
    tenant: Tenant,
    base: String,
    transport: Arc<HttpTransport>,
    seq: u64,
    prev: Option<Digest>,
}

impl LeanPhone {
    /// A new key that nobody knows yet.
    pub fn unknown(hospital: &Hospital, transport: Arc<HttpTransport>) -> anyhow::Result<Self> {
        let key = SoftwareKey::from_bytes(&random()?)?;
        Ok(Self { key, tenant: hospital.tenant()?, base: hospital.url(), transport, seq: 0, prev: None })
    }

    /// What others know it by.
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// Enrols a new key with `token`, over `transport`.
    pub async fn enrol(
        hospital: &Hospital,
        token: Jws,
        transport: Arc<HttpTransport>,
    ) -> anyhow::Result<Self> {
        let phone = Self::unknown(hospital, transport)?;
        let challenge: ChallengeAnswer = parse(phone.post("challenges", Vec::new(), Vec::new()).await?)?;
        let (challenge, device_key) = (challenge.challenge, phone.key.public_key());
        let enrolment = Enrolment {
            v: 1,
            typ: Enrolment::TYP.into(),
            tenant: phone.tenant.clone(),
            token,
            challenge,
            attestation: Attestation::Software {
                statement: Attestation::software_statement(&challenge, &device_key),
            },
            device_key,
            review_key: None,
            platform: Platform::Desktop,
            model: "simulated".parse()?,
            serial: None,
            ward: None,
            app_version: "0.1.0".parse()?,
            follows: None,
            former: None,
            at: SystemClock.now(),
        };
        let evidence = Jws::sign(&enrolment, &phone.key)?;
        let answer = phone.post("enrolments", evidence.as_str().as_bytes().to_vec(), Vec::new()).await?;
        ensure!(answer.status == 201, "{}", String::from_utf8_lossy(&answer.body));
        Ok(phone)
    }

    /// Takes a photo whose sealed bytes are those of `file`: a signed request for a ticket.
    pub fn take(&mut self, file: &SharedFile) -> anyhow::Result<UploadRequest> {
        let (_, bytes) = self.next(file)?;
        let manifest = Jws::sign_bytes(Body::TYP, &bytes, &self.key)?;
        Ok(UploadRequest { manifest, highest_seq: self.seq, unsent: 1 })
    }

    /// Takes one and discards it: the statement that it will not come.
    pub fn discard(&mut self, file: &SharedFile) -> anyhow::Result<Jws> {
        let (capture_id, bytes) = self.next(file)?;
        let void = Void {
            v: 1,
            typ: Void::TYP.into(),
            tenant: self.tenant.clone(),
            device_id: self.key.public_key().key_id(),
            capture_id,
            body: Carried::write(&bytes),
            reason: VoidReason::Discarded,
            voided_at: SystemClock.now(),
            session_ref: None,
        };
        Ok(Jws::sign(&void, &self.key)?)
    }

    /// The body of its next photo.
    fn next(&mut self, file: &SharedFile) -> anyhow::Result<(CaptureId, Vec<u8>)> {
        let random: [u8; 32] = random()?;
        let mut name = [0; 10];
        name.copy_from_slice(&random[..10]);
        let now = SystemClock.now();
        self.seq += 1;
        let body = Body {
            v: 1,
            typ: Body::TYP.into(),
            tenant: self.tenant.clone(),
            device_id: self.key.public_key().key_id(),
            capture_id: CaptureId::make(u64::try_from(now.as_millisecond())?, &name),
            seq: self.seq,
            prev: self.prev,
            follows: None,
            sha256: file.sha256,
            size: file.size,
            recipients: vec!["0123456789abcdef".parse()?],
            captured_at: now,
            session_ref: None,
            root: Digest::of(b"root"),
            bundle_version: 1,
            policy_version: 1,
            app_version: "0.1.0".parse()?,
        };
        let bytes = serde_json::to_vec(&body)?;
        self.prev = Some(Digest::of(&bytes));
        Ok((body.capture_id, bytes))
    }

    /// Asks for a ticket: its address.
    pub async fn ticket(&self, request: &UploadRequest) -> anyhow::Result<String> {
        match self.signed("uploads", serde_json::to_vec(request)?).await? {
            UploadAnswer::Ticket { upload_url, .. } => Ok(upload_url),
            UploadAnswer::Held(_) => anyhow::bail!("a new photo is held already"),
        }
    }

    /// Says what it holds, as phones do each minute, and hears where it stands.
    pub async fn ask(&self) -> anyhow::Result<()> {
        let holding =
            Holding { highest_seq: self.seq, unsent: 0, app_version: "0.1.0".parse()?, screen_captures: 0 };
        let query = StatusQuery { captures: Vec::new(), holding: Some(holding) };
        let answer: StatusAnswer = self.signed("status", serde_json::to_vec(&query)?).await?;
        ensure!(answer.standing.is_some(), "no standing came");
        Ok(())
    }

    /// Sends the bytes to a ticket's address and gets the receipt.
    pub async fn send(&self, url: String, file: &SharedFile) -> anyhow::Result<()> {
        let transfer = Transfer { url, file: file.path.clone(), size: file.size, offset: 0 };
        let answer = self.transport.transfer(transfer).await?;
        ensure!(answer.status == 201, "{}", String::from_utf8_lossy(&answer.body));
        Ok(())
    }

    async fn signed<T: DeserializeOwned>(&self, what: &str, body: Vec<u8>) -> anyhow::Result<T> {
        let digest = Digest::of(&body);
        let target_uri = format!("{}/v1/{}/{what}", self.base, self.tenant);
        let mut nonce = [0; 16];
        SystemEntropy.fill(&mut nonce)?;
        let covered = Request { method: "POST", target_uri: &target_uri, body: Some(&digest) };
        let fields = sign(&covered, &self.key, Tag::Device, SystemClock.now(), &nonce)?;
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("content-digest", fields.content_digest.context("a body has a digest")?),
            ("signature-input", fields.signature_input),
            ("signature", fields.signature),
        ];
        parse(self.post(what, body, headers).await?)
    }

    async fn post(
        &self,
        what: &str,
        body: Vec<u8>,
        headers: Vec<(&'static str, String)>,
    ) -> anyhow::Result<Answer> {
        let url = format!("{}/v1/{}/{what}", self.base, self.tenant);
        Ok(self.transport.call(Call { method: "POST", url, headers, body: Some(body) }).await?)
    }
}

fn random() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes)?;
    Ok(bytes)
}

fn parse<T: DeserializeOwned>(answer: Answer) -> anyhow::Result<T> {
    ensure!((200..300).contains(&answer.status), "{}", String::from_utf8_lossy(&answer.body));
    Ok(serde_json::from_slice(&answer.body)?)
}

//! Enrolment: bundle, challenge, keys, evidence, and the gateway's word.
//!
//! Always: the bundle is believed before anything is sent; the evidence is kept before it is posted, so that an answer
//! that was lost can be asked for again with the same token; bundle and identity are kept only after the gateway's word, and
//! never an older bundle or policy than this phone has believed before.

use std::path::Path;
use std::sync::Arc;

use gauze_wire::{
    ChallengeAnswer, DeviceId, Digest, Enrolled, Enrolment, Follows, Jws, Name, Platform, ProblemCode,
    PublicKey, Signed as _, Signer as _, Succession, Tenant,
};

use super::{CallError, GatewayClient, Identity, VaultSigner};
use crate::policy::{Managed, Trust, TrustError};
use crate::ports::{Attestor, Disk, KeyVault, TlsError, VaultError, write_durably};
use crate::store::{Store, StoreError, read_small};

const PENDING: &str = "enrolment.jws";

/// Why a phone did not enrol.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// It is enrolled.
    #[error("this phone is already enrolled: wipe it first, or give it a new token to enrol again")]
    AlreadyEnrolled,
    /// No answer, or a refusal.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The bundle is not believed.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The configuration holds no token.
    #[error("the managed configuration holds no enrolment token: ask for one")]
    NoToken,
    /// The gateway gave no bundle.
    #[error("the gateway has no trust bundle for this tenant: check the tenant in the configuration")]
    NoBundle,
    /// The key store did not do it.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The files could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl EnrolError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyEnrolled => "already_enrolled",
            Self::Call(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::NoToken => "no_token",
            Self::NoBundle => "no_bundle",
            Self::Vault(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Tls(_) => "tls_setup",
        }
    }
}

impl CallError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Transport(error) => error.code(),
            Self::Refused(problem) => problem.code.as_str(),
            Self::Between(_) => "answered_in_between",
            Self::Answer => "answer_invalid",
            Self::Vault(error) => error.code(),
            Self::Entropy => "no_entropy",
        }
    }

    /// What to do next.
    pub fn next_step(&self) -> String {
        match self {
            Self::Refused(problem) => problem.detail.clone(),
            Self::Transport(error) => error.next_step().to_owned(),
            Self::Between(status) => format!(
                "something between this phone and the hospital answered (HTTP {status}): check the proxy or sign in to the Wi-Fi, then try again"
            ),
            Self::Answer => "check that the address is a Gauze gateway".to_owned(),
            Self::Vault(_) | Self::Entropy => "try again".to_owned(),
        }
    }
}

/// What the phone says of itself.
#[derive(Clone, Debug)]
pub struct PhoneModel {
    pub platform: Platform,
    pub model: Name,
    pub app_version: Name,
}

pub struct Enroller<'a> {
    pub dir: &'a Path,
    pub disk: &'a dyn Disk,
    pub store: &'a Store,
    pub attestor: Arc<dyn Attestor>,
    pub gateway: &'a GatewayClient,
    pub phone: &'a PhoneModel,
}

impl Enroller<'_> {
    /// Enrols, or asks again for an answer that was lost.
    pub async fn enrol(
        &self,
        managed: &Managed,
        old: Option<&DeviceId>,
    ) -> Result<(Identity, Trust), EnrolError> {
        let token = managed.token.as_ref().ok_or(EnrolError::NoToken)?;
        if Trust::pins_other(self.disk, self.dir, &managed.root_sha256)? {
            return Err(TrustError::RootChanged.into());
        }
        let trust = self.believe(managed).await?.limited(managed.limits);
        let follows = old.map(|old| self.follows(old));
        let pending = self.pending(token);
        let was_sent = pending.is_some();
        let mut jws = match pending {
            Some(jws) => jws,
            None => self.make_evidence(managed, token, follows.clone()).await?,
        };
        let mut posted = self.post(&jws).await;
        // A gateway that was started anew meanwhile never kept this evidence, and knows its challenge no more.
        let is_forgotten = matches!(&posted, Err(CallError::Refused(problem)) if problem.code == ProblemCode::ChallengeInvalid);
        if was_sent && is_forgotten {
            jws = self.make_evidence(managed, token, follows.clone()).await?;
            posted = self.post(&jws).await;
        }
        if let Err(CallError::Refused(problem)) = &posted {
            let untouched = [ProblemCode::Unavailable, ProblemCode::StorageFull, ProblemCode::StorageFailed];
            // The evidence is spent: the next try needs a new challenge.
            if !untouched.contains(&problem.code) {
                self.disk.remove(&self.dir.join(PENDING)).map_err(StoreError::from)?;
            }
        }
        let enrolled = posted?;
        // What names this phone is its own key, whatever an answer says; the evidence is kept to ask again.
        if enrolled.device_id != *jws.kid() {
            return Err(CallError::Answer.into());
        }
        let identity = Identity {
            v: 1,
            tenant: managed.tenant.clone(),
            gateway: managed.gateway.clone(),
            ca: managed.ca.clone(),
            min_bundle_version: managed.min_bundle_version,
            device_id: enrolled.device_id,
            follows,
            ward: managed.ward.clone(),
        };
        trust.save(self.disk, self.dir)?;
        identity.save(self.disk, self.dir)?;
        self.disk.remove(&self.dir.join(PENDING)).map_err(StoreError::from)?;
        Ok((identity, trust))
    }

    async fn post(&self, evidence: &Jws) -> Result<Enrolled, CallError> {
        let body = evidence.as_str().as_bytes().to_vec();
        self.gateway.post("enrolments", "application/jose", body).await
    }

    async fn believe(&self, managed: &Managed) -> Result<Trust, EnrolError> {
        let (tenant, gateway) = (&managed.tenant, managed.gateway.as_str());
        let least = managed.min_bundle_version;
        let kept = Trust::kept(self.disk, self.dir, tenant)?;
        let pinned = kept.as_ref().map_or(managed.root_sha256, |kept| kept.root);
        let offered = self.gateway.offered(&pinned).await?.ok_or(EnrolError::NoBundle)?;
        Ok(match kept {
            Some(kept) => kept.at(gateway, &offered, least)?,
            None => Trust::begin(&offered, tenant, gateway, &pinned, least)?,
        })
    }

    fn follows(&self, old: &DeviceId) -> Follows {
        let head = self.store.head(old);
        Follows {
            device_id: old.clone(),
            seq: head.map_or(0, |head| head.seq),
            head: head.map(|head| head.head),
        }
    }

    /// Evidence that was made for this very token and not yet answered.
    fn pending(&self, token: &Jws) -> Option<Jws> {
        // What cannot be read is as what was never made: new evidence goes in its place.
        let bytes = read_small(self.disk, &self.dir.join(PENDING)).ok()??;
        let kept = String::from_utf8(bytes).ok().and_then(|text| Jws::parse(&text).ok());
        // A key that is gone since cannot become this phone's.
        let held = |jws: &Jws| self.gateway.vault.device_key().is_ok_and(|key| key.key_id() == *jws.kid());
        kept.filter(|jws| held(jws) && jws.peek::<Enrolment>().is_ok_and(|e| e.token == *token))
    }

    async fn make_evidence(
        &self,
        managed: &Managed,
        token: &Jws,
        follows: Option<Follows>,
    ) -> Result<Jws, EnrolError> {
        let answer: ChallengeAnswer = self.gateway.post("challenges", "application/json", Vec::new()).await?;
        let (vault, attestor) = (self.gateway.vault.clone(), self.attestor.clone());
        let (phone, managed, token) = (self.phone.clone(), managed.clone(), token.clone());
        // A token is judged at this time: a phone whose clock is wrong would enrol and never be believed.
        let at = self.gateway.time_told();
        let making = tokio::task::spawn_blocking(move || {
            let challenge: Digest = answer.challenge;
            let former = follows.as_ref().and_then(|follows| {
                last_word(&*vault, &follows.device_id, &managed.tenant, (&challenge, &token))
            });
            let device_key = new_key(&*vault, &challenge)?;
            let attestation = attestor.attest(&challenge, &device_key)?;
            let enrolment = Enrolment {
                // What is only shown again is no evidence to enrol with.
                v: attestation.enrolment_version().ok_or(VaultError::Unavailable)?,
                typ: Enrolment::TYP.to_owned(),
                tenant: managed.tenant,
                token,
                challenge,
                attestation,
                review_key: vault.review_key()?,
                platform: phone.platform,
                model: phone.model,
                serial: managed.serial,
                ward: managed.ward,
                app_version: phone.app_version,
                follows,
                former,
                at,
                device_key,
            };
            let signer = VaultSigner::new(&*vault)?;
            Jws::sign(&enrolment, &signer).map_err(|_| signer.why())
        });
        let jws = making.await.map_err(|_| VaultError::Unavailable)??;
        write_durably(self.disk, &self.dir.join(PENDING), jws.as_str().as_bytes())
            .map_err(StoreError::from)?;
        Ok(jws)
    }
}

/// How often another key is made for its id alone.
const KEYS: u32 = 8;

/// A new device key whose id a person can type as a command's argument: of 64 keys one has an id that begins with a hyphen.
fn new_key(vault: &dyn KeyVault, challenge: &Digest) -> Result<PublicKey, VaultError> {
    let make = || vault.create(challenge).and_then(|()| vault.device_key());
    let mut key = make()?;
    for _ in 1..KEYS {
        if !key.key_id().as_str().starts_with('-') {
            break;
        }
        key = make()?;
    }
    Ok(key)
}

/// The old key's word for the key that takes its place, while the vault still holds the old one. Without it the phone enrols even so,
/// and an operator vouches for it.
fn last_word(
    vault: &dyn KeyVault,
    former: &DeviceId,
    tenant: &Tenant,
    (challenge, token): (&Digest, &Jws),
) -> Option<Jws> {
    let signer = VaultSigner::new(vault).ok()?;
    let device_key = signer.public_key();
    if device_key.key_id() != *former {
        return None;
    }
    let word = Succession {
        v: 1,
        typ: Succession::TYP.to_owned(),
        tenant: tenant.clone(),
        device_key,
        challenge: *challenge,
        token_sha256: token.digest(),
    };
    Jws::sign(&word, &signer).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use gauze_wire::SoftwareKey;

    use super::*;
    use crate::adapters::SoftwareVault;
    use crate::ports::Entropy;

    /// Secrets one after the other.
    struct Counting(AtomicU64);

    fn secret(number: u64) -> [u8; 32] {
        std::array::from_fn(|at| if at < 24 { 1 } else { number.to_be_bytes()[at - 24] })
    }

    impl Entropy for Counting {
        fn fill(&self, out: &mut [u8]) -> std::io::Result<()> {
            out.copy_from_slice(&secret(self.0.fetch_add(1, Ordering::Relaxed)));
            Ok(())
        }
    }

    #[test]
    fn no_phone_gets_an_id_that_begins_with_a_hyphen() {
        let id = |number| SoftwareKey::from_bytes(&secret(number)).unwrap().public_key().key_id();
        let first = (0..).find(|number| id(*number).as_str().starts_with('-')).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let entropy = Arc::new(Counting(AtomicU64::new(first)));
        let vault = SoftwareVault::new(dir.path().to_owned(), entropy);
        let key = new_key(&vault, &Digest([7; 32])).unwrap();
        // The secret between was the review key's.
        assert_eq!(key.key_id(), id(first + 2));
        assert_eq!(vault.device_key().unwrap(), key);
    }
}

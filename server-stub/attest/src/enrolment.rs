//! One enrolment: proof of possession, token, challenge, attestation, each by the hospital's own keys and policy.
//!
//! Always: the same function judges at the gateway, when the phone enrols, and on the records side, later and at the
//! enrolment's own time; what differs is an argument.

use std::sync::OnceLock;

use gauze_wire::{
    AppleRules, Attestation, Bundle, Bytes, DeviceId, Digest, Enrolment, Grade, Inventory, Jws, Notice,
    Platform, Policy, Problem, ProblemCode, PublicKey, Signed as _, Token, TokenId, WireError,
};
use jiff::Timestamp;

use crate::{
    AndroidAsked, AndroidRoots, AppAttestKey, AppleAsked, AppleRoots, AssertionAsked, BootState, Fault,
    Lineage, PatchLevels, SecurityLevel, StatusList, serial, verify_android, verify_apple, verify_assertion,
};

/// A phone whose evidence held: made by [`verify_enrolment`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedDevice {
    enrolment: Enrolment,
    token: Token,
    spent: TokenId,
    shown: Shown,
    lineage: Lineage,
}

impl AttestedDevice {
    /// The evidence.
    pub fn enrolment(&self) -> &Enrolment {
        &self.enrolment
    }

    /// The token that it enrolled with.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// What was spent of it, once and for all: a single-use token whole, of an inventory token the serial number's share.
    pub fn spent(&self) -> &TokenId {
        &self.spent
    }

    /// The thumbprint of the device key.
    pub fn device_id(&self) -> DeviceId {
        self.enrolment.device_key.key_id()
    }

    /// The device key.
    pub fn device_key(&self) -> &PublicKey {
        &self.enrolment.device_key
    }

    /// What its attestation showed.
    pub fn shown(&self) -> &Shown {
        &self.shown
    }

    /// Whether the key that it follows was its own. What is less than proven changes nothing of the other phone's.
    pub fn lineage(&self) -> Lineage {
        self.lineage
    }
}

/// What an attestation showed that is worth keeping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// What did not hold and policy let pass.
    pub flags: Vec<Fault>,
    /// Serial numbers of the Android chain, to be looked up in the status list every night.
    pub serials: Vec<String>,
    /// The serial number that its hardware attested.
    pub serial: Option<String>,
    /// Where Android's key lives, as it was attested.
    pub level: Option<SecurityLevel>,
    /// What verified boot said.
    pub boot: Option<BootState>,
    /// Android's patch levels: what the phone may not fall below again.
    pub patches: Option<PatchLevels>,
    /// The key that Apple attested, as later assertions are judged by it.
    pub app_attest: Option<AppAttestKey>,
}

impl Shown {
    /// The flags as the phone is told of them.
    pub fn notices(&self) -> Vec<Notice> {
        let notice = |fault: &Fault| Notice {
            code: fault.code().to_owned(),
            help: fault.help().to_owned(),
            detail: fault.for_user().to_owned(),
        };
        self.flags.iter().map(notice).collect()
    }
}

/// How the verifier knows that the challenge is fresh.
#[derive(Clone, Copy, Debug)]
pub enum Freshness<'a> {
    /// The gateway, which issued it just now.
    Issued(&'a Digest),
    /// The records side, later: the gateway vouches for the challenge, the token bounds the time.
    Recorded,
}

/// What enrolments are judged by.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// Whose signature a token must have.
    pub bundle: &'a Bundle,
    /// What each platform must show.
    pub policy: &'a Policy,
    /// The serial numbers that an inventory token is for, where the hospital signed any.
    pub inventory: Option<&'a Inventory>,
    /// The newest status list, where there is one.
    pub status: Option<&'a StatusList>,
    /// The makers' roots: [`Roots::pinned`] but in tests.
    pub roots: &'a Roots,
    /// The serial number that hardware attested for the key that an enrolment `follows`, where that is known.
    pub former_serial: Option<&'a str>,
}

/// The makers' roots.
#[derive(Clone, Debug)]
pub struct Roots {
    /// For Android.
    pub android: AndroidRoots,
    /// For iOS.
    pub apple: AppleRoots,
}

impl Roots {
    /// Those that the program pins.
    pub fn pinned() -> &'static Self {
        static PINNED: OnceLock<Roots> = OnceLock::new();
        PINNED.get_or_init(|| Self { android: AndroidRoots::google(), apple: AppleRoots::apple() })
    }
}

/// Why a phone does not enrol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolmentDenied {
    /// Something about the request.
    Problem(ProblemCode),
    /// Something about the phone: `token_invalid` for its serial number, else `attestation_refused`, and what it was.
    Evidence(Fault),
}

impl EnrolmentDenied {
    /// The code that the phone is told.
    pub fn code(self) -> ProblemCode {
        match self {
            Self::Problem(code) => code,
            Self::Evidence(fault) if serial::FAULTS.contains(&fault) => ProblemCode::TokenInvalid,
            Self::Evidence(_) => ProblemCode::AttestationRefused,
        }
    }

    /// The finest stable code there is, for logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Problem(code) => code.as_str(),
            Self::Evidence(fault) => fault.code(),
        }
    }
}

impl From<ProblemCode> for EnrolmentDenied {
    fn from(code: ProblemCode) -> Self {
        Self::Problem(code)
    }
}

impl From<Fault> for EnrolmentDenied {
    fn from(fault: Fault) -> Self {
        Self::Evidence(fault)
    }
}

impl From<EnrolmentDenied> for Problem {
    fn from(refusal: EnrolmentDenied) -> Self {
        let problem = Self::from(refusal.code());
        match refusal {
            EnrolmentDenied::Problem(_) => problem,
            EnrolmentDenied::Evidence(fault) => Self {
                detail: format!("{} (help desk: {})", fault.for_user(), fault.help()),
                reason: Some(fault.code().to_owned()),
                help: Some(fault.help().to_owned()),
                ..problem
            },
        }
    }
}

/// Judges one enrolment: signature by the key it names (proof of possession), token by a policy key of the bundle and
/// in its time, challenge, serial, the former key's word where there is one, attestation under the policy.
///
/// `now` is the gateway's clock at enrolment; the records side passes the enrolment's own time, which the token bounds.
pub fn verify_enrolment(
    jws: &Jws,
    basis: &Basis<'_>,
    freshness: Freshness<'_>,
    now: Timestamp,
) -> Result<AttestedDevice, EnrolmentDenied> {
    let (bundle, policy) = (basis.bundle, basis.policy);
    let claimed: Enrolment = jws.peek().map_err(|error| shape(&error))?;
    let enrolment: Enrolment =
        jws.verify(&claimed.device_key, &bundle.tenant).map_err(|error| shape(&error))?;
    let token = match Token::accept(&enrolment.token, &bundle.policy_keys, &bundle.tenant, now) {
        Ok(token) => token,
        Err(WireError::Expired) => return Err(ProblemCode::TokenExpired.into()),
        Err(_) => return Err(ProblemCode::TokenInvalid.into()),
    };
    serial::fits(&token, &enrolment)?;
    match freshness {
        Freshness::Issued(challenge) if *challenge != enrolment.challenge => {
            return Err(ProblemCode::ChallengeInvalid.into());
        }
        Freshness::Issued(_) | Freshness::Recorded => {}
    }
    if older(enrolment.app_version.as_str(), policy.min_app_version.as_str()) {
        return Err(ProblemCode::AppTooOld.into());
    }
    if !policy.has_assessed(&enrolment.app_version) {
        return Err(Fault::AppUnassessed.into());
    }
    let mut shown = verify_attestation(&Presented::in_enrolment(&enrolment), basis, now)?;
    let spent = serial::spent(&token, &enrolment, &shown, basis)?;
    let lineage = Lineage::of(&enrolment, shown.serial.as_deref(), basis.former_serial)?;
    if lineage == Lineage::Claimed {
        shown.flags.push(Fault::FormerClaimed);
    }
    Ok(AttestedDevice { enrolment, token, spent, shown, lineage })
}

/// An attestation and what it has to be for.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The attestation.
    pub attestation: &'a Attestation,
    /// The challenge it was made for.
    pub challenge: &'a Digest,
    /// The key that it must be about, or be bound to.
    pub device_key: &'a PublicKey,
    /// What kind of phone it is, as it enrolled.
    pub platform: Platform,
    /// The phone's serial number, where managed configuration gave it.
    pub serial: Option<&'a str>,
    /// What the phone showed last time.
    pub last_seen: Option<PatchLevels>,
    /// Its App Attest key, as it was last seen.
    pub app_attest: Option<&'a AppAttestKey>,
}

impl<'a> Presented<'a> {
    /// The attestation of an enrolment.
    pub fn in_enrolment(enrolment: &'a Enrolment) -> Self {
        Self {
            attestation: &enrolment.attestation,
            challenge: &enrolment.challenge,
            device_key: &enrolment.device_key,
            platform: enrolment.platform,
            serial: enrolment.serial.as_ref().map(gauze_wire::Name::as_str),
            last_seen: None,
            app_attest: None,
        }
    }
}

/// Judges one attestation under the policy: at enrolment, and again whenever a phone shows its evidence anew.
pub fn verify_attestation(
    presented: &Presented<'_>,
    basis: &Basis<'_>,
    now: Timestamp,
) -> Result<Shown, Fault> {
    if !presented.attestation.fits(presented.platform) {
        return Err(Fault::EvidenceKind);
    }
    match presented.attestation {
        Attestation::Software { statement } => {
            let expected = Attestation::software_statement(presented.challenge, presented.device_key);
            let allowed = basis.policy.allow_software_keys && *statement == expected;
            if allowed { Ok(Shown::default()) } else { Err(Fault::SoftwareKey) }
        }
        Attestation::AndroidKey { chain } => {
            let bound = Bound { challenge: presented.challenge, key: Some(presented.device_key) };
            android(chain, &bound, presented, basis, now)
        }
        Attestation::FreshAndroidKey { chain } => {
            let challenge = Attestation::fresh_android_challenge(presented.challenge, presented.device_key);
            android(chain, &Bound { challenge: &challenge, key: None }, presented, basis, now)
        }
        Attestation::AppAttest { key_id, object } => {
            let rules = basis.policy.apple.as_ref().ok_or(Fault::PlatformNotAllowed)?;
            let hash = Attestation::app_attest_hash(presented.challenge, presented.device_key);
            let key_id = Some(key_id.as_slice());
            let asked = AppleAsked { client_data_hash: &hash.0, rules, at: now, key_id };
            held(rules, verify_apple(object.as_slice(), &basis.roots.apple, &asked).verdict)
        }
        Attestation::AppAttestAssertion { assertion } => {
            let rules = basis.policy.apple.as_ref().ok_or(Fault::PlatformNotAllowed)?;
            let Some(key) = presented.app_attest else {
                return graded(rules.on_failure, Fault::AppAttestUnknown);
            };
            let hash = Attestation::app_attest_hash(presented.challenge, presented.device_key);
            let asked = AssertionAsked { client_data_hash: &hash.0, key, rules, at: now };
            held(rules, verify_assertion(assertion.as_slice(), &asked))
        }
        Attestation::AppAttestUnavailable { .. } => {
            let rules = basis.policy.apple.as_ref().ok_or(Fault::PlatformNotAllowed)?;
            graded(rules.on_unavailable, Fault::Unavailable)
        }
    }
}

fn held(rules: &AppleRules, verdict: Result<(AppAttestKey, Vec<Fault>), Fault>) -> Result<Shown, Fault> {
    match verdict {
        Ok((key, flags)) => Ok(Shown { flags, app_attest: Some(key), ..Shown::default() }),
        Err(fault) => graded(rules.on_failure, fault),
    }
}

/// App Attest fails on some good phones: policy says whether that is the end, and it is never silent.
fn graded(grade: Grade, fault: Fault) -> Result<Shown, Fault> {
    match grade {
        Grade::Refuse => Err(fault),
        Grade::Flag => Ok(Shown { flags: vec![fault], ..Shown::default() }),
    }
}

/// What an Android chain has to be for.
struct Bound<'a> {
    challenge: &'a Digest,
    /// The key that it has to be about; any, where the challenge names the device key.
    key: Option<&'a PublicKey>,
}

fn android(
    chain: &[Bytes<8192>],
    bound: &Bound<'_>,
    presented: &Presented<'_>,
    basis: &Basis<'_>,
    now: Timestamp,
) -> Result<Shown, Fault> {
    let asked = AndroidAsked {
        challenge: &bound.challenge.0,
        rules: basis.policy.android.as_ref().ok_or(Fault::PlatformNotAllowed)?,
        status: basis.status,
        at: now,
        device_key: bound.key,
        serial: presented.serial,
        last_seen: presented.last_seen,
    };
    let ders: Vec<&[u8]> = chain.iter().map(Bytes::as_slice).collect();
    let report = verify_android(&ders, &basis.roots.android, &asked);
    let flags = report.verdict?;
    let description = report.facts.key_description.as_ref();
    let root_of_trust = description.and_then(|described| described.hardware_enforced.root_of_trust.as_ref());
    Ok(Shown {
        flags,
        level: description.map(|described| described.key_mint_security_level),
        boot: root_of_trust.map(|root| root.state),
        patches: description.map(PatchLevels::of),
        serials: report.facts.serials_hex,
        serial: report.facts.attested_serial,
        app_attest: None,
    })
}

fn shape(error: &WireError) -> ProblemCode {
    match error {
        WireError::WrongType { .. } => ProblemCode::WrongType,
        WireError::Signature | WireError::UnknownKey => ProblemCode::SignatureInvalid,
        WireError::WrongTenant => ProblemCode::UnknownTenant,
        WireError::TooLarge => ProblemCode::TooLarge,
        WireError::Id(_)
        | WireError::Malformed(_)
        | WireError::Expected { .. }
        | WireError::Header(_)
        | WireError::Field(_)
        | WireError::Algorithm
        | WireError::Key
        | WireError::Rollback
        | WireError::MixedRecipients
        | WireError::Expired
        | WireError::Inclusion
        | WireError::Inconsistent => ProblemCode::MalformedRequest,
    }
}

/// Whether version `a` comes before `b`: dotted numbers compared one by one, a missing one counting as 0.
pub(crate) fn older(a: &str, b: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
    };
    let (mut a, mut b) = (numbers(a), numbers(b));
    let len = a.len().max(b.len());
    a.resize(len, 0);
    b.resize(len, 0);
    a < b
}

/// The kind of evidence this crate reads, for whoever routes log entries.
pub const EVIDENCE_TYP: &str = Enrolment::TYP;

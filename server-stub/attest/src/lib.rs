#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

use gauze_wire::{
    Attestation, Bundle, DeviceId, Digest, Enrolment, Jws, Policy, ProblemCode, PublicKey, Signed as _,
    Token, WireError,
};
use jiff::Timestamp;

/// A phone whose evidence held: made by [`verify_enrolment`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedDevice {
    enrolment: Enrolment,
    token: Token,
}

impl AttestedDevice {
    /// The evidence.
    pub fn enrolment(&self) -> &Enrolment {
        &self.enrolment
    }

    /// The token that was spent.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The thumbprint of the device key.
    pub fn device_id(&self) -> DeviceId {
        self.enrolment.device_key.key_id()
    }

    /// The device key.
    pub fn device_key(&self) -> &PublicKey {
        &self.enrolment.device_key
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

/// Judges one enrolment: signature by the key it names (proof of possession), token by a policy key of `bundle` and in
/// its time, challenge, serial, attestation under `policy`.
///
/// `now` is the gateway's clock at enrolment; the records side passes the enrolment's own time, which the token bounds.
pub fn verify_enrolment(
    jws: &Jws,
    bundle: &Bundle,
    policy: &Policy,
    freshness: Freshness<'_>,
    now: Timestamp,
) -> Result<AttestedDevice, ProblemCode> {
    let claimed: Enrolment = jws.peek().map_err(|error| shape(&error))?;
    let enrolment: Enrolment =
        jws.verify(&claimed.device_key, &bundle.tenant).map_err(|error| shape(&error))?;
    let token = match Token::accept(&enrolment.token, &bundle.policy_keys, &bundle.tenant, now) {
        Ok(token) => token,
        Err(WireError::Expired) => return Err(ProblemCode::TokenExpired),
        Err(_) => return Err(ProblemCode::TokenInvalid),
    };
    if token.serial.is_some() && token.serial != enrolment.serial {
        return Err(ProblemCode::TokenInvalid);
    }
    match freshness {
        Freshness::Issued(challenge) if *challenge != enrolment.challenge => {
            return Err(ProblemCode::ChallengeInvalid);
        }
        Freshness::Issued(_) | Freshness::Recorded => {}
    }
    if older(enrolment.app_version.as_str(), policy.min_app_version.as_str()) {
        return Err(ProblemCode::AppTooOld);
    }
    match &enrolment.attestation {
        Attestation::Software { statement } => {
            let expected = Attestation::software_statement(&enrolment.challenge, &enrolment.device_key);
            if !policy.allow_software_keys || *statement != expected {
                return Err(ProblemCode::AttestationRefused);
            }
        }
    }
    Ok(AttestedDevice { enrolment, token })
}

fn shape(error: &WireError) -> ProblemCode {
    match error {
        WireError::WrongType { .. } => ProblemCode::WrongType,
        WireError::Signature | WireError::UnknownKey => ProblemCode::SignatureInvalid,
        WireError::WrongTenant => ProblemCode::UnknownTenant,
        WireError::TooLarge => ProblemCode::TooLarge,
        WireError::Id(_)
        | WireError::Malformed(_)
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
fn older(a: &str, b: &str) -> bool {
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

#[cfg(test)]
mod tests;

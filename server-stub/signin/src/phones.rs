//! What a photo's record proves of its clinician: the provider's signature, by keys that were kept with their dates, over a
//! `nonce` that commits to the phone.
//!
//! Always: nothing here asks the provider; a photo of last year is judged by the keys of last year. What does not hold is a claim, and
//! is shown as one: no photo is refused for it.

use gauze_people::person::PersonId;
use gauze_wire::{DeviceId, SessionEvidence, SignInRules, session_nonce};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::config::Proof;
use crate::evidence::{Proving, person_id, proving};
use crate::jwt::{JwtError, Keys};

/// Clocks of phone and provider may differ by this much.
const SKEW: SignedDuration = SignedDuration::from_mins(10);
/// A set of keys that was last seen this long before a token was issued was its provider's all the same: nobody looks every second.
const LOOKS: SignedDuration = SignedDuration::from_hours(24);

/// A provider's keys, and between which moments they were seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The keys.
    pub keys: Keys,
    /// When they were first seen.
    pub first: Timestamp,
    /// When they were last seen.
    pub last: Timestamp,
}

/// What a record says of who took its photo.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    /// The phone.
    pub device: &'a DeviceId,
    /// When it was taken, by the phone's clock.
    pub at: Timestamp,
    /// The name.
    pub name: Option<&'a str>,
    /// What the provider signed.
    pub session: Option<&'a SessionEvidence>,
}

/// What is known of who took a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taker {
    /// The provider signed it, for this phone.
    Proven(Proven),
    /// The phone says so.
    Claimed {
        /// The name that the record holds.
        name: Option<String>,
        /// Why it is no more than that.
        doubt: Doubt,
    },
    /// Nothing was said.
    Nobody,
}

/// What the provider signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The same id that the person has at the viewer, where both sign in at one provider by `sub`.
    pub person: PersonId,
    /// The name in the token; the record's where it has none.
    pub name: String,
    /// When they signed in: `auth_time`, or when the token was issued.
    pub at: Timestamp,
    /// What of the token proves a second factor; nothing where none is proven.
    pub second_factor: Vec<Proving>,
}

/// Why a clinician is only claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// There is a name and no token.
    NoToken,
    /// The policy in force when it was taken has no sign-in.
    NoRules,
    /// It is no token.
    Malformed,
    /// Its algorithm does not count.
    Algorithm,
    /// No key that was seen at its time fits.
    UnknownKey,
    /// The signature is not the provider's.
    Signature,
    /// It is another provider's, or for another client.
    OtherParty,
    /// It was signed for another phone.
    OtherPhone,
    /// It was not valid when the photo was taken.
    Time,
}

impl From<JwtError> for Doubt {
    fn from(error: JwtError) -> Self {
        match error {
            JwtError::Malformed => Self::Malformed,
            JwtError::Algorithm => Self::Algorithm,
            JwtError::UnknownKey => Self::UnknownKey,
            JwtError::Signature => Self::Signature,
        }
    }
}

/// Judges a record's clinician by the rules of the policy that was in force, the keys that were seen, and what counts as a second
/// factor.
pub fn judge(said: &Said<'_>, rules: Option<&SignInRules>, seen: &[Seen], second: &[Proof]) -> Taker {
    let claimed = |doubt| Taker::Claimed { name: said.name.map(str::to_owned), doubt };
    let Some(session) = said.session else {
        return if said.name.is_some() { claimed(Doubt::NoToken) } else { Taker::Nobody };
    };
    let Some(rules) = rules else { return claimed(Doubt::NoRules) };
    match hold(said, session, rules, seen) {
        Ok(claims) => proven(&claims, rules, second).map_or_else(|| claimed(Doubt::Malformed), Taker::Proven),
        Err(doubt) => claimed(doubt),
    }
}

/// The token's claims, where all holds.
fn hold(
    said: &Said<'_>,
    session: &SessionEvidence,
    rules: &SignInRules,
    seen: &[Seen],
) -> Result<Map<String, Value>, Doubt> {
    let token = session.token.as_str();
    let claims = signed(token, seen)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(rules.issuer.as_str()) || !is_for(&claims, rules.client_id.as_str()) {
        return Err(Doubt::OtherParty);
    }
    if text("nonce") != Some(&session_nonce(said.device, session.salt.as_slice())) {
        return Err(Doubt::OtherPhone);
    }
    let issued = time(&claims, "iat").ok_or(Doubt::Malformed)?;
    let since = said.at.duration_since(issued);
    let shift = SignedDuration::from_hours(rules.shift_hours.into()).saturating_add(SKEW);
    if since < -SKEW || since > shift { Err(Doubt::Time) } else { Ok(claims) }
}

/// What the token says, where a key that its provider had at the time signed it.
fn signed(token: &str, seen: &[Seen]) -> Result<Map<String, Value>, Doubt> {
    let mut doubt = Doubt::UnknownKey;
    for set in seen {
        match set.keys.verify(token) {
            Ok(verified) => {
                let issued = time(&verified.claims, "iat").ok_or(Doubt::Malformed)?;
                // A key that was withdrawn long before signs nothing.
                if issued.duration_since(set.last) <= LOOKS {
                    return Ok(verified.claims);
                }
            }
            Err(JwtError::UnknownKey) => {}
            Err(error) => doubt = error.into(),
        }
    }
    Err(doubt)
}

fn proven(claims: &Map<String, Value>, rules: &SignInRules, second: &[Proof]) -> Option<Proven> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let subject = text("sub")?;
    // As the provider has it: what the phone wrote beside it proves nothing.
    let name = text("name").or(text("preferred_username")).unwrap_or(subject);
    Some(Proven {
        person: person_id(rules.issuer.as_str(), &[subject]),
        name: name.chars().filter(|c| !c.is_control()).take(120).collect(),
        at: time(claims, "auth_time").or_else(|| time(claims, "iat"))?,
        second_factor: second.iter().flat_map(|proof| proving(proof, claims)).collect(),
    })
}

/// For this client, and for others only where `azp` names it.
fn is_for(claims: &Map<String, Value>, client: &str) -> bool {
    let azp = claims.get("azp").map(Value::as_str);
    let named = match claims.get("aud") {
        Some(Value::String(one)) => one == client,
        Some(Value::Array(several)) => {
            several.iter().any(|one| one.as_str() == Some(client)) && (several.len() == 1 || azp.is_some())
        }
        _ => false,
    };
    named && azp.is_none_or(|azp| azp == Some(client))
}

fn time(claims: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    Timestamp::from_second(claims.get(name)?.as_i64()?).ok()
}

#[cfg(test)]
mod tests;

//! The provider's keys, each with the moments between which it was seen: a photo of last year is judged by the keys of last year.
//!
//! Always: a key that was seen once is never forgotten; nothing here reads a clock or a disk.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::jwt::{JwtError, Keys};
use crate::outward::Soon;
use crate::phones::Seen;

/// Where keys are kept.
pub trait KeyMemory: Send + Sync {
    /// The provider gave these keys: `jwks` as it came (RFC 7517, section 5).
    fn saw<'a>(&'a self, issuer: &'a str, jwks: &'a [u8], at: Timestamp) -> Soon<'a, ()>;
    /// Every key of a provider that was ever seen.
    fn of(&self, issuer: &str) -> Vec<Seen>;
}

/// One key as it is written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    issuer: String,
    first: Timestamp,
    last: Timestamp,
    jwk: Value,
}

/// What is kept, as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    keys: Vec<Written>,
}

#[derive(Clone, Debug)]
struct Key {
    written: Written,
    keys: Keys,
}

/// Keys and when they were seen.
#[derive(Clone, Debug, Default)]
pub struct KeysSeen(Vec<Key>);

/// A set of this one key; nothing where it is of a kind that verifies nothing here.
fn alone(jwk: &Value) -> Option<Keys> {
    let keys = Keys::parse(json!({ "keys": [jwk] }).to_string().as_bytes()).ok()?;
    (!keys.is_empty()).then_some(keys)
}

impl KeysSeen {
    /// Reads what [`KeysSeen::to_json`] wrote.
    ///
    /// # Errors
    /// Where it is something else.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        let file: File = serde_json::from_slice(bytes)?;
        let key = |written: Written| Some(Key { keys: alone(&written.jwk)?, written });
        Ok(Self(file.keys.into_iter().filter_map(key).collect()))
    }

    /// `{"keys": [{"issuer", "first", "last", "jwk"}]}`.
    ///
    /// # Errors
    /// None that can come of it.
    pub fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        let keys = self.0.iter().map(|key| key.written.clone()).collect();
        serde_json::to_vec_pretty(&File { keys })
    }

    /// `issuer` gave these keys at `at`.
    ///
    /// # Errors
    /// Where it is no set of keys.
    pub fn saw(&mut self, issuer: &str, jwks: &[u8], at: Timestamp) -> Result<(), JwtError> {
        Keys::parse(jwks)?;
        let set: Value = serde_json::from_slice(jwks).map_err(|_| JwtError::Malformed)?;
        for jwk in set["keys"].as_array().into_iter().flatten() {
            let Some(keys) = alone(jwk) else { continue };
            let known = |key: &&mut Key| key.written.issuer == issuer && key.keys == keys;
            match self.0.iter_mut().find(known) {
                Some(key) => {
                    key.written.first = key.written.first.min(at);
                    key.written.last = key.written.last.max(at);
                }
                None => {
                    let (issuer, jwk) = (issuer.to_owned(), jwk.clone());
                    self.0.push(Key { written: Written { issuer, first: at, last: at, jwk }, keys });
                }
            }
        }
        Ok(())
    }

    /// A provider's keys.
    pub fn of(&self, issuer: &str) -> Vec<Seen> {
        let theirs = self.0.iter().filter(|key| key.written.issuer == issuer);
        let seen =
            |key: &Key| Seen { keys: key.keys.clone(), first: key.written.first, last: key.written.last };
        theirs.map(seen).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn jwks(names: &[&str]) -> Vec<u8> {
        let key = |name: &&str| json!({ "kty": "OKP", "crv": "Ed25519", "kid": name, "x": "A".repeat(43), "x5c": ["not ours"] });
        json!({ "keys": names.iter().map(key).collect::<Vec<_>>() }).to_string().into_bytes()
    }

    #[test]
    fn each_key_has_its_own_dates_and_none_is_forgotten() {
        let mut seen = KeysSeen::default();
        let (id, other) = ("https://id.example", "https://other.example");
        seen.saw(id, &jwks(&["a"]), at("2026-01-01T00:00:00Z")).unwrap();
        seen.saw(id, &jwks(&["b", "a"]), at("2026-02-01T00:00:00Z")).unwrap();
        seen.saw(id, &jwks(&["b"]), at("2026-03-01T00:00:00Z")).unwrap();
        seen.saw(other, &jwks(&["a"]), at("2026-04-01T00:00:00Z")).unwrap();
        assert!(seen.saw(id, b"{}", at("2026-05-01T00:00:00Z")).is_err());
        let kept = KeysSeen::parse(&seen.to_json().unwrap()).unwrap();
        let dates: Vec<_> =
            kept.of(id).iter().map(|seen| (seen.first.to_string(), seen.last.to_string())).collect();
        let day = |month: u32| format!("2026-0{month}-01T00:00:00Z");
        assert_eq!(dates, [(day(1), day(2)), (day(2), day(3))]);
        assert_eq!(kept.of(other).len(), 1);
        assert!(kept.of("https://nobody.example").is_empty());
    }
}

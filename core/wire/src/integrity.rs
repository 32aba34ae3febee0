//! RFC 9530 integrity fields, whoever wrote them: `Content-Digest`, `Repr-Digest` and what the other side wants.
//!
//! Always: only SHA-256 and SHA-512 count; other algorithms are ignored, never believed; a field that names none that
//! counts proves nothing and says so; of several that count, all must agree. Our own requests carry [`crate::Digest`].

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest as _, Sha256, Sha512};

use crate::WireError;

/// An algorithm that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `sha-256`.
    Sha256,
    /// `sha-512`.
    Sha512,
}

impl Algorithm {
    /// Both, the one preferred on a tie first.
    pub const ALL: [Self; 2] = [Self::Sha512, Self::Sha256];

    /// Its key in the fields.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha-256",
            Self::Sha512 => "sha-512",
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// The digests of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integrity(Vec<(Algorithm, Vec<u8>)>);

impl Integrity {
    /// The digests of `bytes` by these algorithms.
    pub fn of(bytes: &[u8], algorithms: &[Algorithm]) -> Self {
        Self(algorithms.iter().map(|&algorithm| (algorithm, algorithm.of(bytes))).collect())
    }

    /// Reads `Content-Digest` or `Repr-Digest`; several field lines joined by commas.
    pub fn parse(field: &str) -> Result<Self, WireError> {
        let bad = || WireError::Header("digest");
        let members: sfv::Dictionary = sfv::Parser::new(field).parse().map_err(|_| bad())?;
        let mut digests = Vec::new();
        for algorithm in Algorithm::ALL {
            let Some(entry) = members.get(algorithm.as_str()) else { continue };
            let sfv::ListEntry::Item(item) = entry else { return Err(bad()) };
            let digest = item.bare_item.as_byte_sequence().ok_or_else(bad)?;
            if digest.len() != algorithm.len() {
                return Err(bad());
            }
            digests.push((algorithm, digest.to_vec()));
        }
        if digests.is_empty() { Err(WireError::Algorithm) } else { Ok(Self(digests)) }
    }

    /// Whether every digest is that of `bytes`.
    pub fn holds(&self, bytes: &[u8]) -> bool {
        self.0.iter().all(|(algorithm, digest)| algorithm.of(bytes) == *digest)
    }
}

impl fmt::Display for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (algorithm, digest)) in self.0.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            write!(f, "{comma}{}=:{}:", algorithm.as_str(), BASE64_STANDARD.encode(digest))?;
        }
        Ok(())
    }
}

/// What `Want-Content-Digest` or `Want-Repr-Digest` likes best of what counts; nothing if it wants none of it.
pub fn wanted(field: &str) -> Result<Option<Algorithm>, WireError> {
    let bad = || WireError::Header("want-digest");
    let members: sfv::Dictionary = sfv::Parser::new(field).parse().map_err(|_| bad())?;
    let mut best = (0, None);
    for (key, entry) in &members {
        let sfv::ListEntry::Item(item) = entry else { return Err(bad()) };
        let weight = item.bare_item.as_integer().map(i64::from).filter(|weight| (0..=10).contains(weight));
        let weight = weight.ok_or_else(bad)?;
        let known = Algorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == key.as_str());
        let better = weight > best.0 || (weight == best.0 && weight > 0 && known == Some(Algorithm::ALL[0]));
        if known.is_some() && better {
            best = (weight, known);
        }
    }
    Ok(best.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_reads_back_and_holds_for_its_bytes_alone() {
        for algorithms in [&Algorithm::ALL[..], &[Algorithm::Sha256], &[Algorithm::Sha512]] {
            let read = Integrity::parse(&Integrity::of(b"gauze", algorithms).to_string()).unwrap();
            assert!(read.holds(b"gauze"));
            assert!(!read.holds(b"gauze "));
        }
    }

    #[test]
    fn of_two_digests_both_must_hold() {
        let right = Integrity::of(b"right", &[Algorithm::Sha256]);
        let wrong = Integrity::of(b"wrong", &[Algorithm::Sha512]);
        assert!(!Integrity::parse(&format!("{right}, {wrong}")).unwrap().holds(b"right"));
    }

    #[test]
    fn unknown_algorithms_prove_nothing() {
        assert_eq!(Integrity::parse("md5=:AAAA:, sha=:AAAA:"), Err(WireError::Algorithm));
        assert_eq!(Integrity::parse(""), Err(WireError::Algorithm));
        let known = Integrity::of(b"x", &[Algorithm::Sha256]);
        assert!(Integrity::parse(&format!("md5=:AAAA:, {known}")).unwrap().holds(b"x"));
        for bad in ["sha-256=abc", "sha-256=:AAAA:", "sha-256", "sha-256=(:AAAA:)", "sha-256=:A:,,"] {
            assert_eq!(Integrity::parse(bad), Err(WireError::Header("digest")), "{bad}");
        }
    }

    #[test]
    fn the_most_wanted_of_what_counts_is_chosen() {
        for (field, expected) in [
            ("sha-256=1", Some(Algorithm::Sha256)),
            ("sha-512=3, sha-256=10, unixsum=0", Some(Algorithm::Sha256)),
            ("sha-256=5, sha-512=5", Some(Algorithm::Sha512)),
            ("sha-512=5, sha-256=5", Some(Algorithm::Sha512)),
            ("sha-256=0", None),
            ("sha=10", None),
            ("", None),
        ] {
            assert_eq!(wanted(field), Ok(expected), "{field}");
        }
        for bad in ["sha-256=11", "sha-256=-1", "sha-256", "sha-256=1.5", "sha-256=(1)", "=1"] {
            assert!(wanted(bad).is_err(), "{bad}");
        }
    }
}

//! C2SP tlog-checkpoint and tlog-cosignature over signed notes.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Digest, WireError};

const LOG: u8 = 0x01;
const WITNESS: u8 = 0x04;
const NOTE_LIMIT: usize = 8 * 1024;

/// The first three lines of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's unique name.
    pub origin: String,
    /// Number of leaves.
    pub size: u64,
    /// RFC 6962 root hash.
    pub root: Digest,
}

impl Checkpoint {
    /// The note's text: three lines, each ended by a line feed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root.0))
    }

    fn from_text(text: &str) -> Result<Self, WireError> {
        let malformed = WireError::Malformed("checkpoint");
        let mut lines = text.strip_suffix('\n').ok_or(malformed.clone())?.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(malformed);
        };
        let canonical = size == "0" || (size.bytes().all(|b| b.is_ascii_digit()) && !size.starts_with('0'));
        if origin.is_empty() || !canonical {
            return Err(malformed);
        }
        let size = size.parse().map_err(|_| malformed.clone())?;
        let root = BASE64_STANDARD.decode(root).map_err(|_| malformed.clone())?;
        Ok(Self { origin: origin.to_owned(), size, root: Digest(root.try_into().map_err(|_| malformed)?) })
    }
}

fn key_hash(name: &str, kind: u8, key: &[u8; 32]) -> [u8; 4] {
    let mut bytes = name.as_bytes().to_vec();
    bytes.extend([b'\n', kind]);
    bytes.extend(key);
    let digest = Digest::of(&bytes).0;
    [digest[0], digest[1], digest[2], digest[3]]
}

struct SignatureLine<'a> {
    name: &'a str,
    hash: [u8; 4],
    signature: Vec<u8>,
}

/// Splits a note into its text and its signature lines.
fn split_note(note: &str) -> Result<(&str, Vec<SignatureLine<'_>>), WireError> {
    let malformed = || WireError::Malformed("note");
    if note.len() > NOTE_LIMIT || note.chars().any(|c| c.is_control() && c != '\n') {
        return Err(malformed());
    }
    let at = note.rfind("\n\n").ok_or_else(malformed)?;
    let (text, signatures) = (&note[..=at], &note[at + 2..]);
    let mut parsed = Vec::new();
    for line in signatures.strip_suffix('\n').ok_or_else(malformed)?.split('\n') {
        let (name, encoded) =
            line.strip_prefix("\u{2014} ").and_then(|rest| rest.split_once(' ')).ok_or_else(malformed)?;
        let bytes = BASE64_STANDARD.decode(encoded).map_err(|_| malformed())?;
        if !name_holds(name) || bytes.len() < 5 || parsed.len() == 16 {
            return Err(malformed());
        }
        let hash = [bytes[0], bytes[1], bytes[2], bytes[3]];
        parsed.push(SignatureLine { name, hash, signature: bytes[4..].to_vec() });
    }
    Ok((text, parsed))
}

fn name_holds(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

macro_rules! verifier_key {
    ($(#[$doc:meta])* $name:ident, $kind:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name {
            name: String,
            key: VerifyingKey,
        }

        impl $name {
            /// The name that stands in the note's signature line.
            pub fn name(&self) -> &str {
                &self.name
            }

            fn signatures<'a>(
                &'a self,
                lines: &'a [SignatureLine<'a>],
            ) -> impl Iterator<Item = &'a [u8]> {
                let hash = key_hash(&self.name, $kind, self.key.as_bytes());
                lines
                    .iter()
                    .filter(move |line| line.name == self.name && line.hash == hash)
                    .map(|line| line.signature.as_slice())
            }
        }

        impl FromStr for $name {
            type Err = WireError;
            fn from_str(text: &str) -> Result<Self, WireError> {
                let mut parts = text.splitn(3, '+');
                let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
                    return Err(WireError::Malformed("verifier key"));
                };
                let bytes = BASE64_STANDARD.decode(key).map_err(|_| WireError::Key)?;
                let Some((&$kind, key)) = bytes.split_first() else { return Err(WireError::Algorithm) };
                let key: &[u8; 32] = key.try_into().map_err(|_| WireError::Key)?;
                let expected = key_hash(name, $kind, key);
                if !name_holds(name) || hash != hex4(expected) {
                    return Err(WireError::Key);
                }
                let key = VerifyingKey::from_bytes(key).map_err(|_| WireError::Key)?;
                Ok(Self { name: name.to_owned(), key })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut bytes = vec![$kind];
                bytes.extend(self.key.as_bytes());
                let hash = hex4(key_hash(&self.name, $kind, self.key.as_bytes()));
                write!(f, "{}+{hash}+{}", self.name, BASE64_STANDARD.encode(bytes))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl TryFrom<String> for $name {
            type Error = WireError;
            fn try_from(text: String) -> Result<Self, WireError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(key: $name) -> String {
                key.to_string()
            }
        }
    };
}

fn hex4(bytes: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(bytes))
}

verifier_key! {
    /// A log's verifier key (C2SP signed-note, Ed25519): `NAME+HASH+KEY`; the name is the log's origin.
    LogKey, LOG
}

verifier_key! {
    /// A witness's verifier key (C2SP tlog-cosignature, Ed25519 `cosignature/v1`): `NAME+HASH+KEY`.
    WitnessKey, WITNESS
}

impl LogKey {
    /// The same key as a witness of other logs. A cosigned text begins with another line than any checkpoint, and the
    /// two kinds have different key hashes, so that neither signature counts as the other.
    pub fn as_witness(&self) -> WitnessKey {
        WitnessKey { name: self.name.clone(), key: self.key }
    }

    /// Believes a note signed by this log for this log's origin. Unknown signatures are ignored, as C2SP asks.
    pub fn verify(&self, note: &str) -> Result<Checkpoint, WireError> {
        let (text, signatures) = split_note(note)?;
        let signed = self.signatures(&signatures).any(|bytes| {
            Signature::from_slice(bytes).is_ok_and(|s| self.key.verify_strict(text.as_bytes(), &s).is_ok())
        });
        if !signed {
            return Err(WireError::Signature);
        }
        let checkpoint = Checkpoint::from_text(text)?;
        if checkpoint.origin == self.name { Ok(checkpoint) } else { Err(WireError::Inconsistent) }
    }
}

impl WitnessKey {
    /// Believes this witness's cosignature on the note and returns its time, in seconds since 1970.
    pub fn verify(&self, note: &str) -> Result<u64, WireError> {
        self.cosigned(note).map(|(_, time)| time)
    }

    /// What this witness cosigned, whoever else has signed it, and when, in seconds since 1970.
    pub fn cosigned(&self, note: &str) -> Result<(Checkpoint, u64), WireError> {
        let (text, signatures) = split_note(note)?;
        let time = self.signatures(&signatures).find_map(|bytes| {
            let (time, signature) = bytes.split_first_chunk::<8>()?;
            let time = u64::from_be_bytes(*time);
            let signature = Signature::from_slice(signature).ok()?;
            self.key.verify_strict(cosigned_message(time, text).as_bytes(), &signature).ok()?;
            Some(time)
        });
        let time = time.ok_or(WireError::Signature)?;
        Ok((Checkpoint::from_text(text)?, time))
    }
}

fn cosigned_message(time: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time}\n{text}")
}

/// An Ed25519 key that signs notes: the gateway's checkpoints, or the witness's cosignatures. Zeroised on drop.
pub struct NoteKey {
    name: String,
    key: SigningKey,
}

impl NoteKey {
    /// A key named `name` (no spaces, no plus) from 32 random bytes.
    pub fn from_bytes(name: &str, secret: &[u8; 32]) -> Result<Self, WireError> {
        if !name_holds(name) {
            return Err(WireError::Malformed("key name"));
        }
        Ok(Self { name: name.to_owned(), key: SigningKey::from_bytes(secret) })
    }

    /// Its public half as a log key.
    pub fn log_key(&self) -> LogKey {
        LogKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Its public half as a witness key.
    pub fn witness_key(&self) -> WitnessKey {
        WitnessKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// Signs a checkpoint as the log: the whole note.
    pub fn sign(&self, checkpoint: &Checkpoint) -> String {
        let text = checkpoint.text();
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        format!("{text}\n{}", self.line(LOG, &signature))
    }

    /// Adds this witness's cosignature at `now` to a note; refused where nobody reads the note any more then, since others may
    /// have put lines into it.
    pub fn cosign(&self, note: &str, now: Timestamp) -> Result<String, WireError> {
        let (text, _) = split_note(note)?;
        let cosigned = format!("{note}{}", self.cosignature(text, now)?);
        split_note(&cosigned)?;
        Ok(cosigned)
    }

    /// A checkpoint with this witness's cosignature at `now` alone: short, whatever lines the note had.
    pub fn cosign_alone(&self, checkpoint: &Checkpoint, now: Timestamp) -> Result<String, WireError> {
        let text = checkpoint.text();
        Ok(format!("{text}\n{}", self.cosignature(&text, now)?))
    }

    fn cosignature(&self, text: &str, now: Timestamp) -> Result<String, WireError> {
        let time = u64::try_from(now.as_second()).map_err(|_| WireError::Field("time"))?;
        let mut bytes = time.to_be_bytes().to_vec();
        bytes.extend(self.key.sign(cosigned_message(time, text).as_bytes()).to_bytes());
        Ok(self.line(WITNESS, &bytes))
    }

    fn line(&self, kind: u8, signature: &[u8]) -> String {
        let mut bytes = key_hash(&self.name, kind, self.key.verifying_key().as_bytes()).to_vec();
        bytes.extend(signature);
        format!("\u{2014} {} {}\n", self.name, BASE64_STANDARD.encode(bytes))
    }
}

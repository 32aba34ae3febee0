//! Looking at photos on the phone that took them, while policy allows.
//!
//! Always: the private half of the review identity is in memory only between [`ReviewKeys::unlock`] and lock; on flash
//! it is sealed to the hardware review key. A photo's sidecar (`review.age`) is the only way to its key on the phone;
//! removing it ends the review of that photo.

mod wounds;

use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use gauze_seal::age::{
    AgreeError, FileKey, Identity, OpenError, P256TagIdentity, Recipient, Recipients, TagRecipient, Unwrap,
    open_small, seal_small,
};
use gauze_wire::{Digest, Established, Patient, ReviewDenied, WoundId};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::ports::{Disk, Entropy, KeyVault, SealEntropy, VaultError};
use crate::stack::leaving_nothing_on;
use crate::store::{Found, StoreError, Twice};

const PUBLIC: &str = "review/recipient.txt";
/// In a directory of its own: the shell has the system open that one only while the phone is unlocked. The public half is needed
/// while it is locked.
const PRIVATE: &str = "review/private/identity.age";

pub use wounds::WoundView;
pub(crate) use wounds::{Wounds, known_by};

/// Why review is not open.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// This phone has no review identity.
    #[error("photos cannot be reviewed on this phone")]
    Off,
    /// The hospital does not allow it now.
    #[error("photos cannot be shown on this phone ({}): {}", .0.code(), .0.next_step())]
    Denied(ReviewDenied),
    /// The policy has photos looked at elsewhere.
    #[error("photos are looked at only at {0}: go there and try again")]
    Outside(String),
    /// The hospital was not heard for too long.
    #[error(
        "nothing was heard from the hospital for too long: connect the phone to a network; photos are safe and still go out"
    )]
    Silent,
    /// The phone is locked.
    #[error("unlock the phone first")]
    Locked,
    /// The system ended the review key, as where the phone's screen lock is taken away.
    #[error(
        "the system ended the key for looking at photos, as it does where the screen lock is taken away: photos taken before are not shown on this phone any more; they are safe and still go out: connect the phone to a network and try again"
    )]
    KeyGone,
    /// The hardware key did not agree.
    #[error(transparent)]
    Vault(VaultError),
    /// Another person took it.
    #[error("somebody else took this photo on this phone: whoever did signs in to see it here")]
    OtherPerson,
    /// It did not open.
    #[error("it did not open")]
    DidNotOpen,
    /// No random bytes.
    #[error("no random numbers: try again")]
    Entropy,
    /// The files could not be read or kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<VaultError> for ReviewError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Gone => Self::KeyGone,
            VaultError::NeedsUser | VaultError::Unavailable => Self::Vault(error),
        }
    }
}

impl ReviewError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Off => "review_off",
            Self::Denied(denied) => denied.code(),
            Self::Outside(_) => "outside_fence",
            Self::Silent => "silent",
            Self::Locked => "locked",
            Self::KeyGone => "review_key_gone",
            Self::Vault(error) => error.code(),
            Self::OtherPerson => "other_person",
            Self::DidNotOpen => "did_not_open",
            Self::Entropy => "no_entropy",
            Self::Store(error) => error.code(),
        }
    }
}

/// The public half: all that a capture needs.
#[derive(Clone)]
pub(crate) struct ReviewKeys {
    recipients: Recipients,
}

/// The private half, in memory while unlocked.
pub(crate) struct ReviewSession(Identity);

impl ReviewKeys {
    /// Reads the public half, where the private one is there too, or cannot be read now, as while the phone is locked. `None` where
    /// there is none, or none that anybody could ever read; an error where it may be there: it never keeps a photo from being taken.
    pub fn load(disk: &dyn Disk, dir: &Path) -> Result<Option<Self>, StoreError> {
        let private = private(disk, dir).read(is_sealed).or_unread();
        if matches!(private, Ok(None)) {
            return Ok(None);
        }
        let parse = |bytes: &[u8]| str::from_utf8(bytes).ok()?.trim().parse::<Recipient>().ok();
        match public(disk, dir).read(parse).or_unread()? {
            Some(recipient) => Self::of(recipient).map(Some),
            None => private.map(|_| None),
        }
    }

    fn of(recipient: Recipient) -> Result<Self, StoreError> {
        Ok(Self { recipients: Recipients::new([recipient]).map_err(|_| StoreError::Damaged)? })
    }

    /// The review identity that there is, or a new one, sealed to the vault's review key, which is made where it is missing. `None`
    /// where the vault can have none. Never takes the place of one that only cannot be read now.
    pub fn make(
        disk: &dyn Disk,
        dir: &Path,
        entropy: &dyn Entropy,
        vault: &dyn KeyVault,
    ) -> Result<Option<Self>, ReviewError> {
        if let Some(kept) = Self::load(disk, dir)? {
            return Ok(Some(kept));
        }
        vault.create_review()?;
        let Some(review_key) = vault.review_key()? else { return Ok(None) };
        let mut entropy = SealEntropy(entropy);
        let identity = Identity::make_x25519(&mut entropy).map_err(|_| ReviewError::Entropy)?;
        let tag =
            TagRecipient::from_uncompressed(&review_key.to_sec1()).map_err(|_| ReviewError::DidNotOpen)?;
        let to = Recipients::new([Recipient::P256Tag(tag)]).map_err(|_| ReviewError::DidNotOpen)?;
        let secret = identity.to_secret_text();
        let sealed = seal_small(&to, &mut entropy, secret.as_bytes()).map_err(|_| ReviewError::Entropy)?;
        let recipient = identity.to_recipient();
        private(disk, dir).write(&sealed)?;
        public(disk, dir).write(recipient.to_string().as_bytes())?;
        Ok(Some(Self::of(recipient)?))
    }

    /// Opens the review identity with the hardware key. Blocks while the user authenticates.
    pub fn unlock(disk: &dyn Disk, dir: &Path, vault: &dyn KeyVault) -> Result<ReviewSession, ReviewError> {
        let Found { whole, trouble } = private(disk, dir).read(is_sealed);
        let missing = trouble.map_or(ReviewError::Off, ReviewError::from);
        let sealed = whole.into_iter().next().ok_or(missing)?;
        let public = vault.review_key()?.ok_or(ReviewError::KeyGone)?;
        let tag = TagRecipient::from_uncompressed(&public.to_sec1()).map_err(|_| ReviewError::DidNotOpen)?;
        let agree = |peer: &[u8; 65]| vault.agree(peer).map_err(AgreeError::from);
        let identity = P256TagIdentity::new(tag, &agree);
        let secret = open_small(&[&identity as &dyn Unwrap], &sealed).map_err(|error| match error {
            // It was sealed to another key than there is now.
            OpenError::Agree(AgreeError::Lost) | OpenError::NoMatch => ReviewError::KeyGone,
            OpenError::Agree(AgreeError::Locked | AgreeError::Cancelled) => {
                ReviewError::Vault(VaultError::NeedsUser)
            }
            OpenError::Agree(AgreeError::Unavailable) => ReviewError::Vault(VaultError::Unavailable),
            OpenError::ArmorUnsupported
            | OpenError::PassphraseUnsupported
            | OpenError::Header
            | OpenError::TooLarge
            | OpenError::MixedRecipients
            | OpenError::Hmac
            | OpenError::Payload => ReviewError::DidNotOpen,
        })?;
        let text = std::str::from_utf8(&secret).map_err(|_| ReviewError::DidNotOpen)?;
        Ok(ReviewSession(text.parse().map_err(|_| ReviewError::DidNotOpen)?))
    }

    /// Seals something to the review identity.
    pub fn seal(&self, entropy: &dyn Entropy, plain: &[u8]) -> Result<Vec<u8>, ReviewError> {
        seal_small(&self.recipients, &mut SealEntropy(entropy), plain).map_err(|_| ReviewError::Entropy)
    }

    /// Destroys the review identity, and with it the wounds that only it opens.
    pub fn destroy(disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        Wounds::forget_all(disk, dir)?;
        private(disk, dir).forget()?;
        public(disk, dir).forget()
    }
}

fn private<'a>(disk: &'a dyn Disk, dir: &'a Path) -> Twice<'a> {
    Twice { disk, dir, name: PRIVATE }
}

fn public<'a>(disk: &'a dyn Disk, dir: &'a Path) -> Twice<'a> {
    Twice { disk, dir, name: PUBLIC }
}

/// The file as it is, where its header is one of `age` and so was not emptied or overwritten.
fn is_sealed(bytes: &[u8]) -> Option<Vec<u8>> {
    bytes.starts_with(b"age-encryption.org/v1\n").then(|| bytes.to_vec())
}

impl From<VaultError> for AgreeError {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::NeedsUser => Self::Locked,
            VaultError::Gone => Self::Lost,
            VaultError::Unavailable => Self::Unavailable,
        }
    }
}

impl ReviewSession {
    /// Opens something sealed to the review identity.
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, ReviewError> {
        open_small(&[&self.0 as &dyn Unwrap], sealed).map_err(|_| ReviewError::DidNotOpen)
    }

    /// Opens a sidecar.
    pub fn sidecar(&self, sealed: &[u8]) -> Result<Sidecar, ReviewError> {
        let plain = self.open(sealed)?;
        serde_json::from_slice(&plain).map_err(|_| ReviewError::DidNotOpen)
    }
}

/// What the phone keeps for review of one photo. No `Debug`; wiped on drop.
#[derive(Serialize, Deserialize, Zeroize)]
#[zeroize(drop)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sidecar {
    v: u32,
    /// The line in the list: family name, given names, body site with its side.
    pub label: String,
    /// Hex SHA-256 of the stripped photo.
    photo_sha256: String,
    file_key: String,
    /// Who took it, where they were signed in: only they see it here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// Which wound it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wound: Option<String>,
    /// Whom it shows, as they can be chosen for the next photo; the allocator of phones wipes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[zeroize(skip)]
    patient: Option<Patient>,
}

impl Sidecar {
    /// Of a photo, with what a list shows of it.
    pub fn new(
        label: String,
        photo: Digest,
        person: Option<Digest>,
        wound: Option<&WoundId>,
        patient: Option<&Patient>,
    ) -> Self {
        let person = person.map(|person| person.to_string());
        let wound = wound.map(|wound| wound.as_str().to_owned());
        let patient = patient.map(|patient| Patient {
            established: Established::Worklist,
            confirmed_by: Vec::new(),
            ..patient.clone()
        });
        Self { v: 1, label, photo_sha256: photo.to_string(), file_key: String::new(), person, wound, patient }
    }

    /// The JSON that is sealed.
    pub fn to_bytes(&self, file_key: &FileKey) -> Zeroizing<Vec<u8>> {
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(file_key.as_bytes()));
        let whole = Self {
            v: self.v,
            label: self.label.clone(),
            photo_sha256: self.photo_sha256.clone(),
            file_key: encoded.as_str().to_owned(),
            person: self.person.clone(),
            wound: self.wound.clone(),
            patient: self.patient.clone(),
        };
        // Reserved at once: a vector that grew would leave copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
        serde_json::to_writer(&mut *bytes, &whole).expect("strings are JSON");
        bytes
    }

    /// The photo's key.
    pub fn file_key(&self) -> Result<FileKey, ReviewError> {
        let bytes =
            Zeroizing::new(BASE64_STANDARD.decode(&self.file_key).map_err(|_| ReviewError::DidNotOpen)?);
        let bytes: &[u8; 16] = bytes.as_slice().try_into().map_err(|_| ReviewError::DidNotOpen)?;
        Ok(FileKey::from_bytes(bytes))
    }

    /// Who took it, where they were signed in.
    pub fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }

    /// Whether it shows this wound.
    pub fn shows(&self, wound: &WoundId) -> bool {
        self.wound.as_deref() == Some(wound.as_str())
    }

    /// Whom it shows, with nothing confirmed: whoever chooses them does that anew.
    pub fn patient(&self) -> Option<Patient> {
        self.patient.clone()
    }

    /// Hash of the stripped photo.
    pub fn photo(&self) -> Option<Digest> {
        self.photo_sha256.parse().ok()
    }
}

/// What the deepest of our calls may leave on the stack, in bytes. Threads of phones have four times as much.
const STACK: usize = 128 * 1024;

/// Does what has keys, names or pictures in its hands, and wipes the stack that it used.
pub(crate) fn leaving_nothing<T>(work: impl FnOnce() -> T) -> T {
    leaving_nothing_on::<STACK, T>(work)
}

#[cfg(test)]
mod tests {
    use super::Sidecar;

    #[test]
    fn a_sidecar_from_before_the_list_of_patients_is_read_and_names_none() {
        let before = r#"{"v":1,"label":"Zzyzx, Quillonbert","photo_sha256":"","file_key":"","wound":"w"}"#;
        let sidecar: Sidecar = serde_json::from_str(before).unwrap();
        assert_eq!(sidecar.label, "Zzyzx, Quillonbert");
        assert!(sidecar.patient().is_none());
    }
}

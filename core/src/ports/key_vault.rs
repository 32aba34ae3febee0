use gauze_wire::{Digest, PublicKey};
use zeroize::Zeroizing;

/// Why a key could not be used.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum VaultError {
    /// The phone is locked, or its user did not authenticate: ask again when they have.
    #[error("the key needs its user")]
    NeedsUser,
    /// The key is gone for good: enrol again.
    #[error("the key is gone")]
    Gone,
    /// The hardware did not answer: try again.
    #[error("the key store did not answer")]
    Unavailable,
}

impl VaultError {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::NeedsUser => "key_needs_user",
            Self::Gone => "key_gone",
            Self::Unavailable => "key_unavailable",
        }
    }
}

/// Keys that never leave hardware. Methods may block for seconds; they are never called with a lock held and must not
/// call back into the client.
pub trait KeyVault: Send + Sync {
    /// Makes a new device key in place of any older one, and a review key where there is none. Android attests a key only
    /// as it is made: what it is made for is `challenge`.
    fn create(&self, challenge: &Digest) -> Result<(), VaultError>;
    /// The device key's public half; `Gone` before the first [`KeyVault::create`].
    fn device_key(&self) -> Result<PublicKey, VaultError>;
    /// Signs with the device key (ES256: r, s). Needs no user and works while locked.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], VaultError>;
    /// Makes a review key where there is none and this phone can have one. Only this phone ever uses it: nothing attests it.
    fn create_review(&self) -> Result<(), VaultError>;
    /// The review key's public half, where the phone has one.
    fn review_key(&self) -> Result<Option<PublicKey>, VaultError>;
    /// ECDH of the review key with an uncompressed point: the shared x coordinate. Needs an unlocked phone and its user.
    fn agree(&self, peer: &[u8; 65]) -> Result<Zeroizing<[u8; 32]>, VaultError>;
    /// Destroys the review key, and with `device_too` the device key.
    fn destroy(&self, device_too: bool) -> Result<(), VaultError>;
}

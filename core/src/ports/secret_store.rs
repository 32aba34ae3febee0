use zeroize::Zeroizing;

/// Why a secret could not be kept or read.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
#[error("the secret store did not answer")]
pub struct SecretError;

/// Keeps the store key: Keychain, Keystore-wrapped preferences, secret-service.
pub trait SecretStore: Send + Sync {
    /// The secret, or `None` where it was never kept or is lost.
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError>;
    /// Keeps `secret` in place of any older one.
    fn keep(&self, secret: &[u8]) -> Result<(), SecretError>;
    /// Destroys it.
    fn destroy(&self) -> Result<(), SecretError>;
}

//! What the outside world does for the core. Each port has a real adapter and a fake with behaviour.
//!
//! Always: no port is called with a lock of ours held except [`Disk`] and [`Entropy`], which never call back.

mod attestor;
mod clock;
mod disk;
mod entropy;
mod key_vault;
mod reachability;
mod secret_store;
mod transport;

pub use attestor::Attestor;
pub use clock::Clock;
pub use disk::{Disk, DiskRead, DiskWrite, Protection, Syncing, no_more_files, write_durably};
pub use entropy::Entropy;
pub(crate) use entropy::SealEntropy;
pub use key_vault::{KeyVault, VaultError};
pub use reachability::Reachability;
pub use secret_store::{SecretError, SecretStore};
pub use transport::{
    Answer, BoxFuture, Call, CertificateFault, TlsError, Transfer, Transport, TransportError,
};

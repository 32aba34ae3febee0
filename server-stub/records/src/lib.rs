#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod certificate;
mod chain;
mod clock;
mod coded;
mod disk;
mod entropy;
mod gist;
mod https;
mod in_force;
mod index;
mod layout;
mod list;
mod open;
mod rejudge;
mod trust;

pub mod gateway;
pub mod keys;
pub mod proposals;
pub mod pull;
pub mod verify;

pub use certificate::CertificateFault;
pub use clock::{Clock, SystemClock};
pub use coded::Coded;
pub use disk::DiskError;
pub use gist::Gist;
pub use https::{HttpsGateway, TlsError};
pub use index::{ChainState, IndexError, Kind, Status, Which};
pub use list::{Listed, ListedAct, ListedDevice, list, list_acts, list_devices};
pub use open::{OpenFileError, Opened, open_file};
pub use rejudge::rejudge;
pub use trust::TrustError;

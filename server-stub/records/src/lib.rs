#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod amend;
mod blind;
mod certificate;
mod chain;
mod clock;
mod coded;
mod disk;
mod entropy;
mod folk;
mod gist;
mod https;
mod in_force;
mod index;
mod layout;
mod list;
mod mistrust;
mod open;
mod rejudge;
mod render;
mod restored;
mod trust;
mod versions;

pub mod access;
pub mod documents;
pub mod evidence;
pub mod gateway;
pub mod keeping;
pub mod keys;
pub mod leak;
pub mod mail;
pub mod outside;
pub mod proposals;
pub mod pull;
pub mod retention;
pub mod setup;
pub mod verify;
pub mod web;

pub use amend::{AmendError, Amendment, Change, Refiled};
pub use blind::{Blind, Label, LabelError, NotBlind, OnPhone, Sought};
pub use certificate::CertificateFault;
pub use clock::{Clock, SystemClock};
pub use coded::Coded;
pub use disk::DiskError;
pub use folk::{
    Amending, Folk, FolkError, Found, History, Hit, Opening, Opens, Origin, Over, Refilled, Which,
};
pub use gist::Gist;
pub use https::{HttpsGateway, TlsError};
pub use index::{Again, ChainState, IndexError, Kind, Status};
pub use list::{
    Listed, ListedAct, ListedDevice, ListedReplacement, ListedReport, list, list_acts, list_devices,
    list_reports,
};
pub use open::{OpenFileError, Opened, open_file};
pub use rejudge::rejudge;
pub use render::RenderError;
pub use restored::{Restored, RestoredError, restored};
pub use trust::TrustError;

//! What operators decide: devices, tokens, policies. A library: the command line and the console call the same functions.
//!
//! Always: whatever changes something is in the tenant's log, signed, with who and why, in the same write; nothing here
//! signs a token, a policy or a wipe order: they are proposed, and the hospital's own side signs them. It works on the
//! directory of a gateway that runs: the next request of any phone sees it.

mod dates;
mod devices;
mod error;
mod lost;
mod proposals;
mod reports;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_wire::{Operator, Reason, Tenant};
use jiff::tz::TimeZone;

pub use dates::Dates;
pub(crate) use dates::QUIET;
pub use devices::{ActView, DeviceStory};
pub use error::AdminError;
pub use lost::{Gap, LostReport, after_lost};
pub use proposals::{InventoryView, POLICY_TEXT, PolicyView, TokenView};
pub(crate) use reports::{PHONE, WHAT, WHOSE};
pub use reports::{ReportEntered, ReportView};

use crate::acts::{By, Clerk};
use crate::app::AppError;
use crate::clock::Clock;
use crate::db::Db;
use crate::keys::GatewayKeys;
use crate::tenant::Served;

impl By {
    /// Reads who and why.
    pub fn new(operator: &str, reason: &str) -> Result<Self, AdminError> {
        Ok(Self { operator: Operator::new(operator.trim())?, reason: Reason::new(reason.trim())? })
    }
}

/// One tenant's register, open for an operator. Clones share everything.
#[derive(Clone)]
pub struct Admin {
    data: PathBuf,
    db: Arc<Db>,
    served: Arc<Served>,
    keys: Arc<GatewayKeys>,
    clock: Arc<dyn Clock>,
    /// By whose clocks people type and read times.
    zone: TimeZone,
    /// PEM of the authority that issued the gateway's certificate, where it is not a public one.
    authority: Option<String>,
}

impl Admin {
    /// Opens the register of `tenant` in the directory of a gateway, which may be running.
    pub async fn open(data: &Path, tenant: &Tenant, clock: Arc<dyn Clock>) -> Result<Self, AdminError> {
        let keys = GatewayKeys::load(data).map_err(|error| AppError::Tenant(error.into()))?;
        let files = Served::kept(data, tenant).ok_or_else(|| AdminError::not_served(data, tenant))?;
        let served = Served::load(data, &files, &keys).map_err(AppError::Tenant)?;
        let db = Db::open(&data.join("gateway.sqlite")).await.map_err(AppError::from)?;
        Ok(Self {
            data: data.to_owned(),
            db: Arc::new(db),
            served: Arc::new(served),
            keys: Arc::new(keys),
            clock,
            zone: TimeZone::system(),
            authority: None,
        })
    }

    /// Puts this authority, a PEM file, into what is to paste.
    pub fn with_authority(mut self, path: &Path) -> Result<Self, AdminError> {
        let unusable = |what: String| AdminError::Authority { file: path.to_owned(), what };
        let pem = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
        if !pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(unusable("no PEM certificate in it".to_owned()));
        }
        self.authority = Some(pem);
        Ok(self)
    }

    /// Reads times in another zone than this machine's.
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// Whose register it is.
    pub fn tenant(&self) -> &Tenant {
        &self.served.bundle.tenant
    }

    /// What time it is for the register.
    pub fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    /// By whose clocks people type and read times.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    fn clerk(&self) -> Clerk<'_> {
        Clerk { served: &self.served, keys: &self.keys, now: self.clock.now() }
    }
}

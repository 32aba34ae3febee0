//! Certificates of enrolled phones against Google's status list: keyboxes leak after enrolment.
//!
//! The operator gives a file (`serve --status-list F`) and replaces it as often as it likes; a newer one is read within a
//! minute, and every phone is looked at again then and once a day. A file that does not read leaves the one before in force.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use gauze_attest::StatusList;
use gauze_listen::{FileError, read_file};
use gauze_wire::{Deed, DeviceStatus, OnRevokedCertificate, Tenant};
use jiff::Timestamp;

use crate::acts::{By, Clerk};
use crate::app::App;
use crate::db::Db;
use crate::standing::CERTIFICATE_REVOKED;
use crate::tenant::Served;

const LOOK_EVERY: Duration = Duration::from_secs(60);
const ROUNDS_A_DAY: u32 = 24 * 60;
const PAGE: u32 = 1000;
/// Largest list that is read.
const LIMIT: u64 = 64 << 20;

/// Why no status list could be read.
#[derive(Debug, thiserror::Error)]
pub enum StatusFileError {
    /// The file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] FileError),
    /// It is not a status list.
    #[error("{} is not a status list as Google documents it: fetch it again", .0.display())]
    Malformed(PathBuf),
    /// The register could not be searched.
    #[error("the register could not be searched ({0}): check the data directory and its disk")]
    Database(#[from] sqlx::Error),
}

impl StatusFileError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::Malformed(_) => "status_list_invalid",
            Self::Database(_) => "database_failed",
        }
    }
}

impl App {
    /// The newest status list.
    pub(crate) fn status_list(&self) -> Option<Arc<StatusList>> {
        self.status.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the status list at `path`; the file's own time says when it was current. Whether it is another than before.
    pub fn read_status_list(&self, path: &Path) -> Result<bool, StatusFileError> {
        let at = fetched_at(path)?;
        if self.status_list().is_some_and(|list| list.fetched_at() == at) {
            return Ok(false);
        }
        let list = read(path, at)?;
        tracing::info!(entries = list.len(), "status list read");
        *self.status.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(list));
        Ok(true)
    }

    /// Looks at the certificates of every enrolled phone. How many phones were found to rest on a revoked one.
    pub async fn recheck(&self) -> Result<u64, StatusFileError> {
        let Some(list) = self.status_list() else { return Ok(0) };
        let mut found = 0;
        for (tenant, served) in self.tenants.iter() {
            // Whoever was judged by the list before is enrolled by now, and looked at here.
            drop(served.deciding().await);
            let mut after = String::new();
            loop {
                let serials = self.db.serials(tenant, &after, PAGE).await?;
                let Some(last) = serials.last() else { break };
                after.clone_from(last);
                for serial in serials.iter().filter(|serial| list.judge([serial.as_str()]).is_err()) {
                    found += self.condemn(tenant, served, serial).await?;
                }
            }
        }
        Ok(found)
    }

    /// Flags every phone whose chain holds a revoked certificate; suspends it too where policy says so.
    async fn condemn(&self, tenant: &Tenant, served: &Served, serial: &str) -> Result<u64, sqlx::Error> {
        let life = served.in_force().policy.life();
        let by = By::gateway(&format!("certificate {serial} is on the status list"));
        let mut found = 0;
        for id in self.db.devices_with(tenant, serial).await? {
            let clerk = Clerk { served, keys: &self.keys, now: self.clock.now() };
            let mut write = self.db.write().await?;
            let since = Some(clerk.now.as_millisecond());
            if !Db::set_flag(&mut write, (tenant, &id), CERTIFICATE_REVOKED, since).await? {
                continue;
            }
            let code = CERTIFICATE_REVOKED.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            clerk.record(&mut write, &by, Deed::Flag { device_id: id.clone(), code }).await?;
            let active = Db::status_now(&mut write, tenant, &id).await? == Some(DeviceStatus::Active);
            if active && life.on_revoked_certificate == OnRevokedCertificate::Suspend {
                Db::set_status(&mut write, tenant, &id, DeviceStatus::Suspended).await?;
                clerk.record(&mut write, &by, Deed::Suspend { device_id: id.clone() }).await?;
            }
            write.commit().await?;
            tracing::warn!(%tenant, device_id = %id, "a phone rests on a revoked certificate");
            found += 1;
        }
        Ok(found)
    }
}

/// The list at `path`, as a start reads it.
pub(crate) fn status_list(path: &Path) -> Result<StatusList, StatusFileError> {
    read(path, fetched_at(path)?)
}

/// The file's own time says when the list was current.
fn fetched_at(path: &Path) -> Result<Timestamp, FileError> {
    let failed = |source| FileError { path: path.to_owned(), source };
    let modified = std::fs::metadata(path).and_then(|found| found.modified()).map_err(failed)?;
    Ok(Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn read(path: &Path, at: Timestamp) -> Result<StatusList, StatusFileError> {
    let malformed = |_| StatusFileError::Malformed(path.to_owned());
    StatusList::parse(&read_file(path, LIMIT)?, at).map_err(malformed)
}

/// Follows the file for as long as the gateway runs.
pub(crate) async fn follow(app: App, path: PathBuf) {
    let mut look = tokio::time::interval(LOOK_EVERY);
    let mut rounds = 0;
    loop {
        look.tick().await;
        let news = app.read_status_list(&path).unwrap_or_else(|error| {
            tracing::warn!(code = error.code(), %error, "the status list before stays in force");
            false
        });
        let due = news || rounds == 0;
        if due && let Err(error) = app.recheck().await {
            tracing::warn!(code = error.code(), %error, "phones were not all looked at");
        }
        rounds = (rounds + 1) % ROUNDS_A_DAY;
    }
}

//! What every handler shares.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use gauze_attest::{Roots, StatusList};
use gauze_wire::Tenant;
use tokio_util::sync::CancellationToken;

use crate::blobs::{BlobName, Blobs};
use crate::budget::Budgets;
use crate::challenges::Challenges;
use crate::clock::Clock;
use crate::db::{Db, OpenError};
use crate::heard::RecordsHeard;
use crate::heartbeats::Heartbeats;
use crate::keys::{GatewayKeys, random};
use crate::prefixes::Prefixes;
use crate::refusal::{SQLITE_CANTOPEN, SQLITE_FULL, SQLITE_IOERR, SQLITE_READONLY, sqlite_code};
use crate::replay::ReplayStore;
use crate::strangers::Strangers;
use crate::tenant::{Served, TenantError, TenantFiles, Unheld};

/// Why the gateway cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// A tenant cannot be served.
    #[error(transparent)]
    Tenant(#[from] TenantError),
    /// The database does not open.
    #[error("the database does not open ({}): {}", .0, database_step(.0))]
    Database(#[from] sqlx::Error),
    /// The database's schema cannot be brought up to date.
    #[error("the database's schema cannot be brought up to date ({}): {}", .0, schema_step(.0))]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// The data directory cannot be used.
    #[error("the data directory cannot be used ({}): {}", .0, gauze_listen::disk_step(.0))]
    Io(#[from] std::io::Error),
}

fn database_step(error: &sqlx::Error) -> &'static str {
    match sqlite_code(error) {
        Some(SQLITE_FULL) => "free space and run it again",
        // What lies in shared memory beside the database cannot grow: SQLite has no word for why.
        Some(SQLITE_IOERR) => "free space where its disk is full, or have the disk checked, and run it again",
        Some(SQLITE_READONLY | SQLITE_CANTOPEN) => "run this as the user who owns the data directory",
        Some(_) | None => "check the data directory and its disk",
    }
}

fn schema_step(error: &sqlx::migrate::MigrateError) -> &'static str {
    use sqlx::migrate::MigrateError::{Execute, ExecuteMigration};
    match error {
        Execute(cause) | ExecuteMigration(cause, _) => database_step(cause),
        _ => "is this an older program than before?",
    }
}

impl From<OpenError> for AppError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Database(error) => Self::Database(error),
            OpenError::Schema(error) => Self::Schema(error),
            OpenError::Io(error) => Self::Io(error),
        }
    }
}

impl AppError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tenant(error) => error.code(),
            Self::Database(_) => "database_failed",
            Self::Schema(_) => "schema_failed",
            Self::Io(_) => "storage_failed",
        }
    }
}

/// The gateway. Clones share everything.
#[derive(Clone)]
pub struct App {
    pub(crate) data: Arc<Path>,
    pub(crate) tenants: Arc<HashMap<Tenant, Served>>,
    pub(crate) keys: Arc<GatewayKeys>,
    pub(crate) db: Arc<Db>,
    pub(crate) blobs: Arc<Blobs>,
    pub(crate) replays: Arc<ReplayStore>,
    pub(crate) challenges: Arc<Challenges>,
    pub(crate) transfers: Arc<Mutex<HashMap<BlobName, Transfer>>>,
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) heartbeats: Heartbeats,
    pub(crate) records_heard: Arc<RecordsHeard>,
    pub(crate) prefixes: Arc<Prefixes>,
    pub(crate) strangers: Strangers,
    pub(crate) status: Arc<RwLock<Option<Arc<StatusList>>>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) roots: Arc<Roots>,
}

/// Who is receiving a photo now: a newcomer cancels the old one and waits for it to leave.
#[derive(Clone, Default)]
pub(crate) struct Transfer {
    pub turn: Arc<tokio::sync::Mutex<()>>,
    pub leave: CancellationToken,
}

impl App {
    /// Opens everything under `data` and takes up the tenants.
    pub async fn open(
        data: &Path,
        keys: GatewayKeys,
        files: &[TenantFiles],
        clock: Arc<dyn Clock>,
    ) -> Result<Self, AppError> {
        crate::meters::install();
        let mut tenants = HashMap::new();
        for files in files {
            let served = Served::load(data, files, &keys)?;
            tenants.insert(served.bundle.tenant.clone(), served);
        }
        let blobs = Blobs::open(PathBuf::from(data))?;
        let database = data.join("gateway.sqlite");
        let replays = ReplayStore::open(data, database.exists(), clock.now().as_second())?;
        let db = Db::open(&database).await?;
        db.look_anew().await?;
        for (tenant, served) in &mut tenants {
            // What the hospital signed while the gateway ran is newer than what the operator has on file.
            let signed = db.signed_policies(tenant).await?;
            if let Some(Unheld { version, why, step }) = served.take_up_signed(&signed) {
                tracing::warn!(
                    %tenant, version, why,
                    "a policy that the hospital signed does not hold, and is not in force: {step}"
                );
            }
            served.is_newest(data)?;
            for passed_over in served.newer_here(data) {
                tracing::warn!(%tenant, error = %passed_over, "a newer one lies here than is served");
            }
            served.recall_handovers(data)?;
            served.never_older(data)?;
            served.find_stock(data)?;
            crate::meters::log_size(tenant.as_str(), db.log_size(tenant).await?);
        }
        Ok(Self {
            data: Arc::from(data),
            tenants: Arc::new(tenants),
            keys: Arc::new(keys),
            db: Arc::new(db),
            blobs: Arc::new(blobs),
            replays: Arc::new(replays),
            challenges: Arc::new(Challenges::new(random()?)),
            transfers: Arc::default(),
            budgets: Arc::new(Budgets::new()),
            heartbeats: Heartbeats::default(),
            records_heard: Arc::new(RecordsHeard::since(clock.now())),
            prefixes: Arc::default(),
            strangers: Strangers::default(),
            status: Arc::default(),
            clock,
            roots: Arc::new(Roots::pinned().clone()),
        })
    }

    /// The names that phones know this gateway by.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let hosts: std::collections::BTreeSet<&str> =
            self.tenants.values().map(|served| gauze_listen::host_of(&served.gateway.url)).collect();
        hosts.into_iter().map(str::to_owned).collect()
    }

    /// Judges phones under other roots than their makers': for tests, whose phones no maker made.
    #[must_use]
    pub fn under(mut self, roots: Roots) -> Self {
        self.roots = Arc::new(roots);
        self
    }

    /// Takes the turn at a photo away from whoever has it, and waits until what they received is written.
    pub(crate) async fn take_turn(&self, name: &BlobName) -> Turn {
        let place = {
            let mut transfers = self.transfers();
            let entry = transfers.entry(name.clone()).or_default();
            entry.leave.cancel();
            entry.leave = CancellationToken::new();
            let Transfer { turn, leave } = entry.clone();
            Place { app: self.clone(), name: name.clone(), turn: Some(turn), leave }
        };
        let turn = place.turn.clone().unwrap_or_default();
        let guard = turn.lock_owned().await;
        Turn { _guard: guard, place }
    }

    pub(crate) fn transfers(&self) -> MutexGuard<'_, HashMap<BlobName, Transfer>> {
        self.transfers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn at one photo: no other request changes its bytes or its manifest. Given back on drop.
pub(crate) struct Turn {
    _guard: tokio::sync::OwnedMutexGuard<()>,
    // Behind the guard: whoever leaves last takes the entry away.
    place: Place,
}

impl std::ops::Deref for Turn {
    type Target = Place;
    fn deref(&self) -> &Place {
        &self.place
    }
}

/// Somebody who has the turn at a photo or waits for it, also one that breaks off while it waits.
pub(crate) struct Place {
    pub app: App,
    pub name: BlobName,
    /// Cancelled when somebody else wants the turn.
    pub leave: CancellationToken,
    turn: Option<Arc<tokio::sync::Mutex<()>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut transfers = self.app.transfers();
        self.turn = None;
        // New ones come under the same lock.
        if transfers.get(&self.name).is_some_and(|entry| Arc::strong_count(&entry.turn) == 1) {
            transfers.remove(&self.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn nothing_is_kept_of_a_photo_once_nobody_has_or_awaits_the_turn() {
        let dir = tempfile::tempdir().unwrap();
        let keys = GatewayKeys::load_or_make(dir.path()).unwrap();
        let app = App::open(dir.path(), keys, &[], Arc::new(crate::SystemClock)).await.unwrap();
        let name = BlobName {
            tenant: "ward-9".parse().unwrap(),
            device_id: "A".repeat(43).parse().unwrap(),
            capture_id: gauze_wire::CaptureId::make(1, &[0; 10]),
        };
        let first = app.take_turn(&name).await;
        let mut waits = Box::pin(app.take_turn(&name));
        assert!(poll!(&mut waits).is_pending());
        drop(waits);
        assert_eq!(app.transfers().len(), 1, "the first has it still");
        let mut next = Box::pin(app.take_turn(&name));
        assert!(poll!(&mut next).is_pending());
        first.leave.cancelled().await;
        drop(first);
        let second = tokio::time::timeout(Duration::from_secs(5), next).await.unwrap();
        // As a revocation does.
        second.leave.cancel();
        drop(second);
        assert_eq!(app.transfers().len(), 0);
    }
}

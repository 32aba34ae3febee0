//! The index: SQLite beside the sealed files, synced at every commit, naming no patient.
//!
//! Always: what a verdict rests on is written in the same transaction as the verdict or before it; a leaf at or past the cosigned
//! size is staged and believed by nobody; a photo's row changes to *filed* or *refused* once, together with its
//! receipt.

mod again;
mod audit;
mod erased;
mod folk;
mod judged;
mod life;
mod log;
mod photos;

use std::path::{Path, PathBuf};

use gauze_wire::log::LogKey;
use gauze_wire::{Tenant, WireError};
use sqlx::migrate::MigrateError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Row as _, SqliteConnection, SqlitePool};

pub use again::Again;
pub(crate) use audit::Believed;
pub(crate) use judged::{Judged, KnownDevice, Manifested, NEIGHBOURS, PhotoJudged, Verdicts, neighbours_of};
pub(crate) use life::{Decided, Noted, ProposalRow};
pub(crate) use log::Nodes;
pub use photos::{ChainState, Kind, Status};
pub(crate) use photos::{PhotoRow, Settled};

use crate::coded::Coded;
use crate::disk::{DiskError, at};

/// Why the index could not be used.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// SQLite failed.
    #[error("the index failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("the index cannot be brought up to date: {0}")]
    Migration(#[from] MigrateError),
    /// There is none.
    #[error("there is no index here: {} is missing", .0.display())]
    Absent(PathBuf),
    /// It cannot be got at.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// What was erased stands in SQLite's journal still.
    #[error("somebody reads the index for so long that its journal cannot be emptied")]
    Read,
    /// A row does not read back.
    #[error("a row of {0} in the index is damaged")]
    Damaged(&'static str),
    /// The index is another tenant's.
    #[error("this data belongs to tenant {0}")]
    OtherTenant(String),
    /// The index follows another log.
    #[error("this data follows the log {0}")]
    OtherLog(String),
    /// The bundle is older than one used before.
    #[error("bundle version {given} is older than {last}, which was used before")]
    BundleRollback {
        /// The bundle's version.
        given: u64,
        /// The newest used.
        last: u64,
    },
}

impl From<WireError> for IndexError {
    fn from(_: WireError) -> Self {
        Self::Damaged("ids")
    }
}

impl Coded for IndexError {
    fn code(&self) -> &'static str {
        match self {
            Self::Database(_) | Self::Migration(_) if sqlite_code(self) == Some(SQLITE_FULL) => {
                "storage_full"
            }
            Self::Database(_) | Self::Migration(_) => "index_failed",
            Self::Absent(_) => "no_index",
            Self::Read => "index_read",
            Self::Disk(error) => error.code(),
            Self::Damaged(_) => "index_damaged",
            Self::OtherTenant(_) => "other_tenant",
            Self::OtherLog(_) => "other_log",
            Self::BundleRollback { .. } => "rollback",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Database(_) | Self::Migration(_) if sqlite_code(self) == Some(SQLITE_FULL) => {
                "Free space and run it again."
            }
            Self::Database(_) | Self::Migration(_) if sqlite_code(self) == Some(SQLITE_IOERR) => {
                "Free space where the disk is full, or have the disk checked, and run it again; nothing was lost."
            }
            Self::Database(_) => "Check the disk and who may write to --data; nothing was lost.",
            Self::Migration(_) => "Use the program version that wrote it, or a newer one.",
            Self::Absent(_) => "Check --data, or pull first.",
            Self::Read => "Nothing: it is tried again by itself.",
            Self::Disk(error) => error.next_step(),
            Self::Damaged(_) => {
                "Restore --data from its backup. Without one, pull into a new --data with the old sealed/, bundles/ and in-force/ \
                 in it: every entry is then judged again as it was."
            }
            Self::OtherTenant(_) | Self::OtherLog(_) => {
                "Use one data directory for each tenant and gateway log; a gateway with new keys has a new log."
            }
            Self::BundleRollback { .. } => "Use the newest bundle.",
        }
    }
}

const SQLITE_IOERR: u32 = 10;
const SQLITE_FULL: u32 = 13;

/// SQLite's plain code, also behind a migration that did not get through: extended ones keep it in the low byte.
fn sqlite_code(error: &(dyn std::error::Error + 'static)) -> Option<u32> {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.find_map(|cause| {
        let cause = cause.downcast_ref().and_then(sqlx::Error::as_database_error)?;
        Some(cause.code()?.parse::<u32>().ok()? & 0xff)
    })
}

/// Whether a connection can begin again. Where the disk is full SQLite ends a transaction by itself, and sqlx, whose own
/// rollback then fails, still counts it.
async fn reusable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Behind the rollback that is still under way.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// The open index.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pool: SqlitePool,
}

/// SQLite integers are signed; ours stay far below.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn uint(value: i64) -> Result<u64, IndexError> {
    u64::try_from(value).map_err(|_| IndexError::Damaged("numbers"))
}

impl Index {
    /// Whether there is one: whoever would make a directory for it asks first, since a mistyped name is none.
    pub(crate) fn is_there(path: &Path) -> Result<(), IndexError> {
        match std::fs::metadata(path) {
            Ok(found) if found.is_file() => Ok(()),
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(at(path)(error).into()),
            Ok(_) | Err(_) => Err(IndexError::Absent(path.to_owned())),
        }
    }

    /// Opens the index at `path`; with `create`, makes it or brings it up to date.
    pub(crate) async fn open(path: &Path, create: bool) -> Result<Self, IndexError> {
        if !create {
            Self::is_there(path)?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What is deleted is overwritten.
            .pragma("secure_delete", "ON");
        // One connection: writes are in order, and a reader sees them.
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .after_release(|connection, _| Box::pin(reusable(connection)))
            .connect_with(options)
            .await?;
        if create {
            sqlx::migrate!().run(&pool).await?;
        }
        Ok(Self { pool })
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// Whether each commit waits until it would outlive a power cut. A commit that does makes those before it lasting too: so
    /// what is repeated where it was lost need not wait. Nothing that leaves this machine rests on one that did not.
    pub(crate) async fn wait_for_disk(&self, wait: bool) -> Result<(), IndexError> {
        let mode = if wait { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" };
        sqlx::query(mode).execute(&self.pool).await?;
        Ok(())
    }

    async fn state(&self, name: &'static str) -> Result<Option<String>, IndexError> {
        let row = sqlx::query("SELECT value FROM state WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }

    async fn set_state(&self, name: &'static str, value: &str) -> Result<(), IndexError> {
        sqlx::query("INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)")
            .bind(name)
            .bind(value)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Binds the index to one tenant and log, and lets the bundle's version only rise. Whether it rose.
    pub(crate) async fn bind_to(
        &self,
        tenant: &Tenant,
        log: &LogKey,
        version: u64,
    ) -> Result<bool, IndexError> {
        let log = log.to_string();
        match self.state("tenant").await? {
            Some(known) if known != tenant.as_str() => return Err(IndexError::OtherTenant(known)),
            Some(_) => {}
            None => self.set_state("tenant", tenant.as_str()).await?,
        }
        match self.state("log").await? {
            Some(known) if known != log => return Err(IndexError::OtherLog(known)),
            Some(_) => {}
            None => self.set_state("log", &log).await?,
        }
        let last = self.number("bundle_version").await?;
        if version < last {
            return Err(IndexError::BundleRollback { given: version, last });
        }
        if version > last {
            self.set_state("bundle_version", &version.to_string()).await?;
        }
        Ok(version > last)
    }

    /// The tenant and the log that the index is bound to.
    pub(crate) async fn bound_to(&self) -> Result<Option<(Tenant, LogKey)>, IndexError> {
        let (Some(tenant), Some(log)) = (self.state("tenant").await?, self.state("log").await?) else {
            return Ok(None);
        };
        Ok(Some((tenant.parse()?, log.parse()?)))
    }

    async fn number(&self, name: &'static str) -> Result<u64, IndexError> {
        match self.state(name).await? {
            Some(text) => text.parse().map_err(|_| IndexError::Damaged("state")),
            None => Ok(0),
        }
    }
}

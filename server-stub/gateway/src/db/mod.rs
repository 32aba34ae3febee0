//! What the gateway knows, in SQLite. One connection writes; commits are synced before anything is answered.

mod acts;
mod captures;
mod devices;
mod lineage;
mod log;
mod phone_reports;
mod refused;
mod register;
mod reports;
mod search;
mod shown;
mod told_status;
mod watched;
mod witness;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use gauze_wire::{DeviceId, Tenant};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection as _, Sqlite, SqliteConnection, SqlitePool, Transaction};

pub use acts::{Proposal, ProposalStatus, Settled};
pub use captures::{Capture, NewCapture};
pub use devices::{Device, Heartbeat, NewDevice, Said};
pub use lineage::{Basis, Replacement};
pub use log::append as log_append;
pub use phone_reports::{KnownReport, NewReport};
pub use refused::Outcome;
pub use register::{DeviceCounts, DevicePage, Registered, short};
pub use reports::ReportView;
pub use search::{DeviceSearch, Sort};
pub use shown::ShownBefore;
pub use told_status::ToldStatus;

use crate::private;

/// Why the database does not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// SQLite does not open it.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// Its schema cannot be brought up to date.
    #[error(transparent)]
    Schema(#[from] sqlx::migrate::MigrateError),
    /// The file cannot be made, or closed to others.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// A write in progress.
pub type Write<'a> = Transaction<'a, Sqlite>;

pub struct Db {
    writer: SqlitePool,
    readers: SqlitePool,
    /// When each phone last said what was known already, by its own clock: one number a phone at most.
    heard_again: Mutex<HashMap<(Tenant, DeviceId), i64>>,
}

impl Db {
    pub async fn open(path: &Path) -> Result<Self, OpenError> {
        // Its journals get the same permissions, which SQLite takes from the database.
        private::touch(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .after_release(|connection, _| Box::pin(reusable(connection)))
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!().run(&writer).await?;
        let readers =
            SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
        Ok(Self { writer, readers, heard_again: Mutex::default() })
    }

    /// Opens what a gateway left, or serves with now, to look: nothing is made, and nothing brought up to date.
    pub async fn glance(path: &Path) -> Result<Self, sqlx::Error> {
        // Whoever may only read would make SQLite's journals, and could not take them away: where there are none, nobody writes.
        let mut journal = path.as_os_str().to_owned();
        journal.push("-wal");
        let options = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .immutable(!Path::new(&journal).exists())
            .busy_timeout(Duration::from_secs(10));
        let readers = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        Ok(Self { writer: readers.clone(), readers, heard_again: Mutex::default() })
    }

    /// Begins a write; the only writer waits for its turn here.
    pub async fn write(&self) -> Result<Write<'static>, sqlx::Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT 1").execute(&self.readers).await.map(drop)
    }
}

/// Whether a connection can begin again. Where the disk is full SQLite ends a transaction by itself, and sqlx, whose own
/// rollback then fails, still counts it: that connection would refuse every write from then on.
async fn reusable(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    // Behind the rollback that is still under way.
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

/// SQLite's integers are signed; ours never come near the limit.
fn to_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn to_u64(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

fn damaged<E: std::error::Error + Send + Sync + 'static>(error: E) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_glance_leaves_nothing_beside_what_it_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("gateway.sqlite");
        let db = Db::open(&path).await.unwrap();
        db.readers.close().await;
        db.writer.close().await;
        let files = || std::fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(files(), 1, "whoever may write takes its journals away");
        let db = Db::glance(&path).await.unwrap();
        db.ping().await.unwrap();
        db.readers.close().await;
        assert_eq!(files(), 1);
    }
}

//! The access log: durable entries by 32 who wait at once against bare syncs of the same disk, and its verification, and
//! what a start takes, against SHA-256 of the same bytes.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use gauze_people::log::{AccessLog, Event, Happening, LogKeys, Outcome, Wanted, verify};
use gauze_wire::log::NoteKey;
use gauze_wire::{Digest, QuickKey, SoftwareKey};
use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::Arguments;
use crate::row::{Goal, clock, clock_async, median, print};

const APPEND: &str = "log_append";
const BATCH: &str = "log_batch";
const VERIFY: &str = "log_verify_1m";
const OPEN: &str = "log_open_1m";
const AT_ONCE: u32 = 32;

pub fn keys() -> anyhow::Result<LogKeys> {
    let tenant = "ward-9".parse()?;
    Ok(LogKeys {
        audit: Arc::new(QuickKey::try_from(&SoftwareKey::from_bytes(&[7; 32])?)?),
        note: Arc::new(NoteKey::from_bytes(&LogKeys::origin(&tenant), &[8; 32])?),
        tenant,
    })
}

async fn waits_each_time(log: Arc<AccessLog>, times: u32) -> anyhow::Result<()> {
    let event = Event::of(Happening::SignIn, Outcome::Done, Timestamp::UNIX_EPOCH);
    for _ in 0..times {
        log.note(&event).await?;
    }
    Ok(())
}

/// So many entries by `AT_ONCE` tasks, each waiting for its own, as the pages' requests do.
async fn append(log: &Arc<AccessLog>, entries: u32) -> anyhow::Result<()> {
    let tasks: JoinSet<_> = (0..AT_ONCE).map(|_| waits_each_time(log.clone(), entries / AT_ONCE)).collect();
    tasks.join_all().await.into_iter().collect()
}

/// Bare syncs a second of one entry's length each.
fn bare(dir: &Path, times: u32) -> anyhow::Result<f64> {
    let mut file = File::create(dir.join("bare"))?;
    let (done, took) = clock(|| {
        (0..times).try_for_each(|_| {
            file.write_all(&[b'x'; 700])?;
            file.sync_data()
        })
    });
    done?;
    Ok(f64::from(times) * 1000.0 / took)
}

async fn appended(arguments: &Arguments, home: &Path) -> anyhow::Result<()> {
    let (mut ours, mut theirs, mut batches) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..arguments.times(10) {
        let dir = tempfile::tempdir_in(home)?;
        let log = Arc::new(AccessLog::open(&dir.path().join("access"), keys()?, Timestamp::UNIX_EPOCH)?);
        let entries = 64 * AT_ONCE;
        let (done, took) = clock_async(append(&log, entries)).await;
        done?;
        ensure!(log.size() == u64::from(entries), "an entry is missing");
        ours.push(f64::from(entries) * 1000.0 / took);
        batches.push(f64::from(entries) / log.syncs() as f64);
        theirs.push(bare(dir.path(), 200)?);
    }
    print(APPEND, (median(ours), "entries/s"), Some(median(theirs)), Some(Goal::AtLeast(8.0)));
    print(BATCH, (median(batches), "entries/sync"), None, None);
    Ok(())
}

async fn verified(arguments: &Arguments, home: &Path) -> anyhow::Result<()> {
    let dir = tempfile::tempdir_in(home)?;
    let root = dir.path().join("access");
    let entries = if arguments.quick { 100_000 } else { 1_000_000 } / AT_ONCE * AT_ONCE;
    let keys = keys()?;
    let public = keys.public();
    let log = Arc::new(AccessLog::open(&root, keys, Timestamp::UNIX_EPOCH)?);
    append(&log, entries).await?;
    drop(log);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let (found, took) = clock(|| verify(&root, &public, Wanted::default()));
        let found = found?;
        ensure!(found.holds() && found.entries == u64::from(entries), "{:?}", found.faults);
        ours.push(took);
        let (hashed, took) = clock(|| -> anyhow::Result<()> {
            for file in std::fs::read_dir(root.join("entries"))? {
                std::hint::black_box(Digest::of(&std::fs::read(file?.path())?));
            }
            Ok(())
        });
        hashed.context("the entries are read")?;
        theirs.push(took);
    }
    let hashing = median(theirs);
    if arguments.wants(VERIFY) {
        print(VERIFY, (median(ours), "ms"), Some(hashing), Some(Goal::AtMost(3.0)));
    }
    if arguments.wants(OPEN) {
        print(OPEN, (opened(&root)?, "ms"), Some(hashing), Some(Goal::AtMost(0.5)));
    }
    Ok(())
}

/// What a start takes, once one has made the indexes.
fn opened(root: &Path) -> anyhow::Result<f64> {
    drop(AccessLog::open(root, keys()?, Timestamp::UNIX_EPOCH)?);
    let mut times = Vec::new();
    for _ in 0..3 {
        let (told, took) = clock(|| -> anyhow::Result<AccessLog> {
            let log = AccessLog::open(root, keys()?, Timestamp::UNIX_EPOCH)?;
            log.told(|_| {})?;
            Ok(log)
        });
        drop(told?);
        times.push(took);
    }
    Ok(median(times))
}

pub async fn measure(arguments: &Arguments, home: &Path) -> anyhow::Result<()> {
    if arguments.wants(APPEND) || arguments.wants(BATCH) {
        appended(arguments, home).await?;
    }
    if arguments.wants(VERIFY) || arguments.wants(OPEN) {
        verified(arguments, home).await?;
    }
    Ok(())
}

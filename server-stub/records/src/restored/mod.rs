//! After the gateway's database was put back from an older copy, and its log was pulled into a directory of its own: what the
//! directory before knows and the new one does not.
//!
//! Always: nothing is deleted; a sealed file leaves `sealed` only where the directory before accounts for these very bytes.

mod command;
mod reports;

use std::fs;
use std::path::{Path, PathBuf};

use gauze_people::cases::{Cases, Crowd, Teller};
use gauze_people::log::read_entries;
use gauze_wire::{CaptureId, Deed, DeviceId, Digest, Manifest, ProposalId};
use serde::Serialize;

use crate::access::log_dir;
use crate::coded::Coded;
use crate::disk::{self, DiskError, PUBLIC, at};
use crate::index::{Decided, Index, IndexError, Kind, Status};
use crate::layout::{Layout, files_below, measure};
use crate::list::{ListedAct, list_acts, list_devices, list_reports};

/// Why a restore was not finished.
#[derive(Debug, thiserror::Error)]
pub enum RestoredError {
    /// Another program works on the directory.
    #[error("another puller works on this data directory")]
    Busy,
    /// Both are one.
    #[error("--former is the directory itself")]
    SameDirectory,
    /// They are of two hospitals.
    #[error("the directory before is of another tenant")]
    OtherTenant,
    /// An index could not be read.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl Coded for RestoredError {
    fn code(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::SameDirectory => "same_directory",
            Self::OtherTenant => "other_tenant",
            Self::Index(error) => error.code(),
            Self::Disk(error) => error.code(),
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Busy => "Stop it, and run this again.",
            Self::SameDirectory => "Give the directory from before the restore.",
            Self::OtherTenant => "Give the directory from before the restore of the same hospital.",
            Self::Index(error) => error.next_step(),
            Self::Disk(error) => error.next_step(),
        }
    }
}

/// What was done, and what is left for people. No `Debug`: a reason is free text.
#[derive(Clone, Serialize)]
pub struct Restored {
    /// Sealed files that only the directory before knows: they lie under `former` now.
    pub moved: Vec<PathBuf>,
    /// Photos that were erased: their tombstones were copied, and the next pull erases what is here of them.
    pub erased: Vec<CaptureId>,
    /// Decisions of the hospital that were taken again as they were: the next pull hands them in.
    pub decided: Vec<ProposalId>,
    /// Acts of the gateway's operators that the gateway does not know any more, oldest first.
    pub acts: Vec<ListedAct>,
    /// The gateway's commands that repeat them, and a remark where none can.
    pub commands: Vec<String>,
}

/// Finishes a restore: `data` was pulled anew, `former` is the directory before.
pub async fn restored(data: &Path, former: &Path) -> Result<Restored, RestoredError> {
    let itself = fs::canonicalize(data).map_err(at(data))? == fs::canonicalize(former).map_err(at(former))?;
    if itself {
        return Err(RestoredError::SameDirectory);
    }
    let (now, before) = (Layout::new(data), Layout::new(former));
    Index::is_there(&now.index())?;
    let _lock = now.prepare()?.ok_or(RestoredError::Busy)?;
    let (index, old) = (Index::open(&now.index(), false).await?, Index::open(&before.index(), false).await?);
    let Some((tenant, _)) = index.bound_to().await? else {
        return Err(IndexError::Absent(now.index()).into());
    };
    if old.bound_to().await?.is_none_or(|(other, _)| other != tenant) {
        return Err(RestoredError::OtherTenant);
    }
    let erased = copy_tombstones(&now, &before)?;
    let moved = move_strangers((&now, &index), (&before, &old)).await?;
    let decided = decide_again(&index, &old).await?;
    let cases = cases(data);
    let counted = counted(&cases, &old).await?;
    index.close().await;
    old.close().await;
    let mut acts = forgotten(list_acts(former).await?, list_acts(data).await?);
    acts.retain(|act| !is_case(act, &cases, &counted));
    let enrolled: Vec<DeviceId> =
        list_devices(data).await?.into_iter().map(|phone| phone.device_id).collect();
    let mut commands = command::commands(&acts, &tenant, &enrolled);
    let told = |told: reports::Told<'_>| is_told(&cases, &counted, told);
    commands.extend(reports::remarks(list_reports(former).await?, &list_reports(data).await?, told));
    Ok(Restored { moved, erased, decided, acts, commands })
}

/// What the directory before has erased stays erased: whether a tombstone counts, the next pull judges.
fn copy_tombstones(now: &Layout, before: &Layout) -> Result<Vec<CaptureId>, RestoredError> {
    let mut copied = Vec::new();
    for path in files_below(&before.erased())? {
        let (Ok(below), Some(name)) = (path.strip_prefix(before.erased()), path.file_stem()) else {
            continue;
        };
        let to = now.erased().join(below);
        // Behind the photo's name stands the file's, where it was refused and never filed.
        let capture = name.to_str().and_then(|name| name.split('.').next()?.parse().ok());
        let Some(capture) = capture.filter(|_| !to.exists()) else {
            continue;
        };
        now.make(disk::parent(&to))?;
        disk::replace(&to, &disk::read(&path)?, PUBLIC)?;
        copied.push(capture);
    }
    Ok(copied)
}

/// Takes out of `sealed` what the log does not know and the directory before accounts for.
async fn move_strangers(
    (now, index): (&Layout, &Index),
    (before, old): (&Layout, &Index),
) -> Result<Vec<PathBuf>, RestoredError> {
    let mut moved = Vec::new();
    for path in now.sealed_files()? {
        let sealed = now.sealed_root();
        let Ok(below) = path.strip_prefix(&sealed) else { continue };
        let name = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        let Some(capture) = name else { continue };
        let known = accounts_for(now, index, &capture, &path).await?;
        let at_before = before.sealed_root().join(below);
        if known.is_some() || accounts_for(before, old, &capture, &at_before).await? != measure(&path)? {
            continue;
        }
        let to = now.former().join(below);
        now.make(disk::parent(&to))?;
        fs::rename(&path, &to).map_err(at(&path))?;
        disk::sync_dir(disk::parent(&to))?;
        disk::sync_dir(disk::parent(&path))?;
        moved.push(to);
    }
    Ok(moved)
}

/// What a filed photo of this index says must lie at `path`: its digest and length.
async fn accounts_for(
    layout: &Layout,
    index: &Index,
    capture: &CaptureId,
    path: &Path,
) -> Result<Option<(Digest, u64)>, IndexError> {
    for row in index.photos_of(capture).await? {
        if row.status == Status::Refused || row.kind == Kind::Void {
            continue;
        }
        let Some(leaf) = index.leaf(row.log_index).await? else { continue };
        let Ok(manifest) = Manifest::peek(&leaf) else { continue };
        let binding = manifest.binding(&leaf);
        if leaf.digest() == row.manifest_sha256 && layout.sealed(&binding) == path {
            return Ok(Some((binding.sha256, binding.size)));
        }
    }
    Ok(None)
}

/// Decides what waits as it was decided before, where the very same was asked for.
async fn decide_again(index: &Index, old: &Index) -> Result<Vec<ProposalId>, IndexError> {
    let mut decided = Vec::new();
    for row in index.proposals(false).await? {
        let Some(before) = old.proposal(&row.proposal_id).await? else { continue };
        let (Some(by), Some(why), Some(at)) = (&before.decided_by, &before.decided_why, before.decided_at)
        else {
            continue;
        };
        if index.leaf(row.log_index).await? != old.leaf(before.log_index).await? {
            continue;
        }
        let again = Decided { by, why, at, signed: before.signed.as_ref() };
        if index.decide(&row.proposal_id, &again).await? {
            decided.push(row.proposal_id);
        }
    }
    Ok(decided)
}

/// The cases of the access log that was copied here; none where it does not read: then each report is told.
fn cases(data: &Path) -> Cases {
    let mut cases = Cases::default();
    let read = read_entries(&log_dir(data), |kept| {
        if let Some(entry) = &kept.entry {
            cases.see(kept.index, entry);
        }
    });
    if read.is_ok() { cases } else { Cases::default() }
}

/// What was counted of the log before.
async fn counted(cases: &Cases, old: &Index) -> Result<Vec<Crowd>, IndexError> {
    let mut counted = Vec::new();
    for crowd in cases.crowds_of(0, u64::MAX) {
        match old.tree(crowd.to).await {
            Ok(tree) if tree.root() == crowd.root => counted.push(crowd),
            Ok(_) | Err(IndexError::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(counted)
}

/// Whether an act reported what is a case here, or is counted in one: nobody has to say it again.
fn is_case(act: &ListedAct, cases: &Cases, counted: &[Crowd]) -> bool {
    let Deed::Report { sealed } = &act.deed else { return false };
    let sealed = Digest::of(sealed.as_slice());
    is_told(cases, counted, (Teller::Operator, act.log_index, &sealed, None))
}

fn is_told(cases: &Cases, counted: &[Crowd], (teller, place, sealed, leaf): reports::Told<'_>) -> bool {
    let of = |crowd: &Crowd| crowd.teller == teller && (crowd.from..crowd.to).contains(&place);
    cases.has_told(teller, sealed, leaf) || counted.iter().any(of)
}

/// Whether one repeats the other: what is asked for again has another id.
fn same(one: &Deed, other: &Deed) -> bool {
    match (one, other) {
        (Deed::Propose { wanted: one, .. }, Deed::Propose { wanted: other, .. }) => one == other,
        _ => one == other,
    }
}

/// Acts of `old` that are not in `now`, neither as they were nor repeated since.
fn forgotten(old: Vec<ListedAct>, mut now: Vec<ListedAct>) -> Vec<ListedAct> {
    let kept = old.iter().zip(&now).take_while(|(old, now)| old == now).count();
    now.drain(..kept);
    old.into_iter()
        .skip(kept)
        .filter(|act| {
            let again = |now: &ListedAct| same(&now.deed, &act.deed) && now.reason == act.reason;
            match now.iter().position(again) {
                Some(place) => drop(now.remove(place)),
                None => return true,
            }
            false
        })
        .collect()
}

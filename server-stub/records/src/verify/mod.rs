//! Checking everything filed again, offline: the log, the phones, the manifests, the chains, the receipts, the files.
//!
//! Always: every fact in the index is compared with the signed object it came from, and every signed object with the
//! root that the gateway signed and this side cosigned; so an edit of the index, of a file or of the log shows.

mod chains;
mod entries;
mod life;
mod trust;

use std::fs;
use std::path::Path;

use gauze_wire::log::Tree;
use gauze_wire::{DeviceId, Digest, Manifest, Notes};
use serde::Serialize;

use crate::coded::Coded;
use crate::disk::{DiskError, at};
use crate::index::{Index, IndexError, Kind, Status};
use crate::keeping::Tombstones;
use crate::keys::{KeyDir, KeysError};
use crate::layout::Layout;

use chains::Chains;
use entries::Audit;
use life::Lives;
use trust::Anchors;

const BATCH: u32 = 256;
/// A sealed file that no entry of the log accounts for.
const FILE_UNKNOWN: &str = "file_unknown";

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The index could not be read.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The keys directory could not be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
}

impl Coded for VerifyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Index(error) => error.code(),
            Self::Disk(error) => error.code(),
            Self::Keys(error) => error.code(),
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Index(error) => error.next_step(),
            Self::Disk(error) => error.next_step(),
            Self::Keys(error) => error.next_step(),
        }
    }
}

/// Something that is not as it was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// A stable slug.
    pub code: &'static str,
    /// Where: an id, an index or a path.
    pub at: String,
}

/// Places of a phone's chain that have not come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// The phone.
    pub device_id: DeviceId,
    /// The first missing `seq`.
    pub first: u64,
    /// The last missing `seq`.
    pub last: u64,
}

/// What the findings come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing is wrong.
    Clean,
    /// All bundles are of another root than the one pinned, and there is nothing else.
    OtherRoot,
    /// Nothing that was signed has changed or is missing; files lie there that the log does not know.
    FilesUnknown,
    /// Something is not as it was signed.
    #[default]
    Changed,
}

/// What was checked and what was found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct VerifyReport {
    /// Whether nothing is wrong. Gaps are not wrong: photos may still be on their way.
    pub ok: bool,
    /// What the findings come to.
    pub verdict: Verdict,
    /// The root of every bundle there, where that is one, and not the one in the keys directory.
    pub other_root: Option<Digest>,
    /// Whether the bundles were checked against the root in a keys directory.
    pub pinned: bool,
    /// Leaves that lead to the cosigned root.
    pub log_size: u64,
    /// Manifests checked.
    pub manifests: u64,
    /// Sealed files whose digest was checked.
    pub files: u64,
    /// Photos that were erased, filed ones and such as were refused, each with a tombstone that holds.
    pub erased: u64,
    /// Receipts checked.
    pub receipts: u64,
    /// Acts of the gateway's operators checked.
    pub acts: u64,
    /// Evidence shown again, and phones' words that they were wiped or that something went wrong, checked.
    pub words: u64,
    /// Checkpoints kept as evidence against the gateway.
    pub evidence: u64,
    /// What is not as it was signed.
    pub findings: Vec<Finding>,
    /// What has not come.
    pub gaps: Vec<Gap>,
}

impl VerifyReport {
    fn judge(&self) -> Verdict {
        match (self.findings.is_empty(), self.other_root) {
            (true, None) => Verdict::Clean,
            (true, Some(_)) => Verdict::OtherRoot,
            (false, None) if self.findings.iter().all(|finding| finding.code == FILE_UNKNOWN) => {
                Verdict::FilesUnknown
            }
            (false, _) => Verdict::Changed,
        }
    }

    fn find(&mut self, code: &'static str, at: impl ToString) {
        self.findings.push(Finding { code, at: at.to_string() });
    }
}

/// Checks everything under `data`; with `keys`, against the root pinned there.
pub async fn verify(data: &Path, keys: Option<&KeyDir>) -> Result<VerifyReport, VerifyError> {
    let layout = Layout::new(data);
    let index = Index::open(&layout.index(), false).await?;
    let mut report = VerifyReport { pinned: keys.is_some(), ..VerifyReport::default() };
    let bound = index.bound_to().await?;
    let audited = bound.is_some();
    if let Some((tenant, log)) = bound {
        let anchors = Anchors::load(&layout, tenant, log, keys, &mut report)?;
        let size = check_log(&index, &anchors, &mut report).await?;
        let judged = index.judged().await?.min(size);
        let mut audit = Audit {
            layout: &layout,
            index: &index,
            anchors: &anchors,
            chains: Chains::begin().await?,
            life: Lives::default(),
            tombstones: Tombstones {
                layout: layout.clone(),
                tenant: anchors.tenant.clone(),
                believed: anchors.records.clone().into(),
            },
            notes: Notes::of(&anchors.log, Some(&anchors.witnesses)),
        };
        audit.check(judged, &mut report).await?;
        for lying in audit.tombstones.all()? {
            if !matches!(lying.says, Ok(Some(_))) {
                report.find("tombstone_invalid", lying.path.display());
            }
        }
        report.gaps = audit.chains.gaps().await?;
        audit.chains.end().await;
    } else if index.judged().await? > 0 {
        report.find("index_unbound", "state");
    }
    if index.has_rows_ahead().await? {
        report.find("index_row_unknown", "judged");
    }
    find_strangers((&layout, audited), &index, &mut report).await?;
    report.evidence = count(&layout.root.join("evidence"))?;
    if report.other_root.is_some() && !report.findings.is_empty() {
        // Then the bundles are what was changed, and the rest fits them no more.
        report.find("bundle_untrusted", layout.bundles().display());
    }
    report.verdict = report.judge();
    report.ok = report.verdict == Verdict::Clean;
    index.close().await;
    Ok(report)
}

/// Recomputes the tree from every stored leaf. The number of leaves that are believed.
async fn check_log(index: &Index, anchors: &Anchors, report: &mut VerifyReport) -> Result<u64, VerifyError> {
    // Read first: nothing is judged before the checkpoint above it is there.
    let judged = index.judged().await?;
    let note = index.cosigned().await?;
    if note.is_none() && judged == 0 {
        return Ok(0);
    }
    let Some(checkpoint) = note.as_ref().and_then(|note| anchors.log.verify(note).ok()) else {
        report.find("checkpoint_invalid", "state");
        return Ok(0);
    };
    if checkpoint.size < judged {
        report.find("checkpoint_behind", checkpoint.size);
    }
    let is_cosigned = |note: &String| anchors.witnesses.iter().any(|witness| witness.verify(note).is_ok());
    if !note.as_ref().is_some_and(is_cosigned) {
        report.find("cosignature_invalid", checkpoint.size);
    }
    let mut tree = Tree::default();
    while tree.size() < checkpoint.size {
        let leaves = index.leaves(tree.size(), BATCH).await?;
        let before = tree.size();
        for (at, jws) in leaves.into_iter().filter(|(at, _)| *at < checkpoint.size) {
            if at == tree.size() {
                tree.append(&jws.digest());
            }
        }
        if tree.size() == before {
            report.find("leaf_missing", before);
            return Ok(before);
        }
    }
    if tree.root() != checkpoint.root {
        report.find("log_inconsistent", checkpoint.size);
    }
    report.log_size = checkpoint.size;
    Ok(checkpoint.size)
}

/// Files that no photo accounts for: none that was filed, and none whose file may be on its way right now. Where nothing was
/// audited nothing accounts for any.
async fn find_strangers(
    (layout, audited): (&Layout, bool),
    index: &Index,
    report: &mut VerifyReport,
) -> Result<(), VerifyError> {
    for path in layout.sealed_files()? {
        if !audited || !is_accounted_for(layout, index, &path).await? {
            report.find(FILE_UNKNOWN, path.display());
        }
    }
    Ok(())
}

/// Whether a judged leaf speaks of the file. The row says only where to look: what it says itself anybody may have written.
async fn is_accounted_for(layout: &Layout, index: &Index, path: &Path) -> Result<bool, VerifyError> {
    let name = path.file_stem().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
    let Some(capture) = name else { return Ok(false) };
    let rows = index.photos_of(&capture).await?;
    // Read after the rows: a puller that works meanwhile moves on with each row that it writes.
    let judged = index.judged().await?;
    for row in rows {
        let waits_or_lies = match row.status {
            Status::Waiting => true,
            Status::Filed => row.kind != Kind::Void,
            Status::Refused => false,
        };
        if !waits_or_lies || row.log_index >= judged {
            continue;
        }
        let Some(leaf) = index.leaf(row.log_index).await? else { continue };
        let names_it = leaf.digest() == row.manifest_sha256
            && Manifest::peek(&leaf).is_ok_and(|manifest| layout.sealed(&manifest.binding(&leaf)) == path);
        if names_it {
            return Ok(true);
        }
    }
    Ok(false)
}

fn count(dir: &Path) -> Result<u64, VerifyError> {
    if !dir.is_dir() {
        return Ok(0);
    }
    Ok(fs::read_dir(dir).map_err(at(dir))?.count() as u64)
}

//! Fetching photos: the bytes come, are opened once and get their final name, several photos at a time.
//!
//! Always: a sealed file reaches its final name only after it was opened and found whole, so a file that is there with
//! the right digest needs no second opening. Bytes with another digest than the phone signed for say nothing of the photo: it
//! did not come, and is asked for again, now and then hours apart. A disk, a line or a filter on the way makes no refusal
//! that stands for ever. What blocks (writing through, opening) has threads of its own; who stops the puller waits for them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError};

use gauze_seal::age::Identity;
use gauze_wire::{Body, Digest, FilingRefusal, Manifest, PickLists, Record};
use tokio::sync::OwnedSemaphorePermit;

use super::patience::Patience;
use super::{PullError, Puller};
use crate::amend::amendments_of;
use crate::blind::{Entry, FolkKeys};
use crate::disk::{self, DiskError, at};
use crate::gateway::{GatewayError, GatewayPort, Incoming};
use crate::gist::Gist;
use crate::index::{IndexError, Kind, PhotoRow};
use crate::layout::{Layout, measure};
use crate::open::inspect;
use crate::trust::Trust;

/// Photos on their way at once, most of them to the disk: those that sync in the same moment share the disk's work.
pub(super) const AT_ONCE: usize = 16;
/// Of these, photos opened at once; each has its picture in memory while it is judged.
pub(super) const OPENED: usize = 4;
/// How often bytes are fetched in a row whose digest is wrong.
const PULLS: usize = 3;

/// What became of a waiting photo.
pub(super) enum Outcome {
    /// What its record says, where it is a photo that was opened.
    Filed(Option<Box<Told>>),
    /// It was filed, and has been erased since: its phone need not keep it either.
    Erased,
    Refused(FilingRefusal),
    /// It was refused, and what was kept of it has been erased since: it stays refused.
    StaysRefused(FilingRefusal),
    /// Its bytes did not come.
    Missing,
    /// They will not: its phone has discarded it, which had been refused for this or never came whole.
    Discarded(FilingRefusal),
}

/// What a record says: to programs and, sealed, to people.
pub(super) struct Told {
    pub(super) gist: Gist,
    /// Where it cannot be made the index for people fetches it later.
    pub(super) entry: Option<Entry>,
}

impl Told {
    fn of(record: &Record, lists: &PickLists, folk: &FolkKeys, layout: &Layout) -> Box<Self> {
        let gist = Gist::listed(record, lists);
        // In a directory that was put together again amendments may lie before their photo is filed: the record as it came would
        // show it under whom it was taken from.
        let amended = amendments_of(layout, &record.device_id, &record.capture_id) > 0;
        let entry = (!amended).then(|| Entry::of(folk, record, gist.team.as_ref(), 0).ok()).flatten();
        Box::new(Self { gist, entry })
    }
}

/// Everything that is needed to judge bytes and put them where they belong.
struct Judging {
    source: Source,
    expected: (Digest, u64),
    body: Body,
    identities: Arc<[Identity]>,
    lists: PickLists,
    folk: Arc<FolkKeys>,
    layout: Layout,
    sealed: PathBuf,
    refused: PathBuf,
}

/// Where a photo's bytes are.
enum Source {
    /// They came just now.
    Came(Incoming),
    /// They were kept when the photo was refused.
    Kept(PathBuf),
}

/// What judging came to.
enum Judged {
    Settled(Outcome),
    /// These are not the bytes that were signed for.
    Wrong,
}

impl<G: GatewayPort> Puller<G> {
    /// What becomes of a waiting photo; files its bytes.
    pub(super) async fn outcome(&self, trust: &Trust, row: &PhotoRow) -> Result<Outcome, PullError> {
        match (row.cause, row.kind) {
            (Some(cause), _) => Ok(Outcome::Refused(cause)),
            (None, Kind::Void) => Ok(Outcome::Filed(None)),
            (None, Kind::Photo | Kind::Adoption) => self.fetch(trust, row).await,
        }
    }

    async fn fetch(&self, trust: &Trust, row: &PhotoRow) -> Result<Outcome, PullError> {
        let sealed = self.layout.sealed(&row.binding(&trust.tenant));
        let expected = (row.sha256, row.size);
        if let Some(outcome) = self.stands_in_place(trust, row).await {
            return Ok(outcome);
        }
        let jws = self.index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
        let body = Manifest::peek(&jws).map_err(IndexError::from)?.carried().body.clone();
        let lists = self.lists_of(trust, row.log_index, &body)?;
        if self.found(&sealed, expected)? {
            return Ok(Outcome::Filed(told_of((trust, &lists, &self.layout), &sealed, &body)));
        }
        let judging = |source| Judging {
            source,
            expected,
            body: body.clone(),
            identities: trust.identities.clone(),
            lists: lists.clone(),
            folk: trust.folk.clone(),
            layout: self.layout.clone(),
            sealed: sealed.clone(),
            refused: self.layout.refused(&row.manifest_sha256),
        };
        let kept = self.layout.refused(&row.manifest_sha256);
        if kept.is_file()
            && let Judged::Settled(outcome) = self.apart(judging(Source::Kept(kept))).await?
        {
            return Ok(outcome);
        }
        if !self.patience().is_due(&row.manifest_sha256, self.clock.now()) {
            return Ok(Outcome::Missing);
        }
        for _ in 0..PULLS {
            let Some(incoming) = self.pull(row).await? else {
                return self.did_not_come(row).await;
            };
            match self.apart(judging(Source::Came(incoming))).await? {
                Judged::Settled(outcome) => {
                    self.patience().came(&row.manifest_sha256);
                    return Ok(outcome);
                }
                Judged::Wrong => {
                    tracing::warn!(capture_id = %row.capture_id, "other bytes came than the phone signed for");
                }
            }
        }
        self.patience().failed(row.manifest_sha256, self.clock.now());
        Ok(Outcome::Missing)
    }

    /// What becomes of a photo whose bytes are not at the gateway.
    async fn did_not_come(&self, row: &PhotoRow) -> Result<Outcome, PullError> {
        if !self.index.is_discarded(row).await? {
            return Ok(Outcome::Missing);
        }
        // What never came as it was signed for had no refusal yet.
        Ok(Outcome::Discarded(row.was.unwrap_or(FilingRefusal::DigestMismatch)))
    }

    /// The lists that the phone had, by its word where more than one could be meant.
    fn lists_of(&self, trust: &Trust, place: u64, body: &Body) -> Result<PickLists, PullError> {
        let rules = self.in_force(trust, place)?;
        let named = rules.iter().find(|rules| rules.policy_version() == body.policy_version);
        let rules = named.or(rules.first()).ok_or(IndexError::Damaged("state"))?;
        Ok(rules.lists().clone())
    }

    fn patience(&self) -> MutexGuard<'_, Patience> {
        self.patience.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the photo is there as it was signed for; what else is there is put aside.
    fn found(&self, sealed: &Path, expected: (Digest, u64)) -> Result<bool, PullError> {
        match measure(sealed)? {
            // Opened and moved here before a crash, or filed under another signature of the same body.
            Some(found) if found == expected => {
                self.layout.settle(sealed)?;
                Ok(true)
            }
            // Nothing is thrown away because it looks wrong.
            Some((found, _)) => {
                let aside = self.layout.refused(&found);
                std::fs::rename(sealed, &aside).map_err(at(&aside))?;
                self.layout.settle(&aside)?;
                Ok(false)
            }
            None => Ok(false),
        }
    }

    /// The bytes as the gateway gives them; nothing where they do not come.
    async fn pull(&self, row: &PhotoRow) -> Result<Option<Incoming>, PullError> {
        let dir = self.layout.incoming();
        let mut incoming = Incoming::new(&dir, row.size).map_err(at(&dir))?;
        match self.gateway.blob(&row.device_id, &row.capture_id, &mut incoming).await {
            Ok(()) => Ok(Some(incoming)),
            Err(GatewayError::Disk(source)) => Err(at(&dir)(source).into()),
            Err(
                error @ (GatewayError::Unreachable(_) | GatewayError::Certificate(_) | GatewayError::Signing),
            ) => Err(error.into()),
            Err(error @ (GatewayError::Cut | GatewayError::Between(_) | GatewayError::Malformed(_))) => {
                tracing::warn!(capture_id = %row.capture_id, %error, "the photo did not come");
                self.patience().failed(row.manifest_sha256, self.clock.now());
                Ok(None)
            }
            Err(error @ (GatewayError::Missing | GatewayError::Refused(_))) => {
                tracing::warn!(capture_id = %row.capture_id, %error, "the photo did not come");
                Ok(None)
            }
        }
    }

    /// Judges on a thread that may block.
    async fn apart(&self, judging: Judging) -> Result<Judged, PullError> {
        let dir = self.layout.incoming();
        let stopped = |_| at(&dir)(std::io::ErrorKind::Interrupted.into());
        let working = self.working.clone().acquire_owned().await;
        let opening = self.opening.clone().acquire_owned().await.ok();
        let judged = tokio::task::spawn_blocking(move || {
            let judged = judging.judge(opening);
            drop(working);
            judged
        });
        Ok(judged.await.map_err(stopped)??)
    }

    /// Waits for what a pass that was cut off still has under way.
    pub(super) async fn idle(&self) {
        let all = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
        drop(self.working.acquire_many(all).await);
    }
}

/// What the record says of a photo that was opened and moved to its place before a crash, or under another signature. That
/// was judged; only what it says is still to be told.
fn told_of(
    (trust, lists, layout): (&Trust, &PickLists, &Layout),
    sealed: &Path,
    body: &Body,
) -> Option<Box<Told>> {
    let mut file = std::fs::File::open(sealed).ok()?;
    let record = inspect(&mut file, &trust.identities, body).ok()?.ok()?;
    Some(Told::of(&record, lists, &trust.folk, layout))
}

impl Judging {
    fn judge(mut self, opening: Option<OwnedSemaphorePermit>) -> Result<Judged, DiskError> {
        match std::mem::replace(&mut self.source, Source::Kept(PathBuf::new())) {
            Source::Came(incoming) => self.judge_new(incoming, opening),
            Source::Kept(path) => self.judge_kept(&path),
        }
    }

    fn judge_new(
        &self,
        incoming: Incoming,
        opening: Option<OwnedSemaphorePermit>,
    ) -> Result<Judged, DiskError> {
        let (mut file, digest, size) = incoming.finish();
        if (digest, size) != self.expected {
            return Ok(Judged::Wrong);
        }
        let (to, outcome) = self.open(file.as_file_mut())?;
        // The picture is out of memory; the disk's part takes no turn from the next.
        drop(opening);
        file.as_file().sync_all().map_err(at(to))?;
        self.layout.make(disk::parent(to))?;
        disk::move_to(file, to)?;
        Ok(Judged::Settled(outcome))
    }

    fn judge_kept(&self, path: &Path) -> Result<Judged, DiskError> {
        let (to, outcome) = match self.open_kept(path) {
            Ok(Some(opened)) => opened,
            Ok(None) => return Ok(Judged::Wrong),
            Err(error) => {
                tracing::error!("{error}: a photo that was kept does not read, and is fetched anew");
                return Ok(Judged::Wrong);
            }
        };
        if to != path {
            self.layout.make(disk::parent(to))?;
            std::fs::rename(path, to).map_err(at(to))?;
        }
        self.layout.settle(to)?;
        Ok(Judged::Settled(outcome))
    }

    /// Reads and moves nothing; nothing where these are not the bytes that were signed for.
    fn open_kept(&self, path: &Path) -> Result<Option<(&Path, Outcome)>, DiskError> {
        if measure(path)? != Some(self.expected) {
            return Ok(None);
        }
        let mut file = std::fs::File::open(path).map_err(at(path))?;
        self.open(&mut file).map(Some)
    }

    /// What is inside, and where it belongs.
    fn open(&self, file: &mut std::fs::File) -> Result<(&Path, Outcome), DiskError> {
        let verdict = inspect(file, &self.identities, &self.body).map_err(at(&self.sealed))?;
        Ok(match verdict {
            Ok(record) => {
                (&self.sealed, Outcome::Filed(Some(Told::of(&record, &self.lists, &self.folk, &self.layout))))
            }
            Err(cause) => (&self.refused, Outcome::Refused(cause)),
        })
    }
}

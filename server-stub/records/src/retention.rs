//! `gauze-records retention` without the pages: what is due, erasing that of it which a person names, and what was erased.
//!
//! Always: of filed photos only what is due and not held goes this way, by somebody else than put the rules in force, as the access log says who
//! did; what somebody asks for goes on the pages, by two people. What was refused and never filed stands on no page: the command names two. It is judged by what the pages know: the log is opened as they open it.

mod erased;
mod refused;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use gauze_people::context::ReasonCode;
use gauze_people::keeping::{Erasing, Keepings, noted};
use gauze_people::log::{About, AccessLog, Event, Happening, Kind, LogFailure, Outcome};
use gauze_people::person::{PersonId, Team};
use gauze_people::subject::PatientRef;
use gauze_people::{Note, Remembered};
use gauze_wire::{Bundle, CaptureId, Digest, Jws, Tenant, WireError};
use jiff::Timestamp;
use serde::Serialize;

use crate::access::{AccessError, open_log};
use crate::amend::AmendmentFiles;
use crate::blind::FolkKeys;
use crate::coded::Coded;
use crate::disk::{self, DiskError};
use crate::folk::{Folk, FolkError, Over};
use crate::in_force::History;
use crate::index::{Index, IndexError};
use crate::keeping::{InForceRules, RetentionError, retention};
use crate::keys::{BUNDLE_JWS, IDENTITY, KeyDir, KeysError};
use crate::layout::Layout;
use crate::mistrust::TrustError;

pub use erased::{Erased, erased};
pub use refused::{OnRequest, erase_refused};

/// Photos that one command lists or erases at most.
const MOST: usize = 1000;

/// Why nothing was listed, or not all was erased.
#[derive(Debug, thiserror::Error)]
pub enum KeepingError {
    /// A puller or the pages work on the directory.
    #[error("another program works on this data directory")]
    Busy,
    /// There are no rules.
    #[error("there are no rules of retention, so nothing is due")]
    NoRules,
    /// A photo is not due, or is held.
    #[error("{0} is not due, is held, or is not here")]
    NotDue(CaptureId),
    /// The rules are of whoever erases by them.
    #[error("the same person put these rules in force")]
    OwnRules,
    /// Nobody is known whose the rules are.
    #[error("the access log does not say who put these rules in force")]
    NobodysRules,
    /// A photo was not refused, or is more than that.
    #[error("{0} was not refused, is filed under this name, waits, or is held")]
    NotRefused(CaptureId),
    /// One person asks and decides.
    #[error("the same person asks and erases")]
    OneVoice,
    /// Why, in too many words or none.
    #[error("why it is erased is empty, or longer than 500 bytes")]
    Words,
    /// The bundle is not believed.
    #[error("the bundle is not believed: {0}")]
    Bundle(#[source] WireError),
    /// The rules do not hold.
    #[error(transparent)]
    Rules(#[from] RetentionError),
    /// A key.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// What was in force.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The index for people.
    #[error(transparent)]
    Folk(#[from] FolkError),
    /// The access log.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The disk.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl From<LogFailure> for KeepingError {
    fn from(error: LogFailure) -> Self {
        Self::Access(error.into())
    }
}

impl Coded for KeepingError {
    fn code(&self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::NoRules => "no_rules",
            Self::NotDue(_) => "not_due",
            Self::NotRefused(_) => "not_refused",
            Self::OneVoice => "own_wish",
            Self::Words => "words",
            Self::OwnRules => "own_rules",
            Self::NobodysRules => "nobodys_rules",
            Self::Bundle(_) => "bundle_untrusted",
            Self::Rules(_) => "rules",
            Self::Keys(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::Index(error) => error.code(),
            Self::Folk(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Disk(error) => error.code(),
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Busy => "Erase on the page Keeping, or stop the service first.",
            Self::NoRules => "Governance writes them on the page Keeping; docs/retention.md shows some.",
            Self::OwnRules => {
                "Let somebody else of governance erase, or save the same rules on the page Keeping."
            }
            Self::NobodysRules => {
                "Let somebody of governance save them on the page Keeping, and somebody else erase by them."
            }
            Self::NotDue(_) => "Look with `gauze-records retention list`.",
            Self::NotRefused(_) => {
                "Look with `gauze-records list`. A filed photo goes on its page; one that waits is judged by the next pull."
            }
            Self::OneVoice => "Let somebody else of governance erase what this person asks for.",
            Self::Words => "Say in a few words who asked, and name no patient.",
            Self::Bundle(_) => "Give the keys directory of this hospital.",
            Self::Rules(_) => "Mend people/retention.json; docs/retention.md shows its form.",
            Self::Keys(error) => error.next_step(),
            Self::Trust(error) => error.next_step(),
            Self::Index(error) => error.next_step(),
            Self::Folk(error) => error.next_step(),
            Self::Access(error) => error.next_step(),
            Self::Disk(error) => error.next_step(),
        }
    }
}

/// A photo that need not be kept. It names no patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The photo.
    pub capture_id: CaptureId,
    /// Its team's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// When it was taken.
    pub taken: Timestamp,
    /// Since when it need not be kept.
    pub since: Timestamp,
}

impl Due {
    fn of(over: &Over) -> Self {
        let Over { found, since } = over;
        Self { capture_id: found.capture_id, team: found.team.clone(), taken: found.taken, since: *since }
    }
}

/// One that was erased, and the number of its line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ErasedNow {
    /// The photo.
    pub capture_id: CaptureId,
    /// The line of the access log.
    pub line: u64,
}

/// What there is to work with.
struct Place {
    folk: Folk,
    index: Index,
    log: AccessLog,
    keepings: Keepings,
}

fn bundle(keys: &KeyDir, tenant: &Tenant) -> Result<Bundle, KeepingError> {
    let malformed = || KeepingError::Bundle(WireError::Malformed("bundle"));
    let text = String::from_utf8(disk::read(&keys.path(BUNDLE_JWS))?).map_err(|_| malformed())?;
    let jws = Jws::parse(text.trim()).map_err(KeepingError::Bundle)?;
    keys.roots()?.believe(&jws, tenant).map_err(KeepingError::Bundle)
}

impl Place {
    async fn open(data: &Path, keys: &KeyDir, now: Timestamp) -> Result<Self, KeepingError> {
        let (own, root) = (keys.clone(), data.to_owned());
        let opened = tokio::task::spawn_blocking(move || {
            let log = open_log(&own, &root, now)?;
            let remembered = Remembered::of(&log)?;
            Ok::<_, AccessError>((log, remembered.keepings))
        });
        let (log, keepings) = opened.await.map_err(|_| LogFailure::Stopped)??;
        let (layout, tenant) = (Layout::new(data), keys.tenant()?);
        let index = Index::open(&layout.index(), false).await?;
        let identities: Arc<[_]> = keys.identities()?.into();
        let first = identities.first().ok_or_else(|| KeysError::Unusable(keys.path(IDENTITY)))?;
        let folk_keys = Arc::new(FolkKeys::of(first));
        let history = Arc::new(Mutex::new(History::open(&layout, &tenant)?));
        let believed = bundle(keys, &tenant)?.records.into();
        let files = AmendmentFiles { layout, tenant, identities, believed };
        let folk = Folk::open(&index, files, folk_keys, history).await?;
        Ok(Self { folk, index, log, keepings })
    }

    async fn over(&self, rules: &InForceRules, now: Timestamp) -> Result<Vec<Over>, KeepingError> {
        let held = |photo: &CaptureId| self.keepings.hold(photo).is_some();
        Ok(self.folk.over(&rules.0, now, MOST, held).await?)
    }

    async fn close(self) {
        self.folk.close().await;
        self.index.close().await;
    }
}

/// The first thousand photos that need not be kept, the oldest first; those that are held are not among them.
///
/// # Errors
/// [`KeepingError`].
pub async fn due(data: &Path, keys: &KeyDir, now: Timestamp) -> Result<Vec<Due>, KeepingError> {
    let rules = retention(data)?.ok_or(KeepingError::NoRules)?;
    let place = Place::open(data, keys, now).await?;
    let over = place.over(&rules, now).await;
    place.close().await;
    Ok(over?.iter().map(Due::of).collect())
}

/// Erases photos that are due, each behind a line that names `by`. The first that is not due stops it.
///
/// # Errors
/// [`KeepingError`]: what was erased before stays erased.
pub async fn erase_due(
    data: &Path,
    keys: &KeyDir,
    (by, photos): (&PersonId, &[CaptureId]),
    now: Timestamp,
) -> Result<Vec<ErasedNow>, KeepingError> {
    let layout = Layout::new(data);
    Index::is_there(&layout.index())?;
    let lock = layout.prepare()?.ok_or(KeepingError::Busy)?;
    let rules = retention(data)?.ok_or(KeepingError::NoRules)?;
    let place = Place::open(data, keys, now).await?;
    let erased = place.erase(keys, &rules, (by, photos), now).await;
    place.close().await;
    drop(lock);
    erased
}

impl Place {
    /// Cut off behind its line, it is finished under that one.
    fn under_way(&self, photo: &CaptureId, sha256: &Digest) -> Option<Erasing> {
        let of = |(other, erasing): &&(CaptureId, Erasing)| other == photo && erasing.sha256 == *sha256;
        self.keepings.erasures().find(of).map(|(_, erasing)| erasing.clone())
    }

    async fn erase(
        &self,
        keys: &KeyDir,
        rules: &InForceRules,
        (by, photos): (&PersonId, &[CaptureId]),
        now: Timestamp,
    ) -> Result<Vec<ErasedNow>, KeepingError> {
        match self.keepings.ruled_by(&rules.1) {
            None => return Err(KeepingError::NobodysRules),
            Some(own) if own == by => return Err(KeepingError::OwnRules),
            Some(_) => {}
        }
        let over = self.over(rules, now).await?;
        let named: BTreeSet<&CaptureId> = photos.iter().collect();
        let wanted: Result<Vec<&Over>, KeepingError> = named
            .into_iter()
            .map(|photo| {
                let due = over.iter().find(|over| over.found.capture_id == *photo);
                due.ok_or(KeepingError::NotDue(*photo))
            })
            .collect();
        let (wanted, records) = (wanted?, Arc::new(keys.records()?));
        let mut erased = Vec::new();
        for Over { found, .. } in wanted {
            let erasing = self.line(found, (by, rules), now).await?;
            let (capture_id, line) = (found.capture_id, erasing.line);
            self.folk.erase(capture_id, erasing, records.clone()).await?;
            erased.push(ErasedNow { capture_id, line });
        }
        self.log.checkpoint().await?;
        Ok(erased)
    }

    async fn line(
        &self,
        found: &crate::folk::Found,
        (by, rules): (&PersonId, &InForceRules),
        now: Timestamp,
    ) -> Result<Erasing, KeepingError> {
        let (sha256, rules) = (self.folk.sealed_as(found).await?, Some(rules.1));
        if let Some(erasing) = self.under_way(&found.capture_id, &sha256) {
            return Ok(erasing);
        }
        let note: Option<Note> = noted(&sha256, rules.as_ref());
        let about = About {
            kind: Kind::Photo,
            id: Some(found.capture_id.to_string()),
            patient: found.patient.map(|patient| PatientRef(patient.to_string())),
            teams: found.team.iter().cloned().map(Team).collect(),
        };
        let event = Event::of(Happening::PhotoErased, Outcome::Done, now);
        let event = Event { who: Some(by.clone()), about: Some(about), note, ..event };
        let line = self.log.note(&event).await?;
        Ok(Erasing {
            by: by.clone(),
            asked_by: None,
            at: now,
            ground: ReasonCode::RetentionOver,
            words: None,
            sha256,
            rules,
            refused: None,
            line: line.index,
            entry: line.id,
        })
    }
}

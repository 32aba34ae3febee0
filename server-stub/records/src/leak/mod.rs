//! Whose view a picture was that got out: the mark is read, and the access log says whose line that is.
//!
//! Always: nobody is named but by the mark's keyed check or by the weights' rule ([`gauze_mark::Verdict::named`]); nothing of an
//! original leaves memory, and nothing of a picture is kept but the hash that its line notes; a picture's answer is given behind its line
//! alone ([`Sought`], and the page).

mod command;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use gauze_mark::{Event, Finding, Grounds, MarkKey, Original, Search, Verdict, find};
use gauze_people::Note;
use gauze_people::action::Action;
use gauze_people::log::{Entry, Happening, Kind as About, LogFailure, Outcome, What, read_entries};
use gauze_seal::age::Identity;
use gauze_wire::{CaptureId, Digest};
use serde::Serialize;

use crate::access::{AccessError, log_dir};
use crate::blind::FolkKeys;
use crate::coded::Coded;
use crate::disk::{DiskError, at};
use crate::index::{Index, IndexError, Kind, Status};
use crate::keys::{IDENTITY, KeyDir, KeysError};
use crate::layout::Layout;
use crate::open::open_picture;
use crate::render::{MARK_EPOCH, RenderError, Shrink, Unmarked, Wanted, compared, decode};

pub use command::Sought;

/// A picture is searched at the size that still fills so many pixels.
const SEARCHED: u16 = 2048;
/// Upright, and turned as a camera may have held it: EXIF's orientations without mirrors.
const TURNS: [u8; 4] = [1, 6, 8, 3];

/// Why no picture can be traced.
#[derive(Debug, thiserror::Error)]
pub enum LeakError {
    /// A key.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The access log.
    #[error(transparent)]
    Log(#[from] LogFailure),
    /// The access log cannot be written.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A puller or the pages work on the directory.
    #[error("another program works on this data directory, and a search has its lines in the access log")]
    Busy,
    /// The disk.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A picture is none that is read here.
    #[error("{}: {cause}", path.display())]
    Picture {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: RenderError,
    },
    /// No photo of that id is filed.
    #[error("no photo {0} is filed here")]
    NoOriginal(CaptureId),
}

impl Coded for LeakError {
    fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::Index(error) => error.code(),
            Self::Log(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Busy => "busy",
            Self::Disk(error) => error.code(),
            Self::Picture { cause, .. } => cause.code(),
            Self::NoOriginal(_) => "no_original",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.next_step(),
            Self::Index(error) => error.next_step(),
            Self::Log(error) => error.next_step(),
            Self::Access(error) => error.next_step(),
            Self::Busy => "Search on the page A picture that got out, or stop the service first.",
            Self::Disk(error) => error.next_step(),
            Self::Picture { .. } => {
                "Save it as a JPEG, PNG or WebP file at its full size, and do not crop it."
            }
            Self::NoOriginal(_) => "Look for its id with gauze-records list, or leave --original out.",
        }
    }
}

/// A view that a picture was made of.
#[derive(Debug, Serialize)]
pub struct View {
    /// The number of its line in the access log.
    pub line: u64,
    /// `check` where the keyed check of the number agrees, `weight` where the event stands apart by the rule.
    pub by: &'static str,
    /// What the line says; nothing where it was erased, or is of another log.
    pub entry: Option<Entry>,
}

/// What was weighed against an original.
#[derive(Debug, Serialize)]
pub struct Weighed {
    /// How many lines about this photo were tried.
    pub tried: usize,
    /// The weight that the one view of an unmixed copy would have.
    pub expected: f32,
    /// The heaviest lines, at most five, with their weights in standard deviations of innocent ones.
    pub heaviest: Vec<(u64, f32)>,
}

/// Where a mark was read without an original.
#[derive(Debug, Serialize)]
pub struct Place {
    /// How far it stood out, in standard deviations.
    pub score: f32,
    /// Pixels of the searched picture for each of the 2048 units of the view's long edge.
    pub scale: f32,
    /// Clockwise.
    pub degrees: f32,
    /// As in a mirror.
    pub mirrored: bool,
}

/// What one picture says. No view: nobody is named.
#[derive(Debug, Serialize)]
pub struct Trace {
    /// The picture.
    pub file: PathBuf,
    /// The hash of its bytes.
    pub sha256: Digest,
    /// Whose views it was made of.
    pub views: Vec<View>,
    /// Where the mark was read without an original: also where the weights named nobody.
    pub place: Option<Place>,
    /// What was weighed, where the picture lies in the original that was given.
    pub weighed: Option<Weighed>,
}

/// What the line notes under which somebody begins to search so many pictures.
pub(crate) fn asked(pictures: usize) -> Option<Note> {
    Note::new(format!("asked/{pictures}")).ok()
}

/// What the line of one picture notes: its hash, and by which lines it was shown, by what; `nothing`, or that it is no picture.
pub(crate) fn answered(sha256: &Digest, trace: Option<&Trace>) -> Option<Note> {
    let said = match trace.map(|trace| trace.views.as_slice()) {
        None => "unread".to_owned(),
        Some([]) => "nothing".to_owned(),
        Some(views @ [first, ..]) => {
            let lines = views.iter().map(|view| format!("/{}", view.line));
            first.by.to_owned() + &lines.collect::<String>()
        }
    };
    Note::new(format!("{sha256}/{said}")).ok()
}

/// An original as it lies sealed: its bytes, how it is to be turned, and which it is.
pub(crate) type Master<'a> = (&'a [u8], u8, CaptureId);

/// Reads marks of one tenant.
pub(crate) struct Tracer {
    /// By each identity that is here and in each epoch.
    keys: Vec<MarkKey>,
    log: PathBuf,
    original: Option<(Original, Vec<Event>)>,
}

impl Tracer {
    /// With these identities, today's first, and the log in `log`; `original` is the photo that the pictures are thought to show. It
    /// blocks.
    pub(crate) fn of(
        identities: &[Identity],
        log: PathBuf,
        original: Option<Master<'_>>,
    ) -> Result<Self, LeakError> {
        let keys = identities.iter().flat_map(keys_of).collect();
        let original = match original {
            None => None,
            Some((bytes, orientation, id)) => {
                let picture = |cause| LeakError::Picture { path: PathBuf::from(id.to_string()), cause };
                let plain = decode(bytes, orientation, Wanted::Screen(SEARCHED)).map_err(picture)?;
                Some((ready(&plain).map_err(picture)?, about(&log, id)?))
            }
        };
        Ok(Self { keys, log, original })
    }

    /// With the tenant's keys; `original` is the photo that the pictures are thought to show.
    async fn new(keys: &KeyDir, data: &Path, original: Option<CaptureId>) -> Result<Self, LeakError> {
        let identities = keys.identities()?;
        if identities.is_empty() {
            return Err(KeysError::Unusable(keys.path(IDENTITY)).into());
        }
        let log = log_dir(data);
        let Some(id) = original else { return Self::of(&identities, log, None) };
        let path = sealed(data, id).await?;
        let mut file = File::open(&path).map_err(at(&path))?;
        let opened = open_picture(&mut file, &identities).map_err(at(&path))?;
        let (picture, orientation) = opened.ok_or(IndexError::Damaged("photo"))?;
        Self::of(&identities, log, Some((&picture, orientation, id)))
    }

    /// Whose views one picture was made of, that is called `name`. It blocks.
    pub(crate) fn trace_of(&self, name: &Path, bytes: &[u8]) -> Result<Trace, LeakError> {
        let picture = |cause| LeakError::Picture { path: name.to_owned(), cause };
        let (file, sha256) = (name.to_owned(), Digest::of(bytes));
        let mut trace = Trace { file, sha256, views: Vec::new(), place: None, weighed: None };
        let upright = compared(bytes, 1, Wanted::Screen(SEARCHED)).map_err(picture)?;
        if let Some(verdict) = self.weighed(&upright).map_err(picture)? {
            let heaviest = verdict.weights.iter().take(5).map(|(event, weight)| (event.number(), *weight));
            trace.weighed = Some(Weighed {
                tried: verdict.weights.len(),
                expected: verdict.expected,
                heaviest: heaviest.collect(),
            });
            trace.views = self.views(&verdict.named())?;
            if !trace.views.is_empty() {
                return Ok(trace);
            }
        }
        for turn in TURNS {
            let turned = compared(bytes, turn, Wanted::Screen(SEARCHED)).map_err(picture)?;
            let luma = turned.compared().map_err(picture)?;
            let found = self.keys.iter().find_map(|key| find(luma, key, Search::default()));
            if let Some(Finding { event, score, scale, degrees, mirrored }) = found {
                trace.place = Some(Place { score, scale, degrees, mirrored });
                trace.views = self.views(&[(event, Grounds::Check)])?;
                break;
            }
        }
        Ok(trace)
    }

    /// Laid on the original, and weighed by the key whose constant frequencies stand out most: they have no part in what the lines
    /// weigh, so that choosing by them makes no innocent line heavier.
    fn weighed(&self, upright: &Unmarked) -> Result<Option<Verdict>, RenderError> {
        let Some((original, events)) = &self.original else { return Ok(None) };
        let luma = upright.compared()?;
        let verdicts = original.weigh_by(luma, &self.keys, events).into_iter();
        Ok(verdicts.max_by(|one, other| one.expected.total_cmp(&other.expected)))
    }

    fn views(&self, named: &[(Event, Grounds)]) -> Result<Vec<View>, LeakError> {
        let mut entries = BTreeMap::new();
        if !named.is_empty() {
            read_entries(&self.log, |kept| {
                if named.iter().any(|(event, _)| event.number() == kept.index) {
                    entries.insert(kept.index, kept.entry);
                }
            })?;
        }
        let view = |(event, grounds): &(Event, Grounds)| View {
            line: event.number(),
            by: match grounds {
                Grounds::Check => "check",
                Grounds::Weight => "weight",
            },
            entry: entries.remove(&event.number()).flatten(),
        };
        Ok(named.iter().map(view).collect())
    }
}

/// What renderings are and were marked with by one identity.
fn keys_of(identity: &Identity) -> Vec<MarkKey> {
    let keys = FolkKeys::of(identity);
    (1..=MARK_EPOCH).rev().map(|epoch| MarkKey::new(keys.mark(), epoch)).collect()
}

async fn sealed(data: &Path, id: CaptureId) -> Result<PathBuf, LeakError> {
    let layout = Layout::new(data);
    let index = Index::open(&layout.index(), false).await?;
    let bound = index.bound_to().await?;
    let rows = index.photos_of(&id).await?;
    index.close().await;
    let filed = rows.iter().find(|row| row.status == Status::Filed && row.kind != Kind::Void);
    let (row, (tenant, _)) = filed.zip(bound).ok_or(LeakError::NoOriginal(id))?;
    Ok(layout.sealed(&row.binding(&tenant)))
}

/// The lines about a photo that a marked picture may have been shown by: by one that looked for a mark nothing is, and by a view
/// without a mark none.
fn about(log: &Path, id: CaptureId) -> Result<Vec<Event>, LogFailure> {
    let (mut events, id) = (Vec::new(), id.to_string());
    read_entries(log, |kept| {
        let others = [
            What::Action(Action::FindMark),
            What::Happening(Happening::MarkSought),
            What::Action(Action::ViewUnmarked),
        ];
        let shows = |entry: &Entry| entry.outcome == Outcome::Done && !others.contains(&entry.what);
        let entry = kept.entry.filter(shows);
        let about = entry.and_then(|entry| entry.about).filter(|about| about.kind == About::Photo);
        if about.is_some_and(|about| about.id.as_deref() == Some(id.as_str())) {
            events.extend(Event::new(kept.index));
        }
    })?;
    Ok(events)
}

/// An original, with the long edges that its renderings have.
fn ready(plain: &Unmarked) -> Result<Original, RenderError> {
    let (width, height) = plain.whole();
    let edges = (0..).map_while(Shrink::new).map(|shrink| usize::from(shrink.of(width.max(height))));
    Ok(Original::new(plain.compared()?, &edges.collect::<Vec<_>>()))
}

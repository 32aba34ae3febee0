//! What is on somebody's screen: which photo, by which line of the log, and its renderings for as long as they are used.
//!
//! Always: a showing belongs to one session and one line; renderings live in memory alone, for a minute after they were last
//! asked for, and together take no more than a fixed room; all tiles of a level come from one marked rendering.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauze_mark::MarkKey;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use crate::blind::LabelError;
use crate::entropy::random;
use crate::folk::{Folk, FolkError, Found, Opening};
use crate::render::{Marked, RenderError, Shrink, Wanted, decode};

/// How long a rendering stays after it was last asked for.
const KEPT: SignedDuration = SignedDuration::from_secs(60);
/// How long a page may ask for more: as long as an idle session lives.
const ASKING: SignedDuration = SignedDuration::from_mins(15);
/// Most bytes of renderings together.
const ROOM: usize = 192 << 20;
/// Photos decoded at once.
const AT_ONCE: usize = 2;

/// One photo on one page of one session.
pub(super) struct Showing {
    /// The session's reference in the log.
    pub(super) session: String,
    /// The photo.
    pub(super) found: Found,
    /// Leave to open it.
    pub(super) opening: Opening,
    /// The visible line.
    pub(super) line: Vec<String>,
    levels: tokio::sync::Mutex<HashMap<Shrink, Level>>,
    used: Mutex<Timestamp>,
}

struct Level {
    marked: Arc<Marked>,
    used: Timestamp,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
pub(super) enum ShowError {
    /// The photo could not be opened.
    #[error(transparent)]
    Folk(#[from] FolkError),
    /// It could not be rendered.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// A thread ended.
    #[error("the work was cut off")]
    Cut,
}

/// All that is on screens now.
pub(super) struct Showings {
    folk: Folk,
    key: Arc<MarkKey>,
    all: Mutex<HashMap<String, Arc<Showing>>>,
    working: Semaphore,
}

impl Showings {
    pub(super) fn new(folk: Folk, key: Arc<MarkKey>) -> Self {
        Self { folk, key, all: Mutex::default(), working: Semaphore::new(AT_ONCE) }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Showing>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new showing; its name is the address of its pictures.
    pub(super) fn begin(
        &self,
        session: &str,
        found: Found,
        opening: Opening,
        line: Vec<String>,
        now: Timestamp,
    ) -> Result<String, FolkError> {
        let name = u128::from_be_bytes(random().map_err(|_| LabelError::Entropy)?);
        let name = format!("{name:032x}");
        let showing = Showing {
            session: session.to_owned(),
            found,
            opening,
            line,
            levels: tokio::sync::Mutex::default(),
            used: Mutex::new(now),
        };
        self.all().insert(name.clone(), Arc::new(showing));
        Ok(name)
    }

    /// The showing of that name, if it is this session's.
    pub(super) fn of(&self, name: &str, session: &str, now: Timestamp) -> Option<Arc<Showing>> {
        self.sweep(now);
        let showing = self.all().get(name).filter(|showing| showing.session == session).cloned()?;
        *showing.used.lock().unwrap_or_else(PoisonError::into_inner) = now;
        Some(showing)
    }

    /// A level of it, marked whole; decoded once for all who ask for its tiles.
    pub(super) async fn level(
        &self,
        showing: &Showing,
        wanted: Wanted,
        now: Timestamp,
    ) -> Result<Arc<Marked>, ShowError> {
        let mut levels = showing.levels.lock().await;
        let shrink = levels.values().next().map(|level| wanted.of(level.marked.whole()));
        if let Some(level) = shrink.and_then(|shrink| levels.get_mut(&shrink)) {
            level.used = now;
            return Ok(level.marked.clone());
        }
        let _permit = self.working.acquire().await.map_err(|_| ShowError::Cut)?;
        let (picture, orientation) = self.folk.picture(&showing.found, &showing.opening).await?;
        let (key, line) = (self.key.clone(), showing.opening.line());
        let work = move || decode(&picture, orientation, wanted)?.mark(&key, line);
        let marked = Arc::new(tokio::task::spawn_blocking(work).await.map_err(|_| ShowError::Cut)??);
        if self.room_left(&levels) >= marked.bytes() {
            levels.insert(marked.shrink(), Level { marked: marked.clone(), used: now });
        }
        Ok(marked)
    }

    /// Room that is left, as far as can be seen without waiting; `held` are the levels that this caller holds.
    fn room_left(&self, held: &HashMap<Shrink, Level>) -> usize {
        let taken = |levels: &HashMap<Shrink, Level>| {
            levels.values().map(|level| level.marked.bytes()).sum::<usize>()
        };
        let others: usize = self
            .all()
            .values()
            .filter_map(|showing| showing.levels.try_lock().ok().map(|levels| taken(&levels)))
            .sum();
        ROOM.saturating_sub(others + taken(held))
    }

    /// Lets go of what nobody has asked for lately.
    pub(super) fn sweep(&self, now: Timestamp) {
        self.all().retain(|_, showing| {
            let used = *showing.used.lock().unwrap_or_else(PoisonError::into_inner);
            if now.duration_since(used) > ASKING {
                return false;
            }
            if let Ok(mut levels) = showing.levels.try_lock() {
                levels.retain(|_, level| now.duration_since(level.used) <= KEPT);
            }
            true
        });
    }
}

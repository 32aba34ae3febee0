//! What is on somebody's screen: which photo, by which line of the log, and its rendering for as long as it is used.
//!
//! Always: a showing belongs to one session and one line; renderings live in memory alone, one for each showing, for a minute
//! after they were last asked for, and together take no more than a fixed room, but for one that is larger by itself; all tiles
//! of a level come from one marked rendering.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauze_mark::MarkKey;
use gauze_wire::CaptureId;
use jiff::{SignedDuration, Timestamp};

use super::kept::Kept;
use super::turns::{Cut, Turns};
use crate::blind::LabelError;
use crate::entropy::random;
use crate::folk::{Folk, FolkError, Found, Opening};
use crate::render::{Marked, RenderError, Wanted, decode};

/// How long a rendering stays after it was last asked for.
const KEPT: SignedDuration = SignedDuration::from_secs(60);
/// How long a page may ask for more: as long as an idle session lives.
const ASKING: SignedDuration = SignedDuration::from_mins(15);
/// Most bytes of renderings together.
const ROOM: usize = 192 << 20;
/// Photos decoded at once; as many views and tiles are encoded at once.
const AT_ONCE: usize = 2;

/// One photo on one page of one session.
pub(super) struct Showing {
    name: String,
    /// The session's reference in the log.
    pub(super) session: String,
    /// The photo.
    pub(super) found: Found,
    /// Leave to open it.
    pub(super) opening: Opening,
    /// The visible line.
    pub(super) line: Vec<String>,
    /// Held while its photo is decoded: whoever asks for a tile meanwhile waits for the same rendering.
    decoding: tokio::sync::Mutex<()>,
    used: Mutex<Timestamp>,
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

impl From<Cut> for ShowError {
    fn from(_: Cut) -> Self {
        Self::Cut
    }
}

/// All that is on screens now.
pub(super) struct Showings {
    folk: Folk,
    key: Arc<MarkKey>,
    all: Mutex<HashMap<String, Arc<Showing>>>,
    kept: Mutex<Kept<Arc<Marked>>>,
    decoding: Turns,
    encoding: Turns,
}

impl Showings {
    pub(super) fn new(folk: Folk, key: Arc<MarkKey>) -> Self {
        let (decoding, encoding) = (Turns::new(AT_ONCE), Turns::new(AT_ONCE));
        Self { folk, key, all: Mutex::default(), kept: Mutex::new(Kept::new(ROOM)), decoding, encoding }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Showing>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> MutexGuard<'_, Kept<Arc<Marked>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
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
            name: name.clone(),
            session: session.to_owned(),
            found,
            opening,
            line,
            decoding: tokio::sync::Mutex::default(),
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
        let _decoding = showing.decoding.lock().await;
        let kept = self.kept().get(&showing.name, now);
        let same = |marked: &Arc<Marked>| wanted.of(marked.whole()).max(marked.finest()) == marked.shrink();
        if let Some(marked) = kept.filter(same) {
            return Ok(marked);
        }
        let open = self.folk.picture(&showing.found, &showing.opening).await?;
        let (key, line) = (self.key.clone(), showing.opening.line());
        let work = move || {
            let (picture, orientation) = open()?;
            Ok::<_, ShowError>(decode(&picture, orientation, wanted)?.mark(&key, line)?)
        };
        let marked = Arc::new(self.decoding.work(work).await??);
        self.kept().put(&showing.name, marked.clone(), marked.bytes(), now);
        Ok(marked)
    }

    /// A view or a tile of a level, encoded.
    pub(super) async fn encode<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, RenderError> + Send + 'static,
    ) -> Result<T, ShowError> {
        Ok(self.encoding.work(work).await??)
    }

    /// Lets go of all that shows a photo.
    pub(super) fn forget(&self, photo: &CaptureId) {
        let mut kept = self.kept();
        self.all().retain(|name, showing| {
            let other = showing.found.capture_id != *photo;
            if !other {
                kept.forget(name);
            }
            other
        });
    }

    /// Lets go of what nobody has asked for lately.
    pub(super) fn sweep(&self, now: Timestamp) {
        let mut kept = self.kept();
        kept.sweep(now, KEPT);
        self.all().retain(|name, showing| {
            let used = *showing.used.lock().unwrap_or_else(PoisonError::into_inner);
            let asked = now.duration_since(used) <= ASKING;
            if !asked {
                kept.forget(name);
            }
            asked
        });
    }
}

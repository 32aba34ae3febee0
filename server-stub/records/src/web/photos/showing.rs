//! What is on somebody's screen: which photo, by which line of the log, and its rendering for as long as it is used.
//!
//! Always: a showing belongs to one session and one line; renderings live in memory alone, one for each showing, for a minute
//! after they were last asked for, and together take no more than a fixed room, but for one that is larger by itself; all tiles
//! of a level come from one marked rendering. A view without a mark is kept nowhere: it is made when it is taken, once, within that
//! minute.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauze_mark::{MarkKey, Strength};
use gauze_people::Logged;
use gauze_people::action::act;
use gauze_signin::config::MarkStrength;
use gauze_wire::CaptureId;
use jiff::{SignedDuration, Timestamp};

use super::kept::Kept;
use super::line::Line;
use super::turns::{Cut, Turns};
use crate::blind::LabelError;
use crate::entropy::random;
use crate::folk::{Folk, FolkError, Found, Opening};
use crate::render::{Bare, Marked, RenderError, Wanted, decode};

/// How long a rendering stays after it was last asked for.
const KEPT: SignedDuration = SignedDuration::from_secs(60);
/// How long a page may ask for more: as long as an idle session lives.
const ASKING: SignedDuration = SignedDuration::from_mins(15);
/// Most bytes of renderings together.
const ROOM: usize = 192 << 20;
/// Photos decoded at once; as many views and tiles are encoded at once. The third takes what threads of the other two leave of two
/// cores while they wait for each other.
const AT_ONCE: usize = 3;

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
    pub(super) line: Line,
    /// Held while its photo is decoded: whoever asks for a tile meanwhile waits for the same rendering.
    decoding: tokio::sync::Mutex<()>,
    used: Mutex<Timestamp>,
}

/// One view without a mark, for one session.
pub(super) struct Once {
    session: String,
    /// The photo.
    pub(super) found: Found,
    /// What was logged, and the visible line.
    leave: (Logged<act::ViewUnmarked>, Line),
    asked: Timestamp,
}

impl Once {
    pub(super) fn new(
        session: &str,
        found: Found,
        leave: (Logged<act::ViewUnmarked>, Line),
        now: Timestamp,
    ) -> Self {
        Self { session: session.to_owned(), found, leave, asked: now }
    }
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
    strength: Strength,
    all: Mutex<HashMap<String, Arc<Showing>>>,
    once: Mutex<HashMap<String, Once>>,
    kept: Mutex<Kept<Arc<Marked>>>,
    decoding: Turns,
    encoding: Turns,
}

impl Showings {
    pub(super) fn new(folk: Folk, key: Arc<MarkKey>, strength: MarkStrength) -> Self {
        let strength = match strength {
            MarkStrength::Usual => Strength::Usual,
            MarkStrength::Dermatology => Strength::Dermatology,
        };
        let (all, once, kept) = (Mutex::default(), Mutex::default(), Mutex::new(Kept::new(ROOM)));
        let (decoding, encoding) = (Turns::new(AT_ONCE), Turns::new(AT_ONCE));
        Self { folk, key, strength, all, once, kept, decoding, encoding }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Showing>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kept(&self) -> MutexGuard<'_, Kept<Arc<Marked>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn once(&self) -> MutexGuard<'_, HashMap<String, Once>> {
        self.once.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new showing; its name is the address of its pictures.
    pub(super) fn begin(
        &self,
        session: &str,
        found: Found,
        opening: Opening,
        line: Line,
        now: Timestamp,
    ) -> Result<String, FolkError> {
        let name = new_name()?;
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

    /// A new view without a mark; its name is the address of its picture.
    pub(super) fn begin_once(&self, once: Once) -> Result<String, FolkError> {
        let name = new_name()?;
        self.once().insert(name.clone(), once);
        Ok(name)
    }

    /// The view without a mark of that name, if it is this session's: nobody takes it again.
    pub(super) fn take(&self, name: &str, session: &str, now: Timestamp) -> Option<Once> {
        self.sweep(now);
        let mut all = self.once();
        let own = all.get(name).is_some_and(|once| once.session == session);
        if own { all.remove(name) } else { None }
    }

    /// It, decoded, and its visible line.
    pub(super) async fn bare(&self, once: Once, wanted: Wanted) -> Result<(Bare, Line), ShowError> {
        let (logged, line) = once.leave;
        let opening = Opening::of(&logged).ok_or(FolkError::OtherPhoto)?;
        let open = self.folk.picture(&once.found, &opening).await?;
        let work = move || {
            let (picture, orientation) = open()?;
            Ok::<_, ShowError>(decode(&picture, orientation, wanted)?.bare(&logged))
        };
        Ok((self.decoding.work(work).await??, line))
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
        let (key, strength, line) = (self.key.clone(), self.strength, showing.opening.line());
        let work = move || {
            let (picture, orientation) = open()?;
            Ok::<_, ShowError>(decode(&picture, orientation, wanted)?.mark(&key, strength, line)?)
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
        self.once().retain(|_, once| once.found.capture_id != *photo);
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
        self.once().retain(|_, once| now.duration_since(once.asked) <= KEPT);
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

/// Names that nobody guesses.
fn new_name() -> Result<String, FolkError> {
    let name = u128::from_be_bytes(random().map_err(|_| LabelError::Entropy)?);
    Ok(format!("{name:032x}"))
}

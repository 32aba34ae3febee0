//! Who reads by a link now: a view that was spent, for as long as its page is open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauze_seal::EntropyError;
use jiff::{SignedDuration, Timestamp};

use crate::entropy::random;
use crate::web::refusal::Refusal;

/// How long a view shows its photo.
const LASTS: SignedDuration = SignedDuration::from_mins(15);
/// Lines a minute about requests that spend nothing, of all links together.
const LINES: u32 = 240;

/// One view.
#[derive(Debug)]
pub(super) struct Reading {
    /// The link's number.
    pub(super) link: u64,
    /// Its reference in the log, as of a session.
    pub(super) session: String,
    /// The name of what is shown.
    pub(super) showing: String,
    began: Timestamp,
}

impl Reading {
    /// Until when it shows the photo.
    pub(super) fn ends(&self) -> Timestamp {
        self.began + LASTS
    }

    fn lives(&self, now: Timestamp) -> bool {
        self.began <= now && now < self.ends()
    }
}

/// All views that are open. They live in memory alone: after a restart another view is spent.
#[derive(Default)]
pub(in crate::web::photos) struct Readings {
    open: Mutex<HashMap<String, Arc<Reading>>>,
    /// Lines in the minute that began then.
    lines: Mutex<(Timestamp, u32)>,
}

impl Readings {
    fn open(&self) -> MutexGuard<'_, HashMap<String, Arc<Reading>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// 128 random bits in hex: programs that find addresses in mail cut none of it off.
    pub(super) fn secret() -> Result<String, EntropyError> {
        Ok(format!("{:032x}", u128::from_be_bytes(random()?)))
    }

    /// Opens a view for whoever holds `cookie`.
    pub(super) fn begin(
        &self,
        cookie: &str,
        link: u64,
        (session, showing): (String, String),
        now: Timestamp,
    ) {
        self.open().insert(cookie.to_owned(), Arc::new(Reading { link, session, showing, began: now }));
    }

    /// The view of this cookie, where it is one of this link.
    pub(super) fn of(&self, cookie: &str, link: u64, now: Timestamp) -> Option<Arc<Reading>> {
        self.open().get(cookie).filter(|reading| reading.link == link && reading.lives(now)).cloned()
    }

    /// Lets go of what has ended.
    pub(in crate::web::photos) fn sweep(&self, now: Timestamp) {
        self.open().retain(|_, reading| reading.lives(now));
    }

    /// Room for one more line about a request that spends nothing: a flood of them must not fill the log.
    pub(super) fn room(&self, now: Timestamp) -> Result<(), Refusal> {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        // A minute that begins in the future is one from before the clock was set back.
        if now < lines.0 || now.duration_since(lines.0) >= SignedDuration::from_mins(1) {
            *lines = (now, 0);
        }
        lines.1 = lines.1.saturating_add(1);
        if lines.1 <= LINES {
            return Ok(());
        }
        Err(Refusal::Told {
            status: http::StatusCode::TOO_MANY_REQUESTS,
            code: "links_too_many",
            message: super::words::LATER.to_owned(),
            next: ("", super::words::AGAIN),
        })
    }
}

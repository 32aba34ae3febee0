//! Who reads by a link now: a view that was spent, for as long as its page is open.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gauze_seal::EntropyError;
use jiff::{SignedDuration, Timestamp};

use crate::entropy::random;
use crate::web::refusal::Refusal;

/// How long a view shows its photo.
const LASTS: SignedDuration = SignedDuration::from_mins(15);
/// Lines a minute about requests that spend nothing, of one address: more than a surgery's readers leave.
const LINES_OF_ONE: u32 = 40;
/// The same, of all together.
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
    lines: Mutex<Minute>,
}

/// The lines of a minute, and from where they came.
#[derive(Default)]
struct Minute {
    began: Timestamp,
    all: u32,
    of: HashMap<IpAddr, u32>,
}

impl Minute {
    /// Room for one more: whoever has used up their own takes nothing of what others have.
    fn room(&mut self, from: IpAddr, now: Timestamp) -> bool {
        // A minute that begins in the future is one from before the clock was set back.
        if now < self.began || now.duration_since(self.began) >= SignedDuration::from_mins(1) {
            *self = Self { began: now, ..Self::default() };
        }
        let from = household(from);
        let own = self.of.get(&from).copied().unwrap_or(0);
        if own >= LINES_OF_ONE || self.all >= LINES {
            return false;
        }
        self.all += 1;
        self.of.insert(from, own + 1);
        true
    }
}

/// What is one line to the network: of an IPv6 address its first half, all of which one customer has.
fn household(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(from) => IpAddr::V6((u128::from(from) & !u128::from(u64::MAX)).into()),
        from => from,
    }
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

    /// Room for one more line about a request that spends nothing: a flood of them must not fill the log, nor one address shut
    /// everybody else out.
    pub(super) fn room(&self, from: IpAddr, now: Timestamp) -> Result<(), Refusal> {
        if self.lines.lock().unwrap_or_else(PoisonError::into_inner).room(from, now) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_uses_up_its_own_lines_and_nobody_elses() {
        let mut minute = Minute::default();
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let mut asks = |from: &str, times: u32, second: i64| {
            (0..times).filter(|_| minute.room(from.parse().unwrap(), at(second))).count()
        };
        assert_eq!(asks("198.51.100.7", 1000, 0), 40);
        assert_eq!(asks("::ffff:198.51.100.7", 1, 1), 0, "the same, written otherwise");
        assert_eq!(asks("198.51.100.8", 1, 1), 1);
        assert_eq!(asks("2001:db8::1", 30, 2) + asks("2001:db8::ffff:2", 30, 2), 40, "one customer's");
        assert_eq!(
            (9..20).map(|host| asks(&format!("198.51.100.{host}"), 100, 3)).sum::<usize>(),
            159,
            "240 in all"
        );
        assert_eq!(asks("203.0.113.1", 1, 59), 0);
        assert_eq!(asks("198.51.100.7", 1, 60), 1, "the next minute");
        assert_eq!(asks("198.51.100.7", 50, -5), 40, "a clock that was set back");
    }
}

//! What phones say of themselves, written for many at once: ten thousand phones that ask each minute would else cost a synced
//! commit each.
//!
//! Always: a phone is answered when its word is on the medium. Words that come while one commit is under way, or within an eighth
//! of a second after it began, share the next.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::db::{Db, Heartbeat};
use crate::refusal::RequestRefusal;

/// From the beginning of one commit to that of the next.
const EVERY: Duration = Duration::from_millis(125);
/// Most words in one commit: what waits longer than that takes the next.
const MOST: usize = 5000;

type Told = oneshot::Sender<Result<(), RequestRefusal>>;

/// Words that wait to be written. Clones share them.
#[derive(Clone, Default)]
pub struct Heartbeats(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    words: Vec<(Heartbeat, Told)>,
    /// Somebody is writing, and looks for more before it ends.
    writing: bool,
    commits: u64,
}

impl Heartbeats {
    /// Keeps a phone's word; returns when it is written.
    pub async fn keep(&self, db: &Arc<Db>, word: Heartbeat) -> Result<(), RequestRefusal> {
        let (told, written) = oneshot::channel();
        let begins = {
            let mut waiting = self.waiting();
            waiting.words.push((word, told));
            !std::mem::replace(&mut waiting.writing, true)
        };
        if begins {
            // Not a part of this request: whoever breaks off takes nobody else's word with it.
            tokio::spawn(self.clone().write(db.clone()));
        }
        written.await.unwrap_or(Err(gauze_wire::ProblemCode::Unavailable.into()))
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes until nothing waits.
    async fn write(self, db: Arc<Db>) {
        loop {
            let begun = Instant::now();
            let taken = self.take();
            if taken.is_empty() {
                return;
            }
            let (words, told): (Vec<_>, Vec<_>) = taken.into_iter().unzip();
            let done = db.hear_all(&words).await.map_err(RequestRefusal::from);
            self.waiting().commits += 1;
            for one in told {
                // Whoever has gone asks again.
                let _ = one.send(done);
            }
            tokio::time::sleep_until(begun + EVERY).await;
        }
    }

    fn take(&self) -> Vec<(Heartbeat, Told)> {
        let mut waiting = self.waiting();
        let many = waiting.words.len().min(MOST);
        let taken = waiting.words.drain(..many).collect::<Vec<_>>();
        waiting.writing = !taken.is_empty();
        taken
    }

    /// Commits so far.
    #[cfg(test)]
    fn commits(&self) -> u64 {
        self.waiting().commits
    }
}

#[cfg(test)]
mod tests {
    use gauze_wire::Holding;

    use super::*;

    fn word(n: u64) -> Heartbeat {
        Heartbeat {
            tenant: "ward-9".parse().unwrap(),
            device_id: format!("{n:A>43}").parse().unwrap(),
            holding: Holding {
                highest_seq: n,
                unsent: 1,
                app_version: "0.1.0".parse().unwrap(),
                screen_captures: 0,
            },
            said_at_s: 1,
            at_ms: 1,
        }
    }

    #[tokio::test]
    async fn a_thousand_phones_that_speak_at_once_cost_a_handful_of_commits_and_each_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let db = Arc::new(Db::open(&dir.path().join("gateway.sqlite")).await.unwrap());
        db.crowd(1000).await;
        let (beats, begun) = (Heartbeats::default(), Instant::now());
        let all = (0..1000).map(|n| {
            let (beats, db) = (beats.clone(), db.clone());
            async move {
                tokio::time::sleep(Duration::from_millis(n / 2)).await;
                beats.keep(&db, word(n)).await.unwrap();
            }
        });
        futures_util::future::join_all(all).await;
        let most = u64::try_from(begun.elapsed().as_millis() / EVERY.as_millis()).unwrap() + 1;
        assert!(beats.commits() <= most, "{} commits, {most} would do", beats.commits());
        for n in 0..1000 {
            let kept = db.registered(&word(n).tenant, &word(n).device_id).await.unwrap().unwrap();
            assert_eq!((kept.highest_seq, kept.unsent, kept.heard_at.is_some()), (n, 1, true));
        }
    }

    #[tokio::test]
    async fn a_word_that_could_not_be_written_is_no_word() {
        let dir = tempfile::tempdir().unwrap();
        let db = Arc::new(Db::open(&dir.path().join("gateway.sqlite")).await.unwrap());
        let beats = Heartbeats::default();
        db.forget_devices().await;
        assert!(beats.keep(&db, word(1)).await.is_err());
        assert!(beats.keep(&db, word(1)).await.is_err(), "and the next one does not wait for ever");
    }
}

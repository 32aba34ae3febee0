//! What becomes of a request, of its line, and of the records side that is killed over it.

use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::log::{Entry, Happening, Outcome, Wanted, What, read_newest, verify};
use gauze_records::{Coded as _, access};
use gauze_wire::CaptureId;
use tokio::time::timeout;

use super::super::side::{Answer, Session, Side, log_root};
use super::super::world::Broken;
use super::{Clinic, Who, about};

/// What a request had begun is done long before.
const RELEASED_WITHIN: Duration = Duration::from_secs(120);

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Answered,
    AnswerLost,
    /// The process ends before it has done anything.
    KilledAsItCame,
    /// The process ends with the line written, and nothing else done.
    KilledBehindTheLine,
}

impl Clinic {
    pub(super) fn enters(&self, who: Who) -> Session {
        self.side().enter(&self.ward, who.person())
    }

    /// The answer, if one came; its line is then in the log.
    pub(super) async fn asks(
        &mut self,
        session: &Session,
        address: &str,
        form: Option<&[(&str, &str)]>,
        expected: (Action, Option<CaptureId>),
    ) -> Result<Option<Answer>, Broken> {
        let fate = if self.dice.chance(self.trouble) {
            self.dice.weighed(&[
                (2, Fate::AnswerLost),
                (1, Fate::KilledAsItCame),
                (3, Fate::KilledBehindTheLine),
            ])
        } else {
            Fate::Answered
        };
        let before = self.side().log.size();
        let log = self.side().log.clone();
        let answer = Box::pin(self.side().ask(session, address, form));
        let came = match fate {
            Fate::Answered | Fate::AnswerLost => Some(answer.await),
            Fate::KilledAsItCame => {
                let mut answer = answer;
                poll_fn(|context| Poll::Ready(answer.as_mut().poll(context).is_ready())).await;
                None
            }
            Fate::KilledBehindTheLine => {
                let mut answer = pin!(answer);
                poll_fn(|context| {
                    if log.size() > before {
                        Poll::Ready(())
                    } else {
                        answer.as_mut().poll(context).map(drop)
                    }
                })
                .await;
                None
            }
        };
        drop(log);
        let Some(answer) = came else {
            self.say(format!("  {fate:?}"));
            return self.killed().await.map(|()| None);
        };
        self.say(format!("  {} {fate:?}", answer.status));
        self.has_its_line(session, &answer, before, expected)?;
        self.is_safe();
        Ok(matches!(fate, Fate::Answered).then_some(answer))
    }

    fn has_its_line(
        &self,
        session: &Session,
        answer: &Answer,
        before: u64,
        (action, photo): (Action, Option<CaptureId>),
    ) -> Result<(), Broken> {
        let outcome = match answer.status {
            StatusCode::OK | StatusCode::SEE_OTHER => Outcome::Done,
            StatusCode::FORBIDDEN => Outcome::Refused,
            other => return Err(format!("{action} is answered by {other}: {}", answer.text())),
        };
        let fits = |entry: &Entry| {
            entry.who.as_ref() == Some(&session.person.id)
                && entry.what == What::Action(action)
                && entry.outcome == outcome
                && photo.is_none_or(|photo| about(entry) == Some(photo.to_string()))
        };
        let there = self.lines_from(before)?.iter().any(fits);
        if there {
            Ok(())
        } else {
            Err(format!("{action} was answered by {} and has no line", answer.status))
        }
    }

    pub(super) fn lines_from(&self, first: u64) -> Result<Vec<Entry>, Broken> {
        let mut lines = Vec::new();
        let read = read_newest(&log_root(&self.ward), |kept| {
            if kept.index < first {
                return ControlFlow::Break(());
            }
            lines.extend(kept.entry);
            ControlFlow::Continue(())
        });
        read.map_err(|error| format!("the log cannot be read: {error}"))?;
        lines.reverse();
        Ok(lines)
    }

    fn entries(&self) -> Vec<u8> {
        std::fs::read(log_root(&self.ward).join("entries/000000000000.log")).unwrap_or_default()
    }

    /// What is written now is written for ever.
    pub(super) fn is_safe(&mut self) {
        self.safe = self.entries();
        self.checkpoint = std::fs::read(log_root(&self.ward).join("checkpoint")).ok();
    }

    /// Kills the records side. Of what nobody was told of the medium may hold a part, all or nothing.
    pub(super) async fn killed(&mut self) -> Result<(), Broken> {
        let log = self.side.take().map(|side| Arc::downgrade(&side.log));
        // What a request had begun on the blocking thread still holds the log: a process that is killed holds nothing.
        let released = async {
            while log.as_ref().is_some_and(|log| log.strong_count() > 0) {
                tokio::task::spawn_blocking(|| {}).await.unwrap();
            }
        };
        if timeout(RELEASED_WITHIN, released).await.is_err() {
            return Err("something holds the log for ever".to_owned());
        }
        let written = self.entries();
        if !written.starts_with(&self.safe) {
            return Err("a line that was answered for is another".to_owned());
        }
        let new = written.len() - self.safe.len();
        let left = self.dice.weighed(&[(2, 0), (2, 100), (3, 50)]) * new / 100;
        let kept = if left > 0 && left < new { 1 + self.dice.below(new - 1) } else { left };
        if kept < new {
            let root = log_root(&self.ward);
            let file =
                std::fs::File::options().write(true).open(root.join("entries/000000000000.log")).unwrap();
            file.set_len((self.safe.len() + kept) as u64).unwrap();
            match &self.checkpoint {
                Some(note) => put(&root.join("checkpoint"), note),
                None => drop(std::fs::remove_file(root.join("checkpoint"))),
            }
        }
        self.say(format!("  killed; of {new} bytes that nobody was told of {kept} are left"));
        let torn = kept > 0 && kept < new;
        self.starts().await?;
        let set_aside = |entry: &Entry| entry.what == What::Happening(Happening::TornTail);
        if torn && !self.lines_from(0)?.last().is_some_and(set_aside) {
            return Err("nothing says that a torn line was set aside".to_owned());
        }
        let Some(former) = self.former.take() else { return Ok(()) };
        let session = self.enters(Who::Nurse);
        let picture = self.side().ask(&session, &former, None).await;
        self.is_safe();
        if picture.status.is_success() { Err("a picture outlived its process".to_owned()) } else { Ok(()) }
    }

    pub(super) async fn starts(&mut self) -> Result<(), Broken> {
        let dice = self.dice.fork();
        self.side = Some(Side::start(&self.ward, dice, self.trouble / 2, self.trace.clone()).await?);
        if !self.entries().starts_with(&self.safe) {
            return Err("a restart changed a line that was answered for".to_owned());
        }
        self.is_safe();
        // One is signed by itself once the log is quiet, and not before.
        self.side().log.checkpoint().await.map_err(|error| error.code())?;
        self.verifies()
    }

    pub(super) fn verifies(&self) -> Result<(), Broken> {
        let keys = access::public_keys(&self.ward.path("records")).map_err(|error| error.code())?;
        let wanted = Wanted { signatures: true, ..Wanted::default() };
        let found = verify(&log_root(&self.ward), &keys, wanted).map_err(|error| error.code())?;
        if found.holds() && !found.torn { Ok(()) } else { Err(format!("the log does not verify: {found:?}")) }
    }
}

fn put(path: &std::path::Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), bytes).unwrap();
}

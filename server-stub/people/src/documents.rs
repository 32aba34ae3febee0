//! What governance was told of documents whose next review is due. The log is the only memory.
//!
//! A document is known by a key of its own that changes with its version and its day, so that each review is spoken of anew; the newest
//! of the reminders that are due is sent once, and none of an earlier stage behind it, whatever the clock says.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::log::{Entry, Event, Happening, Outcome, What};
use crate::words::Note;

/// When a document is spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Thirty days or less are left.
    Month,
    /// A week or less is.
    Week,
    /// Its day is here or over.
    Due,
}

impl Stage {
    const ALL: [Self; 3] = [Self::Month, Self::Week, Self::Due];

    /// Of a document with so many days left; nothing where its day is far.
    pub fn of(days_left: i64) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|stage| days_left <= stage.days())
    }

    fn days(self) -> i64 {
        match self {
            Self::Month => 30,
            Self::Week => 7,
            Self::Due => 0,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Month => "30d",
            Self::Week => "7d",
            Self::Due => "due",
        }
    }

    /// The note of the line about its mail; `key` is the document's.
    pub fn note(self, key: &str) -> Option<Note> {
        Note::new(format!("document/{}/{key}", self.word())).ok()
    }

    fn read(note: &str) -> Option<(Self, &str)> {
        let (word, key) = note.strip_prefix("document/")?.split_once('/')?;
        Some((Self::ALL.into_iter().find(|stage| stage.word() == word)?, key))
    }
}

/// Which mails were sent, kept up to date entry by entry.
#[derive(Clone, Debug, Default)]
pub struct Reviews {
    told: BTreeMap<String, Stage>,
}

impl Reviews {
    /// Takes in an entry, in the log's order.
    pub fn see(&mut self, entry: &Entry) {
        let (What::Happening(Happening::Mail), Outcome::Done) = (entry.what, entry.outcome) else { return };
        if let Some((stage, key)) = entry.note.as_ref().and_then(|note| Stage::read(note.as_str())) {
            self.told(key, stage);
        }
    }

    /// Takes in what was just sent, before the log is read again.
    pub fn told(&mut self, key: &str, stage: Stage) {
        let newest = self.told.entry(key.to_owned()).or_insert(stage);
        *newest = stage.max(*newest);
    }

    /// Whether that is to be told: nothing of this stage or a later one was.
    pub fn untold(&self, key: &str, stage: Stage) -> bool {
        self.told.get(key).is_none_or(|told| *told < stage)
    }
}

/// The line of a mail that was sent.
pub fn mailed(key: &str, stage: Stage, at: Timestamp) -> Event {
    Event { note: stage.note(key), ..Event::of(Happening::Mail, Outcome::Done, at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_near_a_month_and_a_week_before_its_day_and_due_from_then_on() {
        for (days, stage) in [
            (31, None),
            (30, Some(Stage::Month)),
            (8, Some(Stage::Month)),
            (7, Some(Stage::Week)),
            (1, Some(Stage::Week)),
            (0, Some(Stage::Due)),
            (-400, Some(Stage::Due)),
        ] {
            assert_eq!(Stage::of(days), stage, "{days}");
        }
    }

    #[test]
    fn what_was_told_is_not_told_again_nor_anything_that_came_before_it() {
        let mut reviews = Reviews::default();
        reviews.told("a", Stage::Week);
        assert!(!reviews.untold("a", Stage::Month) && !reviews.untold("a", Stage::Week));
        assert!(reviews.untold("a", Stage::Due) && reviews.untold("b", Stage::Month));
        reviews.told("a", Stage::Month);
        assert!(!reviews.untold("a", Stage::Week));
        for stage in Stage::ALL {
            assert_eq!(Stage::read(stage.note("0f").unwrap().as_str()), Some((stage, "0f")));
        }
        for other in ["opened", "case/24h/3", "document/1d/0f", "document/due"] {
            assert_eq!(Stage::read(other), None, "{other}");
        }
    }
}

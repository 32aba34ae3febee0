//! Who has read which notice to staff. The log is the only memory.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::log::{Entry, Happening, Outcome, What};
use crate::person::PersonId;
use crate::words::Note;

/// What a line notes of a notice that was read: `CODE/VERSION`.
pub fn noted(code: &str, version: u32) -> Option<Note> {
    Note::new(format!("{code}/{version}")).ok()
}

/// Who has read what, kept up to date entry by entry.
#[derive(Clone, Debug, Default)]
pub struct Acknowledged {
    read: BTreeMap<PersonId, BTreeMap<String, Timestamp>>,
}

impl Acknowledged {
    /// Takes in an entry, in the log's order.
    pub fn see(&mut self, entry: &Entry) {
        let Some(who) = &entry.who else { return };
        if let (What::Happening(Happening::NoticeRead), Outcome::Done, Some(note)) =
            (entry.what, entry.outcome, &entry.note)
        {
            self.note(who, note, entry.at);
        }
    }

    /// Takes in what was just written, before the log is read again.
    pub fn note(&mut self, who: &PersonId, note: &Note, at: Timestamp) {
        self.read.entry(who.clone()).or_default().insert(note.as_str().to_owned(), at);
    }

    /// Whoever read some version of a notice.
    pub fn readers<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a PersonId> {
        let is_of = move |note: &String| note.rsplit_once('/').is_some_and(|(of, _)| of == code);
        self.read.iter().filter(move |(_, notes)| notes.keys().any(is_of)).map(|(who, _)| who)
    }

    /// When somebody read a version of a notice.
    pub fn when(&self, who: &PersonId, note: &Note) -> Option<Timestamp> {
        self.read.get(who)?.get(note.as_str()).copied()
    }
}

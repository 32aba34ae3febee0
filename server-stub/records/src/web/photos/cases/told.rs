//! Lines of the log that a case is made of, and its story in plain words.
//!
//! Always: what those did who stand in its lines is told as far as it is about the case, its photos, or how they came to be there; what
//! they or others did about anybody else stays inside, also where it says which policies held.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gauze_people::action::Action;
use gauze_people::cases::{Case, Reminder, Step};
use gauze_people::log::{Entry, Happening, LogFailure, Outcome, What, read_entries};
use gauze_people::person::PersonId;
use gauze_wire::{CaptureId, Digest};
use jiff::Timestamp;

use super::words;
use crate::versions::Governing;
use crate::web::photos::words as general;

/// Lines of the log that a case is made of, and what was in force when somebody became aware.
#[derive(Default)]
pub(super) struct Told {
    pub(super) lines: BTreeMap<u64, Entry>,
    /// Of each file, which version of it held by the newest line before that.
    pub(super) then: BTreeMap<Governing, Noted>,
}

/// Which version held, as a line says.
#[derive(Clone, Copy)]
pub(super) struct Noted {
    /// The newest line that says so and may leave: it put that version in force, or is one of those that the case is made of.
    pub(super) line: Option<u64>,
    /// When a line last said so.
    pub(super) at: Timestamp,
    pub(super) sha256: Digest,
}

impl Told {
    /// Takes in which version a line says that held. Whatever was done says by which policies: of what does not leave, that hash alone
    /// is told.
    fn take(&mut self, number: u64, entry: &Entry, leaves: bool) {
        let put = put(entry);
        let judged_by = entry.policy_set.map(|sha256| (Governing::Policies, sha256));
        let Some((which, sha256)) = put.or(judged_by) else { return };
        let before = self.then.get(&which).filter(|noted| noted.sha256 == sha256);
        let line = if put.is_some() || leaves { Some(number) } else { before.and_then(|noted| noted.line) };
        self.then.insert(which, Noted { line, at: entry.at, sha256 });
    }
}

/// Those who stand in lines of a case, and the sessions in which they did what stands there.
struct Concerned {
    sessions: BTreeSet<String>,
    people: BTreeSet<PersonId>,
}

impl Concerned {
    fn of(lines: &BTreeMap<u64, Entry>) -> Self {
        let sessions = lines.values().filter_map(|entry| entry.session.clone()).collect();
        Self { sessions, people: lines.values().filter_map(|entry| entry.who.clone()).collect() }
    }

    /// Whether a line says how one of them came to be there: when they signed in and by what, how that ended, what they had read, and
    /// which roles they were given.
    fn holds(&self, entry: &Entry) -> bool {
        let own = |session: Option<&str>| session.is_some_and(|session| self.sessions.contains(session));
        match entry.what {
            What::Happening(
                Happening::SignIn | Happening::Factor | Happening::FactorChange | Happening::SignOut,
            ) => own(entry.session.as_deref()),
            What::Action(Action::EndSession) => own(entry.note.as_ref().map(|note| note.as_str())),
            What::Happening(Happening::NoticeRead) => {
                entry.who.as_ref().is_some_and(|who| self.people.contains(who))
            }
            What::Action(Action::ChangeRole) => {
                let whose = entry.about.as_ref().and_then(|about| about.id.clone()).map(PersonId);
                whose.is_some_and(|whose| self.people.contains(&whose))
            }
            _ => false,
        }
    }
}

/// Whether a line is of this case: its own, or a look at a photo that is concerned.
fn of(entry: &Entry, number: u64, case: &Case, photos: &BTreeSet<CaptureId>) -> bool {
    let note = entry.note.as_ref().map_or("", |note| note.as_str());
    let own = match entry.what {
        What::Action(Action::Report) => number == case.number,
        What::Happening(Happening::OperatorReport | Happening::PhoneReport) => {
            number == case.number || case.crowds.iter().any(|(line, _)| *line == number)
        }
        What::Action(Action::Case | Action::CaseEvidence) => {
            Step::of(note).is_some_and(|(_, of)| of == case.number)
        }
        What::Happening(Happening::CaseReminder | Happening::Mail) => {
            Reminder::of(note).is_some_and(|(_, of)| of == case.number)
        }
        _ => false,
    };
    let id = entry.about.as_ref().and_then(|about| about.id.as_ref()?.parse().ok());
    own || id.is_some_and(|photo| photos.contains(&photo))
}

/// Which version of a file a line says that it put in force.
fn put(entry: &Entry) -> Option<(Governing, Digest)> {
    let (which, prefix) = match entry.what {
        What::Action(Action::Documents) => (Governing::Documents, "register:"),
        What::Action(Action::Retention) => (Governing::Rules, "rules:"),
        What::Action(Action::Setting) => (Governing::Policies, "policies:"),
        _ => return None,
    };
    let note = entry.note.as_ref().filter(|_| entry.outcome == Outcome::Done)?;
    Some((which, note.as_str().strip_prefix(prefix)?.parse().ok()?))
}

/// Up to the line under which it leaves: what comes behind that is under no checkpoint yet. The log is read twice: who is concerned is
/// known at its end, and signed in before.
pub(super) fn told(root: &Path, case: &Case, upto: u64) -> Result<Told, LogFailure> {
    let (mut told, photos) = (Told::default(), case.photos());
    read_entries(root, |kept| {
        let entry = kept.entry.filter(|entry| kept.index <= upto && of(entry, kept.index, case, &photos));
        told.lines.extend(entry.map(|entry| (kept.index, entry)));
    })?;
    let concerned = Concerned::of(&told.lines);
    read_entries(root, |kept| {
        let Some(entry) = kept.entry.filter(|_| kept.index <= upto) else { return };
        let leaves = told.lines.contains_key(&kept.index) || concerned.holds(&entry);
        if entry.at <= case.aware_at {
            told.take(kept.index, &entry, leaves);
        }
        if leaves {
            told.lines.insert(kept.index, entry);
        }
    })?;
    Ok(told)
}

/// Whose doing it was where the line names nobody.
fn by_itself(what: What) -> &'static str {
    match what {
        What::Happening(Happening::OperatorReport) => words::CARRIER,
        What::Happening(Happening::PhoneReport) => words::PHONE_CARRIER,
        _ => words::ITSELF,
    }
}

/// What a line says that was done.
fn done(entry: &Entry) -> &'static str {
    let note = entry.note.as_ref().map_or("", |note| note.as_str());
    match entry.what {
        What::Action(Action::Report) => words::WAS_REPORTED,
        What::Action(Action::Case | Action::CaseEvidence) => {
            Step::of(note).map_or(words::NAMED, |(step, _)| words::step(step))
        }
        What::Action(action) => general::action(action),
        What::Happening(Happening::CaseReminder) => {
            Reminder::of(note).map_or("", |(reminder, _)| words::reminder(reminder))
        }
        What::Happening(Happening::Mail) if note == "link" => "The address of a link was mailed",
        What::Happening(happening) => words::happened(happening),
    }
}

/// Each line in plain words; people stand as the log names them.
pub(super) fn timeline(case: &Case, told: &Told) -> String {
    let mut text = format!(
        "Case {}: {}. Aware since {}, due {}.\nTimes are UTC. What people wrote is sealed in the lines.\n\n",
        case.number,
        words::kind(case.kind).to_lowercase(),
        case.aware_at,
        case.due()
    );
    for (number, entry) in &told.lines {
        let refused = if entry.outcome == Outcome::Refused { " (refused)" } else { "" };
        let who = entry.who.as_ref().map_or_else(|| by_itself(entry.what), |who| who.0.as_str());
        let about = entry.about.as_ref().and_then(|about| about.id.as_deref());
        let read = entry.note.as_ref().filter(|_| entry.what == What::Happening(Happening::NoticeRead));
        let about = about.or(read.map(|note| note.as_str())).unwrap_or_default();
        let (at, what) = (entry.at, done(entry));
        text.push_str(&format!("{at}  line {number}  {what}{refused}  by {who}  {about}\n"));
        if let Some(made) = words::made(case).filter(|_| *number == case.number) {
            text.push_str(&format!("    made {made}\n"));
        }
    }
    text
}

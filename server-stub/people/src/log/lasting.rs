//! Which kinds of lines outlive a restart: what somebody must know who starts, and what an index of a file therefore names.

use serde::{Deserialize, Serialize};

use super::entry::{Entry, Happening, What};
use crate::action::Action;

/// A kind of lines that outlive a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Lasting {
    /// All of these.
    Of(What),
    /// What was done under a break-glass.
    UnderBreakGlass,
}

const fn action(action: Action) -> Lasting {
    Lasting::Of(What::Action(action))
}

pub(super) const fn happening(happening: Happening) -> Lasting {
    Lasting::Of(What::Happening(happening))
}

/// What a start must know. An index that was made by another list is made anew.
pub(super) const LASTING: [Lasting; 19] = [
    action(Action::BreakGlass),
    action(Action::ReviewBreakGlass),
    action(Action::MakeLink),
    action(Action::Hold),
    action(Action::Retention),
    action(Action::ProposeErasure),
    action(Action::Erase),
    action(Action::Report),
    action(Action::Case),
    action(Action::CaseEvidence),
    happening(Happening::Link),
    happening(Happening::Mail),
    happening(Happening::OperatorReport),
    happening(Happening::PhoneReport),
    happening(Happening::CaseReminder),
    happening(Happening::PhotoErased),
    happening(Happening::NoticeRead),
    happening(Happening::EntryErased),
    Lasting::UnderBreakGlass,
];

/// Whether a line outlives a restart.
pub(super) fn outlives(entry: &Entry) -> bool {
    LASTING.iter().any(|kind| match kind {
        Lasting::Of(what) => entry.what == *what,
        Lasting::UnderBreakGlass => entry.haste.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::entry::{About, Event, Kind, Outcome};
    use super::super::files::SEGMENT;
    use super::super::read::Kept;
    use super::super::testing::{at, by_every_line, entry, open, told};
    use super::super::told::Told;
    use super::*;
    use crate::context::{Reason, ReasonCode};
    use crate::line::EntryId;
    use crate::person::PersonId;
    use crate::subject::PatientRef;
    use crate::words::Note;

    /// What a line of this kind says that some memory takes in; nothing where none does. A new kind says so here first.
    fn says(what: What) -> Option<&'static str> {
        match what {
            What::Action(action) => match action {
                Action::BreakGlass => Some("-"),
                Action::MakeLink => Some("link/2/3/view/photo/address/code"),
                Action::Hold => Some("set"),
                Action::Retention => Some(RULES),
                Action::ProposeErasure => Some("asked"),
                Action::Report => Some("breach/0"),
                Action::Case => Some("own/CASE"),
                Action::CaseEvidence => Some("evidence/CASE"),
                Action::ReviewBreakGlass => Some("justified"),
                Action::Erase => Some(DIGEST),
                Action::List
                | Action::Search
                | Action::View
                | Action::Compare
                | Action::ViewUnmarked
                | Action::Proof
                | Action::WhoLooked
                | Action::Export
                | Action::Amend
                | Action::ReadLog
                | Action::Phones
                | Action::ChangeRole
                | Action::EndSession
                | Action::Reenrol
                | Action::Setting
                | Action::Documents
                | Action::FindMark => None,
            },
            What::Happening(happening) => match happening {
                Happening::Link => Some("opened/LINK"),
                Happening::Mail => Some("opened"),
                Happening::OperatorReport | Happening::PhoneReport => Some(CARRIED),
                Happening::CaseReminder => Some("case/24h/CASE"),
                Happening::NoticeRead => Some("privacy/1"),
                Happening::PhotoErased => Some(DIGEST),
                // What it says is heard by `Heard`: a line that was blanked.
                Happening::EntryErased => Some("0"),
                Happening::SignIn
                | Happening::Factor
                | Happening::FactorChange
                | Happening::SignOut
                | Happening::Request
                | Happening::Service
                | Happening::MarkSought
                | Happening::TornTail => None,
            },
        }
    }

    const RULES: &str = "rules:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const CARRIED: &str = "breach/0/0/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const PHOTO: &str = "01930000-0000-7000-8000-000000000001";

    fn kinds() -> impl Iterator<Item = What> {
        let actions = Action::ALL.iter().map(|action| What::Action(*action));
        actions.chain(Happening::ALL.iter().map(|happening| What::Happening(*happening)))
    }

    /// A line of each kind, as far as it can be: those first that others are about.
    fn lines() -> Vec<Entry> {
        let first = [Action::BreakGlass, Action::MakeLink, Action::Report].map(What::Action);
        let rest = kinds().filter(|what| !first.contains(what));
        let mut lines: Vec<Entry> = Vec::new();
        for what in first.into_iter().chain(rest) {
            let glass = lines.first().map(|entry| entry.id.as_str().to_owned());
            let about_glass =
                matches!(what, What::Action(Action::ReviewBreakGlass) | What::Happening(Happening::Mail));
            let note = says(what).unwrap_or("-").replace("LINK", "1").replace("CASE", "2");
            let event = Event::of(Happening::SignIn, Outcome::Done, at(lines.len() as u64))
                .noting(Note::new(note).unwrap());
            let who = if about_glass { "sister" } else { "nurse" };
            lines.push(Entry {
                what,
                who: Some(PersonId(who.to_owned())),
                about: Some(About {
                    kind: Kind::Photo,
                    id: Some(glass.filter(|_| about_glass).unwrap_or_else(|| PHOTO.to_owned())),
                    patient: Some(PatientRef("p".to_owned())),
                    teams: [].into(),
                }),
                // Where somebody asked for an erasure, that is its ground.
                reason: Some(Reason { code: ReasonCode::PatientRequest, sealed_words: None }),
                ..entry(&event)
            });
        }
        // The last of all, so that no other one is by its time alone what a memory knows.
        let (under, last) = (lines[0].id.clone(), at(lines.len() as u64));
        lines.push(Entry {
            haste: Some(under),
            what: What::Action(Action::View),
            at: last,
            ..lines[0].clone()
        });
        for line in &mut lines[1..] {
            line.id = EntryId::random().unwrap();
        }
        lines
    }

    fn memory(lines: &[(u64, Entry)]) -> String {
        let mut all = crate::Remembered::default();
        for (index, entry) in lines.iter().cloned() {
            all.hear(&Told { before: None, kept: Some(Kept { index, entry: Some(entry) }) });
        }
        format!("{all:?}")
    }

    #[test]
    fn every_line_that_a_memory_takes_in_outlives_a_restart_and_no_other_kind_changes_one() {
        let lines: Vec<(u64, Entry)> = (0..).zip(lines()).collect();
        let all = memory(&lines);
        for (number, entry) in &lines {
            let without: Vec<_> = lines.iter().filter(|(other, _)| other != number).cloned().collect();
            let heard = entry.what == What::Happening(Happening::EntryErased);
            let taken_in = heard || memory(&without) != all;
            assert_eq!(outlives(entry), taken_in, "{:?}", entry.what);
            assert_eq!(taken_in, says(entry.what).is_some() || entry.haste.is_some(), "{:?}", entry.what);
        }
        // Nor does it by what another kind says.
        for what in kinds().filter(|what| says(*what).is_none()) {
            for (_, entry) in &lines[..lines.len() - 1] {
                let other = Entry { what, at: lines.last().unwrap().1.at, ..entry.clone() };
                assert_eq!(memory(&[lines.as_slice(), &[(999, other)]].concat()), all, "{what:?}");
            }
        }
    }

    #[test]
    fn a_start_remembers_the_same_with_indexes_and_without() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        let log = open(&root).unwrap();
        let filler = entry(&Event::of(Happening::SignIn, Outcome::Done, at(999)));
        let fillers = (0..SEGMENT).map(|_| Entry { id: EntryId::random().unwrap(), ..filler.clone() });
        let said = |entry: &Entry| entry.what != What::Happening(Happening::EntryErased);
        let waiting: Vec<_> =
            lines().into_iter().filter(said).chain(fillers).map(|entry| log.sent(&entry)).collect();
        waiting.into_iter().for_each(|one| {
            one.blocking_recv().unwrap().unwrap();
        });
        // The line that says so is in the second file.
        log.erase_blocking(300, ReasonCode::Legal, at(999)).unwrap();
        let without = format!("{:?}", crate::Remembered::of(&log).unwrap());
        drop(log);
        drop(open(&root).unwrap());
        let log = open(&root).unwrap();
        assert!(told(&log).len() < 100);
        assert_eq!(format!("{:?}", crate::Remembered::of(&log).unwrap()), without);
    }

    #[test]
    fn of_a_line_of_another_kind_that_was_erased_after_its_index_was_made_a_start_hears_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("access");
        let log = open(&root).unwrap();
        let link = lines().into_iter().find(|entry| entry.what == What::Action(Action::MakeLink));
        let event = Event::of(Happening::SignIn, Outcome::Done, at(999));
        let fillers = (0..SEGMENT).map(|_| entry(&event));
        let sent: Vec<_> = link.into_iter().chain(fillers).map(|entry| log.sent(&entry)).collect();
        sent.into_iter().for_each(|one| assert!(one.blocking_recv().unwrap().is_ok()));
        drop(log);
        drop(open(&root).unwrap());
        let log = open(&root).unwrap();
        let by_index = || format!("{:?}", crate::Remembered::of(&log).unwrap().links);
        let before = by_index();
        log.erase_blocking(300, ReasonCode::Legal, at(999)).unwrap();
        assert_eq!(by_index(), before, "the index says of which kind it was not");
        // By its line alone it may have been anything: what ended the link.
        let every = format!("{:?}", by_every_line(&root).links);
        assert!(every.contains("revoked: true") && !before.contains("revoked: true"));
    }
}

//! What information governance looks through: what was opened in haste and is not judged, and what is out of the ordinary. It names
//! the hospital's people, and patients by their reference alone.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use axum::extract::State;
use axum::response::Html;
use gauze_people::EntryId;
use gauze_people::action::{Action, act};
use gauze_people::governance::{Finding, Noticed, Watch};
use gauze_people::haste::Broken;
use gauze_people::log::{Entry, Outcome, What, read_newest};
use gauze_people::person::PersonId;
use gauze_people::subject::{PatientRef, Subject};
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use super::gate::broken;
use super::{Desk, leaks, words, words::governance as told};
use crate::access;
use crate::coded::Coded as _;
use crate::outside::OutsideError;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;
use crate::web::words::roles::change;

pub(super) const PAGE: &str = "/governance";
/// How far back it reads.
const BACK: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Different patients within an hour from which on somebody is shown: more than a ward round.
const MANY: usize = 30;
/// Entries that are shown of one finding.
const SHOWN: usize = 20;

type Names = BTreeMap<String, String>;
/// Entries by their numbers.
type Entries = BTreeMap<u64, Entry>;

/// What people tell each other of an entry: it names nobody.
pub(super) fn short(entry: &EntryId) -> &str {
    entry.as_str().get(..8).unwrap_or(entry.as_str())
}

pub(super) async fn page(State(desk): State<Desk>, signed: Signed) -> Result<Html<String>, Refusal> {
    desk.logged(&signed, act::ReadLog, &Subject::Hospital).await?;
    let entries = desk.read_back(desk.web.now() - BACK).await?;
    let found = desk.out_of_the_ordinary(&entries).await?;
    let (waiting, open): (Vec<Broken>, Vec<Broken>) = {
        let hastes = desk.hastes();
        (hastes.unreviewed().into_iter().cloned().collect(), hastes.investigated().cloned().collect())
    };
    let people = waiting.iter().chain(&open).map(|one| one.by.0.clone());
    let people = people.chain(found.iter().map(|noticed| noticed.who.0.clone()));
    let changed = entries.values().filter(|entry| changes_role(entry));
    let people = people.chain(changed.flat_map(by_and_whom)).collect();
    let names = desk.folk.staff(people).await.map_err(|error| broken(&error))?;
    let body = html! {
        p { (told::LEAD) }
        section aria-labelledby="hastes" {
            h2 id="hastes" { (told::HASTES) }
            @if waiting.is_empty() { p.note { (told::NO_HASTES) } }
            ul.cards { @for one in &waiting { li { (in_haste(one, &names, Some(desk.web.now()))) } } }
            @if waiting.iter().any(|one| desk.may(&signed, Action::ReviewBreakGlass, &one.subject())) {
                p.actions { a.button.main href="/hastes" { (told::JUDGE) } }
            }
        }
        @if !open.is_empty() {
            section aria-labelledby="open" {
                h2 id="open" { (told::OPEN) }
                ul.cards { @for one in &open { li { (in_haste(one, &names, None)) } } }
            }
        }
        (desk.witnesses()?)
        @if desk.may_fresh(&signed, Action::FindMark, &Subject::Hospital) {
            p.actions { a.button href=(leaks::PAGE) { (leaks::TITLE) } }
        }
        section aria-labelledby="roles" {
            h2 id="roles" { (told::ROLES) }
            @if !entries.values().any(changes_role) { p.note { (told::NO_ROLES) } }
            ul.cards { @for (line, entry) in entries.iter().rev().filter(|(_, entry)| changes_role(entry)).take(SHOWN) {
                li { (desk.role_change(*line, entry, &names)) }
            } }
        }
        section aria-labelledby="found" {
            h2 id="found" { (told::FOUND) }
            p.hint { (told::ACCUSES_NOBODY) }
            @if found.is_empty() { p.note { (told::NOTHING) } }
            ul.cards { @for noticed in &found { li { (card(noticed, &names, &entries)) } } }
        }
    };
    Ok(layout::page(&Frame::signed(told::TITLE, &signed, PAGE), &body))
}

impl Desk {
    /// What the log holds since then.
    pub(super) async fn read_back(&self, since: Timestamp) -> Result<Entries, Refusal> {
        let root = self.log_root.clone();
        let read = move || {
            let mut entries = Entries::new();
            let read = read_newest(&root, |kept| match kept.entry {
                Some(entry) if entry.at < since => ControlFlow::Break(()),
                Some(entry) => {
                    entries.insert(kept.index, entry);
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Continue(()),
            });
            read.map(|()| entries)
        };
        let read = self.reading().work(read).await.map_err(|_| Refusal::Broken("governance"))?;
        read.map_err(|error| {
            tracing::error!(code = error.code(), %error, "the access log cannot be read");
            Refusal::Broken("log")
        })
    }

    /// What is out of the ordinary among entries, newest first.
    async fn out_of_the_ordinary(&self, entries: &Entries) -> Result<Vec<Noticed>, Refusal> {
        let about = |entry: &Entry| entry.about.as_ref().and_then(|about| about.patient.clone());
        let patients: BTreeSet<PatientRef> = entries.values().filter_map(about).collect();
        let people: BTreeSet<PersonId> = entries.values().filter_map(|entry| entry.who.clone()).collect();
        let related = self.folk.related(people, patients).await.map_err(|error| broken(&error))?;
        let mut watch = Watch::new(MANY);
        for (index, entry) in entries {
            watch.see(*index, entry, &related);
        }
        Ok(watch.findings().into_iter().cloned().collect())
    }

    /// Who outside this machine has signed for how much of the log.
    fn witnesses(&self) -> Result<Markup, Refusal> {
        let lines = self.log.size();
        let cosigned = access::cosigned(&self.data, &self.log.public_keys()).map_err(|error| {
            tracing::error!(code = error.code(), "{}", error.line());
            Refusal::Broken("log")
        })?;
        let outside = self.outside.as_ref().map(|witness| (witness.name().to_owned(), witness.standing()));
        let refuses =
            |error: &OutsideError| if error.is_alarm() { told::OTHER_HISTORY } else { told::UNHEARD };
        Ok(html! {
            section aria-labelledby="witnesses" {
                h2 id="witnesses" { (told::WITNESSES) }
                p.hint { (told::WITNESSES_LEAD) }
                dl {
                    dt { (told::GATEWAY) }
                    dd { (signed_for(cosigned.map_or(0, |checkpoint| checkpoint.size), lines)) }
                    @if let Some((name, standing)) = &outside {
                        dt { (told::OUTSIDE) }
                        dd {
                            (name) ". " (signed_for(standing.size, lines))
                            @if let Some(at) = standing.at { " " (told::LAST) " " (layout::time(at)) "." }
                            @if let Some(error) = &standing.trouble {
                                p { span.state.danger { (refuses(error)) } " " (told::unsigned(error)) }
                            }
                        }
                    } @else {
                        dt { (told::OUTSIDE) }
                        dd { (told::NO_OUTSIDE) }
                    }
                }
            }
        })
    }

    /// What a lead and governance are told of what waits for their judgement, by references that name nobody.
    pub(super) fn notice(&self, signed: &Signed) -> Markup {
        let waiting: Vec<Broken> = self.hastes().unreviewed().into_iter().cloned().collect();
        let mine: Vec<&Broken> =
            waiting.iter().filter(|one| self.may(signed, Action::ReviewBreakGlass, &one.subject())).collect();
        let late = mine.iter().any(|one| one.late(self.web.now()));
        let references: Vec<&str> = mine.iter().map(|one| short(&one.entry)).collect();
        html! {
            @if !mine.is_empty() {
                p.note role="status" {
                    @if late { span.state.danger { (words::hastes::LATE) } " " }
                    (told::WAITS) " " (references.join(", ")) ". "
                    a href="/hastes" { (told::JUDGE) }
                }
            }
        }
    }
}

fn signed_for(size: u64, lines: u64) -> String {
    match lines.saturating_sub(size) {
        0 => format!("{} {lines}.", told::ALL_SIGNED),
        behind => format!("{} {size} {} {lines}: {behind} {}", told::SIGNED, told::OF, told::BEHIND),
    }
}

fn changes_role(entry: &Entry) -> bool {
    entry.what == What::Action(Action::ChangeRole)
}

/// Who changed something, and whose.
fn by_and_whom(entry: &Entry) -> impl Iterator<Item = String> {
    let by = entry.who.as_ref().map(|who| who.0.clone());
    by.into_iter().chain(entry.about.as_ref().and_then(|about| about.id.clone()))
}

impl Desk {
    /// Who changed whose role, as its line notes it, and why.
    fn role_change(&self, line: u64, entry: &Entry, names: &Names) -> Markup {
        let called = |id: &String| names.get(id).cloned().unwrap_or_else(|| id.clone());
        let mut both = by_and_whom(entry).map(|id| called(&id));
        let (by, whom) = (both.next().unwrap_or_default(), both.next().unwrap_or_default());
        html! {
            h3 { (by) }
            p {
                (layout::time(entry.at)) ", " (told::LINE) " " (line)
                @if entry.outcome == Outcome::Refused { " " span.state.warning { (words::looks::REFUSED) } }
            }
            dl {
                dt { (told::WHOM) } dd { (whom) }
                @if let Some(note) = &entry.note { dt { (told::CHANGE) } dd { (change(note.as_str())) } }
                @if let Some(why) = self.why(entry) { dt { (words::haste::WORDS) } dd.free { (why) } }
            }
        }
    }

    fn why(&self, entry: &Entry) -> Option<String> {
        let sealed = entry.reason.as_ref()?.sealed_words.as_ref()?;
        let badge = self.folk.badge(entry.about.as_ref()?.id.as_ref()?);
        self.folk.open_words(&badge, sealed)
    }
}

fn name<'a>(who: &PersonId, names: &'a Names) -> &'a str {
    names.get(&who.0).map_or(words::looks::UNNAMED, String::as_str)
}

/// One that was opened in haste; without `now` it is judged, and somebody looks into it further.
fn in_haste(one: &Broken, names: &Names, now: Option<Timestamp>) -> Markup {
    html! {
        h3 { (name(&one.by, names)) }
        p {
            (layout::time(one.opened_at)) " "
            @match now {
                Some(now) if one.late(now) => { span.state.danger { (words::hastes::LATE) } }
                Some(_) => { (words::hastes::DUE) " " (layout::time(one.due())) }
                None => { span.state.warning { (words::hastes::INVESTIGATE) } }
            }
        }
        dl {
            dt { (told::REFERENCE) } dd { code { (short(&one.entry)) } }
            dt { (words::haste::WHY) } dd { (one.reason.as_ref().map_or(words::NOT_SAID, |why| words::reason(why.code))) }
            dt { (words::hastes::LOOKS) } dd { (one.looks) }
        }
    }
}

fn finding(finding: Finding) -> &'static str {
    match finding {
        Finding::OwnRecord => told::OWN,
        Finding::SameFamilyName => told::FAMILY,
        Finding::Colleague => told::COLLEAGUE,
        Finding::ManyPatients => told::MANY,
    }
}

fn card(noticed: &Noticed, names: &Names, entries: &Entries) -> Markup {
    let shown = noticed.entries.iter().rev().take(SHOWN);
    html! {
        h3 { (finding(noticed.finding)) }
        p { strong { (name(&noticed.who, names)) } " " code { (noticed.who.short()) } }
        @if noticed.finding == Finding::ManyPatients { p { (told::PATIENTS) " " (noticed.patients.len()) } }
        @else {
            p { (told::PATIENT) @for patient in &noticed.patients { " " code { (patient.0.get(..8).unwrap_or(&patient.0)) } } }
        }
        div.scroll {
            table {
                thead { tr {
                    @for head in [told::LINE, words::looks::WHEN, words::looks::WHAT] { th scope="col" { (head) } }
                } }
                tbody {
                    @for (index, entry) in shown.filter_map(|index| Some((index, entries.get(index)?))) { tr {
                        td { (index) } td { (layout::time(entry.at)) }
                        td { @if let What::Action(action) = entry.what { (words::action(action)) } }
                    } }
                }
            }
        }
        @if noticed.entries.len() > SHOWN { p.hint { (told::CUT) " " (noticed.entries.len()) "." } }
    }
}

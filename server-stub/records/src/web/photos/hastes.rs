//! What was opened in haste by others, and waits for somebody's judgement.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::{Html, Redirect};
use gauze_people::action::{Action, act};
use gauze_people::haste::{Broken, Verdict, reviewing};
use gauze_people::log::{Event, Happening, Outcome};
use gauze_people::person::Role;
use gauze_people::{Authorised, EntryId};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use super::gate::{broken, unwritten};
use super::{Desk, Inner, governance, words};
use crate::blind::Blind;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

const VERDICTS: [(Verdict, &str, &str); 3] = [
    (Verdict::Justified, "justified", words::hastes::JUSTIFIED),
    (Verdict::NotJustified, "not_justified", words::hastes::NOT_JUSTIFIED),
    (Verdict::Investigate, "investigate", words::hastes::INVESTIGATE),
];

/// Says in the program's log, once for each and again after a start, what nobody judged in time. It names nobody.
pub(super) fn watch(inner: &Inner, now: Timestamp) {
    let late = inner.parts.hastes_now().newly_late(now);
    for entry in late {
        tracing::warn!(
            code = "haste_late",
            reference = governance::short(&entry),
            "nobody has judged a break-glass within 72 hours: look at the page Break-glass"
        );
    }
}

/// The oldest first, so that what is late is first of all. Reasons are read here: that is written.
pub(super) async fn list(State(desk): State<Desk>, signed: Signed) -> Result<Html<String>, Refusal> {
    let person = &signed.acting.person;
    if person.leads.is_empty() && !person.roles.contains(&Role::Governance) {
        return Err(desk.nowhere(&signed).await);
    }
    let event = Event::of(Happening::Request, Outcome::Done, desk.web.now()).by(&signed.acting);
    desk.log.note(&event).await.map_err(|error| unwritten(&error))?;
    let waiting: Vec<Broken> = desk.hastes().unreviewed().into_iter().cloned().collect();
    let waiting: Vec<Broken> = waiting
        .into_iter()
        .filter(|broken| desk.may(&signed, Action::ReviewBreakGlass, &broken.subject()))
        .collect();
    let people: BTreeSet<String> = waiting.iter().map(|broken| broken.by.0.clone()).collect();
    let names = desk.folk.staff(people).await.map_err(|error| broken(&error))?;
    let body = html! {
        p { (words::hastes::LEAD) }
        @if waiting.is_empty() { p.note { (words::hastes::NONE) } }
        ul.cards { @for one in &waiting { li { (desk.card(&signed, one, &names)) } } }
    };
    Ok(layout::page(&Frame::signed(words::hastes::TITLE, &signed, "/hastes"), &body))
}

#[derive(Deserialize)]
pub(super) struct Judged {
    entry: String,
    verdict: Verdict,
}

/// The line is written first, with its verdict.
pub(super) async fn judge(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Judged>,
) -> Result<Redirect, Refusal> {
    let entry = EntryId::try_from(value.entry).ok();
    let found = entry.and_then(|entry| desk.hastes().get(&entry).cloned());
    let Some(found) = found else { return Err(desk.nowhere(&signed).await) };
    let authorised = desk.allowed(&signed, act::ReviewBreakGlass, &found.subject(), None).await?;
    let judging = tokio::spawn(async move { desk.judged(authorised, value.verdict).await });
    judging.await.map_err(|_| Refusal::Broken("hastes"))??;
    Ok(Redirect::to("/hastes"))
}

impl Desk {
    async fn judged(
        &self,
        authorised: Authorised<act::ReviewBreakGlass>,
        verdict: Verdict,
    ) -> Result<(), Refusal> {
        let logged = self.write(reviewing(authorised, verdict)).await?;
        self.hastes_now().review(&logged, verdict);
        Ok(())
    }

    fn card(&self, signed: &Signed, one: &Broken, names: &BTreeMap<String, String>) -> Markup {
        let who = names.get(&one.by.0).map_or(words::looks::UNNAMED, String::as_str);
        let teams: Vec<String> = one.teams.iter().map(|team| self.team_word(Some(&team.0))).collect();
        html! {
            h3 { (who) }
            p {
                (layout::time(one.opened_at)) " "
                @if one.late(self.web.now()) { span.state.danger { (words::hastes::LATE) } }
                @else { (words::hastes::DUE) " " (layout::time(one.due())) }
            }
            dl {
                dt { (words::governance::REFERENCE) } dd { code { (governance::short(&one.entry)) } }
                dt { (words::haste::WHY) } dd { (one.reason.as_ref().map_or(words::NOT_SAID, |why| words::reason(why.code))) }
                dt { (words::haste::WORDS) } dd.free { (self.words_of(one).as_deref().unwrap_or(words::NOT_KNOWN)) }
                dt { (words::search::TEAMS) } dd { (if teams.is_empty() { words::NO_TEAM.to_owned() } else { teams.join(", ") }) }
                dt { (words::hastes::LOOKS) } dd { (one.looks) }
            }
            form method="post" action="/hastes" {
                (signed.field())
                input type="hidden" name="entry" value=(one.entry.as_str());
                p.actions {
                    @for (_, value, word) in VERDICTS {
                        button type="submit" name="verdict" value=(value) { (word) } " "
                    }
                }
            }
        }
    }

    /// Why, in words; nothing where they were sealed by another identity.
    fn words_of(&self, one: &Broken) -> Option<String> {
        let sealed = one.reason.as_ref()?.sealed_words.as_ref()?;
        let patient: Blind = one.patient.0.parse().ok()?;
        self.folk.open_words(&patient, sealed)
    }
}

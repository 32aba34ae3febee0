//! Who has which role, by the hospital account and by what was given here.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::Html;
use gauze_people::action::Action;
use gauze_people::person::{Person, PersonId, Role, Team};
use gauze_people::roles::Grant;
use jiff::Timestamp;
use maud::{Markup, html};

use super::Desk;
use super::gate::broken;
use crate::coded::Coded as _;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;
use crate::web::words::roles as told;

pub(super) const PAGE: &str = "/people/roles";

/// One person of the page.
#[derive(Default)]
struct Somebody {
    name: Option<String>,
    /// As their account says, while they are signed in.
    account: Option<Person>,
    given: Vec<Grant>,
}

pub(super) async fn page(State(desk): State<Desk>, signed: Signed) -> Result<Html<String>, Refusal> {
    desk.web.opens(&signed, Action::ChangeRole).await?;
    let now = desk.web.now();
    let mut people: BTreeMap<PersonId, Somebody> = BTreeMap::new();
    for grant in desk.grants(now)?.into_iter().filter(|grant| !grant.ended(now)) {
        people.entry(grant.person.clone()).or_default().given.push(grant);
    }
    for session in desk.web.sessions().all(now) {
        let person = session.person;
        let somebody = people.entry(person.id.clone()).or_default();
        somebody.account = Some(person);
    }
    let ids = people.keys().map(|id| id.0.clone()).collect();
    let mut names = desk.folk.staff(ids).await.map_err(|error| broken(&error))?;
    for (id, somebody) in &mut people {
        let account = somebody.account.as_ref().map(|person| person.name.clone());
        somebody.name = account.or_else(|| names.remove(&id.0));
    }
    let body = html! {
        p { (told::LEAD) }
        p.actions { a.button.main href="/people/roles/give" { (told::GIVE) } }
        @if people.is_empty() { p.note { (told::NOBODY) } }
        ul.cards { @for (id, somebody) in &people { li { (desk.somebody(&signed, id, somebody)) } } }
    };
    Ok(layout::page(&Frame::signed(told::TITLE, &signed, PAGE), &body))
}

impl Desk {
    /// What was given here.
    pub(super) fn grants(&self, at: Timestamp) -> Result<Vec<Grant>, Refusal> {
        let listed = self.web.roster().listed(at).map_err(|error| {
            tracing::error!(code = error.code(), %error, "the list of roles cannot be read");
            Refusal::RolesUnknown
        })?;
        Ok(listed.all().to_vec())
    }

    fn somebody(&self, signed: &Signed, id: &PersonId, somebody: &Somebody) -> Markup {
        let may = self.web.may_towards(signed, Action::ChangeRole, id);
        html! {
            h3 { (somebody.name.as_deref().unwrap_or(super::words::looks::UNNAMED)) }
            dl {
                dt { (told::ID) } dd { code { (id.0) } }
                dt { (told::ACCOUNT) } dd {
                    @match &somebody.account {
                        Some(person) => { (self.account(person)) }
                        None => { (told::NOT_SIGNED_IN) }
                    }
                }
                @for grant in &somebody.given {
                    dt { (told::HERE) } dd {
                        (told::role(grant.role)) @if !grant.teams.is_empty() { ": " (self.named(&grant.teams)) } ", "
                        @if let Some(from) = grant.not_before { (told::FROM) " " (layout::time(from)) " " }
                        @match grant.not_after {
                            Some(until) => { (told::UNTIL) " " (layout::time(until)) }
                            None => { (told::ALWAYS) }
                        }
                        @if may { (self.ways_out(grant)) }
                    }
                }
            }
            @if may { p.actions { a.button href={ "/people/roles/give?person=" (id.0) } { (told::GIVE) } } }
        }
    }

    fn named(&self, teams: &BTreeSet<Team>) -> String {
        teams.iter().map(|team| self.team_word(Some(&team.0))).collect::<Vec<_>>().join(", ")
    }

    fn account(&self, person: &Person) -> String {
        let of = |role: &Role| match role {
            Role::Viewer => format!("{}: {}", told::role(*role), self.named(&person.teams)),
            Role::Lead => format!("{}: {}", told::role(*role), self.named(&person.leads)),
            role => told::role(*role).to_owned(),
        };
        let all: Vec<String> = person.roles.iter().map(of).collect();
        if all.is_empty() { told::NONE.to_owned() } else { all.join("; ") }
    }

    /// A way to take it away, of each team.
    fn ways_out(&self, grant: &Grant) -> Markup {
        let teams: Vec<Option<&Team>> =
            if grant.teams.is_empty() { vec![None] } else { grant.teams.iter().map(Some).collect() };
        html! {
            @for team in teams {
                p {
                    a href=(way_out(grant, team)) {
                        (told::TAKE) ": " (told::role(grant.role))
                        @if let Some(team) = team { ", " (self.team_word(Some(&team.0))) }
                    }
                }
            }
        }
    }
}

fn way_out(grant: &Grant, team: Option<&Team>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("person", &grant.person.0).append_pair("role", grant.role.word());
    if let Some(team) = team {
        query.append_pair("team", &team.0);
    }
    format!("/people/roles/take?{}", query.finish())
}

//! Giving a role and taking one away: a fresh proof, a reason, and a line before it counts.

use std::collections::BTreeSet;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use gauze_people::Note;
use gauze_people::action::{Action, act};
use gauze_people::context::{Context, Purpose, Reason, ReasonCode};
use gauze_people::person::{PersonId, Role, Team};
use gauze_people::roles::{Grant, GrantsError};
use gauze_people::subject::Subject;
use gauze_wire::{Name, Text};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use maud::{Markup, html};
use serde::Deserialize;

use super::filled::lines;
use super::gate::broken;
use super::{Desk, roles::PAGE};
use crate::coded::Coded as _;
use crate::versions::Governing;
use crate::web::Change;
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::{Signed, with_next};
use crate::web::words::roles as told;

/// What was filled in. No `Debug`: the reason may name anybody.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Filled {
    person: String,
    role: String,
    team: String,
    teams: String,
    from: String,
    until: String,
    reason: String,
}

/// A change, and what its line notes of it.
struct Meant {
    person: PersonId,
    change: Change,
    note: String,
}

fn role(word: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.word() == word)
}

/// A day's first moment in this machine's zone; `None` where nothing was entered.
fn begins(day: &str, later: i64) -> Result<Option<Timestamp>, &'static str> {
    if day.trim().is_empty() {
        return Ok(None);
    }
    let date: Date = day.trim().parse().map_err(|_| told::BAD_DATES)?;
    let date = date.checked_add(later.days()).map_err(|_| told::BAD_DATES)?;
    let at = TimeZone::system().to_timestamp(date.at(0, 0, 0, 0)).map_err(|_| told::BAD_DATES)?;
    Ok(Some(at))
}

/// A team's code as a line notes it: lower case, and `_` for what no note holds.
fn noted(code: &str) -> String {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    code.to_lowercase().chars().map(|c| if fits(c) { c } else { '_' }).collect()
}

impl Filled {
    fn person(&self) -> Result<PersonId, &'static str> {
        PersonId::typed(&self.person).ok_or(told::BAD_ID)
    }

    /// A role that holds as it stands, or what is wrong with it.
    fn giving(&self) -> Result<Meant, &'static str> {
        let (person, role) = (self.person()?, role(&self.role).ok_or(told::BAD_ROLE)?);
        let lines = self.teams.lines().map(str::trim).filter(|line| !line.is_empty());
        let codes: Result<BTreeSet<Name>, _> = lines.map(str::parse).collect();
        let codes = codes.map_err(|_| told::BAD_TEAMS)?;
        let teams: BTreeSet<Team> = codes.iter().map(|code| Team(code.to_string())).collect();
        let (not_before, not_after) = (begins(&self.from, 0)?, begins(&self.until, 1)?);
        let grant = Grant { person: person.clone(), role, teams, not_before, not_after, taken: false };
        grant.check().map_err(|error| match error {
            GrantsError::Teams(_) => told::BAD_TEAMS,
            _ => told::BAD_DATES,
        })?;
        let codes: String = codes.iter().map(|code| format!(":{}", noted(code.as_str()))).collect();
        let day = |day: &str| if day.trim().is_empty() { "-".to_owned() } else { day.trim().to_owned() };
        let note = format!("give:{role}{codes}/{}/{}", day(&self.from), day(&self.until));
        Ok(Meant { person, change: Change::Give(grant), note })
    }

    fn taking(&self) -> Result<Meant, &'static str> {
        let (person, role) = (self.person()?, role(&self.role).ok_or(told::BAD_ROLE)?);
        let team = (!self.team.is_empty()).then(|| Team(self.team.clone()));
        let note = match &team {
            Some(team) => format!("take:{role}:{}", noted(&team.0)),
            None => format!("take:{role}"),
        };
        Ok(Meant { person: person.clone(), change: Change::Take { person, role, team }, note })
    }

    fn query(&self, page: &str) -> String {
        let pairs = [("person", &self.person), ("role", &self.role), ("team", &self.team)];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs.into_iter().filter(|(_, value)| !value.is_empty()));
        format!("{page}?{}", query.finish())
    }
}

const GIVE: &str = "/people/roles/give";
const TAKE: &str = "/people/roles/take";

pub(super) async fn give(
    State(desk): State<Desk>,
    Query(filled): Query<Filled>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    desk.changes_roles(&signed, &filled.query(GIVE)).await?;
    desk.give_page(&signed, &filled, None)
}

pub(super) async fn take(
    State(desk): State<Desk>,
    Query(filled): Query<Filled>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    desk.changes_roles(&signed, &filled.query(TAKE)).await?;
    desk.take_page(&signed, &filled, None).await
}

pub(super) async fn given(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    desk.gave(&signed, &value).await.map_err(|refusal| refusal.keeping(&value.reason))
}

pub(super) async fn taken(
    State(desk): State<Desk>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    desk.took(&signed, &value).await.map_err(|refusal| refusal.keeping(&value.reason))
}

impl Desk {
    async fn gave(&self, signed: &Signed, value: &Filled) -> Result<Response, Refusal> {
        self.changes_roles(signed, &value.query(GIVE)).await?;
        match self.changed(signed, value.giving(), &value.reason).await? {
            Ok(()) => Ok(Redirect::to(PAGE).into_response()),
            Err(trouble) => {
                let page = self.give_page(signed, value, Some(trouble))?;
                Ok((StatusCode::BAD_REQUEST, page).into_response())
            }
        }
    }

    async fn took(&self, signed: &Signed, value: &Filled) -> Result<Response, Refusal> {
        self.changes_roles(signed, &value.query(TAKE)).await?;
        match self.changed(signed, value.taking(), &value.reason).await? {
            Ok(()) => Ok(Redirect::to(PAGE).into_response()),
            Err(trouble) => {
                let page = self.take_page(signed, value, Some(trouble)).await?;
                Ok((StatusCode::BAD_REQUEST, page).into_response())
            }
        }
    }

    /// Whoever may change no role is refused, and that is written; an old proof is renewed first, and leads back to `page`.
    async fn changes_roles(&self, signed: &Signed, page: &str) -> Result<(), Refusal> {
        self.web.opens(signed, Action::ChangeRole).await?;
        if signed.acting.is_fresh(self.web.now()) {
            Ok(())
        } else {
            Err(Refusal::ProveAgain { at: with_next("/prove-again", page) })
        }
    }

    /// Changes somebody's roles once the line is written; or what was filled in amiss.
    async fn changed(
        &self,
        signed: &Signed,
        meant: Result<Meant, &'static str>,
        reason: &str,
    ) -> Result<Result<(), &'static str>, Refusal> {
        let Meant { person, change, note } = match meant {
            Ok(meant) => meant,
            Err(trouble) => return Ok(Err(trouble)),
        };
        let typed: Result<Text<512>, _> = Text::new(lines(reason));
        let Ok(typed) = typed else { return Ok(Err(told::NO_REASON)) };
        let Ok(note) = Note::new(note) else { return Ok(Err(told::BAD_TEAMS)) };
        let badge = self.folk.badge(&person.0);
        let sealed = self.folk.seal_words(&badge, typed.as_str()).map_err(|error| broken(&error))?;
        let context = Context {
            purpose: Purpose::Administration,
            reason: Some(Reason { code: ReasonCode::Other, sealed_words: Some(sealed) }),
            ..Context::care(self.web.now())
        };
        // Whoever asked may go: what is in the log is done.
        let (desk, signed) = (self.clone(), signed.clone());
        let work = async move {
            let _deciding = desk.deciding().await;
            let person = Subject::Person(person);
            let authorised = desk.web.allowed(&signed, act::ChangeRole, &person, &context).await?;
            let logged = desk.write(authorised.noting(note)).await?;
            let roster = desk.web.roster().clone();
            let written = tokio::task::spawn_blocking(move || roster.change(&logged, change)).await;
            written.map_err(|_| Refusal::Broken("roles"))?.map_err(|error| {
                tracing::error!(code = error.code(), %error, "a role is in the log, and the list of roles was not written");
                Refusal::Broken("roles")
            })?;
            desk.keep_version(Governing::Roles, context.at).await;
            Ok::<_, Refusal>(())
        };
        tokio::spawn(work).await.map_err(|_| Refusal::Broken("roles"))?.map(Ok)
    }

    /// Codes that the policy, the hospital's accounts or the list name.
    fn known_teams(&self) -> Result<String, Refusal> {
        let listed = self.lists.teams.iter().map(|team| team.code.to_string());
        let given = self.grants(self.web.now())?.into_iter().flat_map(|grant| grant.teams);
        let known: BTreeSet<String> = listed.chain(given.map(|team| team.0)).collect();
        Ok(known.into_iter().collect::<Vec<_>>().join(", "))
    }

    fn give_page(
        &self,
        signed: &Signed,
        filled: &Filled,
        trouble: Option<&str>,
    ) -> Result<Html<String>, Refusal> {
        let hint = format!("{} {}.", told::TEAMS_HINT, self.known_teams()?);
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            p { (told::GIVE_LEAD) }
            form method="post" action=(GIVE) autocomplete="off" {
                (signed.field())
                (Field::new("person", told::WHO, 256, &filled.person).hint(told::WHO_HINT).optional().line())
                div.field {
                    label for="role" { (told::ROLE) }
                    select id="role" name="role" {
                        @for role in Role::ALL {
                            option value=(role) selected[role.word() == filled.role] { (told::role(role)) }
                        }
                    }
                }
                (Field::new("teams", told::TEAMS, 2048, &filled.teams).hint(&hint).optional().area(2))
                (Field::new("from", told::FROM_DAY, 10, &filled.from).optional().day())
                (Field::new("until", told::UNTIL_DAY, 10, &filled.until).optional().day())
                (why(filled))
                p.actions { button.main type="submit" { (told::GIVE) } " " a.button href=(PAGE) { (told::TITLE) } }
            }
        };
        Ok(layout::page(&Frame::signed(told::GIVE, signed, PAGE), &body))
    }

    async fn take_page(
        &self,
        signed: &Signed,
        filled: &Filled,
        trouble: Option<&str>,
    ) -> Result<Html<String>, Refusal> {
        let (Ok(person), Some(role)) = (filled.person(), role(&filled.role)) else {
            return Err(self.nowhere(signed).await);
        };
        let names = self.folk.staff([person.0.clone()].into()).await.map_err(|error| broken(&error))?;
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            p { (told::TAKE_LEAD) }
            dl {
                dt { (told::WHO) } dd {
                    @if let Some(name) = names.get(&person.0) { (name) " " }
                    code { (person.0) }
                }
                dt { (told::ROLE) } dd { (told::role(role)) }
                @if !filled.team.is_empty() { dt { (told::TEAMS) } dd { (self.team_word(Some(&filled.team))) } }
            }
            form method="post" action=(TAKE) autocomplete="off" {
                (signed.field())
                @for (name, value) in [("person", &filled.person), ("role", &filled.role), ("team", &filled.team)] {
                    input type="hidden" name=(name) value=(value);
                }
                (why(filled))
                p.actions { button.irreversible type="submit" { (told::TAKE) } " " a.button href=(PAGE) { (told::TITLE) } }
            }
        };
        Ok(layout::page(&Frame::signed(told::TAKE_TITLE, signed, PAGE), &body))
    }
}

fn why(filled: &Filled) -> Markup {
    Field::new("reason", told::REASON, 512, &filled.reason).hint(told::REASON_HINT).area(3)
}

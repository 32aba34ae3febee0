//! A patient's photos: grouped by body site and wound, along time.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::response::Html;
use gauze_people::action::{Action, act};
use maud::{Markup, html};

use super::gate::{broken, patient as subject};
use super::haste::red;
use super::{Desk, parts, words};
use crate::blind::Blind;
use crate::folk::Found;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Photos of one patient that are shown.
const MOST: u32 = 500;

/// The time line. Photos that this person's roles do not show are left out, and that is said.
pub(super) async fn timeline(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let Ok(patient) = address.parse::<Blind>() else { return Err(desk.nowhere(&signed).await) };
    let all = desk.folk.of_patient(&patient, MOST).await.map_err(|error| broken(&error))?;
    if all.is_empty() {
        return Err(desk.nowhere(&signed).await);
    }
    // Of all their photos, also of those that are not shown here.
    let teams = desk.folk.teams_of(&patient).await.map_err(|error| broken(&error))?;
    let about = subject(&patient, teams);
    let logged = desk.logged(&signed, act::List, &about).await?;
    let looks = desk.may(&signed, Action::WhoLooked, &about);
    let (count, cut) = (all.len(), all.len() == MOST as usize);
    let shown: Vec<Found> =
        all.into_iter().filter(|found| desk.may(&signed, Action::View, &found.subject())).collect();
    let hidden = shown.len() < count;
    let body = html! {
        @if differ(&shown) { p.trouble role="alert" { (words::patient::DIFFER) } }
        @if hidden {
            p.note { (words::patient::HIDDEN) }
            p { a.button href={ "/patients/" (patient) "/haste" } { (words::haste::TITLE) } }
        }
        @if cut { p.note { (words::patient::CUT) } }
        form method="get" action="/compare" {
            @if shown.len() > 1 { (compare_bar()) }
            @for (at, (heading, wounds)) in grouped(&shown).into_iter().enumerate() {
                (site(&desk, at, &heading, &wounds, shown.len() > 1)?)
            }
        }
        @if looks { p { a href={ "/patients/" (patient) "/looks" } { (words::patient::LOOKED) } } }
    };
    let known = shown.iter().find_map(|found| found.label.patient.as_ref());
    let banner =
        Some(html! { (red(logged.context().haste.as_ref())) (parts::banner(known, desk.web.now())) });
    let frame = Frame { banner, ..Frame::signed(words::patient::TITLE, &signed, "/search") };
    Ok(layout::page(&frame, &body))
}

fn compare_bar() -> Markup {
    html! {
        div.bar {
            p.hint { (words::patient::COMPARE_HINT) }
            button type="submit" { (words::patient::COMPARE) }
        }
    }
}

type Wounds<'a> = BTreeMap<Option<String>, Vec<&'a Found>>;

/// By body site, then by wound; sites and photos newest first, since that is how they come.
fn grouped(shown: &[Found]) -> Vec<(String, Wounds<'_>)> {
    let mut sites: Vec<(String, Wounds<'_>)> = Vec::new();
    for found in shown {
        let heading = parts::site(found.label.site.as_ref());
        let wound = found.label.wound.as_ref().map(ToString::to_string);
        let at = sites.iter().position(|(known, _)| *known == heading).unwrap_or_else(|| {
            sites.push((heading, Wounds::new()));
            sites.len() - 1
        });
        sites[at].1.entry(wound).or_default().push(found);
    }
    sites
}

fn site(desk: &Desk, at: usize, heading: &str, wounds: &Wounds<'_>, choose: bool) -> Result<Markup, Refusal> {
    let id = format!("site-{at}");
    Ok(html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (heading) }
            @for (wound, photos) in wounds {
                @if wounds.len() > 1 {
                    p.wound { (if wound.is_some() { words::patient::WOUND } else { words::patient::NO_WOUND }) }
                }
                ol.timeline {
                    @for found in photos {
                        li {
                            (parts::card(found, &desk.taker(found)?, &desk.team_word(found.team.as_deref()), false, desk.web.now()))
                            @if choose { (choice(found)) }
                        }
                    }
                }
            }
        }
    })
}

fn choice(found: &Found) -> Markup {
    html! {
        fieldset.choice {
            legend.unseen { (words::patient::COMPARE) }
            @for (name, label) in [("first", words::patient::FIRST), ("second", words::patient::SECOND)] {
                label { input type="radio" name=(name) value=(found.handle); " " (label) }
            }
        }
    }
}

/// Whether the same number stands beside different people.
fn differ(shown: &[Found]) -> bool {
    let mut people = shown
        .iter()
        .filter_map(|found| found.label.patient.as_ref())
        .map(|patient| (patient.family.as_str().to_lowercase(), patient.dob.date()));
    let first = people.next();
    people.any(|other| Some(other) != first)
}

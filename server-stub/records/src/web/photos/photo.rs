//! One photo: the picture, whom and what it shows, and the ways to what is known of it.

use axum::extract::{Path, State};
use axum::response::Html;
use gauze_people::Logged;
use gauze_people::action::{Act, Action, act};
use gauze_signin::phones::Taker;
use maud::{Markup, html};

use super::gate::{broken, patient as of_patient};
use super::haste::red;
use super::line::Line;
use super::parts::Way;
use super::{Desk, parts, taker, words};
use crate::blind::Blind;
use crate::folk::{Found, Opening};
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

const WAYS: [Way; 8] = [
    (Action::View, "record", words::photo::RECORD),
    (Action::ViewUnmarked, "unmarked", words::photo::UNMARKED),
    (Action::Proof, "proof", words::photo::PROOF),
    (Action::WhoLooked, "looks", words::photo::LOOKED),
    (Action::Amend, "amend", words::photo::AMEND),
    (Action::Export, "export", words::photo::EXPORT),
    (Action::MakeLink, "link", words::photo::LINK),
    (Action::ProposeErasure, "keeping", words::photo::KEEPING),
];

/// The page of one photo: one line of the log.
pub(super) async fn page(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    let logged = desk.logged(&signed, act::View, &found.subject()).await?;
    let opening = Opening::of(&logged).ok_or(Refusal::Broken("opening"))?;
    let stage = desk.stage(&signed, &found, opening, purpose(&logged))?;
    let taker = desk.taker(&found)?;
    let line_of = desk.patient_of(&signed, &found).await?;
    let body = html! {
        (stage)
        (controls(false))
        p.hint { (words::photo::MARKED) }
        (facts(&desk, &found, &taker))
        (ways(&desk, &signed, &found, line_of.as_ref()))
    };
    let patient = parts::banner(found.label.patient.as_ref(), desk.web.now());
    let banner = Some(html! { (red(logged.context().haste.as_ref())) (patient) });
    let script = Some("/viewer.js");
    let frame = Frame { banner, script, ..Frame::signed(words::photo::TITLE, &signed, "/photos") };
    Ok(layout::page(&frame, &body))
}

impl Desk {
    /// Somebody of its own team has seen the picture: the photo is no longer new.
    pub(super) async fn looked(&self, signed: &Signed, found: &Found) -> Result<(), Refusal> {
        let person = &signed.acting.person;
        let own = match &found.team {
            Some(team) => person.teams.iter().chain(&person.leads).any(|known| known.0 == *team),
            None => true,
        };
        if own { self.folk.seen(found).await.map_err(|error| broken(&error)) } else { Ok(()) }
    }

    /// The photo's patient, where this person may open their time line.
    pub(super) async fn patient_of(&self, signed: &Signed, found: &Found) -> Result<Option<Blind>, Refusal> {
        let Some(patient) = found.patient else { return Ok(None) };
        let teams = self.folk.teams_of(&patient).await.map_err(|error| broken(&error))?;
        Ok(self.may(signed, Action::List, &of_patient(&patient, teams)).then_some(patient))
    }

    /// A picture on a page. Without a script it is one image; with it, a canvas that zooms.
    pub(super) fn stage(
        &self,
        signed: &Signed,
        found: &Found,
        opening: Opening,
        purpose: &str,
    ) -> Result<Markup, Refusal> {
        let (now, person) = (self.web.now(), &signed.acting.person);
        let line = Line::of((&person.name, &person.id.0), opening.line(), (purpose, purpose), now);
        let shown = self.showings().begin(&signed.acting.session, found.clone(), opening, line.clone(), now);
        let shown = shown.map_err(|error| broken(&error))?;
        Ok(figure(found, &format!("/shown/{shown}"), &line))
    }
}

/// A picture at the address of its pictures, with what stands below it.
pub(super) fn figure(found: &Found, pictures: &str, line: &Line) -> Markup {
    html! {
        figure.stage data-pictures=(pictures) data-shown=[pictures.strip_prefix("/shown/")] data-failed=(words::photo::FAILED) data-undrawn=(words::photo::UNDRAWN) {
            img src={ (pictures) "?screen=1600" } alt=(alt(found)) draggable="false";
            figcaption {
                (caption(found, line))
                p.hint hidden data-coarse="" { (words::photo::COARSE) }
            }
        }
    }
}

/// What is read out in place of a picture.
pub(super) fn alt(found: &Found) -> String {
    let site = parts::site(found.label.site.as_ref());
    format!("{} {site}. {}", words::photo::ALT_OF, words::photo::ALT)
}

/// What a picture shows, and its visible line.
pub(super) fn caption(found: &Found, line: &Line) -> Markup {
    html! {
        (parts::site(found.label.site.as_ref())) " · " (words::TAKEN) " " (layout::time(found.taken))
        span.line { (line.told()) }
    }
}

/// What it is looked at for, as its line of the log says.
pub(super) fn purpose<A: Act>(logged: &Logged<A>) -> &'static str {
    if logged.context().haste.is_some() { words::photo::IN_HASTE } else { words::photo::FOR_CARE }
}

/// Buttons for what keys do too; a script shows them.
pub(super) fn controls(two: bool) -> Markup {
    let buttons = [
        ("in", words::photo::ZOOM_IN),
        ("out", words::photo::ZOOM_OUT),
        ("fit", words::photo::FIT),
        ("exact", words::photo::EXACT),
    ];
    html! {
        div.controls hidden data-two=[two.then_some("")] {
            @for (act, label) in buttons { button type="button" data-do=(act) { (label) } }
            p.hint { (words::photo::KEYS) }
            p.unseen role="status" data-told="" {}
        }
    }
}

fn facts(desk: &Desk, found: &Found, taker: &Taker) -> Markup {
    let label = &found.label;
    html! {
        section aria-labelledby="facts" {
            h2 id="facts" { (words::photo::FACTS) }
            dl {
                dt { (words::photo::SITE) } dd { (parts::site(label.site.as_ref())) }
                dt { (words::photo::FRAMING) } dd { (label.view.map_or(words::NOT_SAID, words::framing)) }
                dt { (words::TAKEN) } dd { (layout::time(found.taken)) }
                dt { (words::BY) } dd { (taker::full(taker)) }
                dt { (words::photo::TEAM) } dd { (desk.team_word(found.team.as_deref())) }
                dt { (words::photo::REFERENCE) } dd { code { (found.capture_id) } }
                @if found.held { dt { (words::photo::KEPT) } dd { span.state.warning { (words::photo::HELD) } } }
                @if label.damaged {
                    dt { (words::AMENDED) }
                    dd { p.trouble { (words::DAMAGED_MEANS) } }
                } @else if found.amended > 0 {
                    dt { (words::AMENDED) }
                    dd { a href={ "/photos/" (found.handle) "/record" } { (words::record::AMENDMENTS) } }
                }
            }
        }
    }
}

fn ways(desk: &Desk, signed: &Signed, found: &Found, patient: Option<&Blind>) -> Markup {
    let subject = found.subject();
    html! {
        nav.more aria-label=(words::photo::PAGES) {
            @if let Some(patient) = patient {
                a.button href={ "/patients/" (patient) } { (words::photo::PATIENT) }
            }
            @for (action, page, word) in WAYS {
                @if desk.may_fresh(signed, action, &subject) {
                    a.button href={ "/photos/" (found.handle) "/" (page) } { (word) }
                }
            }
        }
    }
}

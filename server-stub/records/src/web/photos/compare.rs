//! Two photos of one patient, side by side or one over the other.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Html;
use gauze_people::Logged;
use gauze_people::action::act;
use maud::{Markup, html};
use serde::Deserialize;

use super::haste::red;
use super::photo::{controls, purpose};
use super::{Desk, parts, words};
use crate::folk::{Found, Opening};
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

#[derive(Deserialize)]
pub(super) struct Two {
    #[serde(default)]
    first: String,
    #[serde(default)]
    second: String,
}

/// Each of the two has its line before either is shown.
pub(super) async fn page(
    State(desk): State<Desk>,
    Query(two): Query<Two>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    if two.first.is_empty() || two.second.is_empty() || two.first == two.second {
        return Err(choose(words::compare::CHOOSE));
    }
    let first = desk.photo(&signed, &two.first).await?;
    let second = desk.photo(&signed, &two.second).await?;
    let leave = (desk.leave(&signed, &first).await?, desk.leave(&signed, &second).await?);
    if first.patient.is_none() || first.patient != second.patient {
        return Err(choose(words::compare::OTHERS));
    }
    let stages = [desk.one_of_two(&signed, &first, &leave.0)?, desk.one_of_two(&signed, &second, &leave.1)?];
    let patient = desk.patient_of(&signed, &first).await?;
    let body = html! {
        fieldset.how hidden data-how="" {
            legend { (words::compare::HOW) }
            label { input type="radio" name="how" value="beside" checked; " " (words::compare::BESIDE) }
            label { input type="radio" name="how" value="over"; " " (words::compare::OVER) }
        }
        div.two { @for stage in &stages { (stage) } }
        div.slider hidden {
            label for="cover" { (words::compare::SLIDER) }
            input type="range" id="cover" min="0" max="100" value="50";
        }
        (controls(true))
        p.hint { (words::photo::MARKED) }
        @if let Some(patient) = &patient {
            p { a href={ "/patients/" (patient) } { (words::compare::BACK) } }
        }
    };
    let haste = leave.0.context().haste.as_ref().or(leave.1.context().haste.as_ref());
    let known = parts::banner(first.label.patient.as_ref(), desk.web.now());
    let banner = Some(html! { (red(haste)) (known) });
    let script = Some("/viewer.js");
    let frame = Frame { banner, script, ..Frame::signed(words::compare::TITLE, &signed, "/search") };
    Ok(layout::page(&frame, &body))
}

fn choose(message: &str) -> Refusal {
    Refusal::Told {
        status: StatusCode::BAD_REQUEST,
        code: "two_photos",
        message: message.to_owned(),
        next: ("/photos", words::lists::TITLE),
    }
}

impl Desk {
    /// Leave to look at one of the two.
    async fn leave(&self, signed: &Signed, found: &Found) -> Result<Logged<act::Compare>, Refusal> {
        self.logged(signed, act::Compare, &found.subject()).await
    }

    fn one_of_two(
        &self,
        signed: &Signed,
        found: &Found,
        leave: &Logged<act::Compare>,
    ) -> Result<Markup, Refusal> {
        let opening = Opening::of(leave).ok_or(Refusal::Broken("opening"))?;
        self.stage(signed, found, opening, purpose(leave))
    }
}

//! A photo without its invisible mark, on the screen of whoever reads a diagnosis in it.
//!
//! Always: its line is written before there is anything to show, and nothing else lets a picture leave without a mark; it is shown
//! whole and once, to the session that asked; there are no tiles of it, no copy and no link.

mod words;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gauze_people::Logged;
use gauze_people::action::act;
use gauze_people::context::{Reason, ReasonCode};
use gauze_wire::Text;
use maud::{Markup, html};
use serde::Deserialize;

use super::filled::lines;
use super::gate::broken;
use super::line::Line;
use super::photo::{alt, caption};
use super::reason::reasons;
use super::showing::Once;
use super::{Desk, parts, pixels, words as general};
use crate::folk::Found;
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Why somebody may ask.
const CODES: [ReasonCode; 3] = [ReasonCode::Diagnosis, ReasonCode::Consultation, ReasonCode::Other];

/// What was filled in. No `Debug`: it may name a patient.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Filled {
    code: Option<ReasonCode>,
    words: String,
}

pub(super) async fn form(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.unmarkable(&signed, &address).await?;
    desk.unmarked_form(&signed, &found, &Filled::default(), None).await
}

pub(super) async fn show(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    desk.show_unmarked(&signed, &address, &value).await.map_err(|refusal| refusal.keeping(&value.words))
}

/// The picture itself, while its session may still see it so: a role that was taken away since counts.
pub(super) async fn picture(
    State(desk): State<Desk>,
    Path(name): Path<String>,
    signed: Signed,
) -> Result<Response, Refusal> {
    let once = desk.showings().take(&name, &signed.acting.session, desk.web.now());
    let Some(once) = once else { return Err(desk.nowhere(&signed).await) };
    let found = once.found.clone();
    desk.admits(&signed, act::ViewUnmarked, &found.subject(), ReasonCode::Diagnosis).await?;
    let answer = pixels::bare(&desk, once).await?;
    desk.looked(&signed, &found).await?;
    Ok(answer)
}

impl Desk {
    /// The photo, to whoever may see it without its mark and has proven the second factor lately.
    async fn unmarkable(&self, signed: &Signed, address: &str) -> Result<Found, Refusal> {
        let found = self.photo(signed, address).await?;
        signed.fresh_for(&self.web, &format!("/photos/{}/unmarked", found.handle))?;
        self.admits(signed, act::ViewUnmarked, &found.subject(), ReasonCode::Diagnosis).await?;
        Ok(found)
    }

    /// The form shows whose photo it is: that is a look.
    async fn unmarked_form(
        &self,
        signed: &Signed,
        found: &Found,
        filled: &Filled,
        trouble: Option<&str>,
    ) -> Result<Html<String>, Refusal> {
        self.logged(signed, act::View, &found.subject()).await?;
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            p { (words::LEAD) }
            p { (words::TERMS) }
            form method="post" action={ "/photos/" (found.handle) "/unmarked" } autocomplete="off" {
                (signed.field())
                (reasons((words::WHY, "code"), &CODES, filled.code, general::reason))
                (Field::new("words", words::WORDS, 512, &filled.words).hint(words::WORDS_HINT).area(3))
                p.actions {
                    button.main type="submit" { (words::SHOW) }
                    " " a.button href={ "/photos/" (found.handle) } { (words::BACK) }
                }
            }
        };
        Ok(self.unmarked_frame(signed, found, &body))
    }

    async fn show_unmarked(
        &self,
        signed: &Signed,
        address: &str,
        value: &Filled,
    ) -> Result<Response, Refusal> {
        let found = self.unmarkable(signed, address).await?;
        let typed: Option<Text<512>> = Text::new(lines(&value.words)).ok();
        let (Some(code), Some(typed)) = (value.code.filter(|code| CODES.contains(code)), typed) else {
            let page = self.unmarked_form(signed, &found, value, Some(words::MISSING)).await?;
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        };
        let sealed = self.folk.seal_words(&found.handle, typed.as_str()).map_err(|error| broken(&error))?;
        let reason = Reason { code, sealed_words: Some(sealed) };
        let authorised = self.allowed(signed, act::ViewUnmarked, &found.subject(), Some(reason)).await?;
        let logged = self.write(authorised).await?;
        Ok(self.unmarked_page(signed, &found, code, logged)?.into_response())
    }

    fn unmarked_page(
        &self,
        signed: &Signed,
        found: &Found,
        code: ReasonCode,
        logged: Logged<act::ViewUnmarked>,
    ) -> Result<Html<String>, Refusal> {
        let (now, acting) = (self.web.now(), &signed.acting);
        let why = format!("{} ({})", words::NO_MARK, general::reason(code));
        let reader = (&*acting.person.name, &*acting.person.id.0);
        let line = Line::of(reader, logged.line().index, (&why, &why), now);
        let once = Once::new(&acting.session, found.clone(), (logged, line.clone()), now);
        let name = self.showings().begin_once(once).map_err(|error| broken(&error))?;
        let body = html! {
            p.note { strong { (words::BARE) } " " (general::reason(code)) ". " (words::ON_SCREEN) }
            figure.stage.bare {
                img src={ "/unmarked/" (name) } alt=(alt(found)) draggable="false";
                figcaption { (caption(found, &line)) }
            }
            p.hint { (words::ONCE) }
            p.actions {
                a.button href={ "/photos/" (found.handle) "/unmarked" } { (words::AGAIN) }
                " " a.button href={ "/photos/" (found.handle) } { (words::BACK) }
            }
        };
        Ok(self.unmarked_frame(signed, found, &body))
    }

    fn unmarked_frame(&self, signed: &Signed, found: &Found, body: &Markup) -> Html<String> {
        let banner = Some(parts::banner(found.label.patient.as_ref(), self.web.now()));
        layout::page(&Frame { banner, ..Frame::signed(words::TITLE, signed, "/photos") }, body)
    }
}

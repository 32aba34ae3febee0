//! Making a link: for whom, why, for how long; and the page that shows address and code once.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_people::action::act;
use gauze_people::context::{Reason, ReasonCode};
use gauze_people::links::{Terms, making};
use gauze_people::{Authorised, Sealed};
use gauze_wire::Text;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Readings, words};
use crate::entropy::random;
use crate::folk::Found;
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::photos::filled::lines;
use crate::web::photos::gate::broken;
use crate::web::photos::haste::word;
use crate::web::photos::{Desk, parts};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// Why a photo may be shown outside.
const CODES: [ReasonCode; 5] = [
    ReasonCode::Consultation,
    ReasonCode::Handover,
    ReasonCode::PatientRequest,
    ReasonCode::Legal,
    ReasonCode::Other,
];

/// What was filled in. No `Debug`: it may name a patient.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(in crate::web::photos) struct Filled {
    reader: String,
    code: Option<ReasonCode>,
    words: String,
    days: String,
    views: String,
    copy: Option<String>,
}

/// A field for a number, with the most that the hospital allows.
fn number(name: &str, label: &str, most: u16, filled: &str) -> Markup {
    let filled = if filled.is_empty() { "1" } else { filled };
    Field::new(name, label, 3, filled).hint(&words::most(most)).numeric().line()
}

/// What is shown once.
struct Made {
    reader: String,
    address: String,
    code: String,
    terms: Terms,
}

impl Desk {
    /// The photo, to whoever may make a link to it and has proven the second factor lately.
    async fn linkable(&self, signed: &Signed, address: &str) -> Result<Found, Refusal> {
        let found = self.photo(signed, address).await?;
        signed.fresh_for(&self.web, &format!("/photos/{}/link", found.handle))?;
        self.admits(signed, act::MakeLink, &found.subject(), ReasonCode::Other).await?;
        Ok(found)
    }

    /// The line is written first; what it opens is known to every request that comes after the answer.
    async fn link(&self, authorised: Authorised<act::MakeLink>, terms: Terms) -> Result<(), Refusal> {
        let authorised = making(authorised, &terms).map_err(|_| Refusal::Broken("link"))?;
        let logged = self.write(authorised).await?;
        self.links_now().made(&logged, terms);
        Ok(())
    }

    /// The form shows the patient: that is a look.
    async fn link_form(
        &self,
        signed: &Signed,
        found: &Found,
        filled: &Filled,
        trouble: Option<&str>,
    ) -> Result<Html<String>, Refusal> {
        self.logged(signed, act::View, &found.subject()).await?;
        let most = &self.web.people().links;
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            p { (words::LEAD) }
            p.hint { (parts::site(found.label.site.as_ref())) " · " (layout::time(found.taken)) }
            form method="post" action={ "/photos/" (found.handle) "/link" } autocomplete="off" {
                (signed.field())
                (Field::new("reader", words::READER, 100, &filled.reader).hint(words::READER_HINT).line())
                fieldset.ticks {
                    legend { (words::WHY) }
                    @for code in CODES {
                        label {
                            input type="radio" name="code" value=(word(code)) required checked[filled.code == Some(code)];
                            " " (words::why(code))
                        }
                    }
                }
                (Field::new("words", words::WORDS, 512, &filled.words).hint(words::WORDS_HINT).area(3))
                (number("days", words::DAYS, most.days, &filled.days))
                (number("views", words::VIEWS, most.views, &filled.views))
                div.ticks {
                    label {
                        input type="checkbox" name="copy" value="yes" checked[filled.copy.is_some()];
                        " " (words::COPY)
                    }
                    p.hint { (words::COPY_HINT) }
                }
                p.actions {
                    button.main type="submit" { (words::SUBMIT) }
                    " " a.button href={ "/photos/" (found.handle) } { (words::BACK) }
                }
            }
        };
        let banner = Some(parts::banner(found.label.patient.as_ref(), self.web.now()));
        let frame = Frame { banner, ..Frame::signed(words::TITLE, signed, "/links") };
        Ok(layout::page(&frame, &body))
    }

    fn link_made(&self, signed: &Signed, found: &Found, made: &Made) -> Html<String> {
        let ends = self.web.now() + jiff::SignedDuration::from_hours(24 * i64::from(made.terms.days));
        let ends = ends.to_zoned_datetime(TimeZone::system()).strftime("%d-%b-%Y %H:%M");
        let times =
            if made.terms.views == 1 { "once".to_owned() } else { format!("{} times", made.terms.views) };
        let text = format!(
            "{} shows you a clinical photo.\nOpen this address:\n{}/link/{}\nIt opens {times}, until {ends}, with a code that you are told by another way.",
            signed.acting.person.name,
            self.web.links_origin(),
            made.address,
        );
        let body = html! {
            p { (words::SEND) " " strong { (made.reader) } "." }
            div.field {
                label for="text" { (words::TEXT) }
                textarea id="text" rows="9" readonly { "\n" (text) }
            }
            h2 { (words::CODE) }
            p.code { (made.code) }
            p { (words::CODE_MEANS) }
            p.note { (words::ONCE) }
            nav.more aria-label=(words::ALL) {
                a.button href="/links" { (words::ALL) }
                a.button href={ "/photos/" (found.handle) } { (words::BACK) }
            }
        };
        let banner = Some(parts::banner(found.label.patient.as_ref(), self.web.now()));
        let frame = Frame { banner, ..Frame::signed(words::MADE, signed, "/links") };
        layout::page(&frame, &body)
    }
}

pub(in crate::web::photos) async fn form(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.linkable(&signed, &address).await?;
    desk.link_form(&signed, &found, &Filled::default(), None).await
}

pub(in crate::web::photos) async fn make(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    let typed = || format!("{}\n{}", value.reader, value.words);
    desk.make_link(&signed, &address, &value).await.map_err(|refusal| refusal.keeping(&typed()))
}

impl Desk {
    async fn make_link(&self, signed: &Signed, address: &str, value: &Filled) -> Result<Response, Refusal> {
        let found = self.linkable(signed, address).await?;
        let Some((made, reason)) = self.filled_link(&found, value)? else {
            let page = self.link_form(signed, &found, value, Some(words::MISSING)).await?;
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        };
        let authorised = self.allowed(signed, act::MakeLink, &found.subject(), Some(reason)).await?;
        let (own, terms) = (self.clone(), made.terms.clone());
        // Whoever asked may go: what is in the log is known here too.
        let linking = tokio::spawn(async move { own.link(authorised, terms).await });
        linking.await.map_err(|_| Refusal::Broken("link"))??;
        Ok(self.link_made(signed, &found, &made).into_response())
    }

    /// What is to be made; nothing where something is missing or more than the hospital allows.
    fn filled_link(&self, found: &Found, value: &Filled) -> Result<Option<(Made, Reason)>, Refusal> {
        let reader = value.reader.trim();
        let reader: Option<Text<100>> = Text::new(reader).ok().filter(|_| !reader.contains(['\n', '\r']));
        let why: Option<Text<512>> = Text::new(lines(&value.words)).ok();
        let most = &self.web.people().links;
        let days = value.days.trim().parse().ok().filter(|days| (1..=most.days).contains(days));
        let views = value.views.trim().parse().ok().filter(|views| (1..=most.views).contains(views));
        let code = value.code.filter(|code| CODES.contains(code));
        let (Some(reader), Some(why), Some(days), Some(views), Some(reason)) =
            (reader, why, days, views, code)
        else {
            return Ok(None);
        };
        let address = Readings::secret().map_err(|_| Refusal::Broken("entropy"))?;
        let number = u64::from_be_bytes(random().map_err(|_| Refusal::Broken("entropy"))?) % 100_000_000;
        let code = format!("{number:08}");
        let words = format!("{}\n{}", reader.as_str(), why.as_str());
        let sealed = self.folk.seal_words(&found.handle, &words).map_err(|error| broken(&error))?;
        let sealed = Sealed::new(BASE64_URL_SAFE_NO_PAD.encode(sealed)).map_err(|_| Refusal::Unreadable)?;
        let terms = Terms {
            days,
            views,
            copy: value.copy.is_some(),
            photo: found.handle.to_string(),
            address: self.folk.link_address(&address).to_string(),
            code: self.folk.link_code(&address, &code).to_string(),
        };
        let (first, second) = code.split_at(4);
        let code = format!("{first} {second}");
        let made = Made { reader: reader.as_str().to_owned(), address, code, terms };
        Ok(Some((made, Reason { code: reason, sealed_words: Some(sealed) })))
    }
}

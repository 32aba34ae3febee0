//! Making a link: for whom, why, for how long; and the page that shows address and code once.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use gauze_people::action::act;
use gauze_people::context::{Reason, ReasonCode};
use gauze_people::links::{Terms, making};
use gauze_people::log::{About, Event, Happening, Outcome};
use gauze_people::{Authorised, Note};
use gauze_wire::Text;
use jiff::tz::TimeZone;
use lettre::address::AddressError;
use lettre::message::Mailbox;
use maud::{Markup, html};
use serde::Deserialize;

use super::{Readings, words};
use crate::coded::Coded as _;
use crate::entropy::random;
use crate::folk::Found;
use crate::mail::MailError;
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::photos::filled::lines;
use crate::web::photos::gate::broken;
use crate::web::photos::reason::reasons;
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

/// Letters of an e-mail address (RFC 5321, 4.5.3.1.3).
const MAIL: usize = 254;

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
    mail: String,
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
    mail: Option<Mailbox>,
}

/// What became of the mail.
enum Mailed {
    Taken,
    Refused,
    /// It may have been taken.
    Silent,
}

impl Desk {
    /// The photo, to whoever may make a link to it and has proven the second factor lately.
    async fn linkable(&self, signed: &Signed, address: &str) -> Result<Found, Refusal> {
        let found = self.photo(signed, address).await?;
        signed.fresh_for(&self.web, &format!("/photos/{}/link", found.handle))?;
        self.admits(signed, act::MakeLink, &found.subject(), ReasonCode::Other).await?;
        Ok(found)
    }

    /// Mails the text to whom it is for, and writes a line about that. Who waits for the page is told what became of it.
    async fn mail_link(&self, signed: &Signed, found: &Found, to: &Mailbox, text: &str) -> Option<Mailed> {
        let mailer = self.mail.as_ref()?;
        let (mailed, outcome) = match mailer.send_at_once(to, (words::MAIL_SUBJECT, text)).await {
            Ok(()) => (Mailed::Taken, Outcome::Done),
            Err(error) => {
                tracing::error!(code = error.code(), "{}", error.line());
                let silent = matches!(error, MailError::Silent);
                (if silent { Mailed::Silent } else { Mailed::Refused }, Outcome::Refused)
            }
        };
        let event = Event::of(Happening::Mail, outcome, self.web.now());
        let about = About::of(&found.subject());
        let event = Event {
            who: Some(signed.acting.person.id.clone()),
            about: Some(about),
            note: Note::new("link").ok(),
            ..event
        };
        if let Err(error) = self.log.note(&event).await {
            tracing::error!(code = error.code(), %error, "a line about a mail is missing");
        }
        Some(mailed)
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
                (reasons((words::WHY, "code"), &CODES, filled.code, words::why))
                (Field::new("words", words::WORDS, 512, &filled.words).hint(words::WORDS_HINT).area(3))
                @if self.mail.is_some() {
                    (Field::new("mail", words::MAIL, MAIL, &filled.mail).hint(words::MAIL_HINT).line())
                }
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

    /// What the reader is sent.
    fn text(&self, signed: &Signed, made: &Made) -> String {
        let ends = self.web.now() + jiff::SignedDuration::from_hours(24 * i64::from(made.terms.days));
        let ends = ends.to_zoned_datetime(TimeZone::system()).strftime("%d-%b-%Y %H:%M");
        let times =
            if made.terms.views == 1 { "once".to_owned() } else { format!("{} times", made.terms.views) };
        format!(
            "{} shows you a clinical photo.\nOpen this address:\n{}/link/{}\nIt opens {times}, until {ends}, with a code that you are told by another way.",
            signed.acting.person.name,
            self.web.links_origin(),
            made.address,
        )
    }

    fn link_made(
        &self,
        (signed, found): (&Signed, &Found),
        made: &Made,
        (text, mailed): (&str, Option<Mailed>),
    ) -> Html<String> {
        let label = if matches!(mailed, Some(Mailed::Taken)) { words::MAILED_TEXT } else { words::TEXT };
        let body = html! {
            @match (mailed, &made.mail) {
                (Some(Mailed::Taken), Some(to)) => p { (words::MAILED) " " strong { (to.email) } "." },
                (Some(Mailed::Refused), _) => p.trouble role="alert" { (words::NOT_MAILED) },
                (Some(Mailed::Silent), _) => p.trouble role="alert" { (words::PERHAPS_MAILED) },
                (None, _) | (_, None) => p { (words::SEND) " " strong { (made.reader) } "." },
            }
            div.field {
                label for="text" { (label) }
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

/// Where mail goes; nowhere where nothing was entered.
fn mailbox(typed: &str) -> Result<Option<Mailbox>, AddressError> {
    let typed = typed.trim();
    if typed.is_empty() { Ok(None) } else { Ok(Some(Mailbox::new(None, typed.parse()?))) }
}

impl Desk {
    async fn make_link(&self, signed: &Signed, address: &str, value: &Filled) -> Result<Response, Refusal> {
        let found = self.linkable(signed, address).await?;
        let filled = match mailbox(&value.mail) {
            Err(_) => Err(words::MAIL_WRONG),
            Ok(mail) => self.filled_link(&found, value, mail)?.ok_or(words::MISSING),
        };
        let (made, reason) = match filled {
            Ok(filled) => filled,
            Err(trouble) => {
                let page = self.link_form(signed, &found, value, Some(trouble)).await?;
                return Ok((StatusCode::BAD_REQUEST, page).into_response());
            }
        };
        let authorised = self.allowed(signed, act::MakeLink, &found.subject(), Some(reason)).await?;
        let text = self.text(signed, &made);
        let (own, by, photo, terms) = (self.clone(), signed.clone(), found.clone(), made.terms.clone());
        let (mail, said) = (made.mail.clone(), text.clone());
        // Whoever asked may go: what is in the log is known here too.
        let linking = tokio::spawn(async move {
            own.link(authorised, terms).await?;
            let Some(to) = mail else { return Ok(None) };
            Ok::<_, Refusal>(own.mail_link(&by, &photo, &to, &said).await)
        });
        let mailed = linking.await.map_err(|_| Refusal::Broken("link"))??;
        Ok(self.link_made((signed, &found), &made, (&text, mailed)).into_response())
    }

    /// What is to be made; nothing where something is missing or more than the hospital allows.
    fn filled_link(
        &self,
        found: &Found,
        value: &Filled,
        mail: Option<Mailbox>,
    ) -> Result<Option<(Made, Reason)>, Refusal> {
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
        let to = mail.as_ref().map_or_else(String::new, |to| format!("\n{} {}", words::MAILS_TO, to.email));
        let words = format!("{}\n{}{to}", reader.as_str(), why.as_str());
        let sealed = self.folk.seal_words(&found.handle, &words).map_err(|error| broken(&error))?;
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
        let made = Made { reader: reader.as_str().to_owned(), address, code, terms, mail };
        Ok(Some((made, Reason { code: reason, sealed_words: Some(sealed) })))
    }
}

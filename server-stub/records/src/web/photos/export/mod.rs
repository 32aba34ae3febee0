//! A copy leaves the hospital: for a court, for teaching, for a second opinion.
//!
//! Always: what the record's consent does not cover is refused with the record's own words; the line is written and under a
//! checkpoint before the copy is made; a picture is marked with that line; an original leaves sealed to the receiver's key alone.

mod archive;
mod words;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse as _, Response};
use gauze_people::action::act;
use gauze_people::context::{Reason, ReasonCode};
use gauze_people::log::{About, Event, Happening, Outcome, prove};
use gauze_people::{Logged, Note};
use gauze_seal::age::{Recipient, Recipients};
use gauze_wire::{Consent, ConsentScope, Text};
use maud::{Markup, html};
use serde::Deserialize;

use super::filled::lines;
use super::gate::{broken, unwritten};
use super::line::Line;
use super::links::words::why;
use super::reason::reasons;
use super::{Desk, parts, pixels, record};
use crate::folk::{Found, Opening};
use crate::web::field::Field;
use crate::web::form::OwnForm;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;
use archive::{Files, Form, Leaving};

const PURPOSES: [ReasonCode; 6] = [
    ReasonCode::Consultation,
    ReasonCode::Legal,
    ReasonCode::Teaching,
    ReasonCode::Publication,
    ReasonCode::PatientRequest,
    ReasonCode::Other,
];

/// What was filled in. No `Debug`: it may name a patient.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Filled {
    purpose: Option<ReasonCode>,
    receiver: String,
    words: String,
    form: Option<Form>,
    key: String,
}

/// What leaves, as it was asked for. No `Debug`: it may name a patient.
struct Wanted {
    purpose: ReasonCode,
    receiver: Text<100>,
    words: Text<512>,
    form: Form,
    recipients: Option<Recipients>,
}

impl Filled {
    fn wanted(&self) -> Result<Wanted, &'static str> {
        let receiver = self.receiver.trim();
        let receiver = Text::new(receiver).ok().filter(|_| !receiver.contains(['\n', '\r']));
        let purpose = self.purpose.filter(|purpose| PURPOSES.contains(purpose));
        let words = Text::new(lines(&self.words)).ok();
        let (Some(purpose), Some(receiver), Some(words), Some(form)) = (purpose, receiver, words, self.form)
        else {
            return Err(words::MISSING);
        };
        let recipients = match form {
            Form::Picture => None,
            Form::Sealed => {
                let key: Recipient = self.key.trim().parse().map_err(|_| words::KEY_WRONG)?;
                Some(Recipients::new([key]).map_err(|_| words::KEY_WRONG)?)
            }
        };
        Ok(Wanted { purpose, receiver, words, form, recipients })
    }
}

/// What the record's consent lacks for a purpose, in words; nothing where it need not say anything.
fn lacks(purpose: ReasonCode, consent: Option<&Consent>) -> Option<&'static str> {
    let (scope, lack) = match purpose {
        ReasonCode::Teaching => (ConsentScope::Teaching, words::NEEDS_TEACHING),
        ReasonCode::Publication => (ConsentScope::Publication, words::NEEDS_PUBLICATION),
        _ => return None,
    };
    let given = consent.is_some_and(|consent| consent.withdrawn.is_none() && consent.scopes.contains(&scope));
    (!given).then_some(lack)
}

impl Desk {
    /// The photo, to whoever may take a copy out and has proven the second factor lately.
    async fn exportable(&self, signed: &Signed, address: &str) -> Result<Found, Refusal> {
        let found = self.photo(signed, address).await?;
        signed.fresh_for(&self.web, &format!("/photos/{}/export", found.handle))?;
        self.admits(signed, act::Export, &found.subject(), ReasonCode::Other).await?;
        Ok(found)
    }

    /// The form shows the patient and what they consented to: that is a look.
    async fn export_form(
        &self,
        signed: &Signed,
        found: &Found,
        filled: &Filled,
        trouble: Option<Markup>,
    ) -> Result<Html<String>, Refusal> {
        self.logged(signed, act::View, &found.subject()).await?;
        let consent = self.folk.consent(found).await.map_err(|error| broken(&error))?;
        let form = |form: Form, label: &str, hint: &str| {
            html! {
                label {
                    input type="radio" name="form" value=(form.word()) required checked[filled.form == Some(form)];
                    " " (label)
                }
                p.hint { (hint) }
            }
        };
        let body = html! {
            @if let Some(trouble) = trouble { p.trouble role="alert" { (trouble) } }
            p { (words::LEAD) }
            dl { dt { (words::CONSENT) } dd { (record::consent(consent.as_ref())) } }
            form method="post" action={ "/photos/" (found.handle) "/export" } autocomplete="off" {
                (signed.field())
                (reasons((words::PURPOSE, "purpose"), &PURPOSES, filled.purpose, why))
                (Field::new("receiver", words::RECEIVER, 100, &filled.receiver).hint(words::RECEIVER_HINT).line())
                (Field::new("words", words::WORDS, 512, &filled.words).hint(words::WORDS_HINT).area(3))
                fieldset.ticks {
                    legend { (words::FORM) }
                    (form(Form::Picture, words::PICTURE, words::PICTURE_HINT))
                    (form(Form::Sealed, words::SEALED, words::SEALED_HINT))
                }
                (Field::new("key", words::KEY, 4096, &filled.key).hint(words::KEY_HINT).optional().line())
                p.actions {
                    button.irreversible type="submit" { (words::SUBMIT) }
                    " " a.button href={ "/photos/" (found.handle) } { (words::BACK) }
                }
            }
        };
        let banner = Some(parts::banner(found.label.patient.as_ref(), self.web.now()));
        let frame = Frame { banner, ..Frame::signed(words::TITLE, signed, "/photos") };
        Ok(layout::page(&frame, &body))
    }

    /// That the consent does not cover it is written down.
    async fn unconsented(&self, signed: &Signed, found: &Found) -> Result<(), Refusal> {
        let event = Event::of(Happening::Request, Outcome::Refused, self.web.now()).by(&signed.acting);
        let about = Some(About::of(&found.subject()));
        let event = Event { about, note: Note::new("export_without_consent").ok(), ..event };
        self.log.note(&event).await.map(drop).map_err(|error| unwritten(&error))
    }

    /// The line, with whom it is for and why sealed in it, under a checkpoint.
    async fn leaving(
        &self,
        signed: &Signed,
        found: &Found,
        wanted: &Wanted,
    ) -> Result<Logged<act::Export>, Refusal> {
        let words = format!("{}\n{}", wanted.receiver.as_str(), wanted.words.as_str());
        let sealed = self.folk.seal_words(&found.handle, &words).map_err(|error| broken(&error))?;
        let reason = Reason { code: wanted.purpose, sealed_words: Some(sealed) };
        let authorised = self.allowed(signed, act::Export, &found.subject(), Some(reason)).await?;
        let keys = wanted.recipients.iter().flat_map(Recipients::key_ids);
        let note: Vec<String> = std::iter::once(wanted.form.word().to_owned()).chain(keys).collect();
        let note = Note::new(note.join("/")).map_err(|_| Refusal::Broken("note"))?;
        let logged = self.write(authorised.noting(note)).await?;
        self.log.checkpoint().await.map_err(|error| unwritten(&error))?;
        Ok(logged)
    }

    async fn copied(
        &self,
        signed: &Signed,
        found: &Found,
        wanted: &Wanted,
        opening: Opening,
    ) -> Result<Vec<u8>, Refusal> {
        if let Some(recipients) = wanted.recipients.clone() {
            let reseal =
                self.folk.reseal(found, &opening, recipients).await.map_err(|error| broken(&error))?;
            let sealed = self.reading().work(reseal).await.map_err(|_| Refusal::Broken("export"))?;
            return sealed.map_err(|error| broken(&error));
        }
        let (now, acting) = (self.web.now(), &signed.acting);
        let why = why(wanted.purpose);
        let purpose = format!("{} ({why})", wanted.receiver.as_str());
        let reader = (&*acting.person.name, &*acting.person.id.0);
        let line = Line::of(reader, opening.line(), (&purpose, why), now);
        let showing = self.showings().begin(&acting.session, found.clone(), opening, line, now);
        let showing = showing.map_err(|error| broken(&error))?;
        let showing = self.showings().of(&showing, &acting.session, now).ok_or(Refusal::Broken("export"))?;
        pixels::copy(self, &showing).await
    }

    async fn pack(
        &self,
        found: &Found,
        wanted: Wanted,
        logged: &Logged<act::Export>,
        photo: Vec<u8>,
    ) -> Result<Vec<u8>, Refusal> {
        let papers = self.folk.papers(found, logged).await.map_err(|error| broken(&error))?;
        let (line, keys) = (logged.line().index, self.log.public_keys());
        let (root, own) = (self.log_root.clone(), keys.clone());
        let proof = self.reading().work(move || prove(&root, &own, line)).await;
        let proof = proof.map_err(|_| Refusal::Broken("export"))?.map_err(|error| unwritten(&error))?;
        let keys = serde_json::to_string_pretty(&keys).map_err(|_| Refusal::Broken("export"))?;
        let leaving = Leaving {
            capture_id: found.capture_id,
            line,
            at: logged.context().at,
            purpose: wanted.purpose,
            receiver: wanted.receiver,
            form: wanted.form,
        };
        let packed = Files::of(wanted.form, photo, &papers).and_then(|mut files| {
            files.add("line.tlog-proof", &proof);
            files.add("access-keys.json", &keys);
            files.pack(leaving, &papers, &*self.records)
        });
        packed.map_err(|error| {
            tracing::error!(%error, "an export failed");
            Refusal::Broken("export")
        })
    }
}

pub(super) async fn form(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.exportable(&signed, &address).await?;
    desk.export_form(&signed, &found, &Filled::default(), None).await
}

pub(super) async fn take(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    OwnForm { who: signed, value }: OwnForm<Filled>,
) -> Result<Response, Refusal> {
    desk.export(&signed, &address, &value).await.map_err(|refusal| refusal.keeping(&value.words))
}

impl Desk {
    async fn export(&self, signed: &Signed, address: &str, value: &Filled) -> Result<Response, Refusal> {
        let found = self.exportable(signed, address).await?;
        let wanted = match value.wanted() {
            Ok(wanted) => wanted,
            Err(trouble) => {
                let page = self.export_form(signed, &found, value, Some(html! { (trouble) })).await?;
                return Ok((StatusCode::BAD_REQUEST, page).into_response());
            }
        };
        let consent = self.folk.consent(&found).await.map_err(|error| broken(&error))?;
        if let Some(lack) = lacks(wanted.purpose, consent.as_ref()) {
            self.unconsented(signed, &found).await?;
            let trouble = html! { (lack) " " (record::consent(consent.as_ref())) "." };
            let page = self.export_form(signed, &found, value, Some(trouble)).await?;
            return Ok((StatusCode::FORBIDDEN, page).into_response());
        }
        let logged = self.leaving(signed, &found, &wanted).await?;
        let opening = Opening::of(&logged).ok_or(Refusal::Broken("opening"))?;
        let photo = self.copied(signed, &found, &wanted, opening).await?;
        let packed = self.pack(&found, wanted, &logged, photo).await?;
        let name = format!("attachment; filename=\"export-{}.tar\"", logged.line().index);
        Ok(([(CONTENT_TYPE, "application/x-tar".to_owned()), (CONTENT_DISPOSITION, name)], packed)
            .into_response())
    }
}

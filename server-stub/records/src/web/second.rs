//! The second factor: proving it, enrolling it. These pages open to whom the provider knows, and show nothing else.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use gauze_people::acting::Factor;
use gauze_people::person::Role;
use gauze_signin::factors::{At, FactorError, Held, New};
use gauze_signin::provider::{Purpose, Wanted};
use gauze_signin::sessions::{Ending, Level};
use maud::{Markup, html};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::door::{Next, Nothing};
use super::field::Field;
use super::form::OwnForm;
use super::layout::{self, Frame};
use super::refusal::Refusal;
use super::signed::{Present, Signed, local, with_next};
use super::told::{EndedBy, Happened};
use super::words::{self, second as told};
use super::{Web, cookie, door};

pub(super) const PAGE: &str = "/second-factor";
const SCRIPT: &str = "/passkey.js";

/// A code, and where to afterwards.
#[derive(Deserialize)]
pub(super) struct Typed {
    code: String,
    #[serde(default)]
    next: Option<String>,
}

/// What a browser's authenticator answered, as JSON.
#[derive(Deserialize)]
pub(super) struct Answered {
    answer: String,
    #[serde(default)]
    next: Option<String>,
}

fn at<'a>(web: &Web, present: &'a Present) -> At<'a> {
    At { person: &present.session.person.id, session: &present.session.reference, now: web.now() }
}

fn refusal(error: &FactorError) -> Refusal {
    let status = match error {
        FactorError::Store(_) | FactorError::Damaged | FactorError::NoEntropy(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        _ => StatusCode::FORBIDDEN,
    };
    tracing::info!(code = error.code(), %error, "a second factor does not count");
    let (code, next) = (error.code(), (PAGE, told::BACK));
    let message = words::errors::factor(error).to_owned();
    match error {
        FactorError::None | FactorError::NoTotp | FactorError::NotInvited | FactorError::NotHardware => {
            Refusal::Told { status, code, message, next }
        }
        // A try is spent, a question used up, or it is not known how far it came.
        _ => Refusal::Spent { status, code, message, next },
    }
}

async fn tell(web: &Web, present: &Present, what: Happened) -> Result<(), Refusal> {
    web.tell_of(&present.session, present.network, what).await
}

/// Writes a failure into the log, and gives it back as a page.
async fn failed<T>(web: &Web, present: &Present, judged: Result<T, FactorError>) -> Result<T, Refusal> {
    match judged {
        Ok(value) => Ok(value),
        Err(error) => {
            tell(web, present, Happened::FactorFailed(error.code())).await?;
            Err(refusal(&error))
        }
    }
}

async fn must_be_hardware(web: &Web, present: &Present) -> Result<bool, Refusal> {
    let person = web.roster().now(present.session.person.clone(), web.now()).await;
    Ok(person.map_err(|_| Refusal::RolesUnknown)?.roles.contains(&Role::Administrator))
}

/// What is asked for: a proof, or the enrolment of one.
pub(super) async fn page(
    State(web): State<Web>,
    signed: Result<Signed, super::signed::Unsigned>,
    present: Present,
    Query(next): Query<Next>,
) -> Result<Response, Refusal> {
    let invited = web.factors().is_invited(at(&web, &present));
    if signed.is_ok() && !invited {
        return Ok(Redirect::to(next.local()).into_response());
    }
    let held = web.factors().held(&present.session.person.id).await.map_err(|error| refusal(&error))?;
    let hardware = must_be_hardware(&web, &present).await?;
    let form = Shown { web: &web, present: &present, next: next.local() };
    let usable = if hardware { held.hardware > 0 } else { !held.is_none() };
    let (title, body) = if invited {
        (told::ENROL_TITLE, form.enrol(hardware))
    } else if usable {
        (told::TITLE, form.prove(held, hardware))
    } else {
        (told::FIRST_TITLE, form.first(hardware))
    };
    let frame = Frame { script: Some(SCRIPT), ..Frame::plain(title) };
    Ok(layout::page(&frame, &html! { (body) (form.leave()) }).into_response())
}

/// The same, for somebody who is signed in and proves anew that it is them.
pub(super) async fn again(
    State(web): State<Web>,
    signed: Signed,
    present: Present,
    Query(next): Query<Next>,
) -> Result<Response, Refusal> {
    let held = web.factors().held(&present.session.person.id).await.map_err(|error| refusal(&error))?;
    let hardware = must_be_hardware(&web, &present).await?;
    let form = Shown { web: &web, present: &present, next: next.local() };
    let body = html! {
        p { (told::AGAIN_LEAD) }
        @if !held.is_none() { (form.prove(held, hardware)) }
        @if signed.acting.factor == Factor::Provider {
            form method="post" action="/prove-again" {
                (form.hidden())
                div.actions { button.main[held.is_none()] type="submit" { (told::AT_PROVIDER) } }
            }
        }
    };
    let frame = Frame { script: Some(SCRIPT), ..Frame::signed(told::AGAIN_TITLE, &signed, "") };
    Ok(layout::page(&frame, &body).into_response())
}

pub(super) async fn again_at_provider(
    State(web): State<Web>,
    _: Signed,
    form: OwnForm<Next, Present>,
) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    let purpose = Purpose::ProveAgain(who.session.person.id.clone(), who.cookie.clone());
    let wanted = Wanted { purpose, next: value.local().to_owned() };
    door::to_provider(&web, wanted, who.network).await
}

/// A page with one person's forms.
struct Shown<'a> {
    web: &'a Web,
    present: &'a Present,
    next: &'a str,
}

impl Shown<'_> {
    fn hidden(&self) -> Markup {
        html! {
            (layout::proof_field(&self.present.session.proof))
            input type="hidden" name="next" value=(self.next);
        }
    }

    fn passkey(&self, action: &str, button: &str) -> Markup {
        html! {
            form.passkey method="post" action=(action) data-ask={ (action) "/ask" } {
                (self.hidden())
                input type="hidden" name="answer" value="";
                div.actions { button.main type="submit" disabled { (button) } }
                p.trouble.script-only role="alert" hidden { (told::PASSKEY_FAILED) }
                noscript { p.trouble { (told::NO_SCRIPT) } }
            }
        }
    }

    fn code(&self, action: &str, words: (&str, &str, &str), numeric: bool) -> Markup {
        let (label, hint, button) = words;
        let id = if numeric { "digits" } else { "code" };
        // A code counts once: one that was refused is not given back.
        let field = Field::new("code", label, 32, "").id(id).hint(hint);
        html! {
            form method="post" action=(action) {
                (self.hidden())
                (if numeric { field.numeric().fills("one-time-code").line() } else { field.capitals().line() })
                div.actions { button.main type="submit" { (button) } }
            }
        }
    }

    fn prove(&self, held: Held, hardware: bool) -> Markup {
        html! {
            p { (told::LEAD) }
            @if held.passkeys > 0 { (self.passkey("/second-factor/passkey", told::USE_PASSKEY)) }
            @if let Some(locked) = held.totp && !hardware && self.web.people().totp {
                @if locked { p.trouble { (told::LOCKED) } }
                @else { (self.code("/second-factor/totp", (told::TOTP, told::TOTP_HINT, told::CHECK), true)) }
            }
            details {
                summary { (told::LOST) }
                p { (told::LOST_MEANS) " " strong { (short(self.present)) } }
                (self.code("/second-factor/code", (told::INVITE, told::INVITE_HINT, told::CHECK), false))
            }
        }
    }

    fn first(&self, hardware: bool) -> Markup {
        html! {
            p { (told::FIRST_LEAD) }
            @if hardware { p.note { (told::HARDWARE) } }
            p { (told::TELL_THEM) }
            p.code { (short(self.present)) }
            (self.code("/second-factor/code", (told::INVITE, told::INVITE_HINT, told::CHECK), false))
            details {
                summary { (told::VERY_FIRST) }
                p { (told::VERY_FIRST_MEANS) }
                p { code { (self.present.session.person.id.0) } }
            }
        }
    }

    fn enrol(&self, hardware: bool) -> Markup {
        html! {
            p { (told::ENROL_LEAD) }
            @if hardware { p.note { (told::HARDWARE) } }
            (self.passkey("/second-factor/new/passkey", told::MAKE_PASSKEY))
            @if self.web.people().totp && !hardware {
                form.apart method="post" action="/second-factor/new/totp/ask" {
                    p { (told::OR_TOTP) }
                    (self.hidden())
                    div.actions { button type="submit" { (told::MAKE_TOTP) } }
                }
            }
        }
    }

    fn leave(&self) -> Markup {
        html! {
            form.apart method="post" action="/sign-out" {
                (layout::proof_field(&self.present.session.proof))
                p { (told::NOT_YOU) " " strong { (self.present.session.person.name) } "." }
                button type="submit" { (words::SIGN_OUT) }
            }
        }
    }
}

/// What a person tells whoever gives them a code.
pub(super) fn short(present: &Present) -> &str {
    present.session.person.id.short()
}

/// Keeps a factor that was judged, once its line is written, and signs in by it.
async fn enrol(web: &Web, present: &Present, new: New, next: &str) -> Result<Response, Refusal> {
    tell(web, present, Happened::Enrolled(new.factor())).await?;
    let kept = web.factors().keep(at(web, present), new).await;
    let factor = failed(web, present, kept).await?;
    raise(web, present, factor, next)
}

/// Signs in by a factor that was proven.
async fn sign_in(web: &Web, present: &Present, factor: Factor, next: &str) -> Result<Response, Refusal> {
    tell(web, present, Happened::SignedIn(factor)).await?;
    raise(web, present, factor, next)
}

/// Gives the session its new level and cookie, once its line is written, and goes on.
fn raise(web: &Web, present: &Present, factor: Factor, next: &str) -> Result<Response, Refusal> {
    let level = Level::Signed { factor, at: web.now() };
    let raised = web.sessions().raise(&present.cookie, level, web.now());
    let (kept, _) = raised.map_err(|_| Refusal::NotSignedIn)?;
    let mut answer = Redirect::to(next).into_response();
    answer.headers_mut().append(SET_COOKIE, cookie::set(cookie::SESSION, &kept));
    Ok(answer)
}

fn read<T: DeserializeOwned>(answer: &str) -> Result<T, Refusal> {
    serde_json::from_str(answer).map_err(|_| Refusal::Unreadable)
}

pub(super) async fn passkey_ask(
    State(web): State<Web>,
    form: OwnForm<Nothing, Present>,
) -> Result<Response, Refusal> {
    let asked = web.factors().ask_passkey(at(&web, &form.who)).await;
    Ok(Json(failed(&web, &form.who, asked).await?).into_response())
}

pub(super) async fn passkey(
    State(web): State<Web>,
    form: OwnForm<Answered, Present>,
) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    let proven = web.factors().prove_passkey(at(&web, &who), &read(&value.answer)?).await;
    let factor = failed(&web, &who, proven).await?;
    sign_in(&web, &who, factor, local(value.next.as_deref())).await
}

pub(super) async fn totp(State(web): State<Web>, form: OwnForm<Typed, Present>) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    let proven = web.factors().prove_totp(at(&web, &who), &value.code).await;
    let factor = failed(&web, &who, proven).await?;
    sign_in(&web, &who, factor, local(value.next.as_deref())).await
}

pub(super) async fn code(State(web): State<Web>, form: OwnForm<Typed, Present>) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    web.tell_of_codes().await.map_err(|_| Refusal::LogFailed)?;
    let judged = web.factors().judge_code(at(&web, &who), &value.code).await;
    let taken = failed(&web, &who, judged).await?;
    let replaces = taken.replaces();
    tell(&web, &who, Happened::CodeTaken { replaces }).await?;
    let redeemed = web.factors().redeem(at(&web, &who), taken).await;
    failed(&web, &who, redeemed).await?;
    if replaces {
        // Whoever has the lost factor may be signed in with it.
        let others = Ending::Others(&who.session.person.id, &who.session.reference);
        web.end(others, EndedBy::Enrolment, who.network).await;
    }
    Ok(Redirect::to(&with_next(PAGE, local(value.next.as_deref()))).into_response())
}

/// Somebody who is signed in enrols another factor.
pub(super) async fn another(
    State(web): State<Web>,
    signed: Signed,
    form: OwnForm<Nothing, Present>,
) -> Result<Response, Refusal> {
    signed.fresh_for(&web, super::sessions::OWN)?;
    web.factors().invite(at(&web, &form.who));
    Ok(Redirect::to(&with_next(PAGE, super::sessions::OWN)).into_response())
}

pub(super) async fn new_passkey_ask(
    State(web): State<Web>,
    form: OwnForm<Nothing, Present>,
) -> Result<Response, Refusal> {
    let hardware = must_be_hardware(&web, &form.who).await?;
    let person = &form.who.session.person;
    let asked = web.factors().ask_new_passkey(at(&web, &form.who), person, hardware).await;
    Ok(Json(failed(&web, &form.who, asked).await?).into_response())
}

pub(super) async fn new_passkey(
    State(web): State<Web>,
    form: OwnForm<Answered, Present>,
) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    let judged = web.factors().judge_new_passkey(at(&web, &who), &read(&value.answer)?);
    let new = failed(&web, &who, judged).await?;
    enrol(&web, &who, new, local(value.next.as_deref())).await
}

pub(super) async fn new_totp_ask(
    State(web): State<Web>,
    form: OwnForm<Next, Present>,
) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    let shown = failed(&web, &who, web.factors().ask_new_totp(at(&web, &who), &who.session.person)).await?;
    let drawing = qrcode::QrCode::new(shown.address.as_bytes())
        .map(|code| code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build())
        .map_err(|_| Refusal::Broken("qr"))?;
    let form = Shown { web: &web, present: &who, next: value.local() };
    let body = html! {
        p { (told::SCAN) }
        div.qr role="img" aria-label=(told::QR) { (layout::drawing(&drawing)) }
        p { (told::OR_TYPE) }
        p.code { (shown.secret) }
        (form.code("/second-factor/new/totp", (told::TOTP, told::TOTP_HINT, told::CHECK), true))
    };
    Ok(layout::page(&Frame::plain(told::TOTP_TITLE), &body).into_response())
}

pub(super) async fn new_totp(
    State(web): State<Web>,
    form: OwnForm<Typed, Present>,
) -> Result<Response, Refusal> {
    let OwnForm { who, value } = form;
    let judged = web.factors().judge_new_totp(at(&web, &who), &value.code);
    let new = failed(&web, &who, judged).await?;
    enrol(&web, &who, new, local(value.next.as_deref())).await
}

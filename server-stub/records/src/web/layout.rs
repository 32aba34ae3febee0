//! The frame of every page: skip link, who is signed in, sections, the patient where there is one, one heading.

use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse};
use gauze_people::acting::Factor;
use gauze_people::person::{Person, Role};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::words::{self, factor, nav};

/// What stands round a page's body. A title never names a patient: it is in the browser's history.
pub(crate) struct Frame<'a> {
    /// The heading, and the page's title.
    pub(crate) title: &'a str,
    /// Who is signed in.
    pub(crate) whose: Option<Whose<'a>>,
    /// The section's address, which is marked.
    pub(crate) here: &'a str,
    /// The patient, on every page where something is done to or seen of one.
    pub(crate) banner: Option<Markup>,
    /// A script of ours that the page needs.
    pub(crate) script: Option<&'a str>,
    /// Where the browser goes on by itself at once.
    pub(crate) onward: Option<&'a str>,
}

/// Whose page it is, and what their forms hold.
#[derive(Clone, Copy)]
pub(crate) struct Whose<'a> {
    /// The person.
    pub(crate) person: &'a Person,
    /// What proves that a form was written for them.
    pub(crate) proof: &'a str,
}

impl<'a> Frame<'a> {
    /// A page that nobody need be signed in for.
    pub(crate) fn plain(title: &'a str) -> Self {
        Self { title, whose: None, here: "", banner: None, script: None, onward: None }
    }
}

/// The sections that a person's roles open, with their addresses.
fn sections(person: &Person) -> Vec<(&'static str, &'static str)> {
    let mut all = Vec::new();
    if person.roles.iter().any(|role| matches!(role, Role::Viewer | Role::Lead)) {
        all.extend([("/photos", nav::PHOTOS), ("/search", nav::SEARCH)]);
    }
    if person.roles.contains(&Role::Administrator) {
        all.extend([
            ("/people/sessions", nav::PEOPLE),
            ("/people/roles", nav::ROLES),
            ("/people/policies", nav::POLICIES),
        ]);
    }
    if person.roles.contains(&Role::Administrator) || !person.leads.is_empty() {
        all.push(("/people/waiting", nav::WAITING));
    }
    if person.roles.contains(&Role::Governance) || !person.leads.is_empty() {
        all.push(("/hastes", nav::HASTES));
    }
    if person.roles.iter().any(|role| matches!(role, Role::Auditor | Role::Governance)) {
        all.push(("/governance", nav::GOVERNANCE));
    }
    if person.roles.contains(&Role::It) {
        all.push(("/phones", nav::PHONES));
    }
    if person.roles.contains(&Role::Governance) {
        all.extend([("/keeping", nav::KEEPING), ("/documents", nav::DOCUMENTS), ("/cases", nav::CASES)]);
    }
    if !person.leads.is_empty() {
        all.push(("/links", nav::LINKS));
    }
    all.extend([("/report", nav::REPORT), ("/sessions", nav::SESSIONS)]);
    all
}

/// A whole page.
pub(crate) fn page(frame: &Frame<'_>, body: &Markup) -> Html<String> {
    let whole = html! {
        (DOCTYPE)
        html lang=(words::LANGUAGE) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(address) = frame.onward {
                    meta http-equiv="refresh" content={ "0;url=" (address) };
                }
                title { (frame.title) " – " (words::NAME) }
                link rel="stylesheet" href="/look.css";
                link rel="stylesheet" href="/photos.css";
                link rel="icon" href="/icon.svg" type="image/svg+xml";
                @if let Some(script) = frame.script { script src=(script) type="module" {} }
            }
            body {
                a.skip href="#main" { (words::SKIP) }
                header.top { (top(frame)) }
                @if let Some(banner) = &frame.banner { (banner) }
                main id="main" tabindex="-1" { h1 { (frame.title) } (body) }
            }
        }
    };
    Html(whole.into_string())
}

fn top(frame: &Frame<'_>) -> Markup {
    html! {
        span.brand { (words::NAME) }
        @if let Some(Whose { person, proof }) = frame.whose {
            nav aria-label=(words::SECTIONS) {
                @for (address, name) in sections(person) {
                    a href=(address) aria-current=[(address == frame.here).then_some("page")] { (name) }
                }
            }
            div.who {
                span { (words::SIGNED_IN_AS) " " strong { (person.name) } }
                form method="post" action="/sign-out" {
                    (proof_field(proof))
                    button type="submit" { (words::SIGN_OUT) }
                }
            }
        }
    }
}

/// The hidden field of every form of somebody who is signed in.
pub(super) const PROOF: &str = "proof";

/// The proof that this process wrote the form for this session.
pub(super) fn proof_field(proof: &str) -> Markup {
    html! { input type="hidden" name=(PROOF) value=(proof); }
}

/// A time as it is read aloud: `14-Jul-2026 14:05`, in this machine's zone.
pub(crate) fn time(at: Timestamp) -> Markup {
    let shown = at.to_zoned_datetime(TimeZone::system()).strftime("%d-%b-%Y %H:%M").to_string();
    html! { time datetime=(at.to_string()) { (shown) } }
}

/// How a second factor was proven, in words.
pub(crate) fn factor_word(proven: Factor) -> &'static str {
    match proven {
        Factor::Provider => factor::PROVIDER,
        Factor::Passkey { hardware: true } => factor::HARDWARE,
        Factor::Passkey { hardware: false } => factor::PASSKEY,
        Factor::Totp => factor::TOTP,
    }
}

pub(super) async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("look.css"))
}

pub(super) async fn icon() -> impl IntoResponse {
    ([(CONTENT_TYPE, "image/svg+xml")], include_str!("icon.svg"))
}

/// A QR code or another drawing of our own making.
pub(super) fn drawing(svg: &str) -> Markup {
    let drawn = svg.find("<svg").and_then(|start| svg.get(start..)).unwrap_or_default();
    PreEscaped(drawn.to_owned())
}

pub(super) async fn passkey() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("passkey.js"))
}

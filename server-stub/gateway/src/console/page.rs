//! The frame of every page: skip link, navigation, one heading, and the footer that says who may be looking.

use axum::http::header::CONTENT_TYPE;
use axum::response::{Html, IntoResponse};
use maud::{DOCTYPE, Markup, html};

use super::{Console, words};

/// What the navigation leads to.
const SECTIONS: [(&str, &str); 4] =
    [("/devices", "Phones"), ("/tokens", "Tokens"), ("/policy", "Policy"), ("/report", words::WENT_WRONG)];

/// A whole page. `here` is the address of the section it belongs to.
pub fn page(title: &str, here: &str, body: &Markup) -> Html<String> {
    let whole = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Gauze console" }
                link rel="stylesheet" href="/console.css";
                link rel="icon" href="data:,";
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                header {
                    nav aria-label="Sections" {
                        span.brand { "Gauze console" }
                        @for (address, name) in SECTIONS {
                            a href=(address) aria-current=[(address == here).then_some("page")] { (name) }
                        }
                    }
                }
                main id="main" tabindex="-1" { h1 { (title) } (body) }
                footer {
                    p {
                        "Nobody signs in to this console yet: whoever uses this computer can do everything here. "
                        "That is why it answers on this computer alone."
                    }
                }
            }
        }
    };
    Html(whole.into_string())
}

pub async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("console.css"))
}

/// A labelled line of text to fill in.
pub fn field(name: &str, label: &str, hint: &str, most: usize, value: &str, required: bool) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) @if !required { " (may be left empty)" } }
            p.hint id={ (name) "-hint" } { (hint) }
            input type="text" id=(name) name=(name) value=(value) maxlength=(most) required[required]
                aria-describedby={ (name) "-hint" } autocomplete="off" spellcheck="false";
        }
    }
}

impl Console {
    /// What every form holds: the proof that we wrote it, and who acts.
    pub(super) fn signed_by(&self) -> Markup {
        html! {
            input type="hidden" name="proof" value=(self.proof);
            (field("operator", words::OPERATOR.0, words::OPERATOR.1, 100, &self.operator, true))
        }
    }
}

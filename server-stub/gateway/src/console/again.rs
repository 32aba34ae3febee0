//! After an error the form stands again under the reason, with what was typed. What cannot be undone is confirmed anew: the form says again
//! what it does, and neither the phone's id nor what becomes of its photos is filled in.

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::page::{field, page};
use super::refusal::{PageRefusal, Said};
use super::{Console, FORM, change, report, words};

/// Answers a form whose fields were refused with the form itself.
pub async fn again(State(console): State<Console>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(typed) = to_bytes(body, FORM).await else { return PageRefusal::Unreadable(None).into_response() };
    let answer = next.run(Request::from_parts(parts.clone(), Body::from(typed.clone()))).await;
    let Some(said) = answer.extensions().get::<Said>() else { return answer };
    let mut retyped = Request::new(Body::from(typed));
    *retyped.method_mut() = Method::POST;
    *retyped.headers_mut() = parts.headers;
    DefaultBodyLimit::max(FORM).apply(&mut retyped);
    match Form::<Vec<(String, String)>>::from_request(retyped, &()).await {
        Ok(Form(entries)) => {
            let body =
                html! { (said.told) (form(&entries, change::ending(parts.uri.path()), &console.clock())) };
            (answer.status(), page(words::REFUSED, "", &body)).into_response()
        }
        Err(_) => answer,
    }
}

/// `ending` is the button of what cannot be undone, and what it means.
fn form(entries: &[(String, String)], ending: Option<(&str, &str)>, clock: &str) -> Markup {
    html! {
        @if let Some((_, meaning)) = ending {
            div.final { p { strong { (words::FINAL) } } p { (meaning) } }
        }
        h2 { "What you entered" }
        form method="post" {
            @for (name, value) in entries { (entry(name, value, clock)) }
            @match ending {
                Some((button, _)) => button.danger type="submit" { (button) },
                None => button.main type="submit" { "Send it again" },
            }
        }
    }
}

fn entry(name: &str, value: &str, clock: &str) -> Markup {
    match name {
        "operator" => field(name, words::OPERATOR.0, words::OPERATOR.1, 100, value, true),
        "reason" => field(name, "Reason", words::REASON, 500, value, true),
        "serial" => field(name, words::SERIAL.0, words::SERIAL.1, 128, value, false),
        "hours" => field(name, words::HOURS, "1 to 24.", 2, value, true),
        "confirm" => {
            let hint = "In capital and small letters, as they are shown.";
            field(name, "The first eight characters of the phone's id", hint, 8, "", true)
        }
        "policy" => html! {
            div.field {
                label for="policy" { (words::POLICY) }
                textarea id="policy" name="policy" rows="16" required spellcheck="false" { "\n" (value) }
            }
        },
        "photos" => html! {
            div.field {
                label for="photos" { (words::SEALED) }
                select id="photos" name="photos" required {
                    option value="" { "Choose" }
                    option value="keep" { "Keep them" }
                    option value="destroy" { "Destroy them" }
                }
            }
        },
        "proof" | "code" | "report_id" => html! { input type="hidden" name=(name) value=(value); },
        name => report::entry(name, value, clock),
    }
}

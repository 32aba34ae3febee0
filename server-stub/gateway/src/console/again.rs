//! After an error the form stands again under the reason, with what was typed.

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest as _, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::FORM;
use super::page::{field, page};
use super::refusal::{PageRefusal, Said};

/// Answers a form whose fields were refused with the form itself.
pub async fn again(request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let Ok(typed) = to_bytes(body, FORM).await else { return PageRefusal::Unreadable.into_response() };
    let headers = parts.headers.clone();
    let answer = next.run(Request::from_parts(parts, Body::from(typed.clone()))).await;
    // Only what other words can mend.
    let mendable = matches!(answer.status(), StatusCode::BAD_REQUEST | StatusCode::CONFLICT);
    let Some(said) = answer.extensions().get::<Said>().filter(|_| mendable) else { return answer };
    let mut retyped = Request::post("/");
    if let Some(kind) = headers.get("content-type") {
        retyped = retyped.header("content-type", kind);
    }
    match entries(retyped.body(Body::from(typed))).await {
        Some(entries) => {
            let body = html! { (said.told) (form(&entries)) };
            (answer.status(), page("This did not work", "", &body)).into_response()
        }
        None => answer,
    }
}

async fn entries(request: Result<Request, axum::http::Error>) -> Option<Vec<(String, String)>> {
    let form = Form::<Vec<(String, String)>>::from_request(request.ok()?, &()).await;
    form.ok().map(|Form(entries)| entries)
}

fn form(entries: &[(String, String)]) -> Markup {
    html! {
        h2 { "What you entered" }
        form method="post" {
            @for (name, value) in entries { (entry(name, value)) }
            button.main type="submit" { "Send it again" }
        }
    }
}

fn entry(name: &str, value: &str) -> Markup {
    match name {
        "operator" => field(name, "Your name", "It goes into the log.", 100, value, true),
        "reason" => field(name, "Reason", "It goes into the log. Name no patient.", 500, value, true),
        "serial" => {
            let hint = "Then this phone alone can use the token.";
            field(name, "Serial number of the phone", hint, 128, value, false)
        }
        "hours" => field(name, "Hours the token lives once signed", "1 to 24.", 2, value, true),
        "confirm" => {
            let hint = "In capital and small letters, as they are shown.";
            field(name, "The first eight characters of the phone's id", hint, 8, value, true)
        }
        "policy" => html! {
            div.field {
                label for="policy" { "The policy, as JSON" }
                textarea id="policy" name="policy" rows="16" required spellcheck="false" { "\n" (value) }
            }
        },
        "photos" => html! {
            div.field {
                label for="photos" { "Sealed photos that are still on the phone" }
                select id="photos" name="photos" {
                    @for (photos, told) in [("keep", "Keep them"), ("destroy", "Destroy them")] {
                        option value=(photos) selected[photos == value] { (told) }
                    }
                }
            }
        },
        "proof" | "code" => html! { input type="hidden" name=(name) value=(value); },
        _ => html! {},
    }
}

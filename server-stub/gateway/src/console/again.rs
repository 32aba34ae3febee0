//! After an error the form stands again under the reason, with what was typed. What cannot be undone is confirmed anew: the form says again
//! what it does, and neither the phone's id nor what becomes of its photos is filled in.

use axum::Form;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gauze_wire::ReportId;
use maud::{Markup, html};

use super::page::{field, page};
use super::refusal::{PageRefusal, Said};
use super::{Console, FORM, change, policy, report, tokens, words};

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
    let Ok(Form(entries)) = Form::<Vec<(String, String)>>::from_request(retyped, &()).await else {
        return answer;
    };
    match form(&entries, parts.uri.path(), &console) {
        Some(form) => {
            let body = html! { (said.told) (form) };
            (answer.status(), page(words::REFUSED, "", &body)).into_response()
        }
        None => answer,
    }
}

/// What the page under this address asks for.
fn asked(path: &str) -> words::Asked {
    match path {
        "/tokens" => tokens::ASKED,
        "/policy" => policy::ASKED,
        report::PAGE => report::ASKED,
        path => change::asked(path.rsplit('/').next().unwrap_or_default()),
    }
}

/// Every field of the page, whatever of it was sent; nothing without the proof that we wrote it, which no form can do without.
fn form(entries: &[(String, String)], path: &str, console: &Console) -> Option<Markup> {
    let typed = |name: &str| entries.iter().find(|(sent, _)| sent == name).map(|(_, value)| value.as_str());
    // The button of what cannot be undone, and what it means.
    let ending = change::ending(path);
    let proof = typed("proof")?;
    // One that does not read names no report: another does as well.
    let report_id: Option<ReportId> = typed("report_id").and_then(|id| id.parse().ok());
    let report_id = report_id.or_else(|| console.admin.report_id().ok())?;
    let clock = console.clock();
    Some(html! {
        @if let Some((_, meaning)) = ending {
            div.final { p { strong { (words::FINAL) } } p { (meaning) } }
        }
        h2 { "What you entered" }
        form method="post" {
            input type="hidden" name="proof" value=(proof);
            @if path == report::PAGE { input type="hidden" name="report_id" value=(report_id); }
            @for &(name, label) in asked(path) { (entry((name, label), typed(name).unwrap_or_default(), &clock)) }
            @match ending {
                Some((button, _)) => button.danger type="submit" { (button) },
                None => button.main type="submit" { "Send it again" },
            }
        }
    })
}

fn entry((name, label): (&str, &str), value: &str, clock: &str) -> Markup {
    match name {
        "operator" => field(name, label, words::OPERATOR.1, 100, value, true),
        "reason" => field(name, label, words::REASON.1, 500, value, true),
        "serial" => field(name, label, words::SERIAL.1, 128, value, false),
        "hours" => field(name, label, "1 to 24.", 2, value, true),
        "code" => field(name, label, "Its code, as it stands in the log.", 64, value, true),
        "confirm" => field(name, label, "In capital and small letters, as they are shown.", 8, "", true),
        "policy" => html! {
            div.field {
                label for="policy" { (label) }
                textarea id="policy" name="policy" rows="16" required spellcheck="false" { "\n" (value) }
            }
        },
        "photos" => html! {
            div.field {
                label for="photos" { (label) }
                select id="photos" name="photos" required {
                    option value="" { "Choose" }
                    option value="keep" { "Keep them" }
                    option value="destroy" { "Destroy them" }
                }
            }
        },
        name => report::entry(name, value, clock),
    }
}

//! The policy in force, explained field by field, and what waits for a signature.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{Html, Redirect};
use gauze_wire::Policy;
use maud::{Markup, html};
use serde::Deserialize;

use super::page::{field, page};
use super::refusal::PageRefusal;
use super::sentences::{Sentence, android, apple, fences, general, life, lists, sign_in};
use super::{Console, words};
use crate::acts::By;
use crate::admin::PolicyView;

pub async fn show(State(console): State<Console>) -> Result<Html<String>, PageRefusal> {
    let view = console.admin.policy().await?;
    let policy = &view.policy;
    let body = html! {
        @if policy.allow_software_keys {
            div.final { p { strong { "For development, and never for a hospital: " } "phones without a hardware key may enrol." } }
        }
        @if view.signed.is_none() {
            p.trouble { "No policy has been signed yet, so the strictest holds and no phone can enrol. Propose one below." }
        } @else {
            p { "Version " (policy.version) ", signed " (words::time(policy.issued_at)) "." }
        }
        h2 { "What it says" }
        (told(general(policy).into_iter().chain(life(policy)).chain(sign_in(policy.sign_in.as_deref()))))
        h3 { "What people choose from on the phone" }
        (told(lists(&policy.lists)))
        h3 { "Where photos are taken and seen" }
        (told(fences(&policy.fences)))
        h3 { "Android phones" }
        @match &policy.android {
            Some(rules) => (told(android(rules))),
            None => p { (words::NONE_ENROL) },
        }
        h3 { "iPhones" }
        @match &policy.apple {
            Some(rules) => (told(apple(rules))),
            None => p { (words::NONE_ENROL) },
        }
        (proposals(&view))
        (form(&console, policy))
    };
    Ok(page("Policy", "/policy", &body))
}

/// Sentences, each with the name of the field that it comes from.
fn told(sentences: impl IntoIterator<Item = Sentence>) -> Markup {
    html! { ul { @for (fields, sentence) in sentences { li { (sentence) " " code.field-name { (fields) } } } } }
}

/// A new policy, begun from the one in force.
fn form(console: &Console, policy: &Policy) -> Markup {
    let next = Policy { version: policy.version + 1, ..policy.clone() };
    let mut fields = serde_json::to_value(&next).unwrap_or_default();
    // When it was issued is said when it is signed.
    fields.as_object_mut().and_then(|fields| fields.remove("issued_at"));
    let text = format!("{fields:#}");
    html! {
        h2 { "Propose another" }
        form method="post" {
            (console.signed_by())
            (field("reason", words::WHY, words::REASON.1, 500, "", true))
            div.field {
                label for="policy" { (words::POLICY) }
                p.hint id="policy-hint" { "It begins as the one in force with the next version. What each field says is above, with its name; docs/formats.md has their limits." }
                textarea id="policy" name="policy" rows="16" required aria-describedby="policy-hint" spellcheck="false" {
                    (text)
                }
            }
            button.main type="submit" { "Propose this policy" }
        }
    }
}

/// What the form asks for.
pub const ASKED: words::Asked =
    &[("operator", words::OPERATOR.0), ("reason", words::WHY), ("policy", words::POLICY)];

/// What is proposed.
#[derive(Deserialize)]
pub struct Proposed {
    proof: String,
    operator: String,
    reason: String,
    policy: String,
}

pub async fn propose(
    State(console): State<Console>,
    form: Result<Form<Proposed>, FormRejection>,
) -> Result<Redirect, PageRefusal> {
    let Form(form) = form.map_err(|error| PageRefusal::unread(&error.body_text(), ASKED))?;
    console.wrote(&form.proof)?;
    let by = By::new(&form.operator, &form.reason)?;
    console.admin.propose_policy(&form.policy, &by).await?;
    Ok(Redirect::to("/policy"))
}

fn proposals(view: &PolicyView) -> Markup {
    html! {
        h2 { "Proposed, newest first" }
        p { "A policy is proposed here and signed inside the hospital with the policy key; nothing here can sign one." }
        @if view.proposals.is_empty() { p { "None." } } @else {
            ul { @for asked in &view.proposals {
                li { (words::time(asked.at)) ": " (words::proposal_status(asked)) ". Proposed by " (asked.operator)
                    ". Reason: " (asked.reason) }
            } }
        }
    }
}

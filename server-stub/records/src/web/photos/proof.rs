//! Where a photo comes from, in words a clinician understands.

use axum::extract::{Path, State};
use axum::response::Html;
use gauze_people::action::act;
use gauze_signin::phones::Taker;
use gauze_wire::Attestation;
use maud::{Markup, html};

use super::gate::broken;
use super::{Desk, parts, taker, words};
use crate::folk::{Found, Origin};
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

pub(super) async fn page(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    let found = desk.photo(&signed, &address).await?;
    let logged = desk.logged(&signed, act::Proof, &found.subject()).await?;
    let origin = desk.folk.origin(&found, &logged).await.map_err(|error| broken(&error))?;
    // An auditor reads proofs and sees no patient.
    let patient = desk.may(&signed, gauze_people::action::Action::View, &found.subject());
    let body = html! {
        p { (words::proof::LEAD) }
        @if patient { (who(&desk.taker(&found)?)) }
        (phone(&origin))
        (kept(&found, &origin))
        @if patient { p { a href={ "/photos/" (found.handle) } { (words::photo::TITLE) } } }
    };
    let banner = patient.then(|| parts::banner(found.label.patient.as_ref(), desk.web.now()));
    let frame = Frame { banner, ..Frame::signed(words::proof::TITLE, &signed, "/photos") };
    Ok(layout::page(&frame, &body))
}

fn who(taker: &Taker) -> Markup {
    html! {
        section aria-labelledby="who" {
            h2 id="who" { (words::proof::WHO) }
            (taker::full(taker))
        }
    }
}

fn phone(origin: &Origin) -> Markup {
    html! {
        section aria-labelledby="phone" {
            h2 id="phone" { (words::proof::PHONE) }
            dl {
                dt { (words::proof::PHONE_IS) } dd { code { (origin.device_id) } }
                dt { (words::proof::MODEL) } dd { (origin.model.as_deref().unwrap_or(words::NOT_KNOWN)) }
                dt { (words::proof::ATTESTED) } dd { (attested(origin.attestation.as_ref())) }
                dt { (words::proof::ENROLLED) } dd {
                    @match origin.enrolled {
                        Some((at, entry)) => { (layout::time(at)) ", " (words::proof::PLACE) " " (entry) }
                        None => { (words::NOT_KNOWN) }
                    }
                }
            }
        }
    }
}

pub(super) fn attested(attestation: Option<&Attestation>) -> &'static str {
    match attestation {
        Some(Attestation::Software { .. }) => words::proof::SOFTWARE,
        Some(
            Attestation::AndroidKey { .. }
            | Attestation::AppAttest { .. }
            | Attestation::FreshAndroidKey { .. },
        ) => words::proof::HARDWARE,
        Some(_) | None => words::NOT_KNOWN,
    }
}

fn kept(found: &Found, origin: &Origin) -> Markup {
    let (class, told) =
        if origin.whole { ("done", words::proof::MATCHES) } else { ("trouble", words::proof::DIFFERS) };
    html! {
        section aria-labelledby="kept" {
            h2 id="kept" {
                @if origin.whole { (words::proof::NEVER_CHANGED) " " (layout::time(found.taken)) }
                @else { (words::proof::CHANGED) }
            }
            p class=(class) { (told) }
            dl {
                dt { (words::proof::CAPTURE) } dd { code { (found.capture_id) } }
                dt { (words::proof::NUMBER) } dd { (origin.seq) }
                dt { (words::proof::DIGEST) } dd { code { (origin.sha256) } }
            }
        }
        section aria-labelledby="log" {
            h2 id="log" { (words::proof::LOG) }
            p { (words::proof::LOG_MEANS) }
            dl { dt { (words::proof::PLACE) } dd { (origin.log_index) } }
        }
        section aria-labelledby="receipt" {
            h2 id="receipt" { (words::proof::RECEIPT) }
            p { (words::proof::RECEIPT_MEANS) }
            dl {
                dt { (words::proof::SIGNED) }
                dd { @match origin.filed_at { Some(at) => { (layout::time(at)) } None => { (words::NOT_KNOWN) } } }
            }
        }
    }
}

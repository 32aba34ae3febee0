//! The hospital's phones, for IT: which, where, when last heard of, proven how. No patient and no photo stands here; what is decided about a
//! phone is decided in the gateway's console.

use axum::extract::State;
use axum::response::Html;
use gauze_people::action::act;
use gauze_people::subject::Subject;
use gauze_wire::DeviceStatus;
use maud::{Markup, html};

use super::gate::broken;
use super::proof::attested;
use super::words::{NOT_KNOWN, phones as told};
use super::{Desk, words};
use crate::folk::Handset;
use crate::web::layout::{self, Frame};
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

const PAGE: &str = "/phones";
/// Phones on the page.
const MOST: usize = 500;

pub(super) async fn page(State(desk): State<Desk>, signed: Signed) -> Result<Html<String>, Refusal> {
    let logged = desk.logged(&signed, act::Phones, &Subject::Hospital).await?;
    let phones = desk.folk.phones(&logged).await.map_err(|error| broken(&error))?;
    let body = html! {
        p { (told::LEAD) }
        @if phones.is_empty() { p.note { (told::NONE) } }
        @if phones.len() > MOST { p.note { (told::CUT) " " (phones.len()) "." } }
        ul.cards { @for phone in phones.iter().take(MOST) { li { (card(phone)) } } }
    };
    Ok(layout::page(&Frame::signed(told::TITLE, &signed, PAGE), &body))
}

fn card(phone: &Handset) -> Markup {
    let serial = match (&phone.attested_serial, &phone.stated_serial) {
        (Some(attested), _) => html! { (attested) " " (told::BY_HARDWARE) },
        (None, Some(stated)) => html! { (stated) " " (told::STATED) },
        (None, None) => html! { (NOT_KNOWN) },
    };
    html! {
        h3 { (phone.model) " " (state(phone.status)) }
        dl {
            dt { (words::proof::PHONE_IS) } dd { code { (phone.device_id) } }
            dt { (told::SERIAL) } dd { (serial) }
            dt { (told::WARD) } dd {
                @match &phone.ward {
                    Some(ward) => { (ward) " " (told::STATED) }
                    None => { (NOT_KNOWN) }
                }
            }
            dt { (told::HEARD) } dd { (layout::time(phone.heard)) }
            dt { (words::proof::ENROLLED) } dd { (layout::time(phone.enrolled)) }
            dt { (words::proof::ATTESTED) } dd { (attested(Some(&phone.attestation))) }
        }
    }
}

fn state(status: DeviceStatus) -> Markup {
    match status {
        DeviceStatus::Active => html! {},
        DeviceStatus::Suspended => html! { span.state.warning { (told::SUSPENDED) } },
        DeviceStatus::Revoked => html! { span.state.danger { (told::REVOKED) } },
    }
}

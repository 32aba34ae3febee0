//! What is written under a phone's report: which phone, who was signed in, and how much of that is proven.

use gauze_signin::phones::{Doubt, Proven, Taker};
use gauze_wire::{DeviceId, Testimony};

use super::account::quoted;
use super::words::utc;
use crate::folk::KnownPhone;
use crate::web::photos::words::clinician::factor;

const UNBELIEVED: &str = "This hospital does not believe the phone's enrolment: nobody vouches for what stands here. Ask IT which phone it is.";
const REVOKED: &str =
    "The phone had been shut out when it sent this: whoever wrote it may be somebody who found it.";
const ELSEWHERE: &str = "It was written on another phone, or on this one before it enrolled anew:";
const NOBODY: &str = "Nobody was signed in on the phone.";

/// A line for each: of the phone that sent it and, where it opened, of what stands there and who was signed in.
pub(super) fn vouched(
    sender: &DeviceId,
    known: Option<&KnownPhone>,
    opened: Option<(&Testimony, &Taker)>,
) -> String {
    let mut lines = vec![phone(known)];
    lines.push(format!("The phone's key, which signed this: {sender}"));
    if known.is_some_and(|phone| phone.revoked) {
        lines.push(REVOKED.to_owned());
    }
    if let Some((testimony, taker)) = opened {
        if testimony.device_id != *sender {
            lines.push(format!("{ELSEWHERE} {}", testimony.device_id));
        }
        if let Some(photo) = &testimony.photo {
            lines.push(format!("Photo, as chosen on the phone: {photo}"));
        }
        lines.push(format!("Written {} by the phone's clock (stated)", utc(testimony.written_at)));
        lines.push(clinician(taker));
    }
    lines.join("\n")
}

fn phone(phone: Option<&KnownPhone>) -> String {
    let Some(KnownPhone { attested_serial, stated_serial, model, ward, .. }) = phone else {
        return UNBELIEVED.to_owned();
    };
    let serial = match (attested_serial, stated_serial) {
        (Some(attested), _) => format!("serial number {} (proven by its hardware)", quoted(attested)),
        (None, Some(stated)) => format!("serial number {} (stated)", quoted(stated.as_str())),
        (None, None) => "serial number not known".to_owned(),
    };
    let model = quoted(model.as_str());
    let ward = ward.as_ref().map_or_else(
        || "ward not known".to_owned(),
        |ward| format!("ward {} (stated)", quoted(ward.as_str())),
    );
    format!("Phone: {serial}, model {model} (stated), {ward}")
}

fn clinician(taker: &Taker) -> String {
    match taker {
        Taker::Proven(Proven { name, at, second_factor, .. }) => {
            let (name, factor) = (quoted(name), factor(second_factor));
            format!("Signed in on the phone: {name} (proven), since {}, {factor}", utc(*at))
        }
        Taker::Claimed { name, doubt } => {
            let name = name.as_deref().map_or_else(|| "somebody without a name".to_owned(), quoted);
            format!("Signed in on the phone: {name} (stated). {}", why(*doubt))
        }
        Taker::Nobody => NOBODY.to_owned(),
    }
}

/// Why the name is no more than a claim.
fn why(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::NoToken => "The phone was told this name, and no sign-in came with it.",
        Doubt::NoRules => "The policy in force when it came has no sign-in.",
        Doubt::Malformed | Doubt::Algorithm => "The sign-in that came with it cannot be read.",
        Doubt::UnknownKey => "The key that signed the sign-in is none that was seen at that time.",
        Doubt::Signature => "The hospital's sign-in service did not sign it.",
        Doubt::OtherParty => "The sign-in is for another service.",
        Doubt::OtherPhone => "The sign-in was made for another phone.",
        Doubt::Time => "The sign-in was not in force when it was written.",
    }
}

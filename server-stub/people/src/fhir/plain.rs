//! What BALP has no pattern for: sign-ins, refusals, roles, break-glass, settings.

use serde_json::{Value, json};

use super::{DCM, agents, coding, patient};
use crate::action::Action;
use crate::log::{Entry, Happening, Outcome, What};

/// Type, subtype and action by DICOM's codes (PS3.16 CID 400 to 403) and FHIR's.
fn codes(entry: &Entry) -> (&'static str, Option<&'static str>, &'static str) {
    match (entry.what, entry.outcome) {
        (What::Happening(Happening::SignIn | Happening::Factor), _) => ("110114", Some("110122"), "E"),
        (What::Happening(Happening::SignOut), _) => ("110114", Some("110123"), "E"),
        (What::Happening(Happening::FactorChange), _) => ("110113", Some("110137"), "U"),
        (
            What::Happening(
                Happening::Service
                | Happening::Mail
                | Happening::CaseReminder
                | Happening::OperatorReport
                | Happening::PhoneReport,
            ),
            _,
        ) => ("110100", None, "E"),
        (What::Happening(Happening::MarkSought), _) => ("110101", None, "R"),
        (What::Happening(Happening::EntryErased), _) => ("110101", None, "D"),
        (What::Happening(Happening::PhotoErased), _) => ("110110", None, "D"),
        (What::Happening(Happening::Link), _) => ("110106", None, "R"),
        (What::Happening(Happening::Request | Happening::NoticeRead | Happening::TornTail), _) => {
            ("110113", None, "E")
        }
        (What::Action(_), Outcome::Refused) => ("110113", Some("110132"), "E"),
        (What::Action(Action::BreakGlass), _) => ("110113", Some("110127"), "E"),
        (What::Action(Action::ReadLog | Action::FindMark), _) => ("110101", None, "R"),
        (What::Action(Action::ChangeRole | Action::Reenrol), _) => ("110113", Some("110136"), "U"),
        (What::Action(Action::Setting), _) => ("110113", Some("110129"), "U"),
        (What::Action(Action::Export | Action::MakeLink), _) => ("110106", None, "R"),
        (What::Action(_), _) => ("110113", None, "E"),
    }
}

pub(super) fn event(entry: &Entry) -> Value {
    let (kind, subtype, action) = codes(entry);
    // R4 wants an agent; where nobody was known, it is the records side.
    let nobody = || {
        json!({
            "type": super::concept(DCM, "110150"),
            "who": super::service(entry),
            "requestor": false,
        })
    };
    let mut event = json!({
        "type": coding(DCM, kind),
        "action": action,
        "agent": [agents::person("IRCP", entry).unwrap_or_else(nobody)],
    });
    if let Some(subtype) = subtype {
        event["subtype"] = json!([coding(DCM, subtype)]);
    }
    if let Some(note) = &entry.note {
        event["outcomeDesc"] = note.as_str().into();
    }
    if let Some(patient) = entry.about.as_ref().and_then(patient) {
        event["entity"] = json!([patient]);
    }
    event
}

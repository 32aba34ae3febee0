//! Entries as FHIR R4 `AuditEvent`s, by IHE's Basic Audit Log Patterns (BALP 1.1).
//!
//! Views are `PatientRead`, lists and searches `PatientQuery`, amendments `PatientUpdate`, erasures `PatientDelete`, what
//! leaves `PrivacyDisclosure.Source`; without a patient the profile without one. BALP knows successes only: a refusal, and
//! what is no act on a photo, is a plain `AuditEvent`. Patients and people stay blind ids.

mod agents;
mod plain;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

use crate::action::Action;
use crate::log::{About, Entry, Kind, Outcome, What};

const PROFILES: &str = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ENTITY_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";

/// The pattern that an entry is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pattern {
    Read,
    Query,
    Update,
    Delete,
    Disclosure,
}

fn pattern(entry: &Entry) -> Option<Pattern> {
    let (What::Action(action), Outcome::Done) = (entry.what, entry.outcome) else { return None };
    let patient = entry.about.as_ref().is_some_and(|about| about.patient.is_some());
    match action {
        Action::List | Action::Search => Some(Pattern::Query),
        Action::View | Action::Compare | Action::ViewUnmarked | Action::Proof | Action::WhoLooked => {
            Some(Pattern::Read)
        }
        Action::Amend => Some(Pattern::Update),
        Action::Erase => Some(Pattern::Delete),
        // A disclosure without a patient has no pattern of its own.
        Action::Export | Action::MakeLink if patient => Some(Pattern::Disclosure),
        _ => None,
    }
}

fn coding(system: &str, code: &str) -> Value {
    json!({ "system": system, "code": code })
}

fn concept(system: &str, code: &str) -> Value {
    json!({ "coding": [coding(system, code)] })
}

/// The same value wherever the log itself is named: two of them are compared by BALP.
fn service(entry: &Entry) -> Value {
    json!({ "identifier": { "system": "urn:x-gauze:log", "value": format!("{}/access", entry.tenant) } })
}

fn patient(about: &About) -> Option<Value> {
    let id = about.patient.as_ref()?;
    Some(json!({
        "what": { "type": "Patient", "identifier": { "system": "urn:x-gauze:patient", "value": id.0 } },
        "type": coding(ENTITY_TYPE, "1"),
        "role": coding(ENTITY_ROLE, "1"),
    }))
}

fn data(about: &About) -> Value {
    let id = match (&about.id, about.kind) {
        (Some(id), Kind::Photo) => {
            json!({ "system": "urn:ietf:rfc:3986", "value": format!("urn:uuid:{id}") })
        }
        (Some(id), _) => json!({ "system": "urn:x-gauze:entry", "value": id }),
        (None, _) => json!({ "system": "urn:x-gauze:kind", "value": "photos" }),
    };
    json!({
        "what": { "type": "DocumentReference", "identifier": id },
        "type": coding(ENTITY_TYPE, "2"),
        "role": coding(ENTITY_ROLE, "4"),
    })
}

fn query(entry: &Entry, about: &About) -> Value {
    let What::Action(action) = entry.what else { return Value::Null };
    let teams = about.teams.iter().map(|team| format!("team={}", team.0));
    let patient = about.patient.iter().map(|patient| format!("patient={}", patient.0));
    let text = format!("{action}?{}", patient.chain(teams).collect::<Vec<_>>().join("&"));
    json!({
        "type": coding(ENTITY_TYPE, "2"),
        "role": coding(ENTITY_ROLE, "24"),
        "query": BASE64_STANDARD.encode(text),
    })
}

fn identifier(entry: &Entry) -> String {
    // An id of FHIR has no underscore, and base64url has.
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(entry.id.as_str()).unwrap_or_default();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name of the profile, and what it demands beside agents and entities.
fn frame(pattern: Pattern, patient: bool) -> (String, Value) {
    let rest = |subtype: &str, action: &str| {
        json!({
            "type": coding("http://terminology.hl7.org/CodeSystem/audit-event-type", "rest"),
            "subtype": [coding(INTERACTION, subtype)],
            "action": action,
        })
    };
    let named = |name: &str| format!("{PROFILES}{}{name}", if patient { "Patient" } else { "" });
    match pattern {
        Pattern::Read => (named("Read"), rest("read", "R")),
        Pattern::Query => (named("Query"), rest("search", "E")),
        Pattern::Update => (named("Update"), rest("update", "U")),
        Pattern::Delete => (named("Delete"), rest("delete", "D")),
        Pattern::Disclosure => {
            let lifecycle = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
            let fields = json!({
                "type": coding(DCM, "110106"),
                "subtype": [coding(lifecycle, "disclose")],
                "action": "R",
            });
            (format!("{PROFILES}PrivacyDisclosure.Source"), fields)
        }
    }
}

/// One entry as an `AuditEvent`.
pub fn audit_event(entry: &Entry) -> Value {
    let mut event = match (pattern(entry), &entry.about) {
        (Some(pattern), Some(about)) => {
            let (profile, mut event) = frame(pattern, about.patient.is_some());
            let subject = if pattern == Pattern::Query { query(entry, about) } else { data(about) };
            let entities: Vec<Value> = std::iter::once(subject).chain(patient(about)).collect();
            event["meta"] = json!({ "profile": [profile] });
            event["agent"] = agents::of(pattern, entry);
            event["entity"] = json!(entities);
            event
        }
        _ => plain::event(entry),
    };
    event["resourceType"] = "AuditEvent".into();
    event["id"] = identifier(entry).into();
    event["recorded"] = entry.at.to_string().into();
    event["outcome"] = if entry.outcome == Outcome::Done { "0" } else { "4" }.into();
    event["source"] = json!({
        "site": entry.tenant.as_str(),
        "observer": service(entry),
        "type": [coding("http://terminology.hl7.org/CodeSystem/security-source-type", "4")],
    });
    if let Some(purpose) = agents::purpose(entry) {
        event["purposeOfEvent"] = json!([purpose]);
    }
    event
}

//! Who took part: the browser, the records side, the person.

use serde_json::{Value, json};

use super::{DCM, Pattern, coding, concept, service};
use crate::acting::Network;
use crate::context::Purpose;
use crate::log::Entry;

const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";

/// Where the browser was, as far as the log says: inside the hospital's networks or not.
fn browser(code: &str, entry: &Entry) -> Value {
    let place = match entry.network {
        Some(Network::Inside) => "inside",
        Some(Network::Outside) => "outside",
        None => "unknown",
    };
    json!({
        "type": concept(DCM, code),
        "who": { "display": format!("browser, session {}", entry.session.as_deref().unwrap_or("none")) },
        "requestor": false,
        "network": { "address": place, "type": "1" },
    })
}

fn server(kind: Value, entry: &Entry) -> Value {
    json!({
        "type": kind,
        "who": service(entry),
        "requestor": false,
        "network": { "address": entry.tenant.as_str(), "type": "1" },
    })
}

pub(super) fn person(kind: &str, entry: &Entry) -> Option<Value> {
    let who = entry.who.as_ref()?;
    let roles: Vec<Value> = entry.roles.iter().map(|role| json!({ "text": role.word() })).collect();
    let set = entry.policy_set.iter().map(|set| format!("urn:x-gauze:policy-set:{set}"));
    let policies = entry.policies.iter().map(|id| format!("urn:x-gauze:policy:{id}")).chain(set);
    let policies: Vec<String> = policies.collect();
    let mut agent = json!({
        "type": concept(PARTICIPATION, kind),
        "who": { "type": "Practitioner", "identifier": { "system": "urn:x-gauze:person", "value": who.0 } },
        "requestor": true,
    });
    if !roles.is_empty() {
        agent["role"] = json!(roles);
    }
    if !policies.is_empty() {
        agent["policy"] = json!(policies);
    }
    if let Some(purpose) = purpose(entry) {
        agent["purposeOfUse"] = json!([purpose]);
    }
    Some(agent)
}

/// What it was for; under a break-glass, an emergency.
pub(super) fn purpose(entry: &Entry) -> Option<Value> {
    let code = match entry.purpose? {
        _ if entry.haste.is_some() => "ETREAT",
        Purpose::Care => "TREAT",
        Purpose::Audit => "HOPERAT",
        Purpose::Administration => "HSYSADMIN",
        Purpose::PatientRequest => "PATRQT",
    };
    Some(json!({ "coding": [coding(REASON, code)] }))
}

pub(super) fn of(pattern: Pattern, entry: &Entry) -> Value {
    let custodian = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
    let (client, server_kind, user) = match pattern {
        Pattern::Read => ("110152", concept(DCM, "110153"), "IRCP"),
        Pattern::Query => ("110153", concept(DCM, "110152"), "IRCP"),
        Pattern::Update => ("110153", concept(DCM, "110152"), "AUT"),
        Pattern::Delete => ("110150", concept(custodian, "custodian"), "CST"),
        Pattern::Disclosure => ("110152", concept(DCM, "110153"), "IRCP"),
    };
    let both = [browser(client, entry), server(server_kind, entry)];
    json!(both.into_iter().chain(person(user, entry)).collect::<Vec<_>>())
}

//! What people do to people: allowed by policies alone, and each line says to whom.

use axum::http::StatusCode;
use gauze_people::person::Role;
use serde_json::json;

use crate::fixture::{Hospital, Visitor, account, said};
use crate::issuer::Account;

const GOLD: Option<&str> = Some("gold");
/// A hospital that ends nobody's session from outside.
const INSIDE: &str = r#"@id("sessions-inside") forbid (principal, action == Action::"end_session", resource)
    unless { context.inside || resource == principal };"#;

fn leading(login: &str, roles: &[&str]) -> Account {
    let mut account = account(login, roles, GOLD);
    account.claims.insert("groups".into(), json!(["/ward-4/lead"]));
    account
}

async fn signed_in<'a>(hospital: &'a Hospital, account: &Account) -> Visitor<'a> {
    let mut visitor = hospital.visitor();
    visitor.come_back(account).await;
    visitor
}

/// Sends both forms about a person who waits; the codes of the two refusals.
async fn speaks(visitor: &mut Visitor<'_>, person: &str) -> Vec<String> {
    let proof = visitor.get("/sessions").await.proof();
    let mut codes = Vec::new();
    for path in ["/people/waiting/code", "/people/waiting/lost"] {
        let page = visitor.post(path, &[("proof", &proof), ("person", person)]).await;
        codes.push(if page.status == StatusCode::OK { "done".to_owned() } else { page.code().to_owned() });
    }
    codes
}

#[tokio::test]
async fn nobody_is_given_a_factor_from_outside_the_hospital() {
    let hospital = Hospital::new().await;
    signed_in(&hospital, &account("ann", &["viewer"], None)).await;
    let ann = hospital.person("ann").0;
    for account in [account("adam", &["administrator"], GOLD), leading("lea", &["lead"])] {
        let mut speaker = signed_in(&hospital, &account).await.outside();
        assert_eq!(speaker.get("/people/waiting").await.code(), "not_allowed");
        assert_eq!(speaks(&mut speaker, &ann).await, ["not_allowed", "not_allowed"]);
        let line = hospital.log.last();
        assert!(said(&line).starts_with("reenrol refused forbidden"), "{}", said(&line));
        assert_eq!(line.policies, ["inside-only"]);
        assert_eq!(line.about.unwrap().id, Some(ann.clone()));
    }
}

#[tokio::test]
async fn each_voice_and_each_code_stands_in_the_log_with_whom_it_is_for() {
    let hospital = Hospital::new().await;
    signed_in(&hospital, &account("ann", &["viewer"], None)).await;
    let ann = hospital.person("ann").0;
    let mut adam = signed_in(&hospital, &account("adam", &["administrator"], GOLD)).await;
    assert_eq!(speaks(&mut adam, &ann).await, ["done", "done"]);
    let lines = hospital.log.entries();
    for (line, word) in lines[lines.len() - 2..].iter().zip(["code", "spoke"]) {
        assert_eq!(said(line), format!("reenrol done {word} provider"));
        assert_eq!(line.about.as_ref().unwrap().id.as_ref(), Some(&ann));
        assert_eq!(line.policies, ["administrator-people"]);
    }
}

#[tokio::test]
async fn who_leads_a_team_without_the_role_of_a_lead_speaks_for_nobody() {
    let hospital = Hospital::new().await;
    signed_in(&hospital, &account("ann", &["viewer"], None)).await;
    let ann = hospital.person("ann").0;
    let mut vic = signed_in(&hospital, &leading("vic", &["viewer"])).await;
    assert_eq!(vic.get("/people/waiting").await.code(), "not_allowed");
    assert_eq!(speaks(&mut vic, &ann).await, ["not_allowed", "not_allowed"]);
}

#[tokio::test]
async fn a_lead_speaks_for_their_own_team_alone_whatever_a_policy_permits() {
    let hospital = Hospital::new().await;
    let mut elsewhere = account("ann", &["viewer"], None);
    elsewhere.claims.insert("groups".into(), json!([]));
    signed_in(&hospital, &elsewhere).await;
    let ann = hospital.person("ann").0;
    let mut lea = signed_in(&hospital, &leading("lea", &["lead"])).await;
    assert!(!lea.get("/people/waiting").await.text.contains("Person ann"));
    assert_eq!(speaks(&mut lea, &ann).await, ["not_allowed", "not_allowed"]);
    assert!(said(&hospital.log.last()).starts_with("request refused not_allowed"));
}

#[tokio::test]
async fn the_hospitals_own_policy_on_sessions_holds() {
    let hospital = Hospital::ruled(INSIDE).await;
    let mut ann = signed_in(&hospital, &account("ann", &["viewer"], GOLD)).await;
    let which = ann.get("/sessions").await.status;
    assert_eq!(which, StatusCode::OK);
    let session =
        hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock))[0].reference.clone();
    let mut adam = signed_in(&hospital, &account("adam", &["administrator"], GOLD)).await.outside();
    assert_eq!(adam.get("/people/sessions").await.code(), "not_allowed");
    let proof = adam.get("/sessions").await.proof();
    let form = [("proof", proof.as_str()), ("reference", session.as_str())];
    assert_eq!(adam.post("/people/sessions", &form).await.code(), "not_allowed");
    assert_eq!(ann.get("/sessions").await.status, StatusCode::OK);
    let mut inside = hospital.visitor();
    inside.cookies = adam.cookies.clone();
    assert_eq!(inside.post("/people/sessions", &form).await.status, StatusCode::SEE_OTHER);
    assert!(ann.get("/sessions").await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn the_line_of_an_ended_session_says_whose_it_was_and_which() {
    let hospital = Hospital::new().await;
    let now = || gauze_records::Clock::now(&*hospital.clock);
    signed_in(&hospital, &account("ann", &["viewer"], GOLD)).await;
    let (ann, session) = (hospital.person("ann"), hospital.web.sessions().all(now())[0].reference.clone());
    let mut adam = signed_in(&hospital, &account("adam", &["administrator"], GOLD)).await;
    let proof = adam.get("/people/sessions").await.proof();
    adam.post("/people/sessions", &[("proof", &proof), ("reference", &session)]).await;
    let line = hospital.log.last();
    assert_eq!(said(&line), format!("end_session done {session} provider"));
    assert_eq!((line.who, line.about.unwrap().id), (Some(hospital.person("adam")), Some(ann.0)));

    // One's own: one line for each.
    let before = hospital.log.entries().len();
    signed_in(&hospital, &account("adam", &["administrator"], GOLD)).await;
    adam.post("/sessions", &[("proof", &proof), ("reference", "")]).await;
    assert!(hospital.web.sessions().all(now()).is_empty());
    let lines = hospital.log.entries();
    let ended = lines.iter().skip(before).filter(|line| said(line).starts_with("end_session done"));
    assert_eq!(ended.count(), 2);
}

#[tokio::test]
async fn an_id_of_somebody_else_or_of_nobody_is_refused_with_a_line_of_who_tried_it() {
    let hospital = Hospital::new().await;
    let now = || gauze_records::Clock::now(&*hospital.clock);
    signed_in(&hospital, &account("ann", &["viewer"], GOLD)).await;
    let (ann, session) = (hospital.person("ann").0, hospital.web.sessions().all(now())[0].reference.clone());
    let mut adam = signed_in(&hospital, &account("adam", &["administrator"], GOLD)).await;
    let proof = adam.get("/people/sessions").await.proof();
    for (path, field, id) in [
        ("/sessions", "reference", session.as_str()),
        ("/sessions", "reference", "made-up"),
        ("/people/sessions", "reference", "made-up"),
        ("/people/sessions", "reference", ""),
        ("/people/waiting/code", "person", &ann),
        ("/people/waiting/lost", "person", &ann),
        ("/people/waiting/lost", "person", "made-up"),
    ] {
        let before = hospital.log.entries().len();
        let page = adam.post(path, &[("proof", &proof), (field, id)]).await;
        assert_eq!((page.status, page.code()), (StatusCode::NOT_FOUND, "no_such_page"), "{path} {id}");
        let line = hospital.log.last();
        assert_eq!(hospital.log.entries().len(), before + 1, "{path} {id}");
        assert_eq!(said(&line), "request refused no_such_page provider", "{path} {id}");
        assert_eq!((line.who, line.session.is_some()), (Some(hospital.person("adam")), true), "{path} {id}");
    }
    assert_eq!(hospital.web.sessions().all(now()).len(), 2);
    hospital.log.breaks(true);
    let page = adam.post("/sessions", &[("proof", &proof), ("reference", "made-up")]).await;
    assert_eq!(page.code(), "log_failed");
}

#[tokio::test]
async fn without_its_line_no_session_of_others_ends() {
    let hospital = Hospital::new().await;
    let mut ann = signed_in(&hospital, &account("ann", &["viewer"], GOLD)).await;
    let session =
        hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock))[0].reference.clone();
    let mut adam = signed_in(&hospital, &account("adam", &["administrator"], GOLD)).await;
    let proof = adam.get("/people/sessions").await.proof();
    hospital.log.breaks(true);
    let page = adam.post("/people/sessions", &[("proof", &proof), ("reference", &session)]).await;
    assert_eq!(page.code(), "log_failed");
    assert_eq!(ann.get("/sessions").await.status, StatusCode::OK);
    hospital.log.breaks(false);
    *hospital.roster.0.lock().unwrap() = Some(vec![Role::Viewer]);
    let page = adam.post("/people/sessions", &[("proof", &proof), ("reference", &session)]).await;
    assert_eq!(page.code(), "not_allowed");
}

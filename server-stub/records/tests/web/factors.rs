//! Second factors through the pages: enrolled behind a code, counted once, locked after five, replaced by two others.

use axum::http::StatusCode;
use gauze_people::person::Role;
use jiff::SignedDuration;
use totp_rs::{Builder, Secret};

use crate::fixture::{Hospital, Visitor, account};

/// The six digits that an app shows, by the library itself.
pub fn digits(secret: &str, hospital: &Hospital) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let code = Builder::new().with_secret(secret).with_account_name("x").build().unwrap();
    let now = gauze_records::Clock::now(&*hospital.clock).as_second();
    code.generate(u64::try_from(now).unwrap()).to_string()
}

pub fn secret(text: &str) -> String {
    let (_, rest) = text.split_once("<p class=\"code\">").unwrap();
    rest.split_once('<').unwrap().0.to_owned()
}

/// Signs in and enrols one-time codes; their secret.
pub async fn enrol(visitor: &mut Visitor<'_>, login: &str) -> String {
    let hospital = visitor.hospital;
    visitor.come_back(&account(login, &["viewer"], None)).await;
    let person =
        hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock))[0].person.id.clone();
    let code = hospital.code_for(&person).await;
    redeem_and_enrol(visitor, &code).await
}

pub async fn redeem_and_enrol(visitor: &mut Visitor<'_>, code: &str) -> String {
    let proof = visitor.get("/second-factor").await.proof();
    let page = visitor.post("/second-factor/code", &[("proof", &proof), ("code", code)]).await;
    assert_eq!(page.location(), "/second-factor");
    let page = visitor.post("/second-factor/new/totp/ask", &[("proof", &proof)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let secret = secret(&page.text);
    let code = digits(&secret, visitor.hospital);
    let page = visitor.post("/second-factor/new/totp", &[("proof", &proof), ("code", &code)]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    secret
}

async fn prove(visitor: &mut Visitor<'_>, code: &str) -> String {
    let proof = visitor.get("/second-factor").await.proof();
    let page = visitor.post("/second-factor/totp", &[("proof", &proof), ("code", code)]).await;
    if page.status == StatusCode::SEE_OTHER { "in".to_owned() } else { page.code().to_owned() }
}

#[tokio::test]
async fn the_first_factor_is_enrolled_behind_a_code_and_the_session_has_a_new_cookie() {
    let hospital = Hospital::new().await;
    let mut visitor = hospital.visitor();
    visitor.come_back(&account("ann", &["viewer"], None)).await;
    let before = visitor.cookies["__Host-gauze"].clone();
    let page = visitor.get("/second-factor").await;
    let proof = page.proof();
    // Without a code nothing is enrolled, by any way.
    for path in ["/second-factor/new/totp/ask", "/second-factor/new/passkey/ask"] {
        assert_eq!(visitor.post(path, &[("proof", &proof)]).await.code(), "not_invited", "{path}");
    }
    let person =
        hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock))[0].person.id.clone();
    let code = hospital.code_for(&person).await;
    let other = hospital.visitor();
    drop(other);
    redeem_and_enrol(&mut visitor, &code.to_lowercase().replace('-', " ")).await;
    assert_eq!(hospital.log.said(), "factor_change done enrolled totp");
    assert_eq!(visitor.get("/sessions").await.status, StatusCode::OK);
    let mut fixed = hospital.visitor();
    fixed.cookies.insert("__Host-gauze".into(), before);
    assert!(
        fixed.get("/sessions").await.location().starts_with("/sign-in"),
        "the cookie of one factor opens nothing"
    );
}

#[tokio::test]
async fn five_wrong_enrolment_codes_take_the_code_away() {
    let hospital = Hospital::new().await;
    let mut visitor = hospital.visitor();
    visitor.come_back(&account("ann", &["viewer"], None)).await;
    let person =
        hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock))[0].person.id.clone();
    let code = hospital.code_for(&person).await;
    let proof = visitor.get("/second-factor").await.proof();
    for _ in 0..5 {
        let page = visitor.post("/second-factor/code", &[("proof", &proof), ("code", "wrong")]).await;
        assert_eq!(page.code(), "enrolment_code_wrong");
    }
    let page = visitor.post("/second-factor/code", &[("proof", &proof), ("code", &code)]).await;
    assert_eq!(page.code(), "enrolment_code_wrong");
    let late = hospital.code_for(&person).await;
    hospital.clock.pass(SignedDuration::from_mins(14));
    for _ in 0..103 {
        assert_eq!(visitor.get("/second-factor").await.status, StatusCode::OK);
        hospital.clock.pass(SignedDuration::from_mins(6));
    }
    assert_eq!(late.len(), 19);
}

#[tokio::test]
async fn a_one_time_code_counts_once_and_five_wrong_ones_lock_it() {
    let hospital = Hospital::new().await;
    let secret = enrol(&mut hospital.visitor(), "ann").await;
    let ann = account("ann", &["viewer"], None);
    let mut visitor = hospital.visitor();
    visitor.come_back(&ann).await;
    let used = digits(&secret, &hospital);
    assert_eq!(prove(&mut visitor, &used).await, "code_wrong", "the code of the enrolment");
    hospital.clock.pass(SignedDuration::from_secs(30));
    let fresh = digits(&secret, &hospital);
    assert_eq!(prove(&mut visitor, &fresh).await, "in");
    assert_eq!(hospital.log.said(), "sign_in done totp");
    let mut other = hospital.visitor();
    other.come_back(&ann).await;
    assert_eq!(prove(&mut other, &fresh).await, "code_wrong", "the same step in another browser");
    for wrong in ["000000", "abc", "", "12345"] {
        let outcome = prove(&mut other, wrong).await;
        assert!(outcome == "code_wrong" || outcome == "factor_locked", "{outcome}");
    }
    hospital.clock.pass(SignedDuration::from_secs(30));
    let right = digits(&secret, &hospital);
    let proof = other.get("/second-factor").await.proof();
    let page = other.post("/second-factor/totp", &[("proof", &proof), ("code", &right)]).await;
    assert_eq!(page.code(), "factor_locked", "also the right one");
    assert!(other.get("/second-factor").await.text.contains("locked"));
    assert_eq!(hospital.log.said(), "factor refused factor_locked");
}

#[tokio::test]
async fn a_lost_factor_takes_a_lead_and_an_administrator_and_the_old_one_opens_nothing() {
    let hospital = Hospital::new().await;
    let old = enrol(&mut hospital.visitor(), "ann").await;
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], None)).await;
    let waiting = hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock));
    let person =
        waiting.iter().find(|session| session.person.name == "Person ann").unwrap().person.id.0.clone();
    let mut lead = account("lea", &["lead"], Some("gold"));
    lead.claims.insert("groups".into(), serde_json::json!(["/ward-4/lead"]));
    let (mut lea, mut adam) = (hospital.visitor(), hospital.visitor());
    lea.come_back(&lead).await;
    adam.come_back(&account("adam", &["administrator"], Some("gold"))).await;

    let page = adam.get("/people/waiting").await;
    assert!(page.text.contains("Person ann") && !page.text.contains("Give a code"), "{}", page.text);
    let proof = page.proof();
    let given = adam.post("/people/waiting/code", &[("proof", &proof), ("person", &person)]).await;
    assert_eq!(given.code(), "not_two_others", "an administrator alone replaces nothing");
    let spoken = adam.post("/people/waiting/lost", &[("proof", &proof), ("person", &person)]).await;
    assert!(!spoken.text.contains("class=\"code\""));
    let twice = adam.post("/people/waiting/lost", &[("proof", &proof), ("person", &person)]).await;
    assert!(!twice.text.contains("class=\"code\""), "one person is one voice");
    let page = lea.get("/people/waiting").await;
    let spoken = lea.post("/people/waiting/lost", &[("proof", &page.proof()), ("person", &person)]).await;
    let code = secret(&spoken.text);
    let fresh = redeem_and_enrol(&mut ann, &code).await;
    assert_ne!(old, fresh);
    hospital.clock.pass(SignedDuration::from_secs(90));
    let mut thief = hospital.visitor();
    thief.come_back(&account("ann", &["viewer"], None)).await;
    assert_eq!(prove(&mut thief, &digits(&old, &hospital)).await, "code_wrong");
    assert_eq!(prove(&mut thief, &digits(&fresh, &hospital)).await, "in");
}

#[tokio::test]
async fn nobody_speaks_for_themselves_or_for_another_team() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], None)).await;
    let person =
        hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock))[0].person.id.0.clone();
    let mut bob = hospital.visitor();
    bob.come_back(&account("bob", &["viewer"], Some("gold"))).await;
    assert_eq!(bob.get("/people/waiting").await.code(), "not_allowed");
    let proof = bob.get("/sessions").await.proof();
    for path in ["/people/waiting/lost", "/people/waiting/code"] {
        let page = bob.post(path, &[("proof", &proof), ("person", &person)]).await;
        assert_eq!(page.code(), "not_allowed", "{path}");
        assert_eq!(
            hospital.log.last().about.unwrap().id.as_deref(),
            Some(person.as_str()),
            "whom it was about"
        );
        assert!(hospital.log.said().starts_with("reenrol refused no_permit"), "{}", hospital.log.said());
    }
}

#[tokio::test]
async fn an_administrator_needs_hardware_and_whoever_becomes_one_too() {
    let hospital = Hospital::new().await;
    let mut visitor = hospital.visitor();
    enrol(&mut visitor, "ann").await;
    assert_eq!(visitor.get("/sessions").await.status, StatusCode::OK);
    *hospital.roster.0.lock().unwrap() = Some(vec![Role::Administrator]);
    assert!(visitor.get("/sessions").await.location().starts_with("/second-factor"), "at the next click");
    assert!(visitor.get("/second-factor").await.text.contains("hardware key"));
}

#[tokio::test]
async fn a_role_that_is_taken_away_is_gone_at_the_next_click() {
    let hospital = Hospital::new().await;
    let mut adam = hospital.visitor();
    adam.come_back(&account("adam", &["administrator"], Some("gold"))).await;
    assert_eq!(adam.get("/people/sessions").await.status, StatusCode::OK);
    *hospital.roster.0.lock().unwrap() = Some(vec![]);
    assert_eq!(adam.get("/people/sessions").await.code(), "not_allowed");
}

#[tokio::test]
async fn what_is_grave_asks_for_a_proof_of_the_last_five_minutes() {
    let hospital = Hospital::new().await;
    let (mut adam, mut ann) = (hospital.visitor(), hospital.visitor());
    ann.come_back(&account("ann", &["viewer"], Some("gold"))).await;
    adam.come_back(&account("adam", &["administrator"], Some("gold"))).await;
    hospital.clock.pass(SignedDuration::from_mins(6));
    let all = hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock));
    let reference = all.iter().find(|session| session.person.name == "Person ann").unwrap().reference.clone();
    let proof = adam.get("/people/sessions").await.proof();
    let end = [("proof", proof.as_str()), ("reference", reference.as_str())];
    assert_eq!(adam.post("/people/sessions", &end).await.code(), "prove_again");
    assert_eq!(ann.get("/sessions").await.status, StatusCode::OK);

    let before = adam.cookies["__Host-gauze"].clone();
    let page = adam.get("/prove-again?next=/people/sessions").await;
    let page = adam.post("/prove-again", &[("proof", &page.proof()), ("next", "/people/sessions")]).await;
    let other = adam.signed_in_there(&page, &account("eve", &["viewer"], Some("gold")));
    let mut elsewhere = hospital.visitor();
    elsewhere.cookies = adam.cookies.clone();
    assert_eq!(elsewhere.get(&other).await.code(), "somebody_else");
    let page = adam.get("/prove-again?next=/people/sessions").await;
    let page = adam.post("/prove-again", &[("proof", &page.proof()), ("next", "/people/sessions")]).await;
    let back = adam.signed_in_there(&page, &account("adam", &["administrator"], Some("gold")));
    assert_eq!(adam.get(&back).await.onward(), "/people/sessions");
    assert_ne!(adam.cookies["__Host-gauze"], before);
    let proof = adam.get("/people/sessions").await.proof();
    let page = adam.post("/people/sessions", &[("proof", &proof), ("reference", &reference)]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert!(ann.get("/sessions").await.location().starts_with("/sign-in"));
}

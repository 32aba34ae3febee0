//! Factors that are lost and codes that bring new ones: each with its line first, and nothing of before lives on.

use axum::http::StatusCode;
use gauze_signin::factors::FactorError;
use jiff::SignedDuration;

use crate::factors::{digits, enrol, redeem_and_enrol, secret};
use crate::fixture::{Hospital, account, said};

fn now(hospital: &Hospital) -> jiff::Timestamp {
    gauze_records::Clock::now(&*hospital.clock)
}

#[tokio::test]
async fn a_code_that_replaces_ends_the_persons_other_sessions_and_its_line_comes_first() {
    let hospital = Hospital::new().await;
    let mut thief = hospital.visitor();
    enrol(&mut thief, "ann").await;
    assert_eq!(thief.get("/sessions").await.status, StatusCode::OK);
    let person = hospital.person("ann");
    let code = hospital.web.factors().queue_code(&person, now(&hospital), true).await.unwrap();
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], None)).await;
    let before = hospital.log.entries().len();
    redeem_and_enrol(&mut ann, &code).await;
    assert!(thief.get("/sessions").await.location().starts_with("/sign-in"), "what was lost opens nothing");
    assert_eq!(ann.get("/sessions").await.status, StatusCode::OK);
    let lines: Vec<String> = hospital.log.entries()[before..].iter().map(said).collect();
    assert_eq!(
        lines,
        [
            format!("factor_change done replace_{}", person.0),
            "factor_change done code_taken_replaces".to_owned(),
            "sign_out done by_enrolment".to_owned(),
            "factor_change done enrolled totp".to_owned(),
        ]
    );
}

#[tokio::test]
async fn without_its_line_no_code_is_taken_and_no_factor_is_kept() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], None)).await;
    let person = hospital.person("ann");
    let code = hospital.code_for(&person).await;
    let proof = ann.get("/second-factor").await.proof();
    hospital.log.breaks(true);
    let page = ann.post("/second-factor/code", &[("proof", &proof), ("code", &code)]).await;
    assert_eq!(page.code(), "log_failed");
    let page = ann.post("/second-factor/new/totp/ask", &[("proof", &proof)]).await;
    assert_eq!(page.code(), "log_failed", "no leave, and no line to say so");
    hospital.log.breaks(false);
    let page = ann.post("/second-factor/code", &[("proof", &proof), ("code", &code)]).await;
    assert_eq!(page.location(), "/second-factor", "the code was not spent");
    let page = ann.post("/second-factor/new/totp/ask", &[("proof", &proof)]).await;
    let typed = digits(&secret(&page.text), &hospital);
    hospital.log.breaks(true);
    let page = ann.post("/second-factor/new/totp", &[("proof", &proof), ("code", &typed)]).await;
    assert_eq!(page.code(), "log_failed");
    assert!(hospital.web.factors().held(&person).await.unwrap().is_none());
    assert!(ann.get("/sessions").await.location().starts_with("/second-factor"));
}

#[tokio::test]
async fn a_code_made_beside_the_pages_counts_once_its_line_is_written() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], None)).await;
    let person = hospital.person("ann");
    let code = hospital.web.factors().queue_code(&person, now(&hospital), false).await.unwrap();
    let at = gauze_signin::factors::At { person: &person, session: "x", now: now(&hospital) };
    let judged = hospital.web.factors().judge_code(at, &code).await;
    assert!(matches!(judged, Err(FactorError::Enrolment)), "{judged:?}");
    let proof = ann.get("/second-factor").await.proof();
    hospital.log.breaks(true);
    let form = [("proof", proof.as_str()), ("code", code.as_str())];
    assert_eq!(ann.post("/second-factor/code", &form).await.code(), "log_failed");
    assert!(hospital.web.tell_of_codes().await.is_err());
    hospital.log.breaks(false);
    hospital.web.tell_of_codes().await.unwrap();
    let line = hospital.log.last();
    assert_eq!(said(&line), format!("factor_change done code_{}", person.0));
    assert_eq!((line.who, line.network), (None, None));
    hospital.web.tell_of_codes().await.unwrap();
    assert_eq!(hospital.log.last().id, line.id, "one line");
    assert_eq!(ann.post("/second-factor/code", &form).await.location(), "/second-factor");
}

#[tokio::test]
async fn who_has_a_factor_and_nobody_to_ask_is_replaced_only_by_saying_so() {
    let hospital = Hospital::new().await;
    let old = enrol(&mut hospital.visitor(), "ann").await;
    let person = hospital.person("ann");
    let plain = hospital.web.factors().queue_code(&person, now(&hospital), false).await;
    assert!(matches!(plain, Err(FactorError::NotTwo)), "{plain:?}");
    let code = hospital.web.factors().queue_code(&person, now(&hospital), true).await.unwrap();
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], None)).await;
    let fresh = redeem_and_enrol(&mut ann, &code).await;
    assert_ne!(old, fresh);
    assert_eq!(hospital.web.factors().held(&person).await.unwrap().totp, Some(false));
}

#[tokio::test]
async fn leave_to_enrol_lasts_five_minutes_however_often_it_is_asked_for() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], None)).await;
    let code = hospital.code_for(&hospital.person("ann")).await;
    let proof = ann.get("/second-factor").await.proof();
    ann.post("/second-factor/code", &[("proof", &proof), ("code", &code)]).await;
    for _ in 0..2 {
        let page = ann.post("/second-factor/new/totp/ask", &[("proof", &proof)]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        hospital.clock.pass(SignedDuration::from_mins(2));
    }
    hospital.clock.pass(SignedDuration::from_secs(61));
    let page = ann.post("/second-factor/new/totp/ask", &[("proof", &proof)]).await;
    assert_eq!(page.code(), "not_invited");
}

#[tokio::test]
async fn where_no_try_can_be_counted_right_and_wrong_codes_are_answered_alike_and_open_nothing() {
    let hospital = Hospital::new().await;
    let secret = enrol(&mut hospital.visitor(), "ann").await;
    hospital.clock.pass(SignedDuration::from_secs(60));
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], None)).await;
    let mut bob = hospital.visitor();
    bob.come_back(&account("bob", &["viewer"], None)).await;
    let invited = hospital.code_for(&hospital.person("bob")).await;
    hospital.store_is_full(true).await;
    let right = digits(&secret, &hospital);
    for (visitor, path, right) in [
        (&mut ann, "/second-factor/totp", right.as_str()),
        (&mut bob, "/second-factor/code", invited.as_str()),
    ] {
        let proof = visitor.get("/second-factor").await.proof();
        let mut answers = Vec::new();
        for typed in ["12345", right, "12345", right, "12345", "12345", "12345", "12345"] {
            let page = visitor.post(path, &[("proof", &proof), ("code", typed)]).await;
            assert_eq!(page.code(), "factors_failed", "{path}: {typed}");
            answers.push((page.status, page.text));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{path}");
        assert!(visitor.get("/sessions").await.location().starts_with("/second-factor"), "{path}");
    }
    hospital.store_is_full(false).await;
    let proof = ann.get("/second-factor").await.proof();
    let page = ann.post("/second-factor/totp", &[("proof", &proof), ("code", &right)]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "nothing was counted, and nothing was learned");
}

//! A provider that errs or lies, and browsers that bring back what is not theirs. Each is refused, and each is in the log.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use crate::fixture::{Hospital, ISSUER, account};
use crate::issuer::{Answering, Claims, Issuer, Signing};

const GOLD: Option<&str> = Some("gold");

/// The code of the refusal of one sign-in, which must leave no session and one line.
async fn refused(hospital: &Hospital) -> String {
    let mut visitor = hospital.visitor();
    let page = visitor.come_back(&account("ann", &["viewer"], GOLD)).await;
    assert_ne!(page.status, StatusCode::OK, "{}", page.text);
    assert!(!visitor.cookies.contains_key("__Host-gauze"));
    assert!(hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock)).is_empty());
    let code = page.code().to_owned();
    assert_eq!(hospital.log.said(), format!("sign_in refused {code}"));
    assert!(page.text.contains("Nothing is lost"), "a refusal says its next step");
    code
}

async fn twisted(twist: impl Fn(&mut Claims) + Send + 'static) -> String {
    let hospital = Hospital::new().await;
    hospital.issuer.twist(twist);
    refused(&hospital).await
}

#[tokio::test]
async fn what_the_provider_proves_signs_in_and_the_cookie_is_bound_to_this_host() {
    let hospital = Hospital::new().await;
    let mut visitor = hospital.visitor();
    let page = visitor.come_back(&account("ann", &["viewer"], GOLD)).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.onward(), "/sessions");
    let cookies: Vec<&str> =
        page.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    let session = cookies.iter().find(|line| line.starts_with("__Host-gauze=")).unwrap();
    assert!(session.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{session}");
    assert_eq!(hospital.log.said(), "sign_in done provider");
    let page = visitor.get("/sessions").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Person ann"));
}

#[tokio::test]
async fn a_login_below_the_required_assurance_is_not_a_second_factor() {
    for acr in [None, Some("silver"), Some("AAL1")] {
        let hospital = Hospital::new().await;
        let mut visitor = hospital.visitor();
        let page = visitor.come_back(&account("ann", &["viewer"], acr)).await;
        assert_eq!(page.onward(), "/second-factor?next=%2Fsessions");
        assert_eq!(hospital.log.said(), "sign_in done recognised");
        assert!(visitor.get("/sessions").await.location().starts_with("/second-factor"));
    }
}

#[tokio::test]
async fn a_token_that_the_provider_did_not_sign_is_refused() {
    for (signing, code) in [
        (Signing::Nothing, "token_algorithm"),
        (Signing::PublicKeyAsSecret, "token_algorithm"),
        (Signing::Critical, "token_algorithm"),
        (Signing::AnotherKey, "token_signature"),
        (Signing::ChangedAfter, "token_signature"),
        (Signing::UnknownKey, "token_key"),
    ] {
        let hospital = Hospital::new().await;
        hospital.issuer.sign(signing);
        assert_eq!(refused(&hospital).await, code, "{signing:?}");
    }
}

#[tokio::test]
async fn a_token_for_others_or_of_others_is_refused() {
    for (name, value) in [
        ("iss", json!("https://elsewhere.example")),
        ("aud", json!("another-client")),
        ("aud", json!(["gauze", "another-client"])),
        ("aud", json!([])),
        ("azp", json!("another-client")),
        ("nonce", json!("another")),
        ("sub", json!("")),
    ] {
        assert_eq!(
            twisted(move |claims| drop(claims.insert(name.into(), value.clone()))).await,
            "token_claim",
            "{name}"
        );
    }
    for name in ["iss", "aud", "nonce", "exp", "iat", "sub"] {
        assert_eq!(twisted(move |claims| drop(claims.remove(name))).await, "token_claim", "no {name}");
    }
}

#[tokio::test]
async fn a_token_of_another_time_is_refused() {
    for (name, shift, code) in [
        ("exp", -400, "token_claim"),
        ("iat", 120, "token_claim"),
        ("iat", -400, "token_claim"),
        ("nbf", 120, "token_claim"),
        ("auth_time", 120, "token_claim"),
        ("auth_time", -13 * 3600, "sign_in_stale"),
    ] {
        let twist = move |claims: &mut Claims| {
            claims.insert(name.into(), json!(1_800_000_000_i64 + shift));
        };
        assert_eq!(twisted(twist).await, code, "{name} {shift}");
    }
}

#[tokio::test]
async fn keys_that_change_are_asked_for_again_and_not_at_every_token() {
    let hospital = Hospital::new().await;
    let ann = account("ann", &["viewer"], GOLD);
    assert_eq!(hospital.visitor().come_back(&ann).await.status, StatusCode::OK);
    assert_eq!(hospital.visitor().come_back(&ann).await.status, StatusCode::OK);
    assert_eq!(hospital.issuer.keys_asked(), 1);
    hospital.issuer.rotate("second");
    hospital.clock.pass(SignedDuration::from_secs(11));
    assert_eq!(hospital.visitor().come_back(&ann).await.status, StatusCode::OK);
    assert_eq!(hospital.issuer.keys_asked(), 2);
    // Tokens under names that nobody knows make us ask no more often than every ten seconds.
    hospital.issuer.sign(Signing::UnknownKey);
    for _ in 0..5 {
        assert_ne!(hospital.visitor().come_back(&ann).await.status, StatusCode::OK);
    }
    assert_eq!(hospital.issuer.keys_asked(), 2);
}

#[tokio::test]
async fn a_code_and_a_state_count_once_and_in_the_browser_that_asked() {
    let hospital = Hospital::new().await;
    let ann = account("ann", &["viewer"], GOLD);
    let mut visitor = hospital.visitor();
    let back = visitor.at_provider(&ann).await;
    // Login CSRF: the attacker's own way back, in the victim's browser.
    let mut victim = hospital.visitor();
    assert_eq!(victim.get(&back).await.code(), "sign_in_not_begun");
    let _ = victim.post("/sign-in", &[]).await;
    assert_eq!(victim.get(&back).await.code(), "sign_in_state");
    assert!(!victim.cookies.contains_key("__Host-gauze"));
    // Both are used up, also by a failure.
    let begun = visitor.cookies.clone();
    assert_eq!(visitor.get(&back).await.status, StatusCode::OK);
    let mut replayed = hospital.visitor();
    replayed.cookies = begun;
    replayed.cookies.remove("__Host-gauze");
    assert_eq!(replayed.get(&back).await.code(), "sign_in_not_begun");
    // A code that was used, in a sign-in that was begun anew.
    let _ = replayed.post("/sign-in", &[]).await;
    let page = replayed.post("/sign-in", &[]).await;
    let fresh = replayed.signed_in_there(&page, &ann);
    let stale_code = back.split_once("code=").unwrap().1.split_once('&').unwrap().0;
    let fresh_code = fresh.split_once("code=").unwrap().1.split_once('&').unwrap().0;
    assert_eq!(replayed.get(&fresh.replace(fresh_code, stale_code)).await.code(), "code_refused");
}

#[tokio::test]
async fn a_sign_in_that_took_too_long_is_refused() {
    let hospital = Hospital::new().await;
    let mut visitor = hospital.visitor();
    let back = visitor.at_provider(&account("ann", &["viewer"], GOLD)).await;
    hospital.clock.pass(SignedDuration::from_mins(10));
    assert_eq!(visitor.get(&back).await.code(), "sign_in_not_begun");
}

#[tokio::test]
async fn an_answer_of_another_provider_is_refused() {
    let hospital = Hospital::new().await;
    let mut visitor = hospital.visitor();
    let back = visitor.at_provider(&account("ann", &["viewer"], GOLD)).await;
    let own = url::form_urlencoded::byte_serialize(ISSUER.as_bytes()).collect::<String>();
    assert!(back.contains(&own));
    assert_eq!(visitor.get(&back.replace(&own, "https%3A%2F%2Fevil.example")).await.code(), "other_issuer");
    let mut visitor = hospital.visitor();
    let back = visitor.at_provider(&account("ann", &["viewer"], GOLD)).await;
    let without = back.replace(&format!("&iss={own}"), "");
    assert_ne!(back, without);
    assert_eq!(visitor.get(&without).await.code(), "other_issuer");
}

#[tokio::test]
async fn answers_that_are_long_slow_or_not_its_own_are_refused() {
    for (answering, code) in [
        (Answering::Long, "provider_answer_too_long"),
        (Answering::Slow, "provider_too_slow"),
        (Answering::OtherIssuer, "provider_metadata"),
        (Answering::Plain, "provider_metadata"),
    ] {
        let hospital = Hospital::new().await;
        hospital.issuer.answer_so(answering);
        let page = hospital.visitor().post("/sign-in", &[]).await;
        assert_eq!((page.status, page.code()), (StatusCode::BAD_GATEWAY, code), "{answering:?}");
        assert_eq!(hospital.log.said(), format!("sign_in refused {code}"), "{answering:?}");
    }
}

#[tokio::test]
async fn what_the_provider_refuses_is_told_without_its_words() {
    let hospital = Hospital::new().await;
    let mut visitor = hospital.visitor();
    let back = visitor.at_provider(&account("ann", &["viewer"], GOLD)).await;
    let state = back.split_once("state=").unwrap().1.split_once('&').unwrap().0;
    let own = url::form_urlencoded::byte_serialize(ISSUER.as_bytes()).collect::<String>();
    let evil = format!("/sign-in/back?error=%3Cscript%3Ealert(1)&state={state}&iss={own}");
    let page = visitor.get(&evil).await;
    assert_eq!(page.code(), "provider_refused");
    assert!(!page.text.contains("<script>alert"));
}

fn ending(hospital: &Hospital, change: impl FnOnce(&mut Claims)) -> String {
    let now = gauze_records::Clock::now(&*hospital.clock).as_second();
    let claims = json!({
        "iss": ISSUER, "aud": "gauze", "iat": now, "jti": format!("j{now}"), "sub": "ann",
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} }
    });
    let mut claims = claims.as_object().unwrap().clone();
    change(&mut claims);
    hospital.issuer.logout_token(claims)
}

#[tokio::test]
async fn the_provider_ends_a_session_and_nobody_else_does() {
    let hospital = Hospital::new().await;
    let mut visitor = hospital.visitor();
    visitor.come_back(&account("ann", &["viewer"], GOLD)).await;
    let mut provider = hospital.visitor();
    for (what, token) in [
        ("nonce", ending(&hospital, |claims| drop(claims.insert("nonce".into(), json!("x"))))),
        ("events", ending(&hospital, |claims| drop(claims.remove("events")))),
        ("iss", ending(&hospital, |claims| drop(claims.insert("iss".into(), json!("https://x.example"))))),
        ("aud", ending(&hospital, |claims| drop(claims.insert("aud".into(), json!("x"))))),
        ("iat", ending(&hospital, |claims| drop(claims.insert("iat".into(), json!(1_799_990_000))))),
        ("jti", ending(&hospital, |claims| drop(claims.remove("jti")))),
        ("nobody", ending(&hospital, |claims| drop(claims.remove("sub")))),
        ("forged", {
            let other = Issuer::new(ISSUER, "gauze");
            other.rotate("first");
            other.sign(Signing::AnotherKey);
            other.logout_token(Claims::new())
        }),
    ] {
        let page = provider.post("/sign-in/ended", &[("logout_token", &token)]).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{what}");
        assert_eq!(visitor.get("/sessions").await.status, StatusCode::OK, "{what}");
    }
    let token = ending(&hospital, |_| {});
    assert_eq!(provider.post("/sign-in/ended", &[("logout_token", &token)]).await.status, StatusCode::OK);
    assert_eq!(hospital.log.said(), "sign_out done by_provider");
    assert!(visitor.get("/sessions").await.location().starts_with("/sign-in"));
    let again = provider.post("/sign-in/ended", &[("logout_token", &token)]).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "a token counts once");
}

#[tokio::test]
async fn no_line_no_session() {
    let hospital = Hospital::new().await;
    let mut visitor = hospital.visitor();
    let back = visitor.at_provider(&account("ann", &["viewer"], GOLD)).await;
    hospital.log.breaks(true);
    let page = visitor.get(&back).await;
    assert_eq!((page.status, page.code()), (StatusCode::SERVICE_UNAVAILABLE, "log_failed"));
    assert!(!visitor.cookies.contains_key("__Host-gauze"));
    assert!(hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock)).is_empty());
}

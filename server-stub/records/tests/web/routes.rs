//! Every route before nobody, before one factor, and before a hostile browser.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use gauze_records::web::{ROUTES, Reach};
use jiff::SignedDuration;

use crate::fixture::{HOST, Hospital, account, said};

#[tokio::test]
async fn no_route_opens_to_nobody_or_to_one_factor() {
    let hospital = Hospital::new().await;
    let mut nobody = hospital.visitor();
    let mut one = hospital.visitor();
    one.come_back(&account("ann", &["administrator"], None)).await;
    let proof = one.get("/second-factor").await.proof();
    for route in ROUTES {
        let form =
            [("proof", proof.as_str()), ("reference", ""), ("person", "x"), ("code", "x"), ("answer", "{}")];
        for (who, visitor) in [("nobody", &mut nobody), ("one factor", &mut one)] {
            if matches!((who, route.reach), (_, Reach::Everybody) | ("one factor", Reach::OneFactor)) {
                continue;
            }
            let page = if route.post {
                visitor.post(route.path, &form).await
            } else {
                visitor.get(route.path).await
            };
            let shut = match page.status {
                StatusCode::SEE_OTHER => {
                    page.location().starts_with("/sign-in") || page.location().starts_with("/second-factor")
                }
                status => status == StatusCode::UNAUTHORIZED,
            };
            assert!(shut, "{} opens to {who}: {} {}", route.path, page.status, page.text);
            assert!(!page.text.contains("Person ann"), "{} shows to {who}", route.path);
        }
    }
    assert_eq!(hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock)).len(), 1);
}

/// The table names every route that the source lays, and no other.
#[test]
fn every_route_stands_in_the_table() {
    let source = include_str!("../../src/web/mod.rs");
    let laid: Vec<&str> = source
        .split(".route(")
        .skip(1)
        .map(|rest| rest.split(',').next().unwrap().trim().trim_matches('"'))
        .map(|name| match name {
            "guard::BACK_CHANNEL" => "/sign-in/ended",
            "second::PAGE" => "/second-factor",
            name => name,
        })
        .collect();
    assert!(laid.len() > 15);
    for path in &laid {
        assert!(ROUTES.iter().any(|route| route.path == *path), "{path} is not in ROUTES");
    }
    for route in ROUTES {
        assert!(laid.contains(&route.path), "{} is laid nowhere", route.path);
    }
}

#[tokio::test]
async fn a_form_counts_with_the_proof_of_its_own_session_alone() {
    let hospital = Hospital::new().await;
    let (mut ann, mut bob) = (hospital.visitor(), hospital.visitor());
    ann.come_back(&account("ann", &["administrator"], Some("gold"))).await;
    bob.come_back(&account("bob", &["administrator"], Some("gold"))).await;
    let theirs = bob.get("/sessions").await.proof();
    for route in ROUTES.iter().filter(|route| route.post && route.reach != Reach::Everybody) {
        let rest = [("reference", "x"), ("person", "x"), ("code", "x"), ("answer", "{}")];
        for proof in [None, Some(""), Some("guess"), Some(theirs.as_str())] {
            let fields: Vec<(&str, &str)> =
                proof.map(|proof| ("proof", proof)).into_iter().chain(rest).collect();
            let page = ann.post(route.path, &fields).await;
            assert_eq!(
                (page.status, page.code()),
                (StatusCode::FORBIDDEN, "form_not_ours"),
                "{} {proof:?}",
                route.path
            );
        }
    }
    assert_eq!(ann.get("/sessions").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_another_site_sends_is_refused_before_any_page_sees_it() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], Some("gold"))).await;
    let own = ann.get("/sessions").await.proof();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://gauze.hospital.example"),
    ] {
        let body = format!("proof={own}&reference=");
        let request = Request::post("/sessions")
            .header("content-type", "application/x-www-form-urlencoded")
            .header(name, value)
            .body(Body::from(body));
        assert_eq!(ann.send(request.unwrap()).await.code(), "form_not_ours", "{name}: {value}");
        assert_eq!(hospital.log.said(), "request refused form_not_ours");
    }
    let embedded =
        Request::get("/sessions").header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "no-cors");
    assert_eq!(ann.send(embedded.body(Body::empty()).unwrap()).await.code(), "foreign_page");
    for host in
        ["evil.example", "127.0.0.1", "gauze.hospital.example:444", "gauze.hospital.example.evil.example", ""]
    {
        let request = Request::get("/sign-in").header("host", host).body(Body::empty()).unwrap();
        let page = ann.send(request).await;
        assert_eq!((page.status, page.code()), (StatusCode::MISDIRECTED_REQUEST, "foreign_host"), "{host}");
        assert_eq!(hospital.log.said(), "request refused foreign_host");
    }
    let http2 = Request::get("https://evil.example/sign-in").body(Body::empty()).unwrap();
    assert_eq!(ann.send(http2).await.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn every_answer_keeps_browsers_from_keeping_showing_or_sharing_it() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], Some("gold"))).await;
    for path in [
        "/",
        "/sign-in",
        "/sessions",
        "/look.css",
        "/passkey.js",
        "/nowhere",
        "/sign-in/back",
        "/people/sessions",
    ] {
        let page = ann.get(path).await;
        let header =
            |name: &str| page.headers.get(name).unwrap_or_else(|| panic!("{path}: {name}")).to_str().unwrap();
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert!(header("permissions-policy").contains("camera=()"), "{path}");
        let csp = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "form-action 'self';",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(csp.contains(part), "{path}: {part}");
        }
        assert!(!csp.contains("unsafe"), "{path}");
    }
}

#[tokio::test]
async fn after_signing_out_nothing_opens_and_the_browser_is_told_to_forget() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], Some("gold"))).await;
    let stolen = ann.cookies.clone();
    let proof = ann.get("/sessions").await.proof();
    let page = ann.post("/sign-out", &[("proof", &proof)]).await;
    assert_eq!(page.headers["clear-site-data"], "\"cache\", \"storage\"");
    assert!(page.text.contains("action=\"https://id.hospital.example/end\""), "{}", page.text);
    let csp = page.headers["content-security-policy"].to_str().unwrap();
    assert!(csp.contains("form-action 'self' https://id.hospital.example;"), "{csp}");
    assert!(!page.text.contains("id_token_hint="), "no token in an address");
    let mut thief = hospital.visitor();
    thief.cookies = stolen;
    assert!(thief.get("/sessions").await.location().starts_with("/sign-in"));
}

#[tokio::test]
async fn a_session_that_nobody_uses_for_a_quarter_of_an_hour_is_gone() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], Some("gold"))).await;
    hospital.clock.pass(SignedDuration::from_mins(14));
    assert_eq!(ann.get("/sessions").await.status, StatusCode::OK);
    hospital.clock.pass(SignedDuration::from_mins(15));
    assert!(ann.get("/sessions").await.location().starts_with("/sign-in?next="));
}

#[tokio::test]
async fn nobody_is_sent_to_another_site_afterwards() {
    let hospital = Hospital::new().await;
    for next in ["//evil.example", "https://evil.example", "/\\evil.example", "/x;url=https://evil.example"] {
        let mut ann = hospital.visitor();
        let page = ann.post("/sign-in", &[("next", next)]).await;
        let back = ann.signed_in_there(&page, &account("ann", &["viewer"], Some("gold")));
        assert_eq!(ann.get(&back).await.onward(), "/", "{next}");
        let page = ann.post("/sign-in", &[("next", next)]).await;
        assert_eq!(page.location(), "/", "{next}");
    }
}

#[tokio::test]
async fn a_cookie_that_was_planted_is_never_a_session() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    ann.cookies.insert("__Host-gauze".into(), "planted".into());
    ann.come_back(&account("ann", &["viewer"], Some("gold"))).await;
    assert_ne!(ann.cookies["__Host-gauze"], "planted");
    let mut planter = hospital.visitor();
    planter.cookies.insert("__Host-gauze".into(), "planted".into());
    assert!(planter.get("/sessions").await.location().starts_with("/sign-in"));
    assert_eq!(HOST, "gauze.hospital.example");
}

#[tokio::test]
async fn another_persons_session_is_not_ended_from_ones_own_page() {
    let hospital = Hospital::new().await;
    let (mut ann, mut bob) = (hospital.visitor(), hospital.visitor());
    ann.come_back(&account("ann", &["viewer"], Some("gold"))).await;
    bob.come_back(&account("bob", &["viewer"], Some("gold"))).await;
    let all = hospital.web.sessions().all(gauze_records::Clock::now(&*hospital.clock));
    let theirs = all.iter().find(|session| session.person.name == "Person ann").unwrap().reference.clone();
    let proof = bob.get("/sessions").await.proof();
    bob.post("/sessions", &[("proof", &proof), ("reference", &theirs)]).await;
    assert_eq!(ann.get("/sessions").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_flood_of_strangers_does_not_fill_the_log() {
    let hospital = Hospital::new().await;
    let mut nobody = hospital.visitor();
    for _ in 0..200 {
        let request = Request::get("/").header("host", "evil.example").body(Body::empty()).unwrap();
        assert_eq!(nobody.send(request).await.status, StatusCode::MISDIRECTED_REQUEST);
    }
    assert_eq!(hospital.log.entries().len(), 120);
    hospital.clock.pass(SignedDuration::from_hours(-1));
    let request = Request::get("/").header("host", "evil.example").body(Body::empty()).unwrap();
    nobody.send(request).await;
    assert_eq!(hospital.log.entries().len(), 121, "a clock that was set back silences nothing");
}

#[tokio::test]
async fn a_forged_form_before_somebody_signed_in_stands_as_theirs_in_the_log_however_many_there_are() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    ann.come_back(&account("ann", &["viewer"], Some("gold"))).await;
    for _ in 0..130 {
        assert_eq!(ann.post("/sessions", &[("reference", "")]).await.code(), "form_not_ours");
    }
    let entries = hospital.log.entries();
    let (ann, session) = (hospital.person("ann"), entries[0].session.clone());
    let theirs = entries.iter().filter(|entry| said(entry) == "request refused form_not_ours");
    let theirs = theirs.filter(|entry| entry.who.as_ref() == Some(&ann) && entry.session == session);
    assert_eq!(theirs.count(), 130);
}

#[tokio::test]
async fn a_proof_from_before_the_clock_was_set_back_is_not_fresh() {
    let hospital = Hospital::new().await;
    let mut adam = hospital.visitor();
    adam.come_back(&account("adam", &["administrator"], Some("gold"))).await;
    hospital.clock.pass(SignedDuration::from_secs(-30));
    let proof = adam.get("/people/sessions").await.proof();
    let page = adam.post("/people/sessions", &[("proof", &proof), ("reference", "x")]).await;
    assert_eq!(page.code(), "prove_again");
    hospital.clock.pass(SignedDuration::from_mins(-2));
    assert!(adam.get("/sessions").await.location().starts_with("/sign-in"), "nor is the session one");
}

#[tokio::test]
async fn a_refusal_says_that_nothing_was_changed_only_where_that_is_so() {
    let hospital = Hospital::new().await;
    let mut ann = hospital.visitor();
    let lost = "Nothing is lost";
    let changed = "Nothing was changed";
    assert!(ann.get("/nowhere").await.text.contains(lost));
    ann.come_back(&account("ann", &["viewer"], None)).await;
    let page = ann.post("/second-factor/code", &[("code", "x")]).await;
    assert!(page.text.contains(changed) && !page.text.contains(lost), "what was typed is not kept");
    let proof = ann.get("/second-factor").await.proof();
    let page = ann.post("/second-factor/code", &[("proof", &proof), ("code", "x")]).await;
    assert_eq!(page.code(), "enrolment_code_wrong");
    assert!(!page.text.contains(changed) && !page.text.contains(lost), "a try is spent");
}

//! Keys for administrators: one that a listed maker attests counts, and nothing that merely says so does.

use axum::http::StatusCode;
use serde_json::Value;

use crate::authenticator::{Attests, Authenticator, Maker};
use crate::fixture::{HOST, Hospital, Page, Visitor, account};

/// Asks at `path`, and sends what `answer` makes of it.
async fn by_passkey(visitor: &mut Visitor<'_>, path: &str, answer: impl Fn(&Value) -> Value) -> Page {
    let proof = visitor.get("/second-factor").await.proof();
    let asked = visitor.post(&format!("{path}/ask"), &[("proof", &proof)]).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.text);
    let answer = answer(&serde_json::from_str(&asked.text).unwrap()).to_string();
    visitor.post(path, &[("proof", &proof), ("answer", &answer)]).await
}

const NEW: &str = "/second-factor/new/passkey";

#[tokio::test]
async fn an_administrators_key_counts_by_its_makers_word_and_by_nothing_else() {
    let (maker, other) = (Maker::new("Keys for hospitals"), Maker::new("Keys for hospitals"));
    let hospital = Hospital::listing(std::slice::from_ref(&maker.pem)).await;
    let adam = account("adam", &["administrator"], None);
    let mut visitor = hospital.visitor();
    visitor.come_back(&adam).await;
    let code = hospital.code_for(&hospital.person("adam")).await;
    let proof = visitor.get("/second-factor").await.proof();
    visitor.post("/second-factor/code", &[("proof", &proof), ("code", &code)]).await;
    for attests in [Attests::Nothing, Attests::Itself, Attests::By(&other)] {
        let key = Authenticator::of(HOST);
        let page = by_passkey(&mut visitor, NEW, |asked| key.made(asked, &attests)).await;
        assert_eq!(page.code(), "passkey_not_hardware");
        assert_eq!(hospital.log.said(), "factor refused passkey_not_hardware");
        assert!(visitor.get("/people/waiting").await.location().starts_with("/second-factor"));
    }
    let key = Authenticator::of(HOST);
    let page = by_passkey(&mut visitor, NEW, |asked| key.made(asked, &Attests::By(&maker))).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert_eq!(visitor.get("/people/waiting").await.status, StatusCode::OK);

    let mut later = hospital.visitor();
    later.come_back(&adam).await;
    let thief = Authenticator::of(HOST);
    let prove = "/second-factor/passkey";
    let page = by_passkey(&mut later, prove, |asked| thief.proven(asked)).await;
    assert_eq!(page.code(), "passkey_refused");
    let page = by_passkey(&mut later, prove, |asked| key.proven(asked)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert_eq!(later.get("/people/waiting").await.status, StatusCode::OK);
}

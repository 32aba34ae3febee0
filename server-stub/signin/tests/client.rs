//! What is sent to a provider: how this side proves itself, what goes through the browser, and CIS2's way with userinfo.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_signin::config::People;
use gauze_signin::jwt::Keys;
use gauze_signin::outward::{Outward, OutwardError, Soon};
use gauze_signin::provider::{Back, Begun, Provider, Purpose, SignInError, Wanted};
use gauze_wire::{Signer as _, SoftwareKey};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example";

/// A provider that keeps what it was sent.
#[derive(Default)]
struct Peer {
    pushes: bool,
    sent: Mutex<Vec<http::Request<Vec<u8>>>>,
    /// Nothing comes of this path, ever.
    hangs: Mutex<Option<&'static str>>,
    /// Nothing can be reached.
    gone: AtomicBool,
    id_token: Mutex<String>,
    userinfo: Mutex<Value>,
}

fn key() -> SoftwareKey {
    SoftwareKey::from_bytes(&[5; 32]).unwrap()
}

fn jwks(key: &SoftwareKey) -> Value {
    let point = key.public_key().to_sec1();
    let b64 = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "k", "x": b64(&point[1..33]), "y": b64(&point[33..]) }] })
}

fn token(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({ "alg": "ES256", "kid": "k" })), part(claims));
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(key().sign(signed.as_bytes()).unwrap()))
}

impl Outward for Peer {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Soon<'_, Result<http::Response<Vec<u8>>, OutwardError>> {
        let (status, body) = match request.uri().path() {
            "/.well-known/openid-configuration" => {
                let mut told = json!({
                    "issuer": ISSUER, "authorization_endpoint": "https://id.example/authorise",
                    "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
                    "userinfo_endpoint": "https://id.example/userinfo",
                });
                if self.pushes {
                    told["pushed_authorization_request_endpoint"] = json!("https://id.example/push");
                }
                (200, told)
            }
            "/push" => (201, json!({ "request_uri": "urn:x", "expires_in": 60 })),
            "/keys" => (200, jwks(&key())),
            "/token" => (200, json!({ "id_token": *self.id_token.lock().unwrap(), "access_token": "at" })),
            "/userinfo" => (200, self.userinfo.lock().unwrap().clone()),
            _ => (404, json!({})),
        };
        if self.gone.load(Ordering::Relaxed) {
            self.sent.lock().unwrap().push(request);
            return Box::pin(std::future::ready(Err(OutwardError::TooSlow)));
        }
        let hangs = *self.hangs.lock().unwrap() == Some(request.uri().path());
        self.sent.lock().unwrap().push(request);
        if hangs {
            return Box::pin(std::future::pending());
        }
        let answer = http::Response::builder().status(status).body(body.to_string().into_bytes()).unwrap();
        Box::pin(std::future::ready(Ok(answer)))
    }
}

impl Peer {
    fn form(&self, path: &str) -> HashMap<String, String> {
        let sent = self.sent.lock().unwrap();
        let request = sent.iter().rev().find(|request| request.uri().path() == path).unwrap();
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(request.body()).into_owned().collect();
        let fields: HashMap<String, String> = pairs.iter().cloned().collect();
        assert_eq!(fields.len(), pairs.len(), "no field stands twice: {pairs:?}");
        fields
    }

    fn header(&self, path: &str) -> Option<String> {
        let sent = self.sent.lock().unwrap();
        let request = sent.iter().rev().find(|request| request.uri().path() == path).unwrap();
        Some(request.headers().get("authorization")?.to_str().unwrap().to_owned())
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

/// A provider as `profile` has it, with a secret or a key of this side.
fn provider(dir: &Path, peer: &Arc<Peer>, profile: &str, by_key: bool) -> Provider {
    let mut write = tempfile::NamedTempFile::new_in(dir).unwrap();
    let text = if by_key { key().to_pem().unwrap() } else { "a secret: with & and = in it".to_owned() };
    std::io::Write::write_all(&mut write, text.as_bytes()).unwrap();
    let (_, path) = write.keep().unwrap();
    let client = if by_key {
        json!({ "private_key": { "file": path, "kid": "own" } })
    } else {
        json!({ "secret_file": path })
    };
    let people = json!({
        "origin": "https://gauze.example",
        "provider": { "issuer": ISSUER, "profile": profile, "client_id": "gauze client", "client": client },
        "roles": { "R8001": "viewer", "R8000": "administrator" },
        "teams": { "ORG1": { "team": "ward-1" } },
    });
    let people = Arc::new(People::parse(people.to_string().as_bytes(), dir).unwrap());
    Provider::new(people, Arc::clone(peer) as Arc<dyn Outward>).unwrap()
}

fn sign_in() -> Wanted {
    Wanted { purpose: Purpose::SignIn, next: "/".into() }
}

#[tokio::test]
async fn a_pushed_request_leaves_nothing_in_the_browser_but_its_name() {
    let (dir, peer) = (tempfile::tempdir().unwrap(), Arc::new(Peer { pushes: true, ..Peer::default() }));
    let (url, _) = provider(dir.path(), &peer, "keycloak", false).begin(sign_in(), now()).await.unwrap();
    assert_eq!(url.as_str(), "https://id.example/authorise?client_id=gauze+client&request_uri=urn%3Ax");
    let sent = peer.form("/push");
    assert_eq!(sent["redirect_uri"], "https://gauze.example/sign-in/back");
    assert_eq!(sent["code_challenge_method"], "S256");
    assert_eq!(sent["client_id"], "gauze client");
    let basic = peer.header("/push").unwrap();
    let pair = BASE64_STANDARD.decode(basic.strip_prefix("Basic ").unwrap()).unwrap();
    assert_eq!(String::from_utf8(pair).unwrap(), "gauze+client:a+secret%3A+with+%26+and+%3D+in+it");
}

#[tokio::test]
async fn a_key_proves_this_side_for_a_minute_to_the_token_endpoint_alone() {
    let (dir, peer) = (tempfile::tempdir().unwrap(), Arc::new(Peer { pushes: true, ..Peer::default() }));
    let provider = provider(dir.path(), &peer, "keycloak", true);
    provider.begin(sign_in(), now()).await.unwrap();
    assert_eq!(peer.header("/push"), None);
    let first = peer.form("/push");
    let mut set = jwks(&key());
    set["keys"][0]["kid"] = json!("own");
    let claims =
        Keys::parse(set.to_string().as_bytes()).unwrap().verify(&first["client_assertion"]).unwrap().claims;
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("gauze client"), &json!("gauze client")));
    assert_eq!(claims["aud"], "https://id.example/token");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    provider.begin(sign_in(), now()).await.unwrap();
    assert_ne!(first["client_assertion"], peer.form("/push")["client_assertion"]);
}

#[tokio::test]
async fn without_pushing_the_request_stands_in_the_address_and_says_what_is_asked() {
    let (dir, peer) = (tempfile::tempdir().unwrap(), Arc::new(Peer::default()));
    let asked = async |profile: &str, purpose: Purpose| {
        let wanted = Wanted { purpose, next: "/".into() };
        let (url, _) = provider(dir.path(), &peer, profile, false).begin(wanted, now()).await.unwrap();
        url.query_pairs().into_owned().collect::<HashMap<String, String>>()
    };
    let keycloak = asked("keycloak", Purpose::SignIn).await;
    assert_eq!((keycloak["acr_values"].as_str(), keycloak["max_age"].as_str()), ("gold", "43200"));
    assert!(!keycloak.contains_key("prompt"));
    let entra = asked("entra", Purpose::SignIn).await;
    assert_eq!(entra["claims"], r#"{"id_token":{"acrs":{"essential":true,"value":"c1"}}}"#);
    let who = gauze_people::person::PersonId("x".into());
    let again = asked("cis2", Purpose::ProveAgain(who, String::new())).await;
    assert_eq!((again["prompt"].as_str(), again["max_age"].as_str()), ("login", "0"));
    assert_eq!(again["acr_values"], "AAL2_OR_AAL3_ANY");
}

fn back(url: &url::Url) -> Back {
    let fields: HashMap<String, String> = url.query_pairs().into_owned().collect();
    Back { code: Some("c".into()), state: fields.get("state").cloned(), iss: None, error: None }
}

async fn begun(provider: &Provider) -> (url::Url, Begun, String) {
    let (url, begun) = provider.begin(sign_in(), now()).await.unwrap();
    let nonce = url.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
    (url, begun, nonce)
}

#[tokio::test]
async fn cis2_is_believed_for_the_chosen_role_and_only_about_the_same_person() {
    let (dir, peer) = (tempfile::tempdir().unwrap(), Arc::new(Peer::default()));
    let provider = provider(dir.path(), &peer, "cis2", false);
    let userinfo = json!({
        "sub": "555", "name": "ANN NURSE", "nhsid_useruid": "555", "selected_roleid": "2", "id_assurance_level": "3",
        "nhsid_nrbac_roles": [
            { "person_roleid": "1", "role_code": "R8000", "org_code": "ORG0" },
            { "person_roleid": "2", "role_code": "R8001", "org_code": "ORG1" },
        ],
    });
    let judged = async |token_says: Value, info: Value| {
        let (url, begun, nonce) = begun(&provider).await;
        let mut claims = json!({
            "iss": ISSUER, "aud": "gauze client", "sub": "555", "nonce": nonce, "iat": 1_800_000_000,
            "exp": 1_800_000_300, "auth_time": 1_799_999_990, "authentication_assurance_level": "2",
        });
        claims.as_object_mut().unwrap().extend(token_says.as_object().unwrap().clone());
        *peer.id_token.lock().unwrap() = token(&claims);
        *peer.userinfo.lock().unwrap() = info;
        provider.finish(&begun, &back(&url), now()).await
    };
    let ann = judged(json!({}), userinfo.clone()).await.unwrap();
    assert_eq!(ann.person.roles, [gauze_people::person::Role::Viewer].into());
    assert_eq!(ann.person.teams.first().unwrap().0, "ward-1");
    assert_eq!(ann.person.professional.as_deref(), Some("555"));
    assert_eq!(ann.proven_at.unwrap().as_second(), 1_799_999_990);
    // Userinfo never overrides what the signed token says.
    let mut louder = userinfo.clone();
    louder["authentication_assurance_level"] = json!("3");
    let weak = judged(json!({ "authentication_assurance_level": "1" }), louder).await.unwrap();
    assert_eq!(weak.proven_at, None);
    let mut other = userinfo.clone();
    other["sub"] = json!("556");
    assert_eq!(judged(json!({}), other).await.unwrap_err(), SignInError::Claim("sub of userinfo"));
    let mut unchecked = userinfo.clone();
    unchecked["id_assurance_level"] = json!("2");
    assert_eq!(judged(json!({}), unchecked).await.unwrap_err(), SignInError::TooLittle);
}

#[tokio::test]
async fn entra_names_people_by_tenant_and_object_and_without_a_time_no_proof_is_fresh() {
    let (dir, peer) = (tempfile::tempdir().unwrap(), Arc::new(Peer::default()));
    let provider = provider(dir.path(), &peer, "entra", false);
    let judged = async |more: Value| {
        let (url, begun, nonce) = begun(&provider).await;
        let mut claims = json!({
            "iss": ISSUER, "aud": "gauze client", "sub": "pairwise", "nonce": nonce, "iat": 1_800_000_000,
            "exp": 1_800_000_300, "tid": "t", "oid": "o", "acrs": ["c1"], "email": "ann@example",
        });
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        *peer.id_token.lock().unwrap() = token(&claims);
        provider.finish(&begun, &back(&url), now()).await
    };
    let ann = judged(json!({})).await.unwrap();
    assert_eq!(ann.proven_at, Some(Timestamp::UNIX_EPOCH), "proven, and never fresh");
    assert_eq!(judged(json!({ "email": "new@example" })).await.unwrap().person.id, ann.person.id);
    assert_ne!(judged(json!({ "oid": "p" })).await.unwrap().person.id, ann.person.id);
    assert_eq!(judged(json!({ "acrs": ["c2"], "acr": "c1", "amr": ["mfa"] })).await.unwrap().proven_at, None);
    assert_eq!(judged(json!({ "oid": null })).await.unwrap_err(), SignInError::TooLittle);
}

#[tokio::test]
async fn a_provider_that_hangs_keeps_nobody_who_does_not_need_it() {
    let (dir, peer) = (tempfile::tempdir().unwrap(), Arc::new(Peer::default()));
    let provider = Arc::new(provider(dir.path(), &peer, "keycloak", false));
    assert_eq!(provider.sign_out_there("x"), None, "a sign-out asks nothing");
    assert!(peer.sent.lock().unwrap().is_empty());
    provider.begin(sign_in(), now()).await.unwrap();
    *peer.hangs.lock().unwrap() = Some("/keys");
    let waiting = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { provider.ended(&token(&json!({})), now()).await }
    });
    while !peer.sent.lock().unwrap().iter().any(|request| request.uri().path() == "/keys") {
        tokio::task::yield_now().await;
    }
    let begun = tokio::time::timeout(Duration::from_secs(30), provider.begin(sign_in(), now())).await;
    assert!(begun.is_ok(), "what is known is read beside the request that waits");
    waiting.abort();
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_is_not_waited_for_by_each_who_asks() {
    let (dir, peer) = (tempfile::tempdir().unwrap(), Arc::new(Peer::default()));
    let provider = provider(dir.path(), &peer, "keycloak", false);
    peer.gone.store(true, Ordering::Relaxed);
    for _ in 0..5 {
        let failed = provider.begin(sign_in(), now()).await.map(drop);
        assert_eq!(failed.unwrap_err(), SignInError::Outward(OutwardError::TooSlow));
    }
    assert_eq!(peer.sent.lock().unwrap().len(), 1, "asked once");
    peer.gone.store(false, Ordering::Relaxed);
    let later = now() + SignedDuration::from_secs(5);
    assert!(provider.begin(sign_in(), later).await.is_ok());
    assert!(provider.begin(sign_in(), now()).await.is_ok());
}

use std::collections::HashMap;
use std::io;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::*;
use crate::ports::{Answer, BoxFuture, Call, Transfer, TransportError};

const ISSUER: &str = "https://login.example/realms/ward";
const CODE: &str = "code-1";

/// A provider that answers as documented, but for what a test changes.
struct FakeProvider {
    metadata: Value,
    claims: Mutex<Value>,
    header: Value,
    status: u16,
    pushed: Mutex<Option<HashMap<String, String>>>,
    challenge: Mutex<String>,
}

impl FakeProvider {
    fn new() -> Self {
        let metadata = json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/auth"),
            "token_endpoint": format!("{ISSUER}/token"),
            "code_challenge_methods_supported": ["S256"],
        });
        let claims = json!({
            "iss": ISSUER, "sub": "nurse-7", "aud": "gauze-phone", "name": "Alex Morgan",
            "iat": 1_000_000, "exp": 1_000_300,
        });
        Self {
            metadata,
            claims: Mutex::new(claims),
            header: json!({ "alg": "ES256" }),
            status: 200,
            pushed: Mutex::default(),
            challenge: Mutex::default(),
        }
    }

    /// The person signs in on the page: what the browser comes back to.
    fn sign_in(&self, page: &SignInPage) -> String {
        let url = Url::parse(&page.url).unwrap();
        let mut asked: HashMap<String, String> = url.query_pairs().into_owned().collect();
        if let Some(pushed) = self.pushed.lock().unwrap().clone() {
            assert_eq!(asked.keys().len(), 2, "what was pushed is not in the address: {asked:?}");
            asked = pushed;
        }
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["code_challenge_method"], "S256");
        self.claims.lock().unwrap()["nonce"] = asked["nonce"].clone().into();
        *self.challenge.lock().unwrap() = asked["code_challenge"].clone();
        format!("{}?code={CODE}&state={}", asked["redirect_uri"], asked["state"])
    }

    fn answer(&self, call: &Call) -> Answer {
        let body = call.body.clone().unwrap_or_default();
        let form: HashMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
        let (status, body) = match call.url.strip_prefix(ISSUER).unwrap_or_default() {
            "/.well-known/openid-configuration" => (self.status, self.metadata.clone()),
            "/par" => {
                *self.pushed.lock().unwrap() = Some(form);
                (201, json!({ "request_uri": "urn:ietf:params:oauth:request_uri:1", "expires_in": 60 }))
            }
            "/token" => {
                let shown = BASE64_URL_SAFE_NO_PAD.encode(Digest::of(form["code_verifier"].as_bytes()).0);
                if form["code"] == CODE && shown == *self.challenge.lock().unwrap() {
                    (200, json!({ "access_token": "x", "token_type": "Bearer", "id_token": self.token() }))
                } else {
                    (400, json!({ "error": "invalid_grant", "error_description": "Alex Morgan was late" }))
                }
            }
            _ => (404, json!("not here")),
        };
        Answer { status, body: body.to_string().into_bytes(), ..Answer::default() }
    }

    fn token(&self) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.c2lnbmF0dXJl", part(&self.header), part(&self.claims.lock().unwrap()))
    }
}

impl Transport for FakeProvider {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(async move { Ok(self.answer(&call)) })
    }
    fn transfer(&self, _: Transfer) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(async { Err(TransportError::Unreachable) })
    }
}

/// Counts up, so that no two draws are the same.
#[derive(Default)]
struct Counting(Mutex<u8>);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) -> io::Result<()> {
        let mut next = self.0.lock().unwrap();
        *next += 1;
        bytes.fill(*next);
        Ok(())
    }
}

fn rules() -> SignInRules {
    serde_json::from_value(json!({
        "mode": "required", "issuer": ISSUER, "client_id": "gauze-phone",
        "redirect_uri": "org.gauze.app:/signed-in", "shift_hours": 12,
    }))
    .unwrap()
}

fn device() -> DeviceId {
    "A".repeat(43).parse().unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(1_000_010).unwrap()
}

async fn begun(provider: &FakeProvider, entropy: &Counting) -> (Begun, SignInPage) {
    begin(provider, entropy, &device(), &rules()).await.unwrap()
}

async fn signed_in(provider: &FakeProvider) -> Result<Signed, SignInError> {
    let entropy = Counting::default();
    let (begun, page) = begun(provider, &entropy).await;
    let callback = provider.sign_in(&page);
    begun.finish(provider, &entropy, &callback, now()).await
}

#[tokio::test]
async fn a_clinician_signs_in_and_the_token_commits_to_this_phone() {
    let mut provider = FakeProvider::new();
    for pushes in [false, true] {
        if pushes {
            provider.metadata["pushed_authorization_request_endpoint"] = format!("{ISSUER}/par").into();
        }
        let signed = signed_in(&provider).await.unwrap();
        assert_eq!(signed.name.as_str(), "Alex Morgan");
        assert_eq!(signed.until.duration_since(signed.since).as_hours(), 12);
        assert!(signed.counts(now()) && !signed.counts(signed.until));
        let claims = signed.evidence.token.as_str().split('.').nth(1).unwrap().to_owned();
        let claims: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        assert_eq!(claims["nonce"], session_nonce(&device(), signed.evidence.salt.as_slice()));
    }
}

#[tokio::test]
async fn a_token_for_anybody_else_is_refused_by_what_is_wrong() {
    for (field, value, why) in [
        ("iss", json!("https://other.example"), "iss"),
        ("aud", json!("another-app"), "aud"),
        ("aud", json!(["gauze-phone", "another-app"]), "aud"),
        ("azp", json!("another-app"), "aud"),
        ("exp", json!(999_000), "time"),
        ("iat", json!(1_010_000), "time"),
        ("sub", json!(""), "sub"),
        ("sub", json!("x".repeat(256)), "sub"),
    ] {
        let provider = FakeProvider::new();
        provider.claims.lock().unwrap()[field] = value.clone();
        let refused = signed_in(&provider).await.err().unwrap();
        assert!(matches!(refused, SignInError::Token(found) if found == why), "{field} {value}: {refused}");
    }
    for alg in ["none", "HS256"] {
        let mut provider = FakeProvider::new();
        provider.header["alg"] = alg.into();
        assert!(matches!(signed_in(&provider).await, Err(SignInError::Token("alg"))), "{alg}");
    }
}

#[tokio::test]
async fn a_token_for_another_sign_in_is_refused() {
    let (provider, entropy) = (FakeProvider::new(), Counting::default());
    let (begun, page) = begun(&provider, &entropy).await;
    let callback = provider.sign_in(&page);
    provider.claims.lock().unwrap()["nonce"] = "another".into();
    let refused = begun.finish(&provider, &entropy, &callback, now()).await;
    assert!(matches!(refused, Err(SignInError::Token("nonce"))));
}

#[tokio::test]
async fn only_the_answer_to_this_sign_in_counts() {
    let (mut provider, entropy) = (FakeProvider::new(), Counting::default());
    provider.metadata["authorization_response_iss_parameter_supported"] = true.into();
    let (begun, page) = begun(&provider, &entropy).await;
    let state = begun.state.clone();
    let _unused = provider.sign_in(&page);
    let at = "org.gauze.app:/signed-in";
    let iss = "https%3A%2F%2Flogin.example%2Frealms%2Fward";
    for (callback, code) in [
        (format!("https://evil.example/signed-in?code={CODE}&state={state}"), "sign_in_address"),
        (format!("org.gauze.app:/other?code={CODE}&state={state}"), "sign_in_address"),
        (format!("{at}?code={CODE}&state=guess&iss={iss}"), "sign_in_not_begun"),
        (format!("{at}?code={CODE}"), "sign_in_not_begun"),
        (format!("{at}?code={CODE}&state={state}&state={state}&iss={iss}"), "sign_in_not_begun"),
        (format!("{at}?code={CODE}&state={state}"), "sign_in_other_provider"),
        (format!("{at}?code={CODE}&state={state}&iss=https%3A%2F%2Fevil.example"), "sign_in_other_provider"),
        (format!("{at}?state={state}&iss={iss}"), "sign_in_address"),
        (format!("{at}?error=access_denied&state={state}&iss={iss}"), "sign_in_cancelled"),
        (
            format!("{at}?error=server_error&error_description=Alex&state={state}&iss={iss}"),
            "sign_in_refused",
        ),
        (format!("{at}?code=stolen&state={state}&iss={iss}"), "sign_in_refused"),
        ("not an address".to_owned(), "sign_in_address"),
    ] {
        let refused = begun.finish(&provider, &entropy, &callback, now()).await.err().unwrap();
        assert_eq!(refused.code(), code, "{callback}");
        assert!(!refused.to_string().contains("Alex"), "{refused}");
    }
    let right = format!("{at}?code={CODE}&state={state}&iss={iss}");
    assert!(begun.finish(&provider, &entropy, &right, now()).await.is_ok());
}

#[tokio::test]
async fn a_provider_that_cannot_be_used_is_told_by_its_field() {
    for (field, value) in [
        ("issuer", json!("https://other.example")),
        ("authorization_endpoint", json!("http://login.example/auth")),
        ("token_endpoint", json!("token")),
        ("code_challenge_methods_supported", json!(["plain"])),
    ] {
        let mut provider = FakeProvider::new();
        provider.metadata[field] = value;
        let refused = begin(&provider, &Counting::default(), &device(), &rules()).await.err().unwrap();
        assert!(matches!(refused, SignInError::Provider(found) if found == field), "{field}: {refused}");
    }
    let mut provider = FakeProvider::new();
    (provider.metadata, provider.status) = (json!("<html>"), 511);
    let refused = begin(&provider, &Counting::default(), &device(), &rules()).await.err().unwrap();
    assert_eq!(refused.code(), "answered_in_between");
}

//! A small identity provider for the demo and for tests of hostile tokens. It asks nobody for a password that is worth anything,
//! keeps everything in memory, and must never stand before real photos.
//!
//! It speaks OpenID Connect as far as Gauze does: discovery, keys, pushed requests, code flow with PKCE, sign-out.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_wire::{Signer as _, SoftwareKey};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// What a token says.
pub type Claims = Map<String, Value>;

/// How a token is signed, right or wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// As it should be.
    Right,
    /// `alg` none and no signature.
    Nothing,
    /// HS256 with the public key's own text as the shared secret.
    PublicKeyAsSecret,
    /// A key that the provider does not list, under the name of one that it does.
    AnotherKey,
    /// A key that the provider does not list, under its own name.
    UnknownKey,
    /// The claims were changed after they were signed.
    ChangedAfter,
    /// The header demands an extension.
    Critical,
}

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    /// As it should.
    Right,
    /// Ten megabytes.
    Long,
    /// After minutes.
    Slow,
    /// With another issuer in its description.
    OtherIssuer,
    /// With an address in its description that is not encrypted.
    Plain,
}

/// Changes claims before they are signed.
pub type Twist = Box<dyn Fn(&mut Claims) + Send>;

/// What a person is to the provider.
#[derive(Clone, Debug)]
pub struct Account {
    /// `sub`, and the name to sign in with.
    pub login: String,
    /// Further claims.
    pub claims: Claims,
}

struct Granted {
    claims: Claims,
    challenge: String,
    redirect_uri: String,
}

struct State {
    key: SoftwareKey,
    kid: String,
    codes: HashMap<String, Granted>,
    pushed: HashMap<String, HashMap<String, String>>,
    count: u64,
    signing: Signing,
    answering: Answering,
    twist: Option<Twist>,
    keys_asked: u32,
}

/// The provider.
pub struct Issuer {
    /// As tokens spell it: `https://id.example`.
    pub issuer: String,
    client_id: String,
    state: Mutex<State>,
}

/// Where a browser goes that was let in.
pub struct WayBack {
    /// The client's address.
    pub address: String,
    fields: Vec<(&'static str, String)>,
}

impl WayBack {
    /// Its query. What stands in it needs no escape but for the issuer's colon and slashes.
    pub fn query(&self) -> String {
        let escape = |text: &str| text.replace(':', "%3A").replace('/', "%2F");
        let pairs: Vec<String> =
            self.fields.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        pairs.join("&")
    }
}

/// One request to it.
pub struct Asked<'a> {
    /// The path below the issuer.
    pub path: &'a str,
    /// Query or form.
    pub fields: HashMap<String, String>,
    /// Now, in seconds since 1970.
    pub now: i64,
}

/// Status and body, JSON.
pub type Answer = (u16, Vec<u8>);

fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn seed(name: &str) -> SoftwareKey {
    SoftwareKey::from_bytes(&Sha256::digest(name).into()).expect("a digest is a scalar but for one in 2^128")
}

fn error(code: &str) -> Answer {
    (400, json!({ "error": code }).to_string().into_bytes())
}

impl Issuer {
    /// For one client.
    pub fn new(issuer: &str, client_id: &str) -> Self {
        let state = State {
            key: seed("first"),
            kid: "first".to_owned(),
            codes: HashMap::new(),
            pushed: HashMap::new(),
            count: 0,
            signing: Signing::Right,
            answering: Answering::Right,
            twist: None,
            keys_asked: 0,
        };
        Self { issuer: issuer.to_owned(), client_id: client_id.to_owned(), state: Mutex::new(state) }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Signs from now on in this way.
    pub fn sign(&self, signing: Signing) {
        self.state().signing = signing;
    }

    /// Answers from now on in this way.
    pub fn answer_so(&self, answering: Answering) {
        self.state().answering = answering;
    }

    /// How it answers.
    pub fn answering(&self) -> Answering {
        self.state().answering
    }

    /// Changes the claims of what it signs from now on.
    pub fn twist(&self, twist: impl Fn(&mut Claims) + Send + 'static) {
        self.state().twist = Some(Box::new(twist));
    }

    /// Takes new keys into use, and lists no old one.
    pub fn rotate(&self, name: &str) {
        let mut state = self.state();
        (state.key, state.kid) = (seed(name), name.to_owned());
    }

    /// How often its keys were asked for.
    pub fn keys_asked(&self) -> u32 {
        self.state().keys_asked
    }

    /// As though `account` had signed in at the page to which `address`'s query belongs: the query of the way back.
    pub fn let_in(&self, query: &HashMap<String, String>, account: &Account, now: i64) -> WayBack {
        let mut state = self.state();
        let asked = match query.get("request_uri") {
            Some(name) => state.pushed.remove(name).unwrap_or_default(),
            None => query.clone(),
        };
        let field = |name: &str| asked.get(name).cloned().unwrap_or_default();
        // Who pushed a request by a header did not say it again.
        let client =
            Some(field("client_id")).filter(|id| !id.is_empty()).unwrap_or_else(|| self.client_id.clone());
        state.count += 1;
        let code = format!("code-{}", state.count);
        let mut claims = account.claims.clone();
        for (name, value) in [
            ("iss", json!(self.issuer)),
            ("sub", json!(account.login)),
            ("aud", json!(client)),
            ("azp", json!(client)),
            ("iat", json!(now)),
            ("exp", json!(now + 300)),
            ("auth_time", json!(now)),
            ("nonce", json!(field("nonce"))),
            ("sid", json!(format!("sid-{}", state.count))),
        ] {
            claims.entry(name).or_insert(value);
        }
        let granted =
            Granted { claims, challenge: field("code_challenge"), redirect_uri: field("redirect_uri") };
        state.codes.insert(code.clone(), granted);
        WayBack {
            address: field("redirect_uri"),
            fields: vec![("code", code), ("state", field("state")), ("iss", self.issuer.clone())],
        }
    }

    /// A logout token for a session.
    pub fn logout_token(&self, claims: Claims) -> String {
        let state = self.state();
        token(&state, claims, "logout+jwt")
    }

    /// Answers a request of the client's own machine.
    pub fn answer(&self, asked: &Asked<'_>) -> Answer {
        match asked.path {
            "/.well-known/openid-configuration" => (200, self.description().to_string().into_bytes()),
            "/keys" => {
                let mut state = self.state();
                state.keys_asked += 1;
                (200, json!({ "keys": [jwk(&state.key, &state.kid)] }).to_string().into_bytes())
            }
            "/push" => {
                let mut state = self.state();
                state.count += 1;
                let name = format!("urn:pushed:{}", state.count);
                state.pushed.insert(name.clone(), asked.fields.clone());
                (201, json!({ "request_uri": name, "expires_in": 60 }).to_string().into_bytes())
            }
            "/token" => self.exchange(asked),
            _ => error("not_found"),
        }
    }

    fn description(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let (issuer, token) = match self.answering() {
            Answering::OtherIssuer => ("https://elsewhere.example".to_owned(), at("/token")),
            Answering::Plain => (self.issuer.clone(), at("/token").replace("https:", "http:")),
            Answering::Right | Answering::Long | Answering::Slow => (self.issuer.clone(), at("/token")),
        };
        json!({
            "issuer": issuer,
            "authorization_endpoint": at("/authorise"),
            "token_endpoint": token,
            "jwks_uri": at("/keys"),
            "pushed_authorization_request_endpoint": at("/push"),
            "end_session_endpoint": at("/end"),
            "authorization_response_iss_parameter_supported": true,
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        })
    }

    fn exchange(&self, asked: &Asked<'_>) -> Answer {
        let mut state = self.state();
        let field = |name: &str| asked.fields.get(name).map(String::as_str).unwrap_or_default();
        let Some(granted) = state.codes.remove(field("code")) else { return error("invalid_grant") };
        let right = granted.challenge == b64(Sha256::digest(field("code_verifier")))
            && granted.redirect_uri == field("redirect_uri");
        if !right {
            return error("invalid_grant");
        }
        let mut claims = granted.claims;
        if let Some(twist) = &state.twist {
            twist(&mut claims);
        }
        let id_token = token(&state, claims, "JWT");
        let answer = json!({ "id_token": id_token, "access_token": "at", "token_type": "Bearer" });
        (200, answer.to_string().into_bytes())
    }
}

fn jwk(key: &SoftwareKey, kid: &str) -> Value {
    let point = key.public_key().to_sec1();
    json!({
        "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
        "x": b64(&point[1..33]), "y": b64(&point[33..65]),
    })
}

fn token(state: &State, mut claims: Claims, typ: &str) -> String {
    let (alg, kid) = match state.signing {
        Signing::Nothing => ("none", state.kid.as_str()),
        Signing::PublicKeyAsSecret => ("HS256", state.kid.as_str()),
        Signing::UnknownKey => ("ES256", "nobody's"),
        Signing::Right | Signing::AnotherKey | Signing::ChangedAfter | Signing::Critical => {
            ("ES256", state.kid.as_str())
        }
    };
    let mut header = json!({ "alg": alg, "kid": kid, "typ": typ });
    if state.signing == Signing::Critical {
        header["crit"] = json!(["exp"]);
    }
    let signed = format!("{}.{}", b64(header.to_string()), b64(Value::Object(claims.clone()).to_string()));
    let by = |key: &SoftwareKey| key.sign(signed.as_bytes()).expect("a key in memory signs").to_vec();
    let signature = match state.signing {
        Signing::Nothing => Vec::new(),
        Signing::PublicKeyAsSecret => {
            hmac(jwk(&state.key, &state.kid).to_string().as_bytes(), signed.as_bytes())
        }
        Signing::AnotherKey | Signing::UnknownKey => by(&seed("stolen")),
        Signing::Right | Signing::ChangedAfter | Signing::Critical => by(&state.key),
    };
    let signed = if state.signing == Signing::ChangedAfter {
        claims.insert("sub".into(), json!("somebody-else"));
        format!("{}.{}", b64(header.to_string()), b64(Value::Object(claims).to_string()))
    } else {
        signed
    };
    format!("{signed}.{}", b64(signature))
}

/// HMAC-SHA256 (RFC 2104), for the one token that must be refused.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

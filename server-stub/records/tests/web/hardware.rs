//! Keys for administrators: one that a listed maker attests counts, and nothing that merely says so does.

use axum::http::StatusCode;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, PublicKeyData as _,
    SigningKey as _,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::fixture::{HOST, Hospital, Page, Visitor, account};

/// What a model of key calls itself.
const MODEL: [u8; 16] = *b"a model of a key";
/// `id-fido-gen-ce-aaguid`: the model in the certificate.
const MODEL_EXTENSION: [u64; 10] = [1, 3, 6, 1, 4, 1, 45724, 1, 1, 4];

/// Somebody who makes keys.
pub struct Maker {
    key: KeyPair,
    pub pem: String,
    root: CertificateParams,
}

impl Maker {
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.distinguished_name.push(DnType::CommonName, name);
        let pem = root.self_signed(&key).unwrap().pem();
        Self { key, pem, root }
    }

    /// The key with which a batch of the maker's keys attests, and its certificate.
    fn batch(&self) -> (KeyPair, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let mut batch = CertificateParams::new(Vec::new()).unwrap();
        batch.is_ca = IsCa::ExplicitNoCa;
        for (what, value) in [
            (DnType::CountryName, "GB"),
            (DnType::OrganizationName, "A maker"),
            (DnType::OrganizationalUnitName, "Authenticator Attestation"),
            (DnType::CommonName, "A batch"),
        ] {
            batch.distinguished_name.push(what, value);
        }
        let content = [&[4, 16], &MODEL[..]].concat();
        batch.custom_extensions.push(CustomExtension::from_oid_content(&MODEL_EXTENSION, content));
        let issuer = Issuer::from_params(&self.root, &self.key);
        let certificate = batch.signed_by(&key, &issuer).unwrap();
        (key, certificate.der().to_vec())
    }
}

/// How a key proves what it is.
enum Attests<'a> {
    Nothing,
    /// By its own new key: any program can.
    Itself,
    By(&'a Maker),
}

/// A key in somebody's hand.
struct Authenticator(KeyPair);

fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Major type and length of CBOR (RFC 8949).
fn head(major: u8, length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short @ 0..=23) => vec![major << 5 | short],
        Ok(byte) => vec![major << 5 | 24, byte],
        Err(_) => [&[major << 5 | 25], &u16::try_from(length).unwrap().to_be_bytes()[..]].concat(),
    }
}

fn bytes(value: &[u8]) -> Vec<u8> {
    [head(2, value.len()), value.to_vec()].concat()
}

fn text(value: &str) -> Vec<u8> {
    [head(3, value.len()), value.as_bytes().to_vec()].concat()
}

fn client_data(kind: &str, asked: &Value) -> Vec<u8> {
    let challenge = asked["publicKey"]["challenge"].as_str().unwrap();
    let origin = format!("https://{HOST}");
    json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false }).to_string().into_bytes()
}

impl Authenticator {
    fn new() -> Self {
        Self(KeyPair::generate().unwrap())
    }

    fn id(&self) -> [u8; 32] {
        Sha256::digest(self.0.public_key_raw()).into()
    }

    /// Flags: somebody is there, and was verified; `0x40` where a key is told.
    fn data(flags: u8, counter: u32) -> Vec<u8> {
        [&Sha256::digest(HOST)[..], &[flags], &counter.to_be_bytes()[..]].concat()
    }

    /// What a browser sends of a new key.
    fn made(&self, asked: &Value, attests: &Attests<'_>) -> Value {
        let point = self.0.public_key_raw();
        let cose = [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21][..], &bytes(&point[1..33]), &[0x22], &bytes(&point[33..])];
        let id = self.id();
        let data = [&Self::data(0x45, 1)[..], &MODEL, &[0, 32], &id, &cose.concat()].concat();
        let client = client_data("webauthn.create", asked);
        let signed = [&data[..], &Sha256::digest(&client)].concat();
        let signature = |key: &KeyPair| [text("alg"), vec![0x26], text("sig"), bytes(&key.sign(&signed).unwrap())].concat();
        let (format, statement) = match attests {
            Attests::Nothing => ("none", head(5, 0)),
            Attests::Itself => ("packed", [head(5, 2), signature(&self.0)].concat()),
            Attests::By(maker) => {
                let (key, certificate) = maker.batch();
                let chain = [text("x5c"), head(4, 1), bytes(&certificate)].concat();
                ("packed", [head(5, 3), signature(&key), chain].concat())
            }
        };
        let object = [
            head(5, 3), text("fmt"), text(format), text("attStmt"), statement, text("authData"), bytes(&data),
        ];
        json!({
            "id": b64(id), "rawId": b64(id), "type": "public-key", "clientExtensionResults": {},
            "response": { "attestationObject": b64(object.concat()), "clientDataJSON": b64(client) },
        })
    }

    /// What a browser sends of a proof.
    fn proven(&self, asked: &Value) -> Value {
        let (id, data, client) = (self.id(), Self::data(5, 2), client_data("webauthn.get", asked));
        let signature = self.0.sign(&[&data[..], &Sha256::digest(&client)].concat()).unwrap();
        json!({
            "id": b64(id), "rawId": b64(id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": b64(data), "clientDataJSON": b64(client), "signature": b64(signature),
                "userHandle": null,
            },
        })
    }
}

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
    let hospital = Hospital::listing(&[maker.pem.clone()]).await;
    let adam = account("adam", &["administrator"], None);
    let mut visitor = hospital.visitor();
    visitor.come_back(&adam).await;
    let code = hospital.code_for(&hospital.person("adam")).await;
    let proof = visitor.get("/second-factor").await.proof();
    visitor.post("/second-factor/code", &[("proof", &proof), ("code", &code)]).await;
    for attests in [Attests::Nothing, Attests::Itself, Attests::By(&other)] {
        let key = Authenticator::new();
        let page = by_passkey(&mut visitor, NEW, |asked| key.made(asked, &attests)).await;
        assert_eq!(page.code(), "passkey_not_hardware");
        assert_eq!(hospital.log.said(), "factor refused passkey_not_hardware");
        assert!(visitor.get("/people/waiting").await.location().starts_with("/second-factor"));
    }
    let key = Authenticator::new();
    let page = by_passkey(&mut visitor, NEW, |asked| key.made(asked, &Attests::By(&maker))).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert_eq!(visitor.get("/people/waiting").await.status, StatusCode::OK);

    let mut later = hospital.visitor();
    later.come_back(&adam).await;
    let thief = Authenticator::new();
    let prove = "/second-factor/passkey";
    let page = by_passkey(&mut later, prove, |asked| thief.proven(asked)).await;
    assert_eq!(page.code(), "passkey_refused");
    let page = by_passkey(&mut later, prove, |asked| key.proven(asked)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert_eq!(later.get("/people/waiting").await.status, StatusCode::OK);
}

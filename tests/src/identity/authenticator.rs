//! A passkey in software (WebAuthn level 2, `packed` and `none`), with the word of a maker where one is given.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SigningKey as _,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// What a model of key calls itself.
const MODEL: [u8; 16] = *b"a model of a key";
/// `id-fido-gen-ce-aaguid`: the model in the certificate.
const MODEL_EXTENSION: [u64; 10] = [1, 3, 6, 1, 4, 1, 45724, 1, 1, 4];

const SIGNS: &str = "a key in memory signs";

fn made() -> KeyPair {
    KeyPair::generate().expect("the system gives randomness")
}

/// Somebody who makes keys.
pub struct Maker {
    key: KeyPair,
    /// The certificate of its root.
    pub pem: String,
    root: CertificateParams,
}

impl Maker {
    /// One with a root of its own.
    pub fn new(name: &str) -> Self {
        let key = made();
        let mut root = CertificateParams::default();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        root.distinguished_name.push(DnType::CommonName, name);
        let pem = root.self_signed(&key).expect(SIGNS).pem();
        Self { key, pem, root }
    }

    /// The key with which a batch of the maker's keys attests, and its certificate.
    fn batch(&self) -> (KeyPair, Vec<u8>) {
        let key = made();
        let mut batch = CertificateParams::default();
        batch.is_ca = IsCa::ExplicitNoCa;
        batch.use_authority_key_identifier_extension = true;
        for (what, value) in [
            (DnType::CountryName, "GB"),
            (DnType::OrganizationName, "A maker"),
            (DnType::OrganizationalUnitName, "Authenticator Attestation"),
            (DnType::CommonName, "A batch"),
        ] {
            batch.distinguished_name.push(what, value);
        }
        let content = [&[4, 16][..], &MODEL].concat();
        batch.custom_extensions.push(CustomExtension::from_oid_content(&MODEL_EXTENSION, content));
        let issuer = Issuer::from_params(&self.root, &self.key);
        let certificate = batch.signed_by(&key, &issuer).expect(SIGNS);
        (key, certificate.der().to_vec())
    }
}

/// How a key proves what it is.
#[derive(Clone, Copy)]
pub enum Attests<'a> {
    /// Not at all.
    Nothing,
    /// By its own new key: any program can.
    Itself,
    /// By a certificate of its maker.
    By(&'a Maker),
}

/// A key in somebody's hand, for the pages of one host.
pub struct Authenticator {
    key: KeyPair,
    host: String,
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Major type and length of CBOR (RFC 8949).
fn head(major: u8, length: usize) -> Vec<u8> {
    match u8::try_from(length) {
        Ok(short @ 0..=23) => vec![major << 5 | short],
        Ok(byte) => vec![major << 5 | 24, byte],
        Err(_) => {
            let length = u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
            [&[major << 5 | 25][..], &length].concat()
        }
    }
}

fn bytes(value: &[u8]) -> Vec<u8> {
    [head(2, value.len()), value.to_vec()].concat()
}

fn text(value: &str) -> Vec<u8> {
    [head(3, value.len()), value.as_bytes().to_vec()].concat()
}

impl Authenticator {
    /// A new one.
    pub fn of(host: &str) -> Self {
        Self { key: made(), host: host.to_owned() }
    }

    fn client_data(&self, kind: &str, asked: &Value) -> Vec<u8> {
        let origin = format!("https://{}", self.host);
        let said = json!({
            "type": kind, "challenge": asked["publicKey"]["challenge"], "origin": origin, "crossOrigin": false,
        });
        said.to_string().into_bytes()
    }

    fn id(&self) -> [u8; 32] {
        Sha256::digest(self.key.public_key_raw()).into()
    }

    /// Flags: somebody is there, and was verified; `0x40` where a key is told. It counts nothing.
    fn data(&self, flags: u8) -> Vec<u8> {
        [&Sha256::digest(&self.host)[..], &[flags], &[0; 4]].concat()
    }

    /// What a browser sends of a new key.
    pub fn made(&self, asked: &Value, attests: &Attests<'_>) -> Value {
        let point = self.key.public_key_raw();
        let cose =
            [&[0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21][..], &bytes(&point[1..33]), &[0x22], &bytes(&point[33..])]
                .concat();
        let id = self.id();
        let data = [&self.data(0x45)[..], &MODEL, &[0, 32], &id, &cose].concat();
        let client = self.client_data("webauthn.create", asked);
        let signed = [&data[..], &Sha256::digest(&client)[..]].concat();
        let signature = |key: &KeyPair| {
            [text("alg"), vec![0x26], text("sig"), bytes(&key.sign(&signed).expect(SIGNS))].concat()
        };
        let (format, statement) = match attests {
            Attests::Nothing => ("none", head(5, 0)),
            Attests::Itself => ("packed", [head(5, 2), signature(&self.key)].concat()),
            Attests::By(maker) => {
                let (key, certificate) = maker.batch();
                let chain = [text("x5c"), head(4, 1), bytes(&certificate)].concat();
                ("packed", [head(5, 3), signature(&key), chain].concat())
            }
        };
        let object = [
            head(5, 3),
            text("fmt"),
            text(format),
            text("attStmt"),
            statement,
            text("authData"),
            bytes(&data),
        ];
        json!({
            "id": b64(id), "rawId": b64(id), "type": "public-key", "clientExtensionResults": {},
            "response": { "attestationObject": b64(object.concat()), "clientDataJSON": b64(client) },
        })
    }

    /// What a browser sends of a proof.
    pub fn proven(&self, asked: &Value) -> Value {
        let (id, data, client) = (self.id(), self.data(5), self.client_data("webauthn.get", asked));
        let signature = self.key.sign(&[&data[..], &Sha256::digest(&client)[..]].concat()).expect(SIGNS);
        json!({
            "id": b64(id), "rawId": b64(id), "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": b64(data), "clientDataJSON": b64(client), "signature": b64(signature),
                "userHandle": null,
            },
        })
    }
}

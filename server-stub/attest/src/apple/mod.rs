//! Apple App Attest: what an attestation object says, and whether it is enough; assertions by the attested key.
//!
//! Always: facts come from bytes alone and are there for every object, as far as it can be read. What does not hold
//! refuses here; whether policy lets it pass with a flag is decided where enrolments are judged.

mod object;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gauze_wire::{AppleApp, AppleEnvironment, AppleRules, Grade};
use jiff::Timestamp;
use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde::Serialize;

use object::{Assertion, AuthData, Object, Stated};

use crate::android::{hex_text, second};
use crate::chain::{Chain, Root, check_issuers};
use crate::der::{NotDer, Reader, context};
use crate::enrolment::older;
use crate::x509::Key;
use crate::{Fault, sha256};

/// 1.2.840.113635.100.8.2
const NONCE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 8, 2];
const ROOT: &str = include_str!("../../roots/apple-app-attest.pem");

const PRODUCTION: &[u8; 16] = b"appattest\0\0\0\0\0\0\0";
const DEVELOPMENT: &[u8; 16] = b"appattestdevelop";

/// The root that App Attest's certificates must lead to.
#[derive(Clone, Debug)]
pub struct AppleRoots(Vec<Root>);

impl AppleRoots {
    /// Apple's App Attestation root.
    pub fn apple() -> Self {
        Self(Root::read_all(ROOT).unwrap_or_default())
    }

    /// Other roots instead: every certificate of a PEM file.
    pub fn from_pem(pem: &str) -> Result<Self, Fault> {
        Ok(Self(Root::read_all(pem)?))
    }
}

/// What an attestation is asked to show.
#[derive(Clone, Copy, Debug)]
pub struct AppleAsked<'a> {
    /// What the attestation was to be made over.
    pub client_data_hash: &'a [u8],
    /// The policy's section.
    pub rules: &'a AppleRules,
    /// When the object was shown.
    pub at: Timestamp,
    /// The App Attest key's id, where the phone said it.
    pub key_id: Option<&'a [u8]>,
}

/// What an object says, as far as it can be read. Names are those of its JSON form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AppleFacts {
    /// Whether the certificates lead to Apple's root.
    pub chain_to_apple_root: bool,
    /// SHA-256 of the app id that was attested.
    pub rp_id_hash_hex: Option<String>,
    /// Whether it is one of the apps asked for.
    pub rp_id_hash_matches_app_id: bool,
    /// The key's counter.
    pub counter: Option<u32>,
    /// `appattest` or `appattestdevelop`.
    pub aaguid: Option<String>,
    /// The certified key, an uncompressed point.
    pub public_key_x962_hex: Option<String>,
    /// Whether credential id and SHA-256 of the certified key agree.
    pub key_id_is_sha256_of_public_key: bool,
    /// The credential id.
    pub key_id_base64: Option<String>,
    /// The nonce that the certificate holds.
    pub nonce_hex: Option<String>,
    /// Whether it is the one for this client data.
    pub nonce_matches: bool,
    /// Begin of the first certificate's validity.
    pub leaf_valid_from: Option<String>,
    /// End of the first certificate's validity.
    pub leaf_valid_until: Option<String>,
    /// Length of the authenticator data.
    pub auth_data_bytes: Option<usize>,
    /// Length of the receipt.
    pub receipt_bytes: Option<usize>,
    /// How the app came to be launched, from iOS 27 on: 4 is the App Store.
    pub apple_validation_category_01: Option<u32>,
    /// The app's bundle version, from iOS 27 on.
    pub apple_bundle_version_01: Option<String>,
}

/// Facts and verdict.
#[derive(Clone, Debug)]
pub struct AppleReport {
    /// What the object says.
    pub facts: AppleFacts,
    /// The attested key, with what policy lets pass with a flag; or what does not hold.
    pub verdict: Result<(AppAttestKey, Vec<Fault>), Fault>,
}

/// A key that Apple attested: what later assertions are judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppAttestKey {
    /// An uncompressed point on P-256; its SHA-256 is the key's id.
    pub point: [u8; 65],
    /// Whose app it is.
    pub app_id: String,
    /// Its counter when it was last seen: 0 as it is attested.
    pub counter: u32,
}

/// Reads an attestation object and judges it.
pub fn verify_apple(cbor: &[u8], roots: &AppleRoots, asked: &AppleAsked<'_>) -> AppleReport {
    let mut facts = AppleFacts::default();
    let verdict = judge(cbor, roots, asked, &mut facts);
    AppleReport { facts, verdict }
}

fn judge(
    cbor: &[u8],
    roots: &AppleRoots,
    asked: &AppleAsked<'_>,
    facts: &mut AppleFacts,
) -> Result<(AppAttestKey, Vec<Fault>), Fault> {
    let object = Object::read(cbor)?;
    facts.auth_data_bytes = Some(object.auth_data.len());
    facts.receipt_bytes = Some(object.receipt.len());
    let auth_data = AuthData::read(object.auth_data, true).map_err(|_| Fault::ObjectMalformed)?;
    let app = app_of(&auth_data.rp_id_hash, &asked.rules.apps);
    note_auth_data(facts, &auth_data, app.is_some());
    let certified = Certified::read(&object, roots, asked.at, facts)?;

    let expected = sha256(&[object.auth_data, asked.client_data_hash]);
    facts.nonce_matches = certified.nonce == expected;
    let credential = auth_data.credential.as_ref().ok_or(Fault::ObjectMalformed)?;
    let key_id = sha256(&[&certified.point]);
    facts.key_id_is_sha256_of_public_key = credential.id == key_id && credential.point == certified.point;

    certified.trusted?;
    if !facts.nonce_matches {
        return Err(Fault::NonceMismatch);
    }
    if !facts.key_id_is_sha256_of_public_key || asked.key_id.is_some_and(|asked| asked != key_id) {
        return Err(Fault::KeyIdMismatch);
    }
    let app = app.ok_or(Fault::AppIdMismatch)?;
    if auth_data.counter != 0 {
        return Err(Fault::CounterUsed);
    }
    let environment = match asked.rules.environment {
        AppleEnvironment::Production => PRODUCTION,
        AppleEnvironment::Development => DEVELOPMENT,
    };
    if credential.aaguid != *environment {
        return Err(Fault::EnvironmentMismatch);
    }
    let flags = check_stated(&auth_data.stated, app, asked.rules, asked.at)?;
    let app_id = app.app_id.as_str().to_owned();
    Ok((AppAttestKey { point: certified.point, app_id, counter: auth_data.counter }, flags))
}

fn app_of<'r>(rp_id_hash: &[u8; 32], apps: &'r [AppleApp]) -> Option<&'r AppleApp> {
    apps.iter().find(|app| sha256(&[app.app_id.as_str().as_bytes()]) == *rp_id_hash)
}

fn note_auth_data(facts: &mut AppleFacts, auth_data: &AuthData<'_>, known_app: bool) {
    facts.rp_id_hash_hex = Some(hex_text(&auth_data.rp_id_hash));
    facts.rp_id_hash_matches_app_id = known_app;
    facts.counter = Some(auth_data.counter);
    facts.apple_validation_category_01 = auth_data.stated.category;
    facts.apple_bundle_version_01.clone_from(&auth_data.stated.bundle_version);
    if let Some(credential) = &auth_data.credential {
        let name = String::from_utf8_lossy(&credential.aaguid);
        facts.aaguid = Some(name.trim_end_matches('\0').to_owned());
        facts.key_id_base64 = Some(BASE64_STANDARD.encode(credential.id));
    }
}

/// What the certificates say.
struct Certified {
    point: [u8; 65],
    nonce: [u8; 32],
    /// Whether they lead to Apple's root, in their time.
    trusted: Result<(), Fault>,
}

impl Certified {
    fn read(
        object: &Object<'_>,
        roots: &AppleRoots,
        at: Timestamp,
        facts: &mut AppleFacts,
    ) -> Result<Self, Fault> {
        let chain = Chain::read(&object.chain);
        let anchor = chain.anchor(&roots.0);
        facts.chain_to_apple_root = anchor.is_ok();
        let trusted = anchor.and_then(|anchor| {
            let path = chain.below(&anchor);
            check_issuers(path, 1)?;
            if path.iter().any(|certificate| at < certificate.not_before) {
                return Err(Fault::NotYetValid);
            }
            let expired = path.iter().any(|certificate| at > certificate.not_after);
            if expired { Err(Fault::CertificateExpired) } else { Ok(()) }
        });
        if let Some(fault) = chain.unread {
            return Err(fault);
        }
        let leaf = chain.certificates.first().ok_or(Fault::ChainMalformed)?;
        facts.leaf_valid_from = Some(second(leaf.not_before));
        facts.leaf_valid_until = Some(second(leaf.not_after));
        let Key::P256(point) = leaf.key else { return Err(Fault::KeyUnsupported) };
        let point: [u8; 65] = point.try_into().map_err(|_| Fault::KeyUnsupported)?;
        facts.public_key_x962_hex = Some(hex_text(&point));
        let nonce = leaf.extension(NONCE).ok_or(Fault::NonceMismatch)?;
        let nonce = nonce_in(nonce).map_err(|_| Fault::CertificateMalformed)?;
        facts.nonce_hex = Some(hex_text(&nonce));
        Ok(Self { point, nonce, trusted })
    }
}

/// SEQUENCE { [1] EXPLICIT OCTET STRING }
fn nonce_in(value: &[u8]) -> Result<[u8; 32], NotDer> {
    let mut outer = Reader(value);
    let mut fields = outer.sequence()?;
    outer.end()?;
    let mut tagged = fields.expect(context(1))?.inside();
    fields.end()?;
    let nonce = tagged.octets()?;
    tagged.end()?;
    nonce.try_into().map_err(|_| NotDer)
}

fn check_stated(
    stated: &Stated,
    app: &AppleApp,
    rules: &AppleRules,
    at: Timestamp,
) -> Result<Vec<Fault>, Fault> {
    let mut flags = Vec::new();
    match stated.category {
        None if rules.category_from.is_some_and(|from| at >= from) => return Err(Fault::CategoryMissing),
        None => {}
        Some(category) if rules.categories.is_empty() || rules.categories.contains(&category) => {}
        Some(_) if rules.on_category == Grade::Flag => flags.push(Fault::CategoryNotAllowed),
        Some(_) => return Err(Fault::CategoryNotAllowed),
    }
    match (&stated.bundle_version, &app.min_bundle_version) {
        (Some(version), Some(least)) if older(version, least.as_str()) => Err(Fault::BundleTooOld),
        _ => Ok(flags),
    }
}

/// What an assertion is asked to show.
#[derive(Clone, Copy, Debug)]
pub struct AssertionAsked<'a> {
    /// What the assertion was to be made over.
    pub client_data_hash: &'a [u8],
    /// The key, as it was last seen.
    pub key: &'a AppAttestKey,
    /// The policy's section.
    pub rules: &'a AppleRules,
    /// When the assertion was shown.
    pub at: Timestamp,
}

/// Judges an assertion by a key that was attested before. Answers the key as it is to be kept, and what policy lets pass
/// with a flag.
pub fn verify_assertion(
    cbor: &[u8],
    asked: &AssertionAsked<'_>,
) -> Result<(AppAttestKey, Vec<Fault>), Fault> {
    let assertion = Assertion::read(cbor).map_err(|_| Fault::ObjectMalformed)?;
    let auth_data = AuthData::read(assertion.auth_data, false).map_err(|_| Fault::ObjectMalformed)?;
    let nonce = sha256(&[assertion.auth_data, asked.client_data_hash]);
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, asked.key.point);
    key.verify(&nonce, assertion.signature).map_err(|_| Fault::AssertionInvalid)?;
    let app = app_of(&auth_data.rp_id_hash, &asked.rules.apps).ok_or(Fault::AppIdMismatch)?;
    if app.app_id.as_str() != asked.key.app_id {
        return Err(Fault::AppIdMismatch);
    }
    if auth_data.counter <= asked.key.counter {
        return Err(Fault::CounterUsed);
    }
    let flags = check_stated(&auth_data.stated, app, asked.rules, asked.at)?;
    Ok((AppAttestKey { counter: auth_data.counter, ..asked.key.clone() }, flags))
}

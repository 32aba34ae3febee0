//! Attestation objects and assertions as App Attest makes them.

use gauze_wire::{Signer as _, SoftwareKey};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, date_time_ymd,
};
use sha2::{Digest as _, Sha256};

use super::der::{explicit, integer, octets, sequence};

const NONCE: &[u64] = &[1, 2, 840, 113_635, 100, 8, 2];

/// Apple, with a root of its own.
pub struct AppleMaker {
    root_pem: String,
    authority: Issuer<'static, KeyPair>,
    authority_der: Vec<u8>,
    key: SoftwareKey,
    key_pair: KeyPair,
    /// Team identifier, a dot, bundle identifier.
    pub app_id: String,
    /// Whether the app runs in the development environment.
    pub development: bool,
    /// The launch validation category, from iOS 27 on.
    pub category: Option<u32>,
    /// Whether the authenticator data says that it holds extensions.
    pub says_extended: bool,
    /// The key's counter at attestation.
    pub counter: u32,
}

impl AppleMaker {
    /// An authority valid from 2026-01-01 to 2027-01-01, and one key.
    pub fn new() -> anyhow::Result<Self> {
        let root_key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let root = authority("Test App Attestation Root CA")?;
        let root_pem = root.self_signed(&root_key)?.pem();
        let root = Issuer::new(root, root_key);
        let authority_key = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let middle = authority("Test App Attestation CA 1")?;
        let authority_der = middle.signed_by(&authority_key, &root)?.der().to_vec();
        let key = SoftwareKey::from_bytes(&[0x2a; 32])?;
        Ok(Self {
            root_pem,
            authority: Issuer::new(middle, authority_key),
            authority_der,
            key_pair: KeyPair::from_pkcs8_pem_and_sign_algo(&key.to_pem()?, &PKCS_ECDSA_P256_SHA256)?,
            key,
            app_id: "ABCDE12345.uk.nhs.example.gauze".into(),
            development: false,
            category: Some(4),
            says_extended: true,
            counter: 0,
        })
    }

    /// The root, PEM.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// The key's id.
    pub fn key_id(&self) -> [u8; 32] {
        Sha256::digest(self.key.public_key().to_sec1()).into()
    }

    /// An attestation object over a client data hash.
    pub fn attest(&self, client_data_hash: &[u8]) -> anyhow::Result<Vec<u8>> {
        let auth_data = self.attestation_data();
        let nonce = Sha256::digest([auth_data.as_slice(), client_data_hash].concat());
        let mut leaf = CertificateParams::new(Vec::new())?;
        leaf.not_before = date_time_ymd(2026, 1, 1);
        leaf.not_after = date_time_ymd(2027, 1, 1);
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let value = sequence(&[explicit(1, &octets(&nonce))]);
        leaf.custom_extensions = vec![CustomExtension::from_oid_content(NONCE, value)];
        let leaf = leaf.signed_by(&self.key_pair, &self.authority)?;
        let mut object = vec![0xa3];
        object.extend(text("fmt"));
        object.extend(text("apple-appattest"));
        object.extend(text("attStmt"));
        object.push(0xa2);
        object.extend(text("x5c"));
        object.push(0x82);
        object.extend(bytes(leaf.der()));
        object.extend(bytes(&self.authority_der));
        object.extend(text("receipt"));
        object.extend(bytes(b"receipt"));
        object.extend(text("authData"));
        object.extend(bytes(&auth_data));
        Ok(object)
    }

    /// An assertion over a client data hash, with the key's counter.
    pub fn assert(&self, client_data_hash: &[u8], counter: u32) -> anyhow::Result<Vec<u8>> {
        let mut auth_data = self.head(0x40, counter);
        auth_data.extend(self.extensions());
        let nonce = Sha256::digest([auth_data.as_slice(), client_data_hash].concat());
        let raw = self.key.sign(&nonce)?;
        let mut assertion = vec![0xa2];
        assertion.extend(text("signature"));
        assertion.extend(bytes(&sequence(&[scalar(&raw[..32]), scalar(&raw[32..])])));
        assertion.extend(text("authenticatorData"));
        assertion.extend(bytes(&auth_data));
        Ok(assertion)
    }

    fn attestation_data(&self) -> Vec<u8> {
        let mut data = self.head(0x40, self.counter);
        data.extend(if self.development { b"appattestdevelop" } else { b"appattest\0\0\0\0\0\0\0" });
        data.extend([0, 32]);
        data.extend(self.key_id());
        let point = self.key.public_key().to_sec1();
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21]);
        data.extend(bytes(&point[1..33]));
        data.push(0x22);
        data.extend(bytes(&point[33..]));
        data.extend(self.extensions());
        data
    }

    fn head(&self, flags: u8, counter: u32) -> Vec<u8> {
        let mut data = Sha256::digest(self.app_id.as_bytes()).to_vec();
        let extended = self.category.is_some() && self.says_extended;
        data.push(flags | if extended { 0x80 } else { 0 });
        data.extend(counter.to_be_bytes());
        data
    }

    fn extensions(&self) -> Vec<u8> {
        let Some(category) = self.category else { return Vec::new() };
        let mut map = vec![0xa2];
        map.extend(text("apple_bundle_version_01"));
        map.extend(text("1.4"));
        map.extend(text("apple_validation_category_01"));
        map.extend(bytes(&category.to_le_bytes()));
        map
    }
}

fn authority(name: &str) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn head(major: u8, length: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    match length {
        0..24 => vec![major << 5 | bytes[7]],
        24..256 => vec![major << 5 | 24, bytes[7]],
        _ => vec![major << 5 | 25, bytes[6], bytes[7]],
    }
}

fn bytes(value: &[u8]) -> Vec<u8> {
    [head(2, value.len()), value.to_vec()].concat()
}

fn text(value: &str) -> Vec<u8> {
    [head(3, value.len()), value.as_bytes().to_vec()].concat()
}

/// A signature's half as an INTEGER.
fn scalar(half: &[u8]) -> Vec<u8> {
    let short = &half[half.iter().take_while(|&&byte| byte == 0).count().min(31)..];
    let padded = if short[0] & 0x80 == 0 { short.to_vec() } else { [&[0], short].concat() };
    let mut out = integer(0)[..1].to_vec();
    out.push(u8::try_from(padded.len()).unwrap_or(33));
    out.extend(padded);
    out
}

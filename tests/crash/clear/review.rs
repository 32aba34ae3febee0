//! What a phone's review identity opens, opened by a test that has the vault's files.

use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use gauze_seal::age::{AgreeError, Identity, P256TagIdentity, TagRecipient, Unwrap, open_small};
use gauze_tests::needles::Needles;
use gauze_wire::{PublicKey, Signer as _, SoftwareKey};
use ring::hmac;
use serde_json::Value;

/// Everything about a phone that must not be found in the clear, except what is in no file of it; how many previews are in it.
pub fn secrets_of(data: &Path, vault: &Path, needles: &mut Needles) -> usize {
    let pem = std::fs::read_to_string(vault.join("review.pem")).unwrap();
    let key = SoftwareKey::from_pem(&pem).unwrap();
    let tag = TagRecipient::from_uncompressed(&key.public_key().to_sec1()).unwrap();
    let agree = |peer: &[u8; 65]| {
        let peer = PublicKey::from_sec1(peer).map_err(|_| AgreeError::Unavailable)?;
        Ok(zeroize::Zeroizing::new(key.agree(&peer)))
    };
    let hardware = P256TagIdentity::new(tag, &agree);
    let sealed = std::fs::read(data.join("review/private/identity.age")).unwrap();
    let text = open_small(&[&hardware as &dyn Unwrap], &sealed).unwrap();
    let text = std::str::from_utf8(&text).unwrap();
    needles.word("the review identity as text", text.as_bytes());
    let (_, raw) = bech32::decode(text).unwrap();
    needles.word("the review identity", &raw);
    let identity: Identity = text.parse().unwrap();
    let (mut photos, mut previews) = (0, 0);
    for entry in std::fs::read_dir(data.join("outbox")).unwrap() {
        let dir = entry.unwrap().path();
        let open = |name: &str| {
            let sealed = std::fs::read(dir.join(name)).unwrap();
            open_small(&[&identity as &dyn Unwrap], &sealed).unwrap()
        };
        let sidecar: Value = serde_json::from_slice(&open("review.age")).unwrap();
        let file_key = sidecar["file_key"].as_str().unwrap();
        needles.word("a file key as text", file_key.as_bytes());
        let file_key = BASE64_STANDARD.decode(file_key).unwrap();
        needles
            .word("a payload key", &payload_key(&file_key, &std::fs::read(dir.join("photo.age")).unwrap()));
        needles.word("a file key", &file_key);
        if dir.join("preview.age").is_file() {
            needles.pixels_of("a preview", &open("preview.age"));
            previews += 1;
        }
        photos += 1;
    }
    assert!(photos > 0, "there is nothing to look for");
    previews
}

/// What enciphers the chunks of a sealed file (C2SP `age.md`): HKDF-SHA-256 of its key, salted with the nonce behind the header.
fn payload_key(file_key: &[u8], sealed: &[u8]) -> Vec<u8> {
    let mac = memchr::memmem::find(sealed, b"\n--- ").unwrap() + 1;
    let nonce = mac + memchr::memchr(b'\n', &sealed[mac..]).unwrap() + 1;
    let hmac = |key: &[u8], text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text);
    let secret = hmac(&sealed[nonce..nonce + 16], file_key);
    hmac(secret.as_ref(), b"payload\x01").as_ref().to_vec()
}

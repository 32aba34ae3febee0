//! RFC 9180 appendix A, base mode, for the suite in use.

use std::path::PathBuf;

use p256::SecretKey;
use serde_json::Value;

use super::aead::Cipher;
use super::hpke::{Kem, derive_schedule};
use super::kem::{p256_derive_key_pair, p256_encapsulate, p256_shared, p256_uncompressed};

fn shared_data() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("GAUZE_SHARED_DATA") {
        return Some(PathBuf::from(path)).filter(|p| p.is_dir());
    }
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().map(|up| up.join("shared/data")).find(|p| p.is_dir())
}

fn hex(value: &Value, name: &str) -> Vec<u8> {
    let text = value[name].as_str().unwrap();
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

fn array<const N: usize>(value: &Value, name: &str) -> [u8; N] {
    hex(value, name).try_into().unwrap()
}

#[test]
fn the_rfc_9180_vectors_of_the_p256_suites_come_out() {
    let Some(data) = shared_data() else {
        println!("skipped: shared data not found");
        return;
    };
    let text = std::fs::read(data.join("03-crypto-vectors/hpke/rfc9180_vectors.json")).unwrap();
    let vectors: Value = serde_json::from_slice(&text).unwrap();
    let (mut kem_seen, mut suite_seen) = (0, 0);
    for v in vectors.as_array().unwrap() {
        if (v["mode"].as_u64(), v["kem_id"].as_u64()) != (Some(0), Some(0x10)) {
            continue;
        }
        let recipient = SecretKey::from_slice(&hex(v, "skRm")).unwrap();
        let derived = p256_derive_key_pair(&array(v, "ikmR")).unwrap();
        assert_eq!(derived.to_bytes(), recipient.to_bytes());
        let recipient_public = p256_uncompressed(&recipient.public_key());
        assert_eq!(recipient_public.as_slice(), hex(v, "pkRm"));

        let (enc, shared) = p256_encapsulate(&recipient.public_key(), &array(v, "ikmE")).unwrap();
        assert_eq!(enc.as_slice(), hex(v, "enc"));
        assert_eq!(shared.as_slice(), hex(v, "shared_secret"));

        let peer = p256::PublicKey::from_sec1_bytes(&enc).unwrap();
        let mut agreed = [0; 32];
        agreed.copy_from_slice(recipient.diffie_hellman(&peer).raw_secret_bytes());
        assert_eq!(p256_shared(&agreed, &enc, &recipient_public), shared);
        kem_seen += 1;

        if (v["kdf_id"].as_u64(), v["aead_id"].as_u64()) != (Some(1), Some(3)) {
            continue;
        }
        let schedule = derive_schedule(Kem::P256, &shared, &hex(v, "info"));
        assert_eq!(schedule.key.as_slice(), hex(v, "key"));
        assert_eq!(schedule.nonce.as_slice(), hex(v, "base_nonce"));
        suite_seen += 1;
    }
    println!("{kem_seen} KEM vectors, {suite_seen} whole suites");
    assert!(kem_seen >= 4 && suite_seen == 1);
}

#[test]
fn a_failed_open_leaves_nothing_of_the_plaintext_in_the_buffer() {
    let plain: [u8; 256] = std::array::from_fn(|at| u8::try_from(at).expect("below 256"));
    let cipher = Cipher::new(&[7; 32]);
    let mut sealed = [&plain[..], &[0; 16]].concat();
    cipher.seal_in_place(&[0; 12], &mut sealed, plain.len());
    // Only the tag is wrong: the rest would open.
    sealed[256] ^= 1;
    assert!(cipher.open_in_place(&[0; 12], &mut sealed).is_err());
    assert!(plain.chunks(16).all(|part| !sealed.windows(16).any(|left| left == part)));
}

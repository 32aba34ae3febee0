//! Files sealed once by each format version. What they hold must stay readable for as long as anybody keeps photos.
//!
//! They were recorded once and are never made again: a change that fails here breaks what hospitals have stored.

use std::path::PathBuf;

use gauze_seal::age::{P256TagIdentity, TagRecipient, Unwrap, open_small, parse_identity_file};
use gauze_seal::bundle::Bundle;
use gauze_seal::strip::strip;
use gauze_seal::{PhotoOpener, open_photo};
use p256::SecretKey;
use zeroize::Zeroizing;

use crate::pictures::bytes;

fn recorded(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/v2").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn opens(identity: &dyn Unwrap, name: &str) {
    let identities = [identity];
    let opened = open_photo(PhotoOpener::new(&identities), &recorded(name)).unwrap();
    assert_eq!(opened.record.as_slice(), recorded("record.json"));
    assert_eq!(opened.mtime_s, 1_767_225_600);
    let photo = recorded("photo.jpg");
    let named = strip(&photo).unwrap();
    assert_eq!(*opened.into_picture(&named.sha256(), named.len()).unwrap(), photo);
}

#[test]
fn the_files_of_version_2_open_with_their_identities() {
    let text = String::from_utf8(recorded("identities.txt")).unwrap();
    let identities = parse_identity_file(&text).unwrap();
    assert_eq!(identities.len(), 2);
    opens(&identities[0], "x25519.age");
    opens(&identities[1], "mlkem768x25519.age");
}

/// Runs `check` with the identity of the recorded P-256 key, as a hardware key would be.
fn with_hardware_key(check: impl FnOnce(&P256TagIdentity<'_>)) {
    let secret = SecretKey::from_slice(&recorded("p256.key")).unwrap();
    let mut point = [0; 65];
    point.copy_from_slice(&secret.public_key().to_sec1_bytes());
    let agree = |peer: &[u8; 65]| {
        let peer = p256::PublicKey::from_sec1_bytes(peer).unwrap();
        let mut out = Zeroizing::new([0; 32]);
        out.copy_from_slice(secret.diffie_hellman(&peer).raw_secret_bytes());
        Ok(out)
    };
    let public = TagRecipient::from_uncompressed(&point).unwrap();
    check(&P256TagIdentity::new(public, &agree));
}

#[test]
fn the_file_of_version_2_for_a_hardware_key_opens_through_the_callback() {
    with_hardware_key(|identity| opens(identity, "p256tag.age"));
}

#[test]
fn what_go_age_1_3_2_sealed_opens() {
    let text = String::from_utf8(recorded("identities.txt")).unwrap();
    let identities = parse_identity_file(&text).unwrap();
    let opens = |identity: &dyn Unwrap, name: &str| {
        let plain = open_small(&[identity], &recorded(&format!("../go-age-1.3.2/{name}"))).unwrap();
        assert_eq!(*plain, recorded("../go-age-1.3.2/record.json"), "{name}");
    };
    opens(&identities[0], "x25519.age");
    opens(&identities[1], "mlkem768x25519.age");
    with_hardware_key(|identity| opens(identity, "p256tag.age"));
}

#[test]
fn the_strip_of_version_2_cuts_the_recorded_camera_file_as_it_did() {
    assert_eq!(bytes(&strip(&recorded("camera.jpg")).unwrap()), recorded("photo.jpg"));
}

#[test]
fn what_is_sealed_today_is_laid_out_as_the_file_of_version_2() {
    let text = String::from_utf8(recorded("identities.txt")).unwrap();
    let identities = parse_identity_file(&text).unwrap();
    let (photo, record) = (recorded("photo.jpg"), recorded("record.json"));
    let photo = strip(&photo).unwrap();
    let mut tar = Vec::new();
    let Ok(()) = Bundle::new(&photo, &record, 1_767_225_600).unwrap().write(&mut |part| {
        tar.extend_from_slice(part);
        Ok::<(), std::convert::Infallible>(())
    });
    assert!(*open_small(&[&identities[0]], &recorded("x25519.age")).unwrap() == tar);
}

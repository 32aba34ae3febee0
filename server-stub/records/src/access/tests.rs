use std::fs;

use super::*;
use crate::coded::Coded as _;
use crate::keys::{RecipientKind, make};

fn now() -> Timestamp {
    "2026-11-29T09:00:00Z".parse().unwrap()
}

fn put(path: &Path, text: &str) {
    std::io::Write::write_all(&mut fs::File::create(path).unwrap(), text.as_bytes()).unwrap();
}

#[test]
fn what_cannot_be_read_is_no_absent_file_and_puts_nothing_milder_in_force() {
    let dir = tempfile::tempdir().unwrap();
    assert!(roles(dir.path()).is_ok() && grants(dir.path()).is_ok(), "without files the shipped ones hold");
    // A file where a directory belongs: it cannot be known whether the hospital has policies of its own.
    put(&dir.path().join("people"), "");
    assert_eq!(roles(dir.path()).unwrap_err().code(), "disk");
    assert_eq!(grants(dir.path()).unwrap_err().code(), "disk");
}

#[test]
fn public_keys_that_cannot_be_read_are_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let (keys, data) = (dir.path().join("keys"), dir.path().join("data"));
    make(&keys, &"ward-9".parse().unwrap(), RecipientKind::Classical, now()).unwrap();
    fs::create_dir(&data).unwrap();
    let keys = KeyDir::new(&keys);
    drop(open_log(&keys, &data, now()).unwrap());
    let whole = fs::read(keys_file(&data)).unwrap();
    put(&keys_file(&data), "{");
    assert_eq!(open_log(&keys, &data, now()).unwrap_err().code(), "malformed");
    assert_eq!(fs::read(keys_file(&data)).unwrap(), b"{");
    // A key that signed before stays.
    let mut before: PublicKeys = serde_json::from_slice(&whole).unwrap();
    let other = gauze_wire::SoftwareKey::from_bytes(&[7; 32]).unwrap();
    before.audit = vec![gauze_wire::Signer::public_key(&other)];
    put_public_keys(&data, &before).unwrap();
    drop(open_log(&keys, &data, now()).unwrap());
    assert!(public_keys(&data).unwrap().audit.contains(&before.audit[0]));
}

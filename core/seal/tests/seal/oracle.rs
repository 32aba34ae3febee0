//! Against the age crate, an independent implementation of the format, both ways.

use std::io::{Read, Write};

use age::secrecy::ExposeSecret;
use gauze_seal::age::{Identity, Recipient, Recipients, open_small, seal_small};
use proptest::prelude::*;

use crate::{SeededEntropy, x25519};

fn theirs(identity: &Identity) -> age::x25519::Identity {
    identity.to_secret_text().parse().unwrap()
}

fn seal_with_theirs(recipient: &age::x25519::Recipient, plain: &[u8]) -> Vec<u8> {
    let recipients = std::iter::once(recipient as &dyn age::Recipient);
    let mut out = Vec::new();
    let mut writer = age::Encryptor::with_recipients(recipients).unwrap().wrap_output(&mut out).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap();
    out
}

fn open_with_theirs(identity: &age::x25519::Identity, sealed: &[u8]) -> Vec<u8> {
    let decryptor = age::Decryptor::new(sealed).unwrap();
    let mut reader = decryptor.decrypt(std::iter::once(identity as &dyn age::Identity)).unwrap();
    let mut out = Vec::new();
    reader.read_to_end(&mut out).unwrap();
    out
}

#[test]
fn both_write_the_same_keys() {
    let ours = x25519(1);
    let theirs = theirs(&ours);
    assert_eq!(theirs.to_string().expose_secret(), ours.to_secret_text().as_str());
    assert_eq!(theirs.to_public().to_string(), ours.to_recipient().to_string());
    let made = age::x25519::Identity::generate();
    let read: Identity = made.to_string().expose_secret().parse().unwrap();
    assert_eq!(read.to_recipient().to_string(), made.to_public().to_string());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_opens_what_the_other_sealed(length in 0_usize..200_000, seed in any::<u64>()) {
        let ours = x25519(seed);
        let plain: Vec<u8> = (0..length).map(|at| u8::try_from(at % 253).unwrap()).collect();

        let recipients = Recipients::new([x25519(!seed).to_recipient(), ours.to_recipient()]).unwrap();
        let sealed = seal_small(&recipients, &mut SeededEntropy::new(seed), &plain).unwrap();
        prop_assert!(open_with_theirs(&theirs(&ours), &sealed) == plain);

        let sealed = seal_with_theirs(&theirs(&ours).to_public(), &plain);
        prop_assert!(open_small(&[&ours], &sealed).unwrap().as_slice() == plain);
    }
}

#[test]
fn their_recipient_text_is_read() {
    let made = age::x25519::Identity::generate();
    let recipient: Recipient = made.to_public().to_string().parse().unwrap();
    let recipients = Recipients::new([recipient]).unwrap();
    let sealed = seal_small(&recipients, &mut SeededEntropy::new(9), b"for them").unwrap();
    assert_eq!(open_with_theirs(&made, &sealed), b"for them");
}

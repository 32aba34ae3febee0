//! A hardware key behind a callback (`p256tag`).

use std::cell::Cell;

use gauze_seal::age::{
    AgreeError, OpenError, P256TagIdentity, Recipient, Recipients, TagRecipient, open_small, seal_small,
};
use p256::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::{SeededEntropy, x25519};

/// A key store: it agrees, and counts how often it was asked.
pub struct Vault {
    secret: SecretKey,
    pub asked: Cell<u32>,
}

impl Vault {
    pub fn new(byte: u8) -> Self {
        Self { secret: SecretKey::from_slice(&[byte; 32]).unwrap(), asked: Cell::new(0) }
    }

    pub fn public(&self) -> TagRecipient {
        let mut point = [0; 65];
        point.copy_from_slice(&self.secret.public_key().to_sec1_bytes());
        TagRecipient::from_uncompressed(&point).unwrap()
    }

    pub fn agree(&self, peer: &[u8; 65]) -> Result<Zeroizing<[u8; 32]>, AgreeError> {
        self.asked.set(self.asked.get() + 1);
        let peer = PublicKey::from_sec1_bytes(peer).map_err(|_| AgreeError::Unavailable)?;
        let mut out = Zeroizing::new([0; 32]);
        out.copy_from_slice(self.secret.diffie_hellman(&peer).raw_secret_bytes());
        Ok(out)
    }
}

#[test]
fn a_hardware_key_opens_what_was_sealed_to_it_and_is_asked_once() {
    let (ours, other) = (Vault::new(7), Vault::new(8));
    let recipients = Recipients::new([
        Recipient::P256Tag(other.public()),
        x25519(1).to_recipient(),
        Recipient::P256Tag(ours.public()),
    ])
    .unwrap();
    assert!(!recipients.is_post_quantum());
    let sealed = seal_small(&recipients, &mut SeededEntropy::new(1), b"review identity").unwrap();
    let agree = |peer: &[u8; 65]| ours.agree(peer);
    let identity = P256TagIdentity::new(ours.public(), &agree);
    assert!(identity.to_recipient() == Recipient::P256Tag(ours.public()));
    assert_eq!(open_small(&[&identity], &sealed).unwrap().as_slice(), b"review identity");
    assert_eq!(ours.asked.get(), 1);
}

#[test]
fn a_hardware_key_is_not_asked_for_files_of_others() {
    let (ours, other) = (Vault::new(7), Vault::new(8));
    let recipients = Recipients::new([Recipient::P256Tag(other.public())]).unwrap();
    let sealed = seal_small(&recipients, &mut SeededEntropy::new(2), b"x").unwrap();
    let agree = |peer: &[u8; 65]| ours.agree(peer);
    let identity = P256TagIdentity::new(ours.public(), &agree);
    assert_eq!(open_small(&[&identity], &sealed).err(), Some(OpenError::NoMatch));
    assert_eq!(ours.asked.get(), 0);
}

#[test]
fn why_the_hardware_key_refused_is_passed_on() {
    let ours = Vault::new(7);
    let recipients = Recipients::new([Recipient::P256Tag(ours.public())]).unwrap();
    let sealed = seal_small(&recipients, &mut SeededEntropy::new(3), b"x").unwrap();
    for why in [AgreeError::Cancelled, AgreeError::Locked, AgreeError::Lost, AgreeError::Unavailable] {
        let agree = |_: &[u8; 65]| Err(why);
        let identity = P256TagIdentity::new(ours.public(), &agree);
        assert_eq!(open_small(&[&identity], &sealed).err(), Some(OpenError::Agree(why)));
    }
    let wrong = |_: &[u8; 65]| Ok(Zeroizing::new([9; 32]));
    let identity = P256TagIdentity::new(ours.public(), &wrong);
    assert_eq!(open_small(&[&identity], &sealed).err(), Some(OpenError::NoMatch));
}

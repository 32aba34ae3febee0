//! Recipients, identities and the sets they form.

use gauze_seal::age::{
    Identity, IdentityFileError, KeyError, Recipient, Recipients, RecipientsError, TagRecipient,
    parse_identity_file,
};
use gauze_seal::{Entropy, EntropyError};

use crate::{hex, post_quantum, x25519};

/// A pair published with age itself: the identity of its own documentation.
const DOCUMENTED: (&str, &str) = (
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
    "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
);

#[test]
fn a_documented_identity_has_its_documented_recipient() {
    let identity: Identity = DOCUMENTED.0.parse().unwrap();
    assert_eq!(identity.to_recipient().to_string(), DOCUMENTED.1);
    assert_eq!(identity.to_secret_text().as_str(), DOCUMENTED.0);
}

#[test]
fn keys_of_every_kind_read_back_as_they_were_written() {
    let secret = p256::SecretKey::from_slice(&[5; 32]).unwrap();
    let mut point = [0; 65];
    point.copy_from_slice(&secret.public_key().to_sec1_bytes());
    let tag = Recipient::P256Tag(TagRecipient::from_uncompressed(&point).unwrap());
    for (recipient, prefix, strong) in [
        (x25519(1).to_recipient(), "age1", false),
        (post_quantum(1).to_recipient(), "age1pq1", true),
        (tag, "age1tag1", false),
    ] {
        let text = recipient.to_string();
        assert!(text.starts_with(prefix), "{text}");
        assert!(text.parse::<Recipient>().unwrap() == recipient);
        assert_eq!(recipient.is_post_quantum(), strong);
        use sha2::{Digest, Sha256};
        assert_eq!(recipient.key_id(), hex(&Sha256::digest(text.as_bytes())[..8]));
        assert_eq!(text.to_uppercase().parse::<Recipient>(), Err(KeyError::Kind));
    }
    for identity in [x25519(2), post_quantum(2)] {
        let text = identity.to_secret_text();
        let again: Identity = text.parse().unwrap();
        assert!(again.to_recipient() == identity.to_recipient());
        assert!(text.to_lowercase().parse::<Identity>().is_err());
    }
}

#[test]
fn a_damaged_key_is_refused_at_every_letter() {
    let text = x25519(3).to_recipient().to_string();
    for at in 0..text.len() {
        let mut damaged = text.clone().into_bytes();
        damaged[at] = if damaged[at] == b'q' { b'p' } else { b'q' };
        assert!(String::from_utf8(damaged).unwrap().parse::<Recipient>().is_err(), "at {at}");
    }
    for other in ["", "1", "age1", "age", "ssh-ed25519 AAAA", "age1plugin1qqqq", "é1qqqqqqqq"] {
        assert!(other.parse::<Recipient>().is_err(), "{other}");
        assert!(other.parse::<Identity>().is_err(), "{other}");
    }
}

#[test]
fn keys_that_cannot_keep_a_secret_are_refused() {
    // The all-zero u coordinate: age1 followed by zeros, with its checksum.
    let zero = bech32::encode::<bech32::Bech32>(bech32::Hrp::parse("age").unwrap(), &[0; 32]).unwrap();
    assert_eq!(zero.parse::<Recipient>(), Err(KeyError::Key));
    let off_curve = [&[4_u8][..], &[1; 64]].concat();
    let off_curve = TagRecipient::from_uncompressed(&off_curve.try_into().unwrap());
    assert!(matches!(off_curve, Err(KeyError::Key)));
}

#[test]
fn recipients_are_never_mixed_and_never_empty() {
    let classical = x25519(4).to_recipient();
    let strong = post_quantum(4).to_recipient();
    assert_eq!(Recipients::new([]), Err(RecipientsError::Empty));
    assert_eq!(Recipients::new([classical.clone(), strong.clone()]), Err(RecipientsError::MixedRecipients));
    assert_eq!(Recipients::new([strong.clone(), classical.clone()]), Err(RecipientsError::MixedRecipients));
    let twice = Recipients::new([classical.clone(), classical.clone()]).unwrap();
    assert_eq!(twice.iter().count(), 1);
    assert!(!twice.is_post_quantum());
    assert!(Recipients::new([strong]).unwrap().is_post_quantum());
    let many = (0..40).map(|seed| x25519(100 + seed).to_recipient());
    assert_eq!(Recipients::new(many), Err(RecipientsError::TooMany));
}

#[test]
fn an_identity_file_is_read_with_its_comments_and_refused_with_its_line() {
    let first = x25519(5).to_secret_text();
    let second = post_quantum(5).to_secret_text();
    let text = format!("# created: 2026-01-01\r\n\r\n{}\r\n  {}  \n# end", *first, *second);
    let identities = parse_identity_file(&text).unwrap();
    assert_eq!(identities.len(), 2);
    assert!(identities[1].to_recipient().is_post_quantum());
    assert!(matches!(
        parse_identity_file(&format!("# a\n{}\nnonsense\n", *first)),
        Err(IdentityFileError::Line { line: 3, error: KeyError::Kind })
    ));
    assert!(matches!(parse_identity_file("# nothing\n"), Err(IdentityFileError::Empty)));
}

#[test]
fn without_randomness_nothing_is_made() {
    struct Dry;
    impl Entropy for Dry {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
            Err(EntropyError)
        }
    }
    assert!(Identity::make_x25519(&mut Dry).is_err());
    assert!(Identity::make_mlkem768x25519(&mut Dry).is_err());
    let recipients = Recipients::new([x25519(6).to_recipient()]).unwrap();
    assert!(gauze_seal::age::seal_small(&recipients, &mut Dry, b"x").is_err());
}

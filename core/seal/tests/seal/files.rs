//! Sealing and opening whole files: round trips, damage, truncation, strictness of the header.

use std::convert::Infallible;

use gauze_seal::age::{
    CHUNK, FileKey, Identity, MAX_HEADER, OpenError, Opener, Sealer, StreamError, Unwrap, open_small,
    seal_small,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::{SeededEntropy, open, open_in_pieces, post_quantum, to, x25519};

fn seal(identities: &[&Identity], seed: u64, plain: &[u8], piece: usize) -> (Vec<u8>, FileKey) {
    let mut out = Vec::new();
    let mut sink = |bytes: &[u8]| {
        out.extend_from_slice(bytes);
        Ok::<(), Infallible>(())
    };
    let (mut sealer, key) = Sealer::new(&to(identities), &mut SeededEntropy::new(seed)).unwrap();
    for part in plain.chunks(piece) {
        let Ok(()) = sealer.push(part, &mut sink);
    }
    let Ok(digest) = sealer.finish(&mut sink);
    assert_eq!(digest.size, out.len() as u64);
    assert_eq!(digest.sha256[..], Sha256::digest(&out)[..]);
    (out, key)
}

fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| u8::try_from((at * 7 + at / 251) % 256).unwrap()).collect()
}

#[test]
fn sizes_around_a_chunk_round_trip() {
    let identity = x25519(1);
    for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 17] {
        let plain = pattern(length);
        let (sealed, key) = seal(&[&identity], 1, &plain, 1000);
        assert_eq!(open(&identity, &sealed).unwrap(), plain, "{length}");
        let (whole, result) = open_in_pieces(Opener::with_file_key(key), &sealed, 777);
        assert_eq!((whole, result), (plain, Ok(())), "{length}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_was_sealed_opens_however_it_is_cut(
        length in 0_usize..200_000, seed in any::<u64>(), piece in 1_usize..100_000, strong in any::<bool>()
    ) {
        let (first, second) = if strong { (post_quantum(seed), post_quantum(!seed)) } else { (x25519(seed), x25519(!seed)) };
        let plain = pattern(length);
        let (sealed, _) = seal(&[&first, &second], seed, &plain, piece);
        let (whole, result) = open_in_pieces(Opener::new(&[&second]), &sealed, piece);
        prop_assert_eq!(result, Ok(()));
        prop_assert!(whole == plain);
        let (again, _) = seal(&[&first, &second], seed, &plain, usize::MAX);
        prop_assert!(again == sealed, "the pieces show in the file");
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused(at in any::<prop::sample::Index>(), bit in 0_u8..8, large in any::<bool>()) {
        let identity = x25519(2);
        let plain = pattern(if large { CHUNK + 100 } else { 100 });
        let (mut sealed, _) = seal(&[&identity], 2, &plain, usize::MAX);
        let at = at.index(sealed.len());
        sealed[at] ^= 1 << bit;
        let (out, result) = open_in_pieces(Opener::new(&[&identity]), &sealed, 5000);
        prop_assert!(result.is_err());
        prop_assert!(plain.starts_with(&out), "something was handed out that was never sealed");
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000), piece in 1_usize..300) {
        let identity = x25519(3);
        let mut file = b"age-encryption.org/v1\n-> X25519 ".to_vec();
        file.extend_from_slice(&bytes);
        for sample in [&bytes, &file] {
            let (_, result) = open_in_pieces(Opener::new(&[&identity]), sample, piece);
            prop_assert!(result.is_err());
        }
    }
}

#[test]
fn a_file_cut_at_any_byte_is_refused() {
    for identity in [x25519(4), post_quantum(4)] {
        let plain = pattern(100);
        let (sealed, _) = seal(&[&identity], 4, &plain, usize::MAX);
        for length in 0..sealed.len() {
            let (out, result) = open_in_pieces(Opener::new(&[&identity]), &sealed[..length], usize::MAX);
            assert!(result.is_err() && out.is_empty(), "cut to {length}");
        }
    }
    let identity = x25519(5);
    let plain = pattern(3 * CHUNK);
    let (sealed, _) = seal(&[&identity], 5, &plain, usize::MAX);
    let body = sealed.len() - 3 * (CHUNK + 16);
    for length in
        [body, body + 1, body + CHUNK + 16, body + CHUNK + 17, body + 2 * (CHUNK + 16), sealed.len() - 1]
    {
        let (out, result) = open_in_pieces(Opener::new(&[&identity]), &sealed[..length], usize::MAX);
        assert_eq!(result, Err(OpenError::Payload), "cut to {length}");
        assert!(plain.starts_with(&out));
    }
}

#[test]
fn chunks_that_change_places_are_refused() {
    let identity = x25519(6);
    let (sealed, _) = seal(&[&identity], 6, &pattern(3 * CHUNK), usize::MAX);
    let body = sealed.len() - 3 * (CHUNK + 16);
    let chunk = |index: usize| &sealed[body + index * (CHUNK + 16)..body + (index + 1) * (CHUNK + 16)];
    for order in [[1, 0, 2], [0, 0, 2], [0, 2, 1]] {
        let mut file = sealed[..body].to_vec();
        order.iter().for_each(|&index| file.extend_from_slice(chunk(index)));
        assert_eq!(open(&identity, &file), Err(OpenError::Payload), "{order:?}");
    }
}

#[test]
fn another_files_key_does_not_open_this_file() {
    let identity = x25519(7);
    let (sealed, _) = seal(&[&identity], 7, b"one", usize::MAX);
    let (_, other) = seal(&[&identity], 8, b"two", usize::MAX);
    let (out, result) = open_in_pieces(Opener::with_file_key(other), &sealed, usize::MAX);
    assert_eq!((out, result), (Vec::new(), Err(OpenError::Hmac)));
    assert_eq!(open(&x25519(70), &sealed), Err(OpenError::NoMatch));
    assert_eq!(open(&post_quantum(7), &sealed), Err(OpenError::NoMatch));
    let none: [&dyn Unwrap; 0] = [];
    assert_eq!(open_small(&none, &sealed).err(), Some(OpenError::NoMatch));
}

#[test]
fn a_file_that_mixes_strengths_is_refused_even_by_its_file_key() {
    let classical = x25519(8);
    let strong = post_quantum(8);
    let (weak_file, key) = seal(&[&classical], 9, b"secret", usize::MAX);
    let (strong_file, _) = seal(&[&strong], 9, b"secret", usize::MAX);
    let stanza = |file: &[u8]| {
        let end = file.windows(4).position(|four| four == b"\n---").unwrap();
        file[22..=end].to_vec()
    };
    let intro = b"age-encryption.org/v1\n".to_vec();
    let rest = &weak_file[weak_file.windows(4).position(|four| four == b"\n---").unwrap() + 1..];
    let mixed = [intro, stanza(&weak_file), stanza(&strong_file), rest.to_vec()].concat();
    assert_eq!(open(&classical, &mixed), Err(OpenError::MixedRecipients));
    assert_eq!(open(&strong, &mixed), Err(OpenError::MixedRecipients));
    let (_, result) = open_in_pieces(Opener::with_file_key(key), &mixed, usize::MAX);
    assert_eq!(result, Err(OpenError::MixedRecipients));
}

#[test]
fn a_header_without_end_stops_at_the_limit() {
    let identity = x25519(9);
    let intro = b"age-encryption.org/v1\n";
    let endless_line = [&intro[..], &vec![b'a'; 2 * MAX_HEADER]].concat();
    let mut endless_stanzas = intro.to_vec();
    while endless_stanzas.len() < 2 * MAX_HEADER {
        endless_stanzas.extend_from_slice(b"-> grease\n\n");
    }
    for file in [endless_line, endless_stanzas] {
        let (_, result) = open_in_pieces(Opener::new(&[&identity]), &file, 1000);
        assert_eq!(result, Err(OpenError::TooLarge));
    }
    let spaces = vec![b' '; 2 * MAX_HEADER];
    let (_, result) = open_in_pieces(Opener::new(&[&identity]), &spaces, 1);
    assert_eq!(result, Err(OpenError::Header));
}

#[test]
fn the_largest_set_of_recipients_fits_the_header() {
    let identities: Vec<Identity> = (0..32).map(|seed| post_quantum(1000 + seed)).collect();
    let (sealed, _) = seal(&identities.iter().collect::<Vec<_>>(), 10, b"to all", usize::MAX);
    assert_eq!(open(&identities[31], &sealed).unwrap(), b"to all");
}

#[test]
fn a_sink_that_fails_ends_the_work_with_its_own_error() {
    let identity = x25519(11);
    let (mut sealer, _) = Sealer::new(&to(&[&identity]), &mut SeededEntropy::new(11)).unwrap();
    assert_eq!(sealer.push(b"x", &mut |_| Err("disk full")), Err("disk full"));

    let (sealed, _) = seal(&[&identity], 11, &pattern(2 * CHUNK + 1), usize::MAX);
    let identities: [&dyn Unwrap; 1] = [&identity];
    let mut opener = Opener::new(&identities);
    let failed = opener.push(&sealed, &mut |_| Err("gone"));
    assert_eq!(failed, Err(StreamError::Sink("gone")));
    let again = opener.push(&[0], &mut |_| Err("gone"));
    assert_eq!(again, Err(StreamError::Open(OpenError::Payload)));
}

#[test]
fn a_sidecar_round_trips_and_two_seals_of_it_differ() {
    let identity = x25519(12);
    let mut entropy = SeededEntropy::new(12);
    let first = seal_small(&to(&[&identity]), &mut entropy, b"label").unwrap();
    let second = seal_small(&to(&[&identity]), &mut entropy, b"label").unwrap();
    assert_ne!(first, second);
    assert_eq!(open_small(&[&identity], &first).unwrap().as_slice(), b"label");
    assert_eq!(open_small(&[&identity], &second).unwrap().as_slice(), b"label");
}

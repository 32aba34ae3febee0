//! One photo from camera bytes to a sealed file and back.

use std::convert::Infallible;

use gauze_seal::age::{FileKey, OpenError, Recipients, SealedDigest, Unwrap, seal_small};
use gauze_seal::bundle::BundleError;
use gauze_seal::strip::strip;
use gauze_seal::{
    OpenPhotoError, OtherPicture, PhotoOpener, PhotoToSeal, SealPhotoError, open_photo, seal_photo,
};
use sha2::{Digest, Sha256};

use crate::pictures::{bytes, exif, plain, segment};
use crate::{SeededEntropy, post_quantum, to, x25519};

fn seal(jpeg: &[u8], recipients: &Recipients, seed: u64) -> (Vec<u8>, SealedDigest, FileKey) {
    let photo = strip(jpeg).unwrap();
    let what = PhotoToSeal { photo: &photo, record: b"{\"v\":2}", mtime_s: 5 };
    let mut file = Vec::new();
    let (digest, key) = seal_photo(what, recipients, &mut SeededEntropy::new(seed), &mut |part| {
        file.extend_from_slice(part);
        Ok::<(), Infallible>(())
    })
    .unwrap();
    (file, digest, key)
}

fn camera() -> Vec<u8> {
    let jpeg = plain(300, 200);
    [&jpeg[..2], &segment(0xE1, &exif(true, 6)), &jpeg[2..]].concat()
}

#[test]
fn a_photo_comes_back_by_identity_and_by_file_key() {
    let jpeg = camera();
    let stripped = strip(&jpeg).unwrap();
    for identity in [x25519(1), post_quantum(1)] {
        let (file, digest, key) = seal(&jpeg, &to(&[&identity]), 1);
        assert_eq!(digest.sha256[..], Sha256::digest(&file)[..]);
        assert_eq!(digest.size, file.len() as u64);
        let stored = *key.as_bytes();
        let identities: [&dyn Unwrap; 1] = [&identity];
        for opener in
            [PhotoOpener::new(&identities), PhotoOpener::with_file_key(FileKey::from_bytes(&stored))]
        {
            let opened = open_photo(opener, &file).unwrap();
            assert_eq!(opened.record.as_slice(), b"{\"v\":2}");
            assert_eq!(opened.mtime_s, 5);
            assert_eq!(opened.picture(&stripped.sha256(), stripped.len()), Ok(&*bytes(&stripped)));
        }
    }
}

#[test]
fn a_picture_leaves_its_memory_only_by_the_hash_and_length_that_its_record_names() {
    let jpeg = camera();
    let stripped = strip(&jpeg).unwrap();
    let identity = x25519(2);
    let (file, ..) = seal(&jpeg, &to(&[&identity]), 2);
    let identities: [&dyn Unwrap; 1] = [&identity];
    let opened = || open_photo(PhotoOpener::new(&identities), &file).unwrap();
    let (sha256, size) = (stripped.sha256(), stripped.len());
    let mut other = sha256;
    other[31] ^= 1;
    for (sha256, size) in [(other, size), (sha256, size - 1), ([0; 32], size), (sha256, 0)] {
        assert_eq!(opened().picture(&sha256, size), Err(OtherPicture));
        assert_eq!(opened().into_picture(&sha256, size), Err(OtherPicture));
    }
    assert_eq!(*opened().into_picture(&sha256, size).unwrap(), bytes(&stripped));
}

/// A picture of so many bytes.
fn sized(length: usize) -> Vec<u8> {
    let mut jpeg = plain(16, 16);
    let mut left = length - jpeg.len();
    while left > 0 {
        let now = if left <= 60_000 { left } else { left.min(60_000).min(left - 18) };
        let profile = [&b"ICC_PROFILE\0\x01\x01"[..], &vec![0x55; now - 18]].concat();
        jpeg.splice(2..2, segment(0xE2, &profile));
        left -= now;
    }
    jpeg
}

#[test]
fn a_sealed_file_shows_its_size_only_in_steps_of_64_kib() {
    const STEP: usize = 64 * 1024;
    // Beside the picture: two headers, the record, and two blocks that end the archive.
    const BORDER: usize = STEP - 5 * 512;
    let recipients = to(&[&x25519(3)]);
    let sealed = |length: usize| seal(&sized(length), &recipients, 3).0.len();
    let small = sealed(2000);
    for (length, steps) in
        [(BORDER, 0), (BORDER + 1, 1), (STEP, 1), (BORDER + STEP, 1), (BORDER + STEP + 1, 2)]
    {
        assert_eq!(sealed(length), small + steps * (STEP + 16), "{length}");
    }
}

#[test]
fn what_opens_but_holds_no_bundle_is_refused() {
    let identity = x25519(4);
    let identities: [&dyn Unwrap; 1] = [&identity];
    let recipients = to(&[&identity]);
    for (plain, expected) in [
        (&b"not a tar"[..], BundleError::Truncated),
        (&[0; 65536], BundleError::Checksum),
        (&[], BundleError::Truncated),
    ] {
        let file = seal_small(&recipients, &mut SeededEntropy::new(4), plain).unwrap();
        let error = open_photo(PhotoOpener::new(&identities), &file).err();
        assert_eq!(error, Some(OpenPhotoError::Bundle(expected)));
    }
    let (file, ..) = seal(&plain(16, 16), &recipients, 5);
    let cut = open_photo(PhotoOpener::new(&identities), &file[..file.len() - 1]).err();
    assert_eq!(cut, Some(OpenPhotoError::Open(OpenError::Payload)));
}

#[test]
fn a_sink_that_fails_ends_sealing_with_its_own_error() {
    let jpeg = camera();
    let photo = strip(&jpeg).unwrap();
    let identity = x25519(6);
    let what = PhotoToSeal { photo: &photo, record: b"{}", mtime_s: 0 };
    let full = &mut |_: &[u8]| Err("disk full");
    let sealed = seal_photo(what, &to(&[&identity]), &mut SeededEntropy::new(6), full);
    assert_eq!(sealed.err(), Some(SealPhotoError::Sink("disk full")));
    let record = vec![b' '; 65537];
    let what = PhotoToSeal { photo: &photo, record: &record, mtime_s: 0 };
    let error = seal_photo(what, &to(&[&identity]), &mut SeededEntropy::new(6), full).err();
    assert!(matches!(error, Some(SealPhotoError::TooLarge(_))));
}

#[test]
fn a_photo_of_the_largest_size_is_sealed_in_pieces_of_one_chunk_and_opens() {
    let jpeg = sized(gauze_seal::strip::MAX_BYTES);
    let photo = strip(&jpeg).unwrap();
    let identity = x25519(7);
    let identities: [&dyn Unwrap; 1] = [&identity];
    let mut opener = PhotoOpener::new(&identities);
    let what = PhotoToSeal { photo: &photo, record: b"{}", mtime_s: 0 };
    let mut largest = 0;
    seal_photo(what, &to(&[&identity]), &mut SeededEntropy::new(7), &mut |sealed: &[u8]| {
        largest = largest.max(sealed.len());
        opener.push(sealed)
    })
    .unwrap();
    assert_eq!(largest, 64 * 1024 + 16);
    let picture = opener.finish().unwrap().into_picture(&photo.sha256(), photo.len()).unwrap();
    assert!(*picture == jpeg);
}

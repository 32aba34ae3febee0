//! The age test vectors of C2SP CCTV, to their exact verdict.

use std::io::Read;

use gauze_seal::age::{Identity, OpenError, Opener, Unwrap};
use sha2::{Digest, Sha256};

use crate::{hex, open_in_pieces, shared_data};

struct Vector {
    expect: String,
    payload: Option<String>,
    identities: Vec<Identity>,
    armored: bool,
    passphrase: bool,
    file: Vec<u8>,
}

fn parse(bytes: &[u8]) -> Vector {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
    let mut vector = Vector {
        expect: String::new(),
        payload: None,
        identities: Vec::new(),
        armored: false,
        passphrase: false,
        file: bytes[end + 2..].to_vec(),
    };
    for line in std::str::from_utf8(&bytes[..end]).unwrap().lines() {
        let (key, value) = line.split_once(": ").unwrap();
        match key {
            "expect" => vector.expect = value.to_owned(),
            "payload" => vector.payload = Some(value.to_owned()),
            "identity" => vector.identities.push(value.parse().unwrap()),
            "armored" => vector.armored = true,
            "passphrase" => vector.passphrase = true,
            "compressed" => {
                let mut plain = Vec::new();
                flate2::read::ZlibDecoder::new(&bytes[end + 2..]).read_to_end(&mut plain).unwrap();
                vector.file = plain;
            }
            "file key" | "comment" => {}
            other => panic!("unknown key {other}"),
        }
    }
    vector
}

fn verdict(result: Result<(), OpenError>) -> &'static str {
    match result {
        Ok(()) => "success",
        Err(OpenError::Header) => "header failure",
        Err(OpenError::NoMatch) => "no match",
        Err(OpenError::Hmac) => "HMAC failure",
        Err(OpenError::Payload) => "payload failure",
        Err(OpenError::ArmorUnsupported) => "armor refused",
        Err(OpenError::PassphraseUnsupported) => "passphrase refused",
        Err(OpenError::TooLarge) => "too large",
        Err(OpenError::MixedRecipients) => "mixed",
        Err(OpenError::Agree(_)) => "agree",
    }
}

#[test]
fn every_vector_has_its_exact_verdict_and_payload() {
    let Some(data) = shared_data() else {
        println!("skipped: shared data not found");
        return;
    };
    let mut seen = 0;
    let mut files: Vec<_> = std::fs::read_dir(data.join("03-crypto-vectors/cctv/age"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "agetest"))
        .collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let vector = parse(&std::fs::read(&path).unwrap());
        let begins_armored = vector.file.trim_ascii_start().starts_with(b"-----BEGIN AGE");
        let expected = match (vector.armored, begins_armored, vector.passphrase) {
            (true, true, _) => "armor refused",
            // Garbage before the armour: then it is neither form.
            (true, false, _) => "header failure",
            (false, _, true) => "passphrase refused",
            (false, _, false) => vector.expect.as_str(),
        };
        let identities: Vec<&dyn Unwrap> = vector.identities.iter().map(|id| id as &dyn Unwrap).collect();
        for piece in [usize::MAX, 65536, 4093, 1] {
            if piece == 1 && vector.file.len() > 200_000 {
                continue;
            }
            let (plain, result) = open_in_pieces(Opener::new(&identities), &vector.file, piece);
            assert_eq!(verdict(result), expected, "{name} in pieces of {piece}");
            if let (Some(payload), false, false) = (&vector.payload, vector.armored, vector.passphrase) {
                assert_eq!(&hex(&Sha256::digest(&plain)), payload, "{name} in pieces of {piece}");
            } else {
                assert!(plain.is_empty(), "{name}");
            }
        }
        println!("{name}: {expected}");
        seen += 1;
    }
    assert!(seen >= 60, "only {seen} vectors");
}

//! RFC 9530: every digest in its examples is that of something the examples show.

use gauze_wire::integrity::{Integrity, wanted};
use serde_json::Value;

use crate::http::{Text, shared};

/// What an example's content may stand for: as printed, or with the line feed of a JSON document.
fn readings(content: &str) -> [Vec<u8>; 2] {
    [content.as_bytes().to_vec(), format!("{content}\n").into_bytes()]
}

#[test]
fn every_digest_of_the_examples_is_that_of_something_they_show() {
    let Some(file) = shared("04-http/rfc9530/digest_examples.json") else { return };
    let data: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let messages: Vec<&str> = data["examples"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|example| example["messages"].as_array().unwrap())
        .map(|message| message.as_str().unwrap())
        .collect();
    let shown: Vec<Vec<u8>> = messages
        .iter()
        .filter_map(|message| Text::read(message).content)
        .flat_map(readings)
        .chain([Vec::new()])
        .collect();
    let (mut held, mut misprinted) = (0, 0);
    for message in &messages {
        let text = Text::read(message);
        for name in ["content-digest", "repr-digest"] {
            let Some(field) = text.field(name) else { continue };
            match Integrity::parse(field) {
                // An encoder's output cannot be had from the page: only that the field reads.
                Ok(_) if text.field("content-encoding").is_some() => {}
                Ok(digest) => {
                    assert!(shown.iter().any(|bytes| digest.holds(bytes)), "{message}");
                    assert!(!digest.holds(b"anything else"));
                    held += 1;
                }
                // 32 octets are 43 letters and one `=`; two are no base64.
                Err(_) => {
                    assert!(field.contains("==:"), "{message}");
                    misprinted += 1;
                }
            }
        }
    }
    assert!(held > misprinted, "{held} {misprinted}");
}

#[test]
fn what_the_examples_want_is_read() {
    let Some(file) = shared("04-http/rfc9530/digest_examples.json") else { return };
    let data: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let mut seen = 0;
    for example in data["examples"].as_array().unwrap() {
        for message in example["messages"].as_array().unwrap() {
            let text = Text::read(message.as_str().unwrap());
            for name in ["want-content-digest", "want-repr-digest"] {
                let Some(field) = text.field(name) else { continue };
                let counts = field.contains("sha-256") || field.contains("sha-512");
                assert_eq!(wanted(field).unwrap().is_some(), counts, "{field}");
                seen += 1;
            }
        }
    }
    assert!(seen > 0);
}

//! Certificates as consoles give them: many make one line of a text field, with spaces where the lines ended.

use base64::prelude::{BASE64_STANDARD, Engine as _};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates in `text`, as DER; `None` where it holds none or anything else.
pub fn certificates(text: &str) -> Option<Vec<Vec<u8>>> {
    // Some consoles keep the two characters that stand for a line's end in JSON.
    let text = text.replace("\\n", "\n");
    let (mut found, mut rest) = (Vec::new(), text.trim());
    while !rest.is_empty() {
        let (body, after) = rest.strip_prefix(BEGIN)?.split_once(END)?;
        let base64: String = body.split_whitespace().collect();
        found.push(BASE64_STANDARD.decode(base64).ok().filter(|der| !der.is_empty())?);
        rest = after.trim_start();
    }
    (!found.is_empty()).then_some(found)
}

/// The same certificates, each line of base64 at most 64 characters (RFC 7468).
pub fn tidy(text: &str) -> Option<String> {
    let mut out = String::new();
    for der in certificates(text)? {
        out += BEGIN;
        out += "\n";
        for line in BASE64_STANDARD.encode(der).as_bytes().chunks(64) {
            out += std::str::from_utf8(line).ok()?;
            out += "\n";
        }
        out += END;
        out += "\n";
    }
    Some(out)
}

//! Certificates as consoles give them: many make one line of a text field, with spaces where the lines ended.

use base64::prelude::{BASE64_STANDARD, Engine as _};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates in `text`, each line of base64 at most 64 characters (RFC 7468); `None` where it holds none or anything else.
pub fn tidy(text: &str) -> Option<String> {
    // Some consoles keep the two characters that stand for a line's end in JSON.
    let text = text.replace("\\n", "\n");
    let (mut out, mut rest) = (String::new(), text.trim());
    while !rest.is_empty() {
        let (body, after) = rest.strip_prefix(BEGIN)?.split_once(END)?;
        let base64: String = body.split_whitespace().collect();
        let der = BASE64_STANDARD.decode(&base64).ok().filter(|der| !der.is_empty())?;
        let base64 = BASE64_STANDARD.encode(der);
        out += BEGIN;
        out += "\n";
        for line in base64.as_bytes().chunks(64) {
            out += std::str::from_utf8(line).ok()?;
            out += "\n";
        }
        out += END;
        out += "\n";
        rest = after.trim_start();
    }
    (!out.is_empty()).then_some(out)
}

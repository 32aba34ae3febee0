//! A record of nobody, whose words a leak would show.

use serde_json::{Value, json};

/// What would show the patient.
pub const WORDS: [&str; 7] =
    ["9990000042", "LOCAL-ID-77", "Zzyzx", "Quillonbert", "1950-01-31", "Xanthippe", "Brobdingnag"];

/// Holds each of the words.
pub fn record() -> Value {
    let [nhs_number, local_number, family, given, dob, site, note] = WORDS;
    json!({
        "patient": {
            "nhs_number": nhs_number,
            "local_number": local_number,
            "family": format!("{family}-Familyname"),
            "given": given,
            "dob": dob,
            "established": { "how": "typed", "reason": "a test" },
            "confirmed_by": ["name", "nhs_number"],
        },
        "site": { "words": format!("lower leg {site}"), "side": "left" },
        "consent": {
            "scopes": ["care"],
            "by": "patient",
            "form": { "code": "verbal", "words": "given by word of mouth" },
            "at": "2026-11-24T10:00:00Z",
        },
        "notes": format!("note with the word {note}"),
    })
}

//! A record of nobody, whose words a leak would show.

use serde_json::{Value, json};

/// What would show the patient.
pub const WORDS: [&str; 7] =
    ["9990000042", "LOCAL-ID-77", "Zzyzx", "Quillonbert", "1950-01-31", "Xanthippe", "Brobdingnag"];

/// Holds each of the words.
pub fn record() -> Value {
    let [nhs_number, local_id, family, given, dob, site, note] = WORDS;
    json!({
        "patient": {
            "nhs_number": nhs_number,
            "local_id": local_id,
            "family": format!("{family}-Familyname"),
            "given": given,
            "dob": dob,
        },
        "body_site": format!("left lower leg {site}"),
        "consent": "given",
        "notes": format!("note with the word {note}"),
    })
}

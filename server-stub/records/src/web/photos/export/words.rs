//! The words of exports (`docs/look.md`).

pub(super) const TITLE: &str = "Take a copy out";
pub(super) const LEAD: &str =
    "The copy leaves the hospital for good. It is written down, and nobody can call it back.";
pub(super) const PURPOSE: &str = "What for";
pub(super) const CONSENT: &str = "Consent, as the record says";
pub(super) const RECEIVER: &str = "Who receives it";
pub(super) const RECEIVER_HINT: &str = "Name and place, such as the coroner's office, Elm Street.";
pub(super) const WORDS: &str = "In words";
pub(super) const WORDS_HINT: &str = "What they need it for. Whoever reads the log later can read this.";
pub(super) const FORM: &str = "In which form";
pub(super) const PICTURE: &str = "A marked picture";
pub(super) const PICTURE_HINT: &str =
    "Anybody opens it. It carries an invisible mark and a line below that name this copy.";
pub(super) const SEALED: &str = "The sealed original";
pub(super) const SEALED_HINT: &str =
    "The phone's own photo and record, unchanged. Only the receiver's key opens it. It carries no mark.";
pub(super) const KEY: &str = "The receiver's age key";
pub(super) const KEY_HINT: &str =
    "For the sealed original alone. It begins with age1. Compare it with them by telephone.";
pub(super) const SUBMIT: &str = "Take it out";
pub(super) const BACK: &str = "Back to the photo";
pub(super) const MISSING: &str =
    "Choose what for and in which form, say who receives it, and write it in words too.";
pub(super) const KEY_WRONG: &str =
    "This is no age key that can be used here. Ask the receiver to send it again.";
pub(super) const NEEDS_TEACHING: &str = "Teaching needs the patient's consent for teaching. The record says:";
pub(super) const NEEDS_PUBLICATION: &str =
    "Publication needs the patient's consent for publication. The record says:";

/// What stands in every archive: how to check it without us.
pub(super) const README: &str = "\
A clinical photo, and what proves where it comes from.

photo.jpg or photo.age  the photo: a marked copy, or the sealed original for your own age key
export.jws              what this is, for whom, and the hash of every file; signed by the hospital
manifest.jws            what the phone signed when it took the photo
filed.jws               what the hospital signed when it kept it, with the manifest's place in the public log
enrolment.jws           how the phone's key came to be known
line.tlog-proof         that this export stands in the hospital's access log (C2SP tlog-proof)
access-keys.json        the public keys of that log
hospital.pem, phone.pem the public keys that signed

Compare hospital.pem with what the hospital tells you by another way. Then nothing else of the hospital is needed:

  sha256sum -c SHA256SUMS
  openssl dgst -sha256 -verify hospital.pem -signature export.der export.signed
  openssl dgst -sha256 -verify hospital.pem -signature filed.der filed.signed
  openssl dgst -sha256 -verify phone.pem -signature manifest.der manifest.signed

A .jws is its .signed, a dot, and its .der in another spelling (RFC 7515, ES256). To read one:

  jq -rR 'split(\".\")[1] | gsub(\"-\"; \"+\") | gsub(\"_\"; \"/\") | @base64d' export.signed

A sealed original opens with age (https://age-encryption.org) and tar:

  age -d -i KEY photo.age | tar -xf -

The SHA-256 of photo.jpg in it is photo_sha256 in its record.json.
";

//! Copies that leave: by whom, for what, marked or sealed to another's key, and checked without us.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::Command;

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::log::{Outcome, What, check_proof};
use gauze_people::person::Role;
use gauze_seal::age::{Identity, Unwrap};
use gauze_seal::{PhotoOpener, open_photo};
use gauze_wire::{Choice, Consent, ConsentScope, Digest, Jws, Record};
use serde_json::Value;

use super::ward::{Answer, Browser, TEAM, Ward, drawn, marked, person};
use crate::fixture::{Edit, Hospital, Phone, SystemEntropy};
use crate::folk::{FAMILY, NHS, patient, text, told};

const RECEIVER: &str = "Coroner, Elm Street";

fn lead() -> gauze_people::person::Person {
    person("Sister Lead", Role::Lead, TEAM)
}

/// One photo with consent for this, or with none.
async fn consented(scopes: &[ConsentScope], withdrawn: bool) -> Ward {
    let hospital = Hospital::new();
    hospital.sign_policy(|policy| {
        policy["version"] = serde_json::json!(7);
        policy["lists"] = serde_json::json!({ "teams": [{ "code": "tissue", "words": "Tissue viability" }] });
    });
    let mut phone = Phone::enrolled(1, &hospital);
    let record = |record: &mut Record| {
        told(record, Some(patient(FAMILY, Some(NHS), None)));
        record.consent = (!scopes.is_empty()).then(|| Consent {
            scopes: scopes.to_vec(),
            by: text("patient"),
            form: Choice { code: "F1".parse().unwrap(), words: text("Photo consent") },
            notice: None,
            at: record.captured_at,
            withdrawn: withdrawn.then_some(record.captured_at),
        });
    };
    let picture = drawn(1600, 1200);
    let photo =
        phone.photo_with(&hospital, &Edit { record: &record, picture: Some(&picture), ..Edit::default() });
    hospital.gateway.take(&photo);
    let puller = hospital.puller().await.unwrap();
    assert_eq!(puller.pass().await.unwrap().filed, 1);
    Ward::of("viewer.test", hospital, puller).await
}

async fn take(lead: &Browser<'_>, photo: &str, purpose: &str, more: &[(&str, &str)]) -> Answer {
    let mut fields = vec![("purpose", purpose), ("receiver", RECEIVER), ("words", "The inquest asks for it")];
    fields.extend(more);
    lead.post(&format!("/photos/{photo}/export"), &fields).await
}

fn unpacked(answer: &Answer) -> BTreeMap<String, Vec<u8>> {
    assert_eq!(answer.status, StatusCode::OK, "{}", String::from_utf8_lossy(&answer.body));
    assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let mut archive = tar::Archive::new(&answer.body[..]);
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let (name, mut bytes) = (entry.path().unwrap().to_string_lossy().into_owned(), Vec::new());
        entry.read_to_end(&mut bytes).unwrap();
        (name, bytes)
    });
    files.collect()
}

fn statement(files: &BTreeMap<String, Vec<u8>>) -> Value {
    let jws = Jws::parse(std::str::from_utf8(&files["export.jws"]).unwrap()).unwrap();
    serde_json::from_slice(&jws.payload_bytes().unwrap()).unwrap()
}

fn exports(ward: &Ward, outcome: Outcome) -> usize {
    let entries = ward.office.entries();
    entries.iter().filter(|it| it.what == What::Action(Action::Export) && it.outcome == outcome).count()
}

#[tokio::test]
async fn a_picture_that_leaves_is_marked_with_its_line_and_proves_itself() {
    let ward = consented(&[], false).await;
    let photo = ward.photos().await[0].handle.to_string();
    let lead = ward.sign_in(lead());
    let before = exports(&ward, Outcome::Done);
    let answer = take(&lead, &photo, "legal", &[("form", "picture")]).await;
    let files = unpacked(&answer);
    assert_eq!(exports(&ward, Outcome::Done), before + 1, "one export is one line");
    let said = statement(&files);
    let line = said["line"].as_u64().unwrap();
    assert_eq!(marked(&ward.folk, &files["photo.jpg"]), Some(line));
    assert_eq!((said["purpose"].as_str(), said["receiver"].as_str()), (Some("legal"), Some(RECEIVER)));
    for part in said["files"].as_array().unwrap() {
        let bytes = &files[part["name"].as_str().unwrap()];
        assert_eq!(part["sha256"].as_str().unwrap(), Digest::of(bytes).to_string());
    }
    let keys = serde_json::from_slice(&files["access-keys.json"]).unwrap();
    let proven = check_proof(std::str::from_utf8(&files["line.tlog-proof"]).unwrap(), &keys).unwrap();
    assert_eq!((proven.index, proven.entry.what), (line, What::Action(Action::Export)));
    // The patient is in the picture's own line nowhere, nor in what is signed.
    for (name, bytes) in &files {
        let held = bytes.windows(FAMILY.len()).any(|window| window.eq_ignore_ascii_case(FAMILY.as_bytes()));
        assert!(!held, "{name} names the patient");
    }
    ward.end().await;
}

#[tokio::test]
async fn an_original_leaves_sealed_to_the_receiver_and_to_nobody_else() {
    let ward = consented(&[], false).await;
    let photo = ward.photos().await[0].handle.to_string();
    let lead = ward.sign_in(lead());
    let theirs = Identity::make_x25519(&mut SystemEntropy).unwrap();
    let key = theirs.to_recipient().to_string();
    let answer = take(&lead, &photo, "consultation", &[("form", "sealed"), ("key", &key)]).await;
    let files = unpacked(&answer);
    let sealed = &files["photo.age"];
    let opened = open_photo(PhotoOpener::new(&[&theirs as &dyn Unwrap]), sealed).unwrap();
    let record = Record::from_bytes(&opened.record).unwrap();
    assert_eq!(record.patient.as_ref().unwrap().family.as_str(), FAMILY);
    assert!(opened.picture(&record.photo_sha256.0, record.photo_size).is_ok());
    for own in ward.hospital.identities() {
        assert!(open_photo(PhotoOpener::new(&[&own as &dyn Unwrap]), sealed).is_err());
    }
    for bad in ["", "age1", "not a key", "AGE-SECRET-KEY-1"] {
        let refused = take(&lead, &photo, "consultation", &[("form", "sealed"), ("key", bad)]).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    ward.end().await;
}

#[tokio::test]
async fn teaching_without_consent_for_teaching_is_refused_with_the_records_words() {
    for (scopes, withdrawn, words) in [
        (vec![], false, "Not said"),
        (vec![ConsentScope::Care], false, "Photo consent"),
        (vec![ConsentScope::Care, ConsentScope::Teaching], true, "Photo consent"),
    ] {
        let ward = consented(&scopes, withdrawn).await;
        let photo = ward.photos().await[0].handle.to_string();
        let lead = ward.sign_in(lead());
        let refused = take(&lead, &photo, "teaching", &[("form", "picture")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        let told = refused.text();
        let told = told.split("role=\"alert\">").nth(1).unwrap().split("</p>").next().unwrap();
        assert!(told.contains("consent for teaching") && told.contains(words), "{told}");
        assert_eq!(exports(&ward, Outcome::Done), 0);
        let noted = |entry: &gauze_people::log::Entry| {
            entry.note.as_ref().is_some_and(|note| note.as_str() == "export_without_consent")
        };
        assert!(ward.office.entries().iter().any(noted), "the refusal has its line");
        ward.end().await;
    }
    let ward = consented(&[ConsentScope::Care, ConsentScope::Teaching], false).await;
    let photo = ward.photos().await[0].handle.to_string();
    let lead = ward.sign_in(lead());
    unpacked(&take(&lead, &photo, "teaching", &[("form", "picture")]).await);
    let publication = take(&lead, &photo, "publication", &[("form", "picture")]).await;
    assert_eq!(publication.status, StatusCode::FORBIDDEN);
    ward.end().await;
}

#[tokio::test]
async fn who_may_not_takes_nothing_out() {
    let ward = consented(&[], false).await;
    let photo = ward.photos().await[0].handle.to_string();
    for stranger in [
        person("Nurse Viewer", Role::Viewer, TEAM),
        person("Lead Elsewhere", Role::Lead, "other"),
        person("Somebody Else", Role::Governance, TEAM),
    ] {
        let refused = take(&ward.sign_in(stranger), &photo, "legal", &[("form", "picture")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    assert_eq!((exports(&ward, Outcome::Done), exports(&ward, Outcome::Refused)), (0, 3));
    let lead = ward.sign_in(lead());
    ward.hospital.clock.advance(jiff::SignedDuration::from_mins(6));
    let stale = take(&lead, &photo, "legal", &[("form", "picture")]).await;
    assert!(stale.status == StatusCode::FORBIDDEN && stale.text().contains("/prove-again"));
    assert_eq!(exports(&ward, Outcome::Done), 0);
    ward.end().await;
}

fn ran(dir: &Path, program: &str, arguments: &[&str]) -> Option<String> {
    let done = Command::new(program).args(arguments).current_dir(dir).output().ok()?;
    assert!(done.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// The commands of the archive's own README, as far as this machine has the programs.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test's own inputs need not survive a power cut")]
async fn an_archive_is_checked_by_public_tools_alone() {
    let ward = consented(&[], false).await;
    let photo = ward.photos().await[0].handle.to_string();
    let lead = ward.sign_in(lead());
    let theirs = Identity::make_x25519(&mut SystemEntropy).unwrap();
    let key = theirs.to_recipient().to_string();
    let files = unpacked(&take(&lead, &photo, "legal", &[("form", "sealed"), ("key", &key)]).await);
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in &files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    fs::write(dir.path().join("KEY"), theirs.to_secret_text().as_bytes()).unwrap();
    let readme = String::from_utf8(files["README.txt"].clone()).unwrap();
    let commands: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert_eq!(commands.len(), 6);
    for command in commands {
        let program = command.split(' ').next().unwrap();
        if Command::new(program).arg("--version").output().is_err() {
            println!("skipped: no {program}");
            continue;
        }
        let said = ran(dir.path(), "sh", &["-c", command]);
        if command.starts_with("jq") {
            let read: Value = serde_json::from_str(&said.unwrap()).unwrap();
            assert_eq!(read, statement(&files));
        }
    }
    if let Ok(record) = fs::read_to_string(dir.path().join("record.json")) {
        let record: Value = serde_json::from_str(&record).unwrap();
        let sum = ran(dir.path(), "sha256sum", &["photo.jpg"]).unwrap();
        assert!(sum.starts_with(record["photo_sha256"].as_str().unwrap()));
    }
    // Altered by one byte, it no longer holds.
    let mut altered = files["export.signed"].clone();
    altered[40] ^= 1;
    fs::write(dir.path().join("export.signed"), altered).unwrap();
    let check = "openssl dgst -sha256 -verify hospital.pem -signature export.der export.signed";
    let done = Command::new("sh").args(["-c", check]).current_dir(dir.path()).output().unwrap();
    assert!(!done.status.success());
    ward.end().await;
}

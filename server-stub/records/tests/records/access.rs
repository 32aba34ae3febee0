//! The access log and the roles on the command line, offline.

use std::path::PathBuf;
use std::process::{Command, Output};

use gauze_people::acting::{Acting, Barred, Factor, Network};
use gauze_people::action::act;
use gauze_people::context::Context;
use gauze_people::person::{Person, PersonId, Role, Team};
use gauze_people::subject::{PatientRef, Photo, Subject};
use gauze_records::access::{open_log, roles};
use gauze_records::keys::{KeyDir, RecipientKind, make};
use jiff::Timestamp;
use serde_json::Value;

use crate::fixture::write;

struct Ward {
    _dir: tempfile::TempDir,
    keys: PathBuf,
    data: PathBuf,
}

fn now() -> Timestamp {
    "2026-11-29T09:00:00Z".parse().unwrap()
}

impl Ward {
    /// So many views in the log, by Anna of the burns team.
    fn of(views: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (keys, data) = (dir.path().join("keys"), dir.path().join("data"));
        make(&keys, &"ward-9".parse().unwrap(), RecipientKind::Classical, now()).unwrap();
        let ward = Self { _dir: dir, keys, data };
        ward.views(views);
        ward
    }

    fn views(&self, views: u32) {
        std::fs::create_dir_all(&self.data).unwrap();
        let log = open_log(&KeyDir::new(&self.keys), &self.data, now()).unwrap();
        let roles = roles(&self.data).unwrap();
        let team = Team("burns".to_owned());
        let person = Person {
            id: PersonId("anna".to_owned()),
            name: "Anna".to_owned(),
            professional: None,
            roles: [Role::Viewer].into(),
            teams: [team.clone()].into(),
            leads: [].into(),
        };
        let acting = Acting {
            person,
            session: "s".to_owned(),
            signed_in_at: now(),
            factor: Factor::Totp,
            factor_at: now(),
            network: Network::Inside,
            barred: Barred::Nothing,
        };
        for number in 0..views {
            let photo = Photo {
                id: "01930000-0000-7000-8000-000000000001".parse().unwrap(),
                team: Some(team.clone()),
                patient: Some(PatientRef(format!("blind-{number}"))),
                erased: false,
                due: false,
                proposed_by: None,
                ruled_by: None,
                held: false,
            };
            let context = Context::care(now());
            let allowed = roles.authorise(&acting, act::View, &Subject::Photo(photo), &context).unwrap();
            log.append_blocking(allowed).unwrap();
        }
    }

    fn path(&self, name: &str) -> String {
        self.data.join(name).to_str().unwrap().to_owned()
    }
}

fn records(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gauze-records")).args(arguments).output().unwrap()
}

pub fn said(arguments: &[&str]) -> String {
    let done = records(arguments);
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn a_log_is_listed_verified_proven_and_exported_with_public_keys_alone() {
    let ward = Ward::of(5);
    // Somebody else's machine: the log and its public keys, no private key.
    std::fs::remove_dir_all(&ward.keys).unwrap();
    let data = ward.data.to_str().unwrap();
    assert_eq!(said(&["log", "list", "--data", data]).lines().count(), 5);
    let one = said(&["--json", "log", "list", "--data", data, "--patient", "blind-3"]);
    let one: Value = serde_json::from_str(&one).unwrap();
    assert_eq!((&one["index"], &one["entry"]["policies"][0]), (&3.into(), &"viewer-own-team".into()));
    assert!(said(&["log", "list", "--data", data, "--refused"]).is_empty());
    assert!(said(&["log", "verify", "--data", data, "--signatures"]).starts_with("5 entries"));
    let (proof, keys) = (ward.path("3.tlog-proof"), ward.path("access/keys.json"));
    said(&["log", "prove", "3", "--data", data, "--out", &proof]);
    assert!(said(&["log", "check", &proof, "--public-keys", &keys]).contains("blind-3"));
    let events = ward.path("events.ndjson");
    said(&["log", "export", "--data", data, "--out", &events]);
    let events = std::fs::read_to_string(events).unwrap();
    assert_eq!(events.lines().count(), 5);
    let event: Value = serde_json::from_str(events.lines().next().unwrap()).unwrap();
    assert_eq!(event["resourceType"], "AuditEvent");
}

#[test]
fn a_log_that_was_changed_or_rolled_back_fails_the_command() {
    let ward = Ward::of(5);
    let data = ward.data.to_str().unwrap();
    let (entries, kept) = (ward.data.join("access/entries/000000000000.log"), ward.data.join("kept.note"));
    let whole = std::fs::read_to_string(&entries).unwrap();
    std::fs::copy(ward.data.join("access/checkpoint"), &kept).unwrap();
    let held = ["log", "verify", "--data", data, "--held", kept.to_str().unwrap()];
    assert!(records(&held).status.success());
    let lines: Vec<&str> = whole.lines().collect();
    let swapped = format!("{}\n{}\n{}\n", lines[1], lines[0], lines[2..].join("\n"));
    write(&entries, swapped);
    let done = records(&["log", "verify", "--data", data]);
    assert_eq!(done.status.code(), Some(1));
    assert!(String::from_utf8(done.stdout).unwrap().contains("other_tree"));
    write(&entries, format!("{}\n", lines[..4].join("\n")));
    let done = records(&held);
    assert!(String::from_utf8(done.stdout).unwrap().contains("rolled_back"));
    // Nothing is shown on the strength of such a log.
    let done = records(&[
        "log",
        "erase",
        "0",
        "--data",
        data,
        "--keys",
        ward.keys.to_str().unwrap(),
        "--because",
        "legal",
    ]);
    assert!(String::from_utf8(done.stderr).unwrap().starts_with("log_rolled_back: "));
}

#[test]
fn an_entry_is_erased_by_law_and_the_log_still_verifies() {
    let ward = Ward::of(5);
    let (data, keys) = (ward.data.to_str().unwrap(), ward.keys.to_str().unwrap());
    said(&["log", "erase", "2", "--data", data, "--keys", keys, "--because", "request"]);
    assert!(said(&["log", "list", "--data", data]).contains("       2  erased"));
    assert!(said(&["log", "verify", "--data", data]).starts_with("6 entries, 1 of them erased by law"));
    let files = std::fs::read_to_string(ward.data.join("access/entries/000000000000.log")).unwrap();
    assert_eq!(files.lines().count(), 6);
    ward.views(1);
    assert!(said(&["log", "verify", "--data", data, "--signatures"]).starts_with("7 entries"));
}

#[test]
fn roles_are_checked_explained_and_listed() {
    let ward = Ward::of(0);
    let data = ward.data.to_str().unwrap();
    assert!(said(&["roles", "check"]).contains("guards hold"));
    let asked = ["roles", "explain", "--role", "viewer", "--team", "burns", "--action", "view", "--of-team"];
    assert!(said(&[&asked[..], &["burns"]].concat()).contains("viewer-own-team"));
    let refused = records(&[&asked[..], &["eyes"]].concat());
    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&[&asked[..], &["eyes", "--break-glass", "10"]].concat()).contains("break-glass"));
    let wrong = ward.data.join("wrong.cedar");
    write(&wrong, "@id(\"a\") permit (principal, action, resource) when { context.insid };");
    let done = records(&["roles", "check", wrong.to_str().unwrap()]);
    assert!(String::from_utf8(done.stderr).unwrap().starts_with("policy_invalid: "));
    std::fs::create_dir_all(ward.data.join("people")).unwrap();
    let grants =
        r#"{"grants":[{"person":"ben","role":"lead","teams":["eyes"],"not_after":"2100-01-01T00:00:00Z"}]}"#;
    write(&ward.data.join("people/roles.json"), grants);
    assert!(said(&["roles", "list", "--data", data]).contains("ben  lead  eyes"));
    let ben =
        ["roles", "explain", "--data", data, "--person", "ben", "--action", "amend", "--of-team", "eyes"];
    assert!(said(&ben).contains("lead-own-team"));
    // What a hand took away is told as that, and holds nothing.
    let taken = r#"{"grants":[{"person":"ann","role":"auditor","taken":true},
        {"person":"ben","role":"lead","teams":["eyes"],"not_after":"2100-01-01T00:00:00Z","taken":true}]}"#;
    write(&ward.data.join("people/roles.json"), taken);
    let listed = said(&["roles", "list", "--data", data]);
    assert!(listed.starts_with("ann  auditor    from always, taken away\n"), "{listed}");
    assert!(
        listed.contains("ben  lead  eyes  from always until 2100-01-01T00:00:00Z, taken away\n"),
        "{listed}"
    );
    assert_eq!(records(&ben).status.code(), Some(1));
    let shown = said(&["--json", "roles", "list", "--data", data]);
    assert_eq!(shown.matches(r#""taken":true"#).count(), 2, "{shown}");
    write(&ward.data.join("people/roles.json"), r#"{"grants":[{"person":"ben","role":"lead"}]}"#);
    assert_eq!(records(&["roles", "list", "--data", data]).status.code(), Some(1));
}

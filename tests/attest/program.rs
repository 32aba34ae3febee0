//! `gauze-gateway attest`, as IT runs it: one JSON object, and an exit status that a script can use.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gauze_tests::attestations::{KeyDescription, Maker, Names};
use gauze_tests::hospital::write;
use gauze_tests::programs::{Ended, attempt};
use gauze_wire::{AndroidApp, AndroidRules};
use serde_json::{Value, json};

use crate::captured::{Captured, Sample};

const AT: &str = "2026-11-24T10:00:00Z";
const APP: &str = "uk.nhs.example.gauze";

fn pem(chain: &[Vec<u8>]) -> String {
    let certificate = |der: &Vec<u8>| {
        let text = BASE64_STANDARD.encode(der);
        let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
    };
    chain.iter().map(certificate).collect()
}

/// A directory with a phone's chain and the root that it leads to.
struct Shown {
    dir: tempfile::TempDir,
    package: String,
}

impl Shown {
    fn new() -> Self {
        let maker = Maker::new(Names::Remote).unwrap();
        let description = KeyDescription { package: APP.into(), ..KeyDescription::good(b"challenge") };
        let shown = Self { dir: tempfile::tempdir().unwrap(), package: APP.into() };
        shown.put("chain.pem", &pem(&maker.attest(&description).unwrap().0));
        shown.put("root.pem", maker.root_pem());
        shown
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn put(&self, name: &str, text: &str) {
        write(&self.path(name), text).unwrap();
    }

    /// Runs the command with `more` arguments, of which a later one stands for an earlier of its name.
    async fn judged(&self, more: &[(&str, &str)]) -> Ended {
        let challenge = BASE64_STANDARD.encode(b"challenge");
        let mut given = vec![
            ("--chain", "chain.pem"),
            ("--challenge", &challenge),
            ("--package", &self.package),
            ("--root", "root.pem"),
            ("--at", AT),
        ];
        for (name, value) in more {
            given.retain(|(given, _)| given != name);
            if !value.is_empty() {
                given.push((name, value));
            }
        }
        let mut arguments = vec!["attest", "android"];
        arguments.extend(given.iter().flat_map(|(name, value)| [*name, *value]));
        attempt("gauze-gateway", &arguments, self.dir.path()).await.unwrap()
    }
}

/// The answer, whose status must say the same.
#[track_caller]
fn answer(ended: &Ended) -> Value {
    let answer: Value = serde_json::from_str(&ended.stdout)
        .unwrap_or_else(|_| panic!("no JSON: {}{}", ended.stdout, ended.stderr));
    let accepted = answer["accepted"].as_bool().unwrap();
    assert_eq!(ended.code, Some(if accepted { 0 } else { 3 }), "{answer}");
    assert!(answer["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{answer}");
    assert!(answer["facts"].is_object(), "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_is_accepted_with_its_facts_and_refused_with_anything_changed_that_was_asked() {
    let shown = Shown::new();
    let good = answer(&shown.judged(&[]).await);
    assert_eq!((&good["accepted"], &good["facts"]["links_verify"]), (&json!(true), &json!(true)));
    let serial = good["facts"]["serials_hex"][1].as_str().unwrap();
    shown.put("status.json", &json!({ "entries": { serial: { "status": "REVOKED" } } }).to_string());
    shown
        .put("strict.json", &policy(json!({ "level": "strong_box", "min_os_version": 990_000 })).to_string());
    let wrong = "ab".repeat(32);
    for (name, value, code) in [
        ("--challenge", "AAAA", "challenge_mismatch"),
        ("--package", "uk.nhs.another", "app_unknown"),
        ("--signer-sha256", wrong.as_str(), "app_signer"),
        ("--at", "2025-11-24T10:00:00Z", "not_yet_valid"),
        ("--root", "", "untrusted_root"),
        ("--status", "status.json", "certificate_revoked"),
        ("--policy", "strict.json", "security_level_too_low"),
    ] {
        let refused = answer(&shown.judged(&[(name, value)]).await);
        assert_eq!(refused["accepted"], json!(false), "{name}");
        assert_eq!(refused["code"], json!(code), "{name}: {refused}");
        assert_eq!(refused["facts"]["serials_hex"], good["facts"]["serials_hex"], "{name}: facts are there");
    }
}

/// A policy for Android phones, with other rules.
fn policy(rules: Value) -> Value {
    let app = AndroidApp { package: APP.parse().unwrap(), signers: Vec::new(), min_version: 0 };
    let mut android = json!(AndroidRules::for_apps(vec![app]));
    android.as_object_mut().unwrap().extend(rules.as_object().unwrap().clone());
    json!({
        "v": 2, "typ": "gauze-policy", "tenant": "ward-9", "version": 1, "issued_at": AT, "min_app_version": "0.1",
        "allow_software_keys": false, "review_hours": 0, "max_unsent": 500, "max_open_tickets": 64,
        "max_device_bytes": 1_000_000_000_u64, "max_tenant_bytes": 1_000_000_000_u64, "keep_days": 7, "android": android,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_judged_is_one_line_with_a_code_and_no_verdict() {
    let shown = Shown::new();
    shown.put("bad.json", "{");
    for (name, value, code) in [
        ("--chain", "missing.pem", "unreadable"),
        ("--policy", "bad.json", "policy_invalid"),
        ("--status", "bad.json", "status_list_invalid"),
        ("--root", "bad.json", "root_invalid"),
    ] {
        let ended = shown.judged(&[(name, value)]).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(1), ""), "{name}");
        assert!(ended.stderr.starts_with(&format!("{code}: ")), "{name}: {}", ended.stderr);
    }
    for (name, value) in
        [("--challenge", "§"), ("--at", "yesterday"), ("--signer-sha256", "ab"), ("--no-such", "x")]
    {
        assert_eq!(shown.judged(&[(name, value)]).await.code, Some(2), "{name}");
    }
    let nothing = shown.judged(&[("--chain", "root.pem")]).await;
    assert_eq!(answer(&nothing)["accepted"], json!(false), "a root is no phone");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_captured_chain_gets_its_verdict_from_the_program() {
    let dir = tempfile::tempdir().unwrap();
    for captured in Captured::all() {
        write(&dir.path().join("chain.pem"), &pem(&captured.chain)).unwrap();
        let (challenge, at) = (BASE64_STANDARD.encode(&captured.challenge), captured.times[1].to_string());
        let app = &captured.rules.apps[0];
        let mut arguments =
            vec!["attest", "android", "--chain", "chain.pem", "--challenge", &challenge, "--at", &at];
        arguments.extend(["--package", app.package.as_str()]);
        let signer = app.signers.first().map(ToString::to_string);
        arguments.extend(signer.iter().flat_map(|signer| ["--signer-sha256", signer.as_str()]));
        let ended = attempt("gauze-gateway", &arguments, dir.path()).await.unwrap();
        assert_eq!(answer(&ended)["accepted"], json!(captured.is_good()), "{}", captured.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_captured_object_gets_its_verdict_from_the_program() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| put(&dir.path().join(name), bytes);
    for sample in Sample::all() {
        put("object.cbor", &sample.object);
        put("data", &sample.client_data);
        put("hash", &gauze_wire::Digest::of(&sample.client_data).0);
        put("other", b"other");
        let at = sample.at.to_string();
        let environment = sample.value["environment"].as_str().unwrap();
        let (right, wrong) = match environment {
            "development" => ("development", "production"),
            _ => ("production", "development"),
        };
        let app = sample.rules.apps[0].app_id.as_str();
        for (data, raw, app, environment, accepted) in [
            ("data", false, app, right, true),
            ("hash", true, app, right, true),
            ("hash", false, app, right, false),
            ("other", false, app, right, false),
            ("data", false, "1234567890.com.example.wrong", right, false),
            ("data", false, app, wrong, false),
        ] {
            let mut arguments = vec!["attest", "apple", "--object", "object.cbor", "--client-data", data];
            arguments.extend(["--app-id", app, "--environment", environment, "--at", &at]);
            arguments.extend(raw.then_some("--raw-challenge"));
            let ended = attempt("gauze-gateway", &arguments, dir.path()).await.unwrap();
            assert_eq!(answer(&ended)["accepted"], json!(accepted), "{}: {arguments:?}", sample.name);
        }
    }
}

fn put(path: &Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), bytes).unwrap();
}

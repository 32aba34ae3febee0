//! Evidence of real phones, with the verdicts of an independent reader.

use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gauze_attest::{
    AndroidAsked, AndroidReport, AndroidRoots, AppleAsked, AppleReport, AppleRoots, AssertionAsked, Fault,
    Provisioning, StatusList, certificates_from_pem, verify_android, verify_apple, verify_assertion,
};
use gauze_tests::skipped::skipped;
use gauze_wire::{AndroidApp, AndroidRules, AppleApp, AppleEnvironment, AppleRules, Digest};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::at;

/// The shared data directory, or `None` after saying so.
pub fn data(sub: &str) -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let root = std::env::var_os("GAUZE_SHARED_DATA").map_or(beside, PathBuf::from);
    let dir = root.join(sub);
    if dir.is_dir() {
        return Some(dir);
    }
    skipped("shared data not found");
    None
}

fn read_json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn bytes_of_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().map(|digit| u8::try_from(digit.to_digit(16).unwrap()).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// A chain and what it is to be judged by.
pub struct Captured {
    pub name: String,
    pub chain: Vec<Vec<u8>>,
    pub challenge: Vec<u8>,
    pub rules: AndroidRules,
    /// Begin, middle and end of the time in which all its certificates are valid.
    pub times: [Timestamp; 3],
    pub expected: Value,
}

impl Captured {
    fn read(dir: &std::path::Path, name: &str, expected: Value) -> Self {
        let pem = std::fs::read_to_string(dir.join(expected["file"].as_str().unwrap())).unwrap();
        let software = &expected["key_description"]["softwareEnforced"]["attestationApplicationId"];
        let package = software["packages"][0]["name"].as_str().unwrap_or("none").parse().unwrap();
        let signers = software["signatureDigestsHex"][0].as_str().map(|hex| hex.parse().unwrap());
        let app = AndroidApp { package, signers: signers.into_iter().collect(), min_version: 0 };
        let time = |field: &str| at(expected[field].as_str().unwrap());
        let (from, until) = (time("all_valid_from"), time("all_valid_until"));
        let middle = from + until.duration_since(from) / 2;
        let challenge = expected["key_description"]["attestationChallengeHex"].as_str().unwrap_or("");
        Self {
            name: name.to_owned(),
            chain: certificates_from_pem(&pem).unwrap(),
            challenge: bytes_of_hex(challenge),
            rules: AndroidRules::for_apps(vec![app]),
            times: [from, middle, until],
            expected,
        }
    }

    pub fn all() -> Vec<Self> {
        let Some(dir) = data("01-android-key-attestation") else { return Vec::new() };
        let expected = read_json(dir.join("expected.json"));
        let chains = expected["chains"].as_object().unwrap();
        chains.iter().map(|(name, expected)| Self::read(&dir, name, expected.clone())).collect()
    }

    pub fn is_good(&self) -> bool {
        self.expected["verdict"] == "chain_valid__boot_VERIFIED_locked"
    }

    pub fn asked(&self) -> AndroidAsked<'_> {
        AndroidAsked {
            challenge: &self.challenge,
            rules: &self.rules,
            status: None,
            at: self.times[1],
            device_key: None,
            serial: None,
            last_seen: None,
        }
    }

    fn judge(&self, asked: &AndroidAsked<'_>) -> AndroidReport {
        verify_android(&self.chain, &AndroidRoots::google(), asked)
    }
}

#[test]
fn every_captured_chain_gets_its_verdict_and_its_facts() {
    for captured in Captured::all() {
        let report = captured.judge(&captured.asked());
        let (name, expected) = (&captured.name, &captured.expected);
        assert_eq!(report.verdict.is_ok(), captured.is_good(), "{name}: {:?}", report.verdict);
        let facts = json!(report.facts);
        // One certificate there is beyond the independent reader.
        let whole = expected["serials_hex"][0].is_string();
        for field in ["certificates", "all_valid_from", "all_valid_until", "google_root", "links_verify"] {
            assert_eq!(facts[field], expected[field], "{name}: {field}");
        }
        if whole {
            assert_eq!(facts["link_results"], expected["link_results"], "{name}");
            assert_eq!(facts["serials_hex"], expected["serials_hex"], "{name}");
        }
        let mut description = expected["key_description"].clone();
        if let Some(fields) = description.as_object_mut() {
            fields.remove("attestationChallengeText");
            assert_eq!(facts["key_description"], description, "{name}");
        }
    }
}

#[test]
fn a_captured_chain_is_refused_for_another_reason_by_another_fault() {
    for captured in Captured::all() {
        let fault = captured.judge(&captured.asked()).verdict.err();
        let expected = match captured.expected["verdict"].as_str().unwrap() {
            "chain_valid__but_reject_on_boot_state" => &[Fault::BootloaderUnlocked][..],
            "reject" | "reject_untrusted_root" | "parse_only" => &[Fault::UntrustedRoot, Fault::LinkBroken],
            "accept_leniently_or_reject_strictly" => &[Fault::DescriptionMalformed],
            "accept_signatures_but_ML-DSA_leaf" => &[Fault::KeyUnsupported],
            "chain_valid__boot_VERIFIED_locked" => continue,
            _ => &[Fault::BootKeyNotAllowed],
        };
        assert!(fault.is_some_and(|fault| expected.contains(&fault)), "{}: {fault:?}", captured.name);
    }
}

#[test]
fn a_good_captured_chain_is_refused_with_anything_changed_that_was_asked() {
    for captured in Captured::all().iter().filter(|captured| captured.is_good()) {
        let asked = captured.asked();
        let verdict = |asked: &AndroidAsked<'_>| captured.judge(asked).verdict.map(drop);
        assert_eq!(verdict(&AndroidAsked { challenge: b"another", ..asked }), Err(Fault::ChallengeMismatch));
        let mut rules = captured.rules.clone();
        rules.apps[0].signers = vec![Digest::of(b"another")];
        assert_eq!(verdict(&AndroidAsked { rules: &rules, ..asked }), Err(Fault::AppSigner));
        rules.apps[0].package = "another".parse().unwrap();
        assert_eq!(verdict(&AndroidAsked { rules: &rules, ..asked }), Err(Fault::AppUnknown));

        let day = SignedDuration::from_hours(24);
        let before = AndroidAsked { at: captured.times[0] - day, ..asked };
        assert_eq!(verdict(&before), Err(Fault::NotYetValid), "{}", captured.name);
        let mut limited = captured.rules.clone();
        limited.factory_grace_days = Some(0);
        let after = AndroidAsked { at: captured.times[2] + day, rules: &limited, ..asked };
        assert_eq!(verdict(&after), Err(Fault::CertificateExpired), "{}", captured.name);
        let report = captured.judge(&AndroidAsked { rules: &captured.rules, ..after });
        let factory = report.facts.provisioning == Some(Provisioning::Factory);
        assert_eq!(report.verdict.is_ok(), factory, "{}", captured.name);

        let other = gauze_tests::attestations::Maker::new(gauze_tests::attestations::Names::Remote).unwrap();
        let roots = AndroidRoots::from_pem(other.root_pem()).unwrap();
        let report = verify_android(&captured.chain, &roots, &asked);
        assert_eq!(report.verdict, Err(Fault::UntrustedRoot));
        for serial in &report.facts.serials_hex {
            let json = format!(r#"{{"entries":{{"{serial}":{{"status":"SUSPENDED"}}}}}}"#);
            let list = StatusList::parse(json.as_bytes(), asked.at).unwrap();
            let listed = AndroidAsked { status: Some(&list), ..asked };
            assert_eq!(verdict(&listed), Err(Fault::Suspended), "{}", captured.name);
        }
    }
}

#[test]
fn damaged_captured_chains_are_refused_and_one_without_its_root_is_not() {
    let Some(dir) = data("01-android-key-attestation") else { return };
    let all = Captured::all();
    for entry in std::fs::read_dir(dir.join("derived_invalid")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let Some(captured) = all.iter().find(|captured| name.starts_with(&captured.name)) else { continue };
        let text = std::fs::read_to_string(&path).unwrap();
        let chain = certificates_from_pem(&text).unwrap_or_default();
        let report = verify_android(&chain, &AndroidRoots::google(), &captured.asked());
        assert_eq!(report.verdict.is_ok(), name.ends_with("__root_removed"), "{name}: {:?}", report.verdict);
    }
}

/// An App Attest sample and what it is to be judged by.
pub struct Sample {
    pub name: String,
    pub object: Vec<u8>,
    pub client_data: Vec<u8>,
    pub rules: AppleRules,
    pub at: Timestamp,
    pub value: Value,
}

impl Sample {
    pub fn all() -> Vec<Self> {
        let Some(dir) = data("02-apple-app-attest") else { return Vec::new() };
        let samples = std::fs::read_dir(dir.join("samples")).unwrap();
        samples.filter_map(|entry| Self::read(read_json(entry.unwrap().path()))).collect()
    }

    fn read(value: Value) -> Option<Self> {
        let decode = |field: &str| BASE64_STANDARD.decode(value[field].as_str()?).ok();
        let app = AppleApp { app_id: value["app_id"].as_str()?.parse().unwrap(), min_bundle_version: None };
        let development = value["environment"] == "development";
        let environment =
            if development { AppleEnvironment::Development } else { AppleEnvironment::Production };
        Some(Self {
            name: value["id"].as_str()?.to_owned(),
            object: decode("attestation_base64")?,
            client_data: decode("client_data_base64")?,
            rules: AppleRules { environment, ..AppleRules::for_apps(vec![app]) },
            at: at(value["expected"]["leaf_valid_from"].as_str()?) + SignedDuration::from_hours(24),
            value,
        })
    }

    pub fn judge(&self, client_data: &[u8], rules: &AppleRules, at: Timestamp) -> AppleReport {
        let hash = Digest::of(client_data).0;
        let asked = AppleAsked { client_data_hash: &hash, rules, at, key_id: None };
        verify_apple(&self.object, &AppleRoots::apple(), &asked)
    }
}

#[test]
fn every_captured_object_is_accepted_with_its_facts_and_refused_with_anything_changed() {
    for sample in Sample::all() {
        let report = sample.judge(&sample.client_data, &sample.rules, sample.at);
        let name = &sample.name;
        assert!(report.verdict.is_ok(), "{name}: {:?}", report.verdict);
        let (facts, expected) = (json!(report.facts), &sample.value["expected"]);
        for (field, value) in expected.as_object().unwrap() {
            if let Some(fact) = facts.get(field) {
                assert_eq!(fact, value, "{name}: {field}");
            }
        }
        let verdict = |client_data: &[u8], rules: &AppleRules, at| {
            sample.judge(client_data, rules, at).verdict.map(drop)
        };
        let changed = [sample.client_data.as_slice(), b"x"].concat();
        assert_eq!(verdict(&changed, &sample.rules, sample.at), Err(Fault::NonceMismatch), "{name}");
        let mut rules = sample.rules.clone();
        rules.environment = match rules.environment {
            AppleEnvironment::Production => AppleEnvironment::Development,
            AppleEnvironment::Development => AppleEnvironment::Production,
        };
        assert_eq!(
            verdict(&sample.client_data, &rules, sample.at),
            Err(Fault::EnvironmentMismatch),
            "{name}"
        );
        rules.apps[0].app_id = "1234567890.com.example.wrong".parse().unwrap();
        assert_eq!(verdict(&sample.client_data, &rules, sample.at), Err(Fault::AppIdMismatch), "{name}");
        let late = at(expected["leaf_valid_until"].as_str().unwrap()) + SignedDuration::from_hours(24);
        assert_eq!(
            verdict(&sample.client_data, &sample.rules, late),
            Err(Fault::CertificateExpired),
            "{name}"
        );
    }
}

#[test]
fn every_captured_assertion_counts_once() {
    let mut others: Vec<Vec<u8>> = Vec::new();
    for sample in Sample::all() {
        let (key, _) = sample.judge(&sample.client_data, &sample.rules, sample.at).verdict.unwrap();
        let decode = |field: &str| {
            let text = sample.value["assertion"][field].as_str()?;
            Some(BASE64_STANDARD.decode(text).unwrap())
        };
        let Some((assertion, data)) = decode("assertion_base64").zip(decode("client_data_base64")) else {
            continue;
        };
        let asked = AssertionAsked {
            client_data_hash: &Digest::of(&data).0,
            key: &key,
            rules: &sample.rules,
            at: sample.at,
        };
        let (seen, flags) = verify_assertion(&assertion, &asked).unwrap();
        assert_eq!((seen.counter, flags), (1, Vec::new()), "{}", sample.name);
        let again = AssertionAsked { key: &seen, ..asked };
        assert_eq!(verify_assertion(&assertion, &again), Err(Fault::CounterUsed));
        for other in &others {
            assert!(verify_assertion(other, &asked).is_err(), "{}", sample.name);
        }
        others.push(assertion);
    }
}

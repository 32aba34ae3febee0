//! App Attest objects of our own: each step, kept and broken.

use gauze_attest::{
    AppAttestKey, AppleAsked, AppleReport, AppleRoots, AssertionAsked, Fault, verify_apple, verify_assertion,
};
use gauze_tests::attestations::AppleMaker;
use gauze_wire::{AppleApp, AppleEnvironment, AppleRules, Grade};
use jiff::Timestamp;

use crate::{at, now};

const HASH: &[u8] = &[3; 32];

pub fn rules() -> AppleRules {
    AppleRules::for_apps(vec![AppleApp {
        app_id: "ABCDE12345.uk.nhs.example.gauze".parse().unwrap(),
        min_bundle_version: Some("1.4".parse().unwrap()),
    }])
}

fn judge(maker: &AppleMaker, rules: &AppleRules, at: Timestamp) -> AppleReport {
    let roots = AppleRoots::from_pem(maker.root_pem()).unwrap();
    let asked = AppleAsked { client_data_hash: HASH, rules, at, key_id: Some(&maker.key_id()) };
    verify_apple(&maker.attest(HASH).unwrap(), &roots, &asked)
}

fn verdict(change: impl Fn(&mut AppleMaker), rules: &AppleRules) -> Result<Vec<Fault>, Fault> {
    let mut maker = AppleMaker::new().unwrap();
    change(&mut maker);
    judge(&maker, rules, now()).verdict.map(|(_, flags)| flags)
}

#[test]
fn a_good_object_is_accepted_whether_or_not_it_says_that_it_is_extended() {
    assert_eq!(verdict(|_| {}, &rules()), Ok(Vec::new()));
    assert_eq!(verdict(|maker| maker.says_extended = false, &rules()), Ok(Vec::new()));
    let facts = judge(&AppleMaker::new().unwrap(), &rules(), now()).facts;
    assert_eq!(
        (facts.apple_validation_category_01, facts.apple_bundle_version_01.as_deref()),
        (Some(4), Some("1.4"))
    );
}

#[test]
fn app_environment_counter_and_time_are_kept_apart() {
    assert_eq!(verdict(|m| m.app_id.push('x'), &rules()), Err(Fault::AppIdMismatch));
    assert_eq!(verdict(|m| m.development = true, &rules()), Err(Fault::EnvironmentMismatch));
    let development = AppleRules { environment: AppleEnvironment::Development, ..rules() };
    assert_eq!(verdict(|m| m.development = true, &development), Ok(Vec::new()));
    assert_eq!(verdict(|_| {}, &development), Err(Fault::EnvironmentMismatch));
    assert_eq!(verdict(|m| m.counter = 1, &rules()), Err(Fault::CounterUsed));
    let maker = AppleMaker::new().unwrap();
    let when = |text| judge(&maker, &rules(), at(text)).verdict.map(drop);
    assert_eq!(when("2025-12-31T23:59:59Z"), Err(Fault::NotYetValid));
    assert_eq!(when("2027-01-01T00:00:01Z"), Err(Fault::CertificateExpired));
}

#[test]
fn another_root_challenge_or_key_id_is_refused() {
    let (maker, rules) = (AppleMaker::new().unwrap(), rules());
    let object = maker.attest(HASH).unwrap();
    let own = AppleRoots::from_pem(maker.root_pem()).unwrap();
    let asked = AppleAsked { client_data_hash: HASH, rules: &rules, at: now(), key_id: None };
    let verdict =
        |roots: &AppleRoots, asked: &AppleAsked<'_>| verify_apple(&object, roots, asked).verdict.map(drop);
    assert_eq!(verdict(&own, &asked), Ok(()));
    assert_eq!(verdict(&AppleRoots::apple(), &asked), Err(Fault::UntrustedRoot));
    let other = AppleAsked { client_data_hash: &[4; 32], ..asked };
    assert_eq!(verdict(&own, &other), Err(Fault::NonceMismatch));
    let other = AppleAsked { key_id: Some(&[0; 32]), ..asked };
    assert_eq!(verdict(&own, &other), Err(Fault::KeyIdMismatch));
}

#[test]
fn how_the_app_came_onto_the_phone_is_graded_by_the_policy() {
    let other = |maker: &mut AppleMaker| maker.category = Some(3);
    assert_eq!(verdict(other, &rules()), Err(Fault::CategoryNotAllowed));
    let flagged = AppleRules { on_category: Grade::Flag, ..rules() };
    assert_eq!(verdict(other, &flagged), Ok(vec![Fault::CategoryNotAllowed]));
    let none = |maker: &mut AppleMaker| maker.category = None;
    assert_eq!(verdict(none, &rules()), Ok(Vec::new()));
    let since = |text| AppleRules { category_from: Some(at(text)), ..rules() };
    assert_eq!(verdict(none, &since("2026-11-25T00:00:00Z")), Ok(Vec::new()));
    assert_eq!(verdict(none, &since("2026-11-24T00:00:00Z")), Err(Fault::CategoryMissing));
    let mut newer = rules();
    newer.apps[0].min_bundle_version = Some("1.10".parse().unwrap());
    assert_eq!(verdict(|_| {}, &newer), Err(Fault::BundleTooOld));
}

#[test]
fn an_assertion_counts_once_for_its_key_its_app_and_its_data() {
    let (maker, rules) = (AppleMaker::new().unwrap(), rules());
    let (key, _) = judge(&maker, &rules, now()).verdict.unwrap();
    let assertion = maker.assert(HASH, 5).unwrap();
    let seen = |counter| AppAttestKey { counter, ..key.clone() };
    let before = seen(4);
    let asked = AssertionAsked { client_data_hash: HASH, key: &before, rules: &rules, at: now() };
    assert_eq!(verify_assertion(&assertion, &asked), Ok((seen(5), Vec::new())));
    let verdict = |asked: &AssertionAsked<'_>| verify_assertion(&assertion, asked).map(drop);
    for counter in [5, 6] {
        assert_eq!(verdict(&AssertionAsked { key: &seen(counter), ..asked }), Err(Fault::CounterUsed));
    }
    let other = [0; 32];
    assert_eq!(verdict(&AssertionAsked { client_data_hash: &other, ..asked }), Err(Fault::AssertionInvalid));
    let mut stranger = key.clone();
    stranger.point[1..].copy_from_slice(&[1; 64]);
    assert_eq!(verdict(&AssertionAsked { key: &stranger, ..asked }), Err(Fault::AssertionInvalid));
    let elsewhere = AppAttestKey { app_id: "OTHER".into(), ..key.clone() };
    assert_eq!(verdict(&AssertionAsked { key: &elsewhere, ..asked }), Err(Fault::AppIdMismatch));
    assert!((0..assertion.len()).all(|end| verify_assertion(&assertion[..end], &asked).is_err()));
}

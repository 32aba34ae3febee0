//! Chains of our own: each rule, kept and broken.

use gauze_attest::{
    AndroidAsked, AndroidReport, AndroidRoots, Fault, PatchLevels, Provisioning, StatusList, verify_android,
};
use gauze_tests::attestations::{Forgery, KeyDescription, Maker, Names, public};
use gauze_wire::{AndroidApp, AndroidRules, DatedRoot, Digest, KeyLevel};
use jiff::Timestamp;

use crate::{at, now};

const CHALLENGE: &[u8] = b"challenge";

pub fn rules() -> AndroidRules {
    AndroidRules::for_apps(vec![AndroidApp {
        package: "uk.nhs.example.gauze".parse().unwrap(),
        signers: vec![Digest([9; 32])],
        min_version: 12,
    }])
}

fn asked(rules: &AndroidRules, at: Timestamp) -> AndroidAsked<'_> {
    AndroidAsked {
        challenge: CHALLENGE,
        rules,
        status: None,
        at,
        device_key: None,
        serial: None,
        last_seen: None,
    }
}

struct Bench {
    maker: Maker,
    roots: AndroidRoots,
}

impl Bench {
    fn new(names: Names) -> Self {
        let maker = Maker::new(names).unwrap();
        let roots = AndroidRoots::from_pem(maker.root_pem()).unwrap();
        Self { maker, roots }
    }

    fn report(&self, chain: &[Vec<u8>], rules: &AndroidRules, at: Timestamp) -> AndroidReport {
        verify_android(chain, &self.roots, &asked(rules, at))
    }

    fn verdict(
        &self,
        change: impl Fn(&mut KeyDescription),
        rules: &AndroidRules,
    ) -> Result<Vec<Fault>, Fault> {
        let mut description = KeyDescription::good(CHALLENGE);
        change(&mut description);
        let (chain, _) = self.maker.attest(&description).unwrap();
        self.report(&chain, rules, now()).verdict
    }
}

#[test]
fn a_good_chain_is_accepted_with_and_without_its_root_and_refused_under_another() {
    let bench = Bench::new(Names::Remote);
    let description = KeyDescription::good(CHALLENGE);
    let (chain, _) = bench.maker.attest(&description).unwrap();
    let report = bench.report(&chain, &rules(), now());
    assert_eq!(report.verdict, Ok(Vec::new()));
    assert_eq!(report.facts.certificates_issued, Some(8));
    let whole = bench.maker.attest_with_root(&description).unwrap();
    assert_eq!(bench.report(&whole, &rules(), now()).verdict, Ok(Vec::new()));
    for roots in [AndroidRoots::google(), Bench::new(Names::Remote).roots] {
        let verdict = verify_android(&whole, &roots, &asked(&rules(), now())).verdict;
        assert_eq!(verdict, Err(Fault::UntrustedRoot));
    }
    assert_eq!(bench.report(&[], &rules(), now()).verdict, Err(Fault::ChainMalformed));
    assert_eq!(bench.report(&whole[3..], &rules(), now()).verdict, Err(Fault::DescriptionMissing));
}

#[test]
fn each_thing_that_a_phone_says_of_its_key_is_asked_for() {
    type Change = fn(&mut KeyDescription);
    let bench = Bench::new(Names::Remote);
    let cases: &[(Fault, Change)] = &[
        (Fault::ChallengeMismatch, |d| d.challenge.push(0)),
        (Fault::SoftwareLevel, |d| d.level = 0),
        (Fault::SoftwareLevel, |d| d.key_level = 0),
        (Fault::SoftwareLevel, |d| d.key_level = 2),
        (Fault::DescriptionMalformed, |d| d.level = 3),
        (Fault::RootOfTrustMissing, |d| d.root_of_trust = false),
        (Fault::BootloaderUnlocked, |d| d.locked = false),
        (Fault::BootKeyNotAllowed, |d| d.boot_state = 1),
        (Fault::BootNotVerified, |d| d.boot_state = 2),
        (Fault::BootNotVerified, |d| d.boot_state = 3),
        (Fault::DescriptionMalformed, |d| d.boot_state = 4),
        (Fault::KeyImported, |d| d.origin = 2),
        (Fault::KeyPurpose, |d| d.purposes = vec![2, 7]),
        (Fault::KeyPurpose, |d| d.purposes = vec![2, 6]),
        (Fault::KeyPurpose, |d| d.purposes = vec![3]),
        (Fault::KeyPurpose, |d| d.purposes = Vec::new()),
        (Fault::KeyPurpose, |d| d.all_applications = true),
        (Fault::KeyUnsupported, |d| d.algorithm = 1),
        (Fault::KeyUnsupported, |d| d.curve = 2),
        (Fault::KeyUnsupported, |d| d.digests = vec![5]),
        (Fault::AppUnknown, |d| d.package = "uk.nhs.example.gauze2".into()),
        (Fault::AppSigner, |d| d.signer[0] ^= 1),
        (Fault::AppVersion, |d| d.app_version = 11),
    ];
    for (fault, change) in cases {
        assert_eq!(bench.verdict(change, &rules()), Err(*fault));
    }
    assert_eq!(bench.verdict(|d| d.purposes = vec![2, 3], &rules()), Ok(Vec::new()));
}

#[test]
fn a_system_that_its_owner_signed_needs_its_boot_key_in_the_policy() {
    let bench = Bench::new(Names::Remote);
    let own = AndroidRules { boot_keys: vec![Digest([7; 32])], ..rules() };
    assert_eq!(bench.verdict(|d| d.boot_state = 1, &own), Ok(Vec::new()));
    let other = |d: &mut KeyDescription| (d.boot_state, d.boot_key) = (1, [6; 32]);
    assert_eq!(bench.verdict(other, &own), Err(Fault::BootKeyNotAllowed));
    let unlocked = |d: &mut KeyDescription| (d.boot_state, d.locked) = (1, false);
    assert_eq!(bench.verdict(unlocked, &own), Err(Fault::BootloaderUnlocked));
}

#[test]
fn a_certificate_below_a_genuine_one_is_refused_unless_the_hardware_made_it() {
    let bench = Bench::new(Names::Remote);
    let good = KeyDescription::good(CHALLENGE);
    let chain = bench.maker.extend(&good, &good, Forgery::ByTheKey).unwrap();
    assert_eq!(bench.report(&chain, &rules(), now()).verdict, Err(Fault::ChainExtended));
    // A key of which the hardware says that it only attests cannot have signed a forgery.
    let chain = bench.maker.extend(&good, &good, Forgery::ByAnAttestingKey).unwrap();
    assert_eq!(bench.report(&chain, &rules(), now()).verdict, Ok(Vec::new()));
    let software = KeyDescription { level: 0, key_level: 0, ..good.clone() };
    let unlocked = KeyDescription { locked: false, ..good.clone() };
    let old = KeyDescription { version: 4, ..good.clone() };
    let strong = KeyDescription { level: 2, key_level: 2, ..good.clone() };
    for held in [software, unlocked, old, strong] {
        let chain = bench.maker.extend(&held, &good, Forgery::ByAnAttestingKey).unwrap();
        assert_eq!(bench.report(&chain, &rules(), now()).verdict, Err(Fault::ChainExtended));
    }
    let mut reversed = bench.maker.attest(&good).unwrap().0;
    reversed.reverse();
    assert_eq!(bench.report(&reversed, &rules(), now()).verdict, Err(Fault::LinkBroken));
}

#[test]
fn a_factory_certificate_that_is_no_authority_s_issues_the_first_one_unless_policy_refuses() {
    let bench = Bench::new(Names::FactoryEnd);
    let good = KeyDescription::good(CHALLENGE);
    let chain = bench.maker.attest(&good).unwrap().0;
    for chain in [chain.clone(), bench.maker.attest_with_root(&good).unwrap()] {
        let report = bench.report(&chain, &rules(), now());
        assert_eq!((report.verdict, report.facts.issuer_is_ca), (Ok(Vec::new()), Some(false)));
        let strict = AndroidRules { issuer_must_be_ca: true, ..rules() };
        assert_eq!(bench.report(&chain, &strict, now()).verdict, Err(Fault::IssuerNotCa));
    }
    let factory = Bench::new(Names::Factory);
    let ordinary = factory.maker.attest(&good).unwrap().0;
    assert_eq!(factory.report(&ordinary, &rules(), now()).facts.issuer_is_ca, Some(true));
}

#[test]
fn a_key_that_signs_below_its_own_certificate_forges_nothing_under_such_a_factory_either() {
    for names in [Names::Factory, Names::FactoryEnd, Names::Remote] {
        let bench = Bench::new(names);
        let good = KeyDescription::good(CHALLENGE);
        let by_key = bench.maker.extend(&good, &good, Forgery::ByTheKey).unwrap();
        assert_eq!(bench.report(&by_key, &rules(), now()).verdict, Err(Fault::ChainExtended), "{names:?}");
        let silently = bench.maker.extend_silently(&good, &good).unwrap();
        assert_eq!(bench.report(&silently, &rules(), now()).verdict, Err(Fault::ChainExtended), "{names:?}");
    }
    // Beside a key that attests, the issuer has to be an authority.
    let bench = Bench::new(Names::FactoryEnd);
    let good = KeyDescription::good(CHALLENGE);
    let attested = bench.maker.extend(&good, &good, Forgery::ByAnAttestingKey).unwrap();
    assert_eq!(bench.report(&attested, &rules(), now()).verdict, Err(Fault::IssuerNotCa));
}

#[test]
fn only_one_key_of_the_phone_may_stand_between() {
    let bench = Bench::new(Names::Remote);
    let attesting = KeyDescription { purposes: vec![7], ..KeyDescription::good(CHALLENGE) };
    let chain = bench.maker.extend(&attesting, &attesting, Forgery::ByAnAttestingKey).unwrap();
    assert_eq!(bench.report(&chain, &rules(), now()).verdict, Err(Fault::KeyPurpose));
}

#[test]
fn remote_keys_keep_their_dates_and_factory_keys_outlive_them() {
    let (remote, factory) = (Bench::new(Names::Remote), Bench::new(Names::Factory));
    let description = KeyDescription::good(CHALLENGE);
    let (early, late) = (at("2025-12-31T00:00:00Z"), at("2027-01-02T00:00:00Z"));
    let chain = |bench: &Bench| bench.maker.attest(&description).unwrap().0;
    let (remote_chain, factory_chain) = (chain(&remote), chain(&factory));
    assert_eq!(remote.report(&remote_chain, &rules(), early).verdict, Err(Fault::NotYetValid));
    assert_eq!(remote.report(&remote_chain, &rules(), late).verdict, Err(Fault::CertificateExpired));
    assert_eq!(factory.report(&factory_chain, &rules(), early).verdict, Err(Fault::NotYetValid));
    let report = factory.report(&factory_chain, &rules(), late);
    assert_eq!((report.verdict, report.facts.provisioning), (Ok(Vec::new()), Some(Provisioning::Factory)));
    let limited = AndroidRules { factory_grace_days: Some(0), ..rules() };
    assert_eq!(factory.report(&factory_chain, &limited, late).verdict, Err(Fault::CertificateExpired));
    let longer = AndroidRules { factory_grace_days: Some(2), ..rules() };
    assert_eq!(factory.report(&factory_chain, &longer, late).verdict, Ok(Vec::new()));
    let only = AndroidRules { remote_only: true, ..rules() };
    assert_eq!(factory.report(&factory_chain, &only, now()).verdict, Err(Fault::NotRemote));
    assert_eq!(remote.report(&remote_chain, &only, now()).verdict, Ok(Vec::new()));
}

#[test]
fn every_certificate_is_looked_up_in_the_status_list() {
    let bench = Bench::new(Names::Remote);
    let chain = bench.maker.attest_with_root(&KeyDescription::good(CHALLENGE)).unwrap();
    let clean = bench.report(&chain, &rules(), now());
    let (rules, listed) = (rules(), |json: String| StatusList::parse(json.as_bytes(), now()).unwrap());
    for serial in &clean.facts.serials_hex {
        for (status, fault) in [("REVOKED", Fault::Revoked), ("SUSPENDED", Fault::Suspended)] {
            let list = listed(format!(r#"{{"entries":{{"{serial}":{{"status":"{status}"}}}}}}"#));
            let asked = AndroidAsked { status: Some(&list), ..asked(&rules, now()) };
            assert_eq!(verify_android(&chain, &bench.roots, &asked).verdict, Err(fault), "{serial}");
        }
    }
    let daily = AndroidRules { status_list_hours: Some(24), ..rules.clone() };
    assert_eq!(bench.report(&chain, &daily, now()).verdict, Err(Fault::StatusListMissing));
    let list = listed(r#"{"entries":{}}"#.into());
    let verdict = |at| {
        let asked = AndroidAsked { status: Some(&list), ..asked(&daily, at) };
        verify_android(&chain, &bench.roots, &asked).verdict
    };
    assert_eq!(verdict(now()), Ok(Vec::new()));
    assert_eq!(verdict(at("2026-11-25T10:00:01Z")), Err(Fault::StatusListStale));
}

#[test]
fn patches_grow_old_with_a_grace_and_never_fall_back() {
    let bench = Bench::new(Names::Remote);
    // The oldest level is of 2026-11-01: 23 days.
    let rules = |days, grace| AndroidRules { max_patch_days: Some(days), patch_grace_days: grace, ..rules() };
    let verdict = |rules: &AndroidRules| bench.verdict(|_| {}, rules);
    assert_eq!(verdict(&rules(23, 0)), Ok(Vec::new()));
    assert_eq!(verdict(&rules(22, 1)), Ok(vec![Fault::PatchTooOld]));
    assert_eq!(verdict(&rules(22, 0)), Err(Fault::PatchTooOld));
    assert_eq!(bench.verdict(|d| d.vendor_patch = 20_260_101, &rules(90, 0)), Err(Fault::PatchTooOld));
    assert_eq!(bench.verdict(|d| d.os_patch = 0, &rules(90, 0)), Err(Fault::PatchMissing));
    assert_eq!(bench.verdict(|d| d.os_patch = 202_613, &rules(90, 0)), Err(Fault::PatchMissing));
    let newer = AndroidRules { min_os_version: 160_001, ..crate::android::rules() };
    assert_eq!(verdict(&newer), Err(Fault::OsTooOld));

    let (chain, _) = bench.maker.attest(&KeyDescription::good(CHALLENGE)).unwrap();
    let rules = crate::android::rules();
    let report = bench.report(&chain, &rules, now());
    let seen = PatchLevels::of(report.facts.key_description.as_ref().unwrap());
    let after = |last_seen| {
        let asked = AndroidAsked { last_seen: Some(last_seen), ..asked(&rules, now()) };
        verify_android(&chain, &bench.roots, &asked).verdict
    };
    assert_eq!(after(seen), Ok(Vec::new()));
    assert_eq!(after(PatchLevels { boot: Some(20_261_106), ..seen }), Err(Fault::RolledBack));
    assert_eq!(after(PatchLevels { system: Some(20_261_200), ..seen }), Err(Fault::RolledBack));
}

#[test]
fn roots_are_dated_by_the_policy_and_only_taken_away() {
    let bench = Bench::new(Names::Remote);
    let chain = bench.maker.attest_with_root(&KeyDescription::good(CHALLENGE)).unwrap();
    let other = DatedRoot { spki_sha256: Digest([1; 32]), from: None, until: None };
    let named = AndroidRules { roots: vec![other], ..rules() };
    assert_eq!(bench.report(&chain, &named, now()).verdict, Err(Fault::UntrustedRoot));
}

#[test]
fn strong_box_is_believed_only_if_the_certificates_say_so_too() {
    let strict = AndroidRules { level: KeyLevel::StrongBox, ..rules() };
    let bench = Bench::new(Names::Remote);
    assert_eq!(bench.verdict(|_| {}, &strict), Err(Fault::LevelTooLow));
    assert_eq!(bench.verdict(|d| (d.level, d.key_level) = (2, 2), &strict), Ok(Vec::new()));
}

#[test]
fn the_key_and_the_serial_number_are_those_that_enrol() {
    let bench = Bench::new(Names::Remote);
    let description = KeyDescription { serial: Some("SN-1".into()), ..KeyDescription::good(CHALLENGE) };
    let (chain, key) = bench.maker.attest(&description).unwrap();
    let (_, stranger) = bench.maker.attest(&description).unwrap();
    let rules = AndroidRules { attested_serial: true, ..rules() };
    let verdict = |key: &rcgen::KeyPair, serial| {
        let device = public(key).unwrap();
        let asked = AndroidAsked { device_key: Some(&device), serial, ..asked(&rules, now()) };
        verify_android(&chain, &bench.roots, &asked).verdict
    };
    assert_eq!(verdict(&key, Some("SN-1")), Ok(Vec::new()));
    assert_eq!(verdict(&stranger, Some("SN-1")), Err(Fault::KeyMismatch));
    assert_eq!(verdict(&key, Some("SN-2")), Err(Fault::SerialMismatch));
    assert_eq!(bench.verdict(|_| {}, &rules), Err(Fault::SerialNotAttested));
}

//! Enrolments with hardware attestations, whole, under the policy.

use gauze_attest::{
    AndroidRoots, AppAttestKey, AppleRoots, Basis, BootState, EnrolmentDenied, Fault, Presented, Roots,
    SecurityLevel, Shown, verify_attestation,
};
use gauze_tests::attestations::{AppleMaker, KeyDescription, Maker, Names, public};
use gauze_wire::{
    AppleRules, Attestation, Bundle, Bytes, Digest, Grade, Platform, Policy, Problem, PublicKey, Signer as _,
    SoftwareKey,
};

use crate::{android, apple, now};

fn roots(maker: &Maker, apple: &AppleMaker) -> Roots {
    Roots {
        android: AndroidRoots::from_pem(maker.root_pem()).unwrap(),
        apple: AppleRoots::from_pem(apple.root_pem()).unwrap(),
    }
}

fn bundle() -> Bundle {
    Bundle {
        v: 1,
        typ: String::new(),
        tenant: "ward-9".parse().unwrap(),
        version: 1,
        issued_at: now(),
        fresh_until: now(),
        root: SoftwareKey::from_bytes(&[1; 32]).unwrap().public_key(),
        next_root: None,
        recipients: Vec::new(),
        gateways: Vec::new(),
        records: Vec::new(),
        witnesses: Vec::new(),
        policy_keys: Vec::new(),
    }
}

struct Case {
    platform: Platform,
    attestation: Attestation,
    challenge: Digest,
    device_key: PublicKey,
    app_attest: Option<AppAttestKey>,
}

impl Case {
    fn judge(&self, roots: &Roots, policy: &Policy) -> Result<Shown, Fault> {
        let bundle = bundle();
        let basis =
            Basis { bundle: &bundle, policy, inventory: None, status: None, roots, former_serial: None };
        let presented = Presented {
            platform: self.platform,
            attestation: &self.attestation,
            challenge: &self.challenge,
            device_key: &self.device_key,
            serial: None,
            last_seen: None,
            app_attest: self.app_attest.as_ref(),
        };
        verify_attestation(&presented, &basis, now())
    }
}

fn policy(apple: AppleRules) -> Policy {
    Policy {
        v: 2,
        version: 1,
        android: Some(android::rules()),
        apple: Some(apple),
        ..Policy::strictest(&"ward-9".parse().unwrap())
    }
}

#[test]
fn an_android_key_enrols_for_its_challenge_and_no_other_key() {
    let (maker, iphone) = (Maker::new(Names::Remote).unwrap(), AppleMaker::new().unwrap());
    let roots = roots(&maker, &iphone);
    let challenge = Digest::of(b"challenge");
    let description = KeyDescription { serial: Some("SN-1".into()), ..KeyDescription::good(&challenge.0) };
    let (chain, key) = maker.attest(&description).unwrap();
    let chain = chain.into_iter().map(|der| Bytes::new(der).unwrap()).collect();
    let mut case = Case {
        platform: Platform::Android,
        attestation: Attestation::AndroidKey { chain },
        challenge,
        device_key: public(&key).unwrap(),
        app_attest: None,
    };
    let shown = case.judge(&roots, &policy(apple::rules())).unwrap();
    assert_eq!((shown.serials.len(), shown.flags.len(), shown.patches.is_some()), (3, 0, true));
    assert_eq!(shown.serial.as_deref(), Some("SN-1"), "what the hardware attested");
    let (level, boot) = (shown.level.map(SecurityLevel::as_str), shown.boot.map(BootState::as_str));
    assert_eq!((level, boot), (Some("trusted_environment"), Some("verified")));
    assert_eq!(case.judge(Roots::pinned(), &policy(apple::rules())), Err(Fault::UntrustedRoot));
    let without = Policy { android: None, ..policy(apple::rules()) };
    assert_eq!(case.judge(&roots, &without), Err(Fault::PlatformNotAllowed));
    case.challenge = Digest::of(b"another");
    assert_eq!(case.judge(&roots, &policy(apple::rules())), Err(Fault::ChallengeMismatch));
    case.challenge = challenge;
    case.device_key = SoftwareKey::from_bytes(&[5; 32]).unwrap().public_key();
    assert_eq!(case.judge(&roots, &policy(apple::rules())), Err(Fault::KeyMismatch));
}

#[test]
fn app_attest_is_bound_to_the_device_key_and_a_failure_is_never_silent() {
    let (maker, iphone) = (Maker::new(Names::Remote).unwrap(), AppleMaker::new().unwrap());
    let roots = roots(&maker, &iphone);
    let challenge = Digest::of(b"challenge");
    let device_key = SoftwareKey::from_bytes(&[5; 32]).unwrap().public_key();
    let hash = Attestation::app_attest_hash(&challenge, &device_key);
    let attestation = Attestation::AppAttest {
        key_id: Bytes::new(iphone.key_id()).unwrap(),
        object: Bytes::new(iphone.attest(&hash.0).unwrap()).unwrap(),
    };
    let mut case = Case { platform: Platform::Ios, attestation, challenge, device_key, app_attest: None };
    let strict = policy(apple::rules());
    let shown = case.judge(&roots, &strict).unwrap();
    assert!(shown.app_attest.is_some() && shown.flags.is_empty());
    case.device_key = SoftwareKey::from_bytes(&[6; 32]).unwrap().public_key();
    assert_eq!(case.judge(&roots, &strict), Err(Fault::NonceMismatch));
    let lenient = policy(AppleRules { on_failure: Grade::Flag, ..apple::rules() });
    let shown = case.judge(&roots, &lenient).unwrap();
    assert_eq!((shown.flags.as_slice(), shown.app_attest.is_none()), (&[Fault::NonceMismatch][..], true));
    assert_eq!(shown.notices()[0].help, "I03");

    case.attestation = Attestation::AppAttestUnavailable { error: "invalidKey".parse().unwrap() };
    assert_eq!(case.judge(&roots, &strict), Err(Fault::Unavailable));
    let waiting = policy(AppleRules { on_unavailable: Grade::Flag, ..apple::rules() });
    assert_eq!(case.judge(&roots, &waiting).unwrap().flags, [Fault::Unavailable]);
}

#[test]
fn a_fresh_android_key_is_bound_to_challenge_and_device_key_and_judged_like_any_other() {
    let (maker, iphone) = (Maker::new(Names::Remote).unwrap(), AppleMaker::new().unwrap());
    let (roots, policy) = (roots(&maker, &iphone), policy(apple::rules()));
    let challenge = Digest::of(b"challenge");
    let device_key = SoftwareKey::from_bytes(&[5; 32]).unwrap().public_key();
    let bound = Attestation::fresh_android_challenge(&challenge, &device_key);
    let fresh = |description: &KeyDescription| {
        let (chain, _) = maker.attest(description).unwrap();
        Attestation::FreshAndroidKey {
            chain: chain.into_iter().map(|der| Bytes::new(der).unwrap()).collect(),
        }
    };
    let good = KeyDescription::good(&bound.0);
    let mut case = Case {
        platform: Platform::Android,
        attestation: fresh(&good),
        challenge,
        device_key: device_key.clone(),
        app_attest: None,
    };
    let shown = case.judge(&roots, &policy).unwrap();
    assert_eq!((shown.serials.len(), shown.patches.is_some()), (3, true));
    case.challenge = Digest::of(b"another");
    assert_eq!(case.judge(&roots, &policy), Err(Fault::ChallengeMismatch));
    case.challenge = challenge;
    case.device_key = SoftwareKey::from_bytes(&[6; 32]).unwrap().public_key();
    assert_eq!(case.judge(&roots, &policy), Err(Fault::ChallengeMismatch), "beside another phone's key");
    case.device_key = device_key;
    case.attestation = fresh(&KeyDescription { locked: false, ..good.clone() });
    assert_eq!(case.judge(&roots, &policy), Err(Fault::BootloaderUnlocked));
    // A chain over the bare challenge says nothing of this phone's key.
    case.attestation = fresh(&KeyDescription::good(&challenge.0));
    assert_eq!(case.judge(&roots, &policy), Err(Fault::ChallengeMismatch));
    case.attestation = fresh(&good);
    case.platform = Platform::Ios;
    assert_eq!(case.judge(&roots, &policy), Err(Fault::EvidenceKind));
}

#[test]
fn an_assertion_is_judged_by_the_key_that_was_attested_and_raises_its_counter() {
    let (maker, iphone) = (Maker::new(Names::Remote).unwrap(), AppleMaker::new().unwrap());
    let (roots, strict) = (roots(&maker, &iphone), policy(apple::rules()));
    let device_key = SoftwareKey::from_bytes(&[5; 32]).unwrap().public_key();
    let hash = |challenge: &Digest| Attestation::app_attest_hash(challenge, &device_key);
    let (first, second) = (Digest::of(b"first"), Digest::of(b"second"));
    let mut case = Case {
        platform: Platform::Ios,
        attestation: Attestation::AppAttest {
            key_id: Bytes::new(iphone.key_id()).unwrap(),
            object: Bytes::new(iphone.attest(&hash(&first).0).unwrap()).unwrap(),
        },
        challenge: first,
        device_key: device_key.clone(),
        app_attest: None,
    };
    let attested = case.judge(&roots, &strict).unwrap().app_attest.unwrap();
    assert_eq!(attested.counter, 0);
    case.attestation = Attestation::AppAttestAssertion {
        assertion: Bytes::new(iphone.assert(&hash(&second).0, 1).unwrap()).unwrap(),
    };
    case.challenge = second;
    assert_eq!(case.judge(&roots, &strict), Err(Fault::AppAttestUnknown));
    case.app_attest = Some(attested.clone());
    let seen = case.judge(&roots, &strict).unwrap().app_attest;
    assert_eq!(seen, Some(AppAttestKey { counter: 1, ..attested }));
    case.app_attest = seen;
    assert_eq!(case.judge(&roots, &strict), Err(Fault::CounterUsed));
    let lenient = policy(AppleRules { on_failure: Grade::Flag, ..apple::rules() });
    let shown = case.judge(&roots, &lenient).unwrap();
    assert_eq!((shown.flags, shown.app_attest), (vec![Fault::CounterUsed], None));
    // What a phone of another kind could say to get by.
    for platform in [Platform::Android, Platform::Desktop] {
        case.platform = platform;
        assert_eq!(case.judge(&roots, &lenient), Err(Fault::EvidenceKind));
        let unavailable = Attestation::AppAttestUnavailable { error: "invalidKey".parse().unwrap() };
        let other = Case { attestation: unavailable, app_attest: None, ..case };
        assert_eq!(other.judge(&roots, &lenient), Err(Fault::EvidenceKind));
        case = other;
    }
}

#[test]
fn a_refusal_names_what_did_not_hold_and_what_to_tell_the_help_desk() {
    let problem = Problem::from(EnrolmentDenied::from(Fault::BootloaderUnlocked));
    assert_eq!(problem.reason.as_deref(), Some("bootloader_unlocked"));
    assert!(problem.detail.contains("A27"), "{}", problem.detail);
    let bundle = bundle();
    let policy = policy(apple::rules());
    let basis = Basis {
        bundle: &bundle,
        policy: &policy,
        inventory: None,
        status: None,
        roots: Roots::pinned(),
        former_serial: None,
    };
    let key = SoftwareKey::from_bytes(&[5; 32]).unwrap().public_key();
    let challenge = Digest::of(b"x");
    let software = Attestation::software(&challenge, &key);
    let presented = Presented {
        attestation: &software,
        challenge: &challenge,
        device_key: &key,
        platform: Platform::Desktop,
        serial: None,
        last_seen: None,
        app_attest: None,
    };
    assert_eq!(verify_attestation(&presented, &basis, now()), Err(Fault::SoftwareKey));
}

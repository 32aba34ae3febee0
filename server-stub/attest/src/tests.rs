use gauze_wire::log::NoteKey;
use gauze_wire::{
    Attestation, Bundle, Digest, Enrolment, Follows, Jws, Policy, Problem, ProblemCode, Signed as _,
    Succession, Token,
};
use gauze_wire::{
    Gateway, Inventory, Name, Platform, RecipientEntry, RecipientState, Signer as _, SoftwareKey, Tenant,
    TokenId,
};
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::enrolment::older;

struct Hospital {
    bundle: Bundle,
    policy: Policy,
    inventory: Option<Inventory>,
    policy_key: SoftwareKey,
    device: SoftwareKey,
    now: Timestamp,
}

fn key(n: u8) -> SoftwareKey {
    SoftwareKey::from_bytes(&[n; 32]).unwrap()
}

fn hospital() -> Hospital {
    let now: Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    let tenant: Tenant = "ward-9".parse().unwrap();
    let note = NoteKey::from_bytes("gateway.test/ward-9", &[4; 32]).unwrap();
    let bundle = Bundle {
        v: 1,
        typ: Bundle::TYP.into(),
        tenant: tenant.clone(),
        version: 1,
        issued_at: now,
        fresh_until: now + SignedDuration::from_hours(24),
        root: key(1).public_key(),
        next_root: None,
        recipients: vec![RecipientEntry {
            recipient: "age1pq1x".into(),
            state: RecipientState::Active,
            since: now,
        }],
        gateways: vec![Gateway {
            url: "https://gateway.test".into(),
            key: key(2).public_key(),
            log: note.log_key(),
        }],
        records: vec![key(3).public_key()],
        witnesses: vec![note.witness_key()],
        policy_keys: vec![key(5).public_key()],
    };
    let policy = Policy { allow_software_keys: true, version: 1, ..Policy::strictest(&tenant) };
    Hospital { bundle, policy, inventory: None, policy_key: key(5), device: key(6), now }
}

impl Hospital {
    fn basis(&self) -> Basis<'_> {
        let roots = Roots::pinned();
        Basis {
            bundle: &self.bundle,
            policy: &self.policy,
            inventory: self.inventory.as_ref(),
            status: None,
            roots,
            former_serial: None,
        }
    }

    fn token(&self, serial: Option<Name>) -> Jws {
        let token = Token {
            v: 1,
            typ: Token::TYP.into(),
            tenant: self.bundle.tenant.clone(),
            token_id: "AAAAAAAAAAAAAAAAAAAAAA".parse::<TokenId>().unwrap(),
            issued_at: self.now,
            expires_at: self.now + SignedDuration::from_hours(1),
            serial,
            inventory: None,
        };
        Jws::sign(&token, &self.policy_key).unwrap()
    }

    fn enrolment(&self, token: Jws) -> Enrolment {
        let challenge = Digest::of(b"challenge");
        let device_key = self.device.public_key();
        Enrolment {
            v: 1,
            typ: Enrolment::TYP.into(),
            tenant: self.bundle.tenant.clone(),
            token,
            challenge,
            attestation: Attestation::Software {
                statement: Attestation::software_statement(&challenge, &device_key),
            },
            device_key,
            review_key: None,
            platform: Platform::Desktop,
            model: "simulated".parse().unwrap(),
            serial: None,
            ward: None,
            app_version: "0.1.0".parse().unwrap(),
            follows: None,
            former: None,
            at: self.now,
        }
    }

    fn judge(&self, enrolment: &Enrolment) -> Result<AttestedDevice, EnrolmentDenied> {
        let jws = Jws::sign(enrolment, &self.device).unwrap();
        let challenge = Digest::of(b"challenge");
        verify_enrolment(&jws, &self.basis(), Freshness::Issued(&challenge), self.now)
    }
}

#[test]
fn a_software_key_enrols_only_under_a_development_policy() {
    let mut hospital = hospital();
    let enrolment = hospital.enrolment(hospital.token(None));
    assert_eq!(hospital.judge(&enrolment).unwrap().device_id(), hospital.device.public_key().key_id());
    hospital.policy.allow_software_keys = false;
    assert_eq!(hospital.judge(&enrolment), Err(Fault::SoftwareKey.into()));
}

#[test]
fn a_token_the_hospital_did_not_sign_is_refused() {
    let mut hospital = hospital();
    hospital.policy_key = key(7);
    let enrolment = hospital.enrolment(hospital.token(None));
    assert_eq!(hospital.judge(&enrolment), Err(ProblemCode::TokenInvalid.into()));
}

#[test]
fn an_expired_token_is_refused() {
    let mut hospital = hospital();
    let enrolment = hospital.enrolment(hospital.token(None));
    hospital.now += SignedDuration::from_hours(2);
    assert_eq!(hospital.judge(&enrolment), Err(ProblemCode::TokenExpired.into()));
}

#[test]
fn a_token_for_one_serial_does_not_enrol_another() {
    let hospital = hospital();
    let mut enrolment = hospital.enrolment(hospital.token(Some("A1".parse().unwrap())));
    assert_eq!(hospital.judge(&enrolment), Err(Fault::SerialMissing.into()));
    enrolment.serial = Some("A1".parse().unwrap());
    assert!(hospital.judge(&enrolment).is_ok());
}

#[test]
fn a_refusal_for_a_serial_number_says_so_and_is_the_tokens_fault() {
    let hospital = hospital();
    let mut enrolment = hospital.enrolment(hospital.token(Some("A1".parse().unwrap())));
    for (serial, fault) in [(None, Fault::SerialMissing), (Some("A2"), Fault::SerialOther)] {
        enrolment.serial = serial.map(|serial| serial.parse().unwrap());
        let denied = hospital.judge(&enrolment).unwrap_err();
        assert_eq!((denied, denied.code()), (fault.into(), ProblemCode::TokenInvalid));
        let problem = Problem::from(denied);
        assert_eq!(problem.reason.as_deref(), Some(fault.code()));
        assert_eq!(problem.help.as_deref(), Some(fault.help()));
        assert!(problem.detail.contains(fault.help()) && problem.detail.contains(fault.for_user()));
    }
}

#[test]
fn a_former_key_is_proven_by_its_word_or_by_one_attested_serial_and_by_no_claim() {
    let hospital = hospital();
    let former = key(9);
    let mut enrolment = hospital.enrolment(hospital.token(None));
    let lineage = |enrolment: &Enrolment, ours, before| Lineage::of(enrolment, ours, before).unwrap();
    assert_eq!(lineage(&enrolment, Some("A1"), Some("A1")), Lineage::First);
    enrolment.follows = Some(Follows { device_id: former.public_key().key_id(), seq: 0, head: None });
    enrolment.serial = Some("A1".parse().unwrap());
    for (ours, before) in [(None, None), (Some("A1"), None), (None, Some("A1")), (Some("A1"), Some("A2"))] {
        assert_eq!(lineage(&enrolment, ours, before), Lineage::Claimed, "{ours:?} {before:?}");
    }
    assert_eq!(lineage(&enrolment, Some("A1"), Some("A1")), Lineage::SameSerial);
    let claimed = hospital.judge(&enrolment).unwrap();
    assert_eq!((claimed.lineage(), &*claimed.shown().flags), (Lineage::Claimed, &[Fault::FormerClaimed][..]));

    let word = Succession {
        v: 1,
        typ: Succession::TYP.into(),
        tenant: enrolment.tenant.clone(),
        device_key: former.public_key(),
        challenge: enrolment.challenge,
        token_sha256: enrolment.token.digest(),
    };
    enrolment.former = Some(Jws::sign(&word, &former).unwrap());
    let signed = hospital.judge(&enrolment).unwrap();
    assert_eq!((signed.lineage(), signed.shown().flags.len()), (Lineage::Signed, 0));
    enrolment.follows.as_mut().unwrap().device_id = key(10).public_key().key_id();
    assert_eq!(hospital.judge(&enrolment), Err(ProblemCode::SignatureInvalid.into()));
}

#[test]
fn another_challenge_is_refused() {
    let hospital = hospital();
    let mut enrolment = hospital.enrolment(hospital.token(None));
    enrolment.challenge = Digest::of(b"older");
    assert_eq!(hospital.judge(&enrolment), Err(ProblemCode::ChallengeInvalid.into()));
}

#[test]
fn evidence_signed_by_another_key_than_it_names_is_refused() {
    let hospital = hospital();
    let jws = Jws::sign(&hospital.enrolment(hospital.token(None)), &key(8)).unwrap();
    let verdict = verify_enrolment(&jws, &hospital.basis(), Freshness::Recorded, hospital.now);
    assert_eq!(verdict, Err(ProblemCode::SignatureInvalid.into()));
}

#[test]
fn a_token_shown_as_an_enrolment_is_refused() {
    let hospital = hospital();
    let verdict =
        verify_enrolment(&hospital.token(None), &hospital.basis(), Freshness::Recorded, hospital.now);
    assert_eq!(verdict, Err(ProblemCode::WrongType.into()));
}

#[test]
fn an_old_program_is_refused() {
    let mut hospital = hospital();
    hospital.policy.min_app_version = "0.2".parse().unwrap();
    let enrolment = hospital.enrolment(hospital.token(None));
    assert_eq!(hospital.judge(&enrolment), Err(ProblemCode::AppTooOld.into()));
    assert!(!older("1.10.0", "1.9") && older("1.9", "1.10.0") && !older("1.0", "1"));
}

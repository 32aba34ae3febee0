//! One of everything, always the same: fixed keys, fixed times, a tenant and a patient that are nobody's.

mod record;

use gauze_wire::log::{Checkpoint, LogKey, NoteKey, Tree, WitnessKey};
use gauze_wire::{
    Act, Adoption, AndroidApp, AndroidRules, AppleApp, AppleRules, Attestation, Body, Bundle, Bytes, Carried,
    DatedRoot, Deed, DeviceStatus, Digest, Enrolment, Filed, FilingRefusal, Follows, Gateway, Grade,
    Happened, Incident, Inventory, Jws, KeyLevel, Life, Manifest, NoticeRead, Operator, Photos, Platform,
    Policy, Proof, ProposalId, PublicKey, Reason, Reattestation, RecipientEntry, RecipientState, Refused,
    Report, Reported, ReviewDenied, Serial, SessionEvidence, ShownNotice, Signed, Signer as _, SoftwareKey,
    Standing, Stored, Succession, Tenant, Testimony, Text, Token, Void, VoidReason, Wanted, WipeCause,
    WipeOrder, Wiped,
};
use jiff::Timestamp;

pub use record::*;

pub fn key(n: u8) -> SoftwareKey {
    SoftwareKey::from_bytes(&[n; 32]).unwrap()
}

pub fn public(n: u8) -> PublicKey {
    key(n).public_key()
}

pub const ROOT: u8 = 1;
pub const GATEWAY: u8 = 2;
pub const RECORDS: u8 = 3;
pub const POLICY: u8 = 5;
pub const DEVICE: u8 = 6;
pub const NEXT_DEVICE: u8 = 7;

pub fn tenant() -> Tenant {
    "ward-9".parse().unwrap()
}

pub fn now() -> Timestamp {
    "2026-11-24T10:00:00.125Z".parse().unwrap()
}

pub fn note_key() -> NoteKey {
    NoteKey::from_bytes("gateway.test/ward-9", &[4; 32]).unwrap()
}

pub fn witness() -> NoteKey {
    NoteKey::from_bytes("ward-9/witness", &[8; 32]).unwrap()
}

pub fn log_key() -> LogKey {
    note_key().log_key()
}

pub fn witness_key() -> WitnessKey {
    witness().witness_key()
}

pub fn bundle() -> Bundle {
    Bundle {
        v: 1,
        typ: Bundle::TYP.into(),
        tenant: tenant(),
        version: 3,
        issued_at: now(),
        fresh_until: "2027-11-24T10:00:00Z".parse().unwrap(),
        root: public(ROOT),
        next_root: Some(public(9).fingerprint()),
        recipients: vec![
            RecipientEntry { recipient: "age1pq1active".into(), state: RecipientState::Active, since: now() },
            RecipientEntry { recipient: "age1retired".into(), state: RecipientState::Retired, since: now() },
        ],
        gateways: vec![Gateway { url: "https://gateway.test".into(), key: public(GATEWAY), log: log_key() }],
        records: vec![public(RECORDS)],
        witnesses: vec![witness_key()],
        policy_keys: vec![public(POLICY)],
    }
}

pub fn policy() -> Policy {
    Policy { version: 2, issued_at: now(), review_hours: 12, life: None, ..Policy::strictest(&tenant()) }
}

pub fn policy_with_life() -> Policy {
    Policy { version: 3, life: Some(Life::RECOMMENDED), ..policy() }
}

pub fn proposal_id() -> ProposalId {
    "BBBBBBBBBBBBBBBBBBBBBB".parse().unwrap()
}

fn act_of(deed: Deed) -> Act {
    Act {
        v: 1,
        typ: Act::TYP.into(),
        tenant: tenant(),
        at: now(),
        operator: Operator::new("helpdesk-7").unwrap(),
        reason: Reason::new("lost on a bus").unwrap(),
        deed,
    }
}

/// One act of every kind.
pub fn acts() -> Vec<(&'static str, Act)> {
    let device_id = || public(DEVICE).key_id();
    let policy = serde_json::json!({ "review_hours": 0 }).as_object().unwrap().clone();
    let proposed = |wanted| Deed::Propose { proposal_id: proposal_id(), wanted };
    vec![
        ("act-suspend", act_of(Deed::Suspend { device_id: device_id() })),
        ("act-resume", act_of(Deed::Resume { device_id: device_id() })),
        (
            "act-succeed",
            act_of(Deed::Succeed { device_id: public(NEXT_DEVICE).key_id(), former: device_id() }),
        ),
        ("act-flag", act_of(Deed::Flag { device_id: device_id(), code: "lost".parse().unwrap() })),
        ("act-unflag", act_of(Deed::Unflag { device_id: device_id(), code: "lost".parse().unwrap() })),
        (
            "act-propose-token",
            act_of(proposed(Wanted::Token { hours: 8, serial: Some("SN-1".parse().unwrap()) })),
        ),
        ("act-propose-policy", act_of(proposed(Wanted::Policy { policy }))),
        (
            "act-propose-wipe",
            act_of(proposed(Wanted::Wipe { device_id: device_id(), photos: Photos::Destroy })),
        ),
        (
            "act-settle",
            act_of(Deed::Settle { proposal_id: proposal_id(), signed: Some(Digest::of(b"signed")) }),
        ),
        ("act-report", act_of(Deed::Report { sealed: Bytes::new(*b"an age file").unwrap() })),
    ]
}

pub fn incident() -> Incident {
    Incident {
        v: 1,
        report_id: "CCCCCCCCCCCCCCCCCCCCCC".parse().unwrap(),
        kind: Happened::NearMiss,
        what: Text::new("A sheet lay in the lift\nA porter gave it back").unwrap(),
        whose: Text::new("Ward 9, not known").unwrap(),
        phone: Some(Text::new("SN-1").unwrap()),
        noticed_at: now(),
    }
}

/// One that says no more than it must.
pub fn short_incident() -> Incident {
    Incident { kind: Happened::Breach, phone: None, ..incident() }
}

pub fn act() -> Act {
    act_of(Deed::Revoke { device_id: public(DEVICE).key_id() })
}

pub fn wipe_order() -> WipeOrder {
    WipeOrder {
        v: 1,
        typ: WipeOrder::TYP.into(),
        tenant: tenant(),
        order_id: proposal_id(),
        device_id: public(DEVICE).key_id(),
        photos: Photos::Keep,
        issued_at: now(),
    }
}

pub fn wiped() -> Wiped {
    Wiped {
        v: 1,
        typ: Wiped::TYP.into(),
        tenant: tenant(),
        device_id: public(DEVICE).key_id(),
        cause: WipeCause::Order,
        order_id: Some(proposal_id()),
        at: now(),
        highest_seq: 2,
        head: Some(Digest::of(b"the last body")),
        unsent: 1,
        destroyed: vec![body().capture_id],
    }
}

pub fn succession() -> Succession {
    Succession {
        v: 1,
        typ: Succession::TYP.into(),
        tenant: tenant(),
        device_key: public(DEVICE),
        challenge: Digest::of(b"challenge"),
        token_sha256: Jws::sign(&token(), &key(POLICY)).unwrap().digest(),
    }
}

/// An enrolment whose former key signed for it.
pub fn enrolment_with_former() -> Enrolment {
    let device_key = public(NEXT_DEVICE);
    let challenge = Digest::of(b"challenge");
    Enrolment {
        attestation: Attestation::software(&challenge, &device_key),
        device_key,
        follows: first_body_of_a_new_key().follows,
        former: Some(Jws::sign(&succession(), &key(DEVICE)).unwrap()),
        ..enrolment()
    }
}

pub fn standing() -> Standing {
    Standing {
        v: 1,
        typ: Standing::TYP.into(),
        tenant: tenant(),
        device_id: public(DEVICE).key_id(),
        at: now(),
        status: DeviceStatus::Suspended,
        review_denied: Some(ReviewDenied::Suspended),
        attest_by: Some("2026-12-01T10:00:00Z".parse().unwrap()),
        wipe: Some(Jws::sign(&wipe_order(), &key(POLICY)).unwrap()),
    }
}

pub fn reattestation() -> Reattestation {
    let challenge = Digest::of(b"another challenge");
    Reattestation {
        v: 1,
        typ: Reattestation::TYP.into(),
        tenant: tenant(),
        device_id: public(DEVICE).key_id(),
        challenge,
        attestation: Attestation::software(&challenge, &public(DEVICE)),
        app_version: "0.1.1".parse().unwrap(),
        at: now(),
    }
}

/// Evidence shown again with a fresh Android key.
pub fn android_again() -> Reattestation {
    let chain = [b"fresh leaf".as_slice(), b"root"].map(|der| Bytes::new(der.to_vec()).unwrap()).into();
    Reattestation { v: 2, attestation: Attestation::FreshAndroidKey { chain }, ..reattestation() }
}

/// Evidence shown again with an App Attest assertion.
pub fn apple_again() -> Reattestation {
    let assertion = Bytes::new(b"assertion".to_vec()).unwrap();
    Reattestation { v: 2, attestation: Attestation::AppAttestAssertion { assertion }, ..reattestation() }
}

/// A policy of version 2: every field of both platforms' sections.
pub fn policy_2() -> Policy {
    let app = AndroidApp {
        package: "uk.nhs.example.gauze".parse().unwrap(),
        signers: vec![Digest::of(b"signer")],
        min_version: 12,
    };
    let root = DatedRoot { spki_sha256: Digest::of(b"root"), from: Some(now()), until: Some(now()) };
    let android = AndroidRules {
        level: KeyLevel::StrongBox,
        boot_keys: vec![Digest::of(b"boot key")],
        min_os_version: 130_000,
        max_patch_days: Some(90),
        patch_grace_days: 14,
        roots: vec![root],
        factory_grace_days: Some(0),
        remote_only: true,
        issuer_must_be_ca: false,
        status_list_hours: Some(24),
        attested_serial: true,
        ..AndroidRules::for_apps(vec![app])
    };
    let app = AppleApp {
        app_id: "ABCDE12345.uk.nhs.example.gauze".parse().unwrap(),
        min_bundle_version: Some("1.2".parse().unwrap()),
    };
    let apple = AppleRules {
        category_from: Some(now()),
        on_category: Grade::Flag,
        on_unavailable: Grade::Flag,
        ..AppleRules::for_apps(vec![app])
    };
    Policy { v: 2, android: Some(android), apple: Some(apple), ..policy() }
}

pub fn android_enrolment() -> Enrolment {
    let chain = vec![Bytes::new([0x30, 0]).unwrap(), Bytes::new([0x30, 1]).unwrap()];
    Enrolment {
        v: 2,
        attestation: Attestation::AndroidKey { chain },
        platform: Platform::Android,
        ..enrolment()
    }
}

pub fn apple_enrolment() -> Enrolment {
    let hash = Attestation::app_attest_hash(&Digest::of(b"challenge"), &public(DEVICE));
    let attestation =
        Attestation::AppAttest { key_id: Bytes::new(hash.0).unwrap(), object: Bytes::new([0xa3]).unwrap() };
    Enrolment { v: 2, attestation, platform: Platform::Ios, ..enrolment() }
}

pub fn token() -> Token {
    Token {
        v: 1,
        typ: Token::TYP.into(),
        tenant: tenant(),
        token_id: "AAAAAAAAAAAAAAAAAAAAAA".parse().unwrap(),
        issued_at: now(),
        expires_at: "2026-11-25T10:00:00Z".parse().unwrap(),
        serial: Some("SN-1".parse().unwrap()),
        inventory: None,
    }
}

pub fn inventory_token() -> Token {
    let expires_at = "2026-12-24T10:00:00Z".parse().unwrap();
    Token { v: 2, expires_at, serial: None, inventory: Some(3), ..token() }
}

pub fn inventory() -> Inventory {
    let serials = ["R58M41ABCDE", "SN-1"].map(|serial| Serial::read(serial).unwrap());
    Inventory {
        v: 1,
        typ: Inventory::TYP.into(),
        tenant: tenant(),
        version: 3,
        issued_at: now(),
        serials: serials.into(),
    }
}

pub fn enrolment() -> Enrolment {
    let challenge = Digest::of(b"challenge");
    Enrolment {
        v: 1,
        typ: Enrolment::TYP.into(),
        tenant: tenant(),
        token: Jws::sign(&token(), &key(POLICY)).unwrap(),
        challenge,
        device_key: public(DEVICE),
        review_key: Some(public(10)),
        attestation: Attestation::Software {
            statement: Attestation::software_statement(&challenge, &public(DEVICE)),
        },
        platform: Platform::Desktop,
        model: "simulated phone".parse().unwrap(),
        serial: Some("SN-1".parse().unwrap()),
        ward: None,
        app_version: "0.1.0".parse().unwrap(),
        follows: None,
        former: None,
        at: now(),
    }
}

pub fn body() -> Body {
    Body {
        v: 1,
        typ: Body::TYP.into(),
        tenant: tenant(),
        device_id: public(DEVICE).key_id(),
        capture_id: gauze_wire::CaptureId::make(1_764_000_000_000, &[7; 10]),
        seq: 2,
        prev: Some(Digest::of(b"the body before")),
        follows: None,
        sha256: Digest::of(b"sealed"),
        size: 67_195,
        recipients: vec!["0123456789abcdef".parse().unwrap()],
        captured_at: now(),
        session_ref: None,
        root: public(ROOT).fingerprint(),
        bundle_version: 3,
        policy_version: 2,
        app_version: "0.1.0".parse().unwrap(),
    }
}

pub fn first_body_of_a_new_key() -> Body {
    Body {
        device_id: public(NEXT_DEVICE).key_id(),
        seq: 1,
        prev: None,
        follows: Some(Follows {
            device_id: public(DEVICE).key_id(),
            seq: 2,
            head: Some(Digest::of(&serde_json::to_vec(&body()).unwrap())),
        }),
        ..body()
    }
}

pub fn void() -> Void {
    Void {
        v: 1,
        typ: Void::TYP.into(),
        tenant: tenant(),
        device_id: body().device_id,
        capture_id: body().capture_id,
        body: Carried::write(&serde_json::to_vec(&body()).unwrap()),
        reason: VoidReason::Discarded,
        voided_at: now(),
        session_ref: None,
    }
}

pub fn adoption() -> Adoption {
    Adoption {
        v: 1,
        typ: Adoption::TYP.into(),
        tenant: tenant(),
        device_id: public(NEXT_DEVICE).key_id(),
        capture_id: body().capture_id,
        body: Carried::write(&serde_json::to_vec(&body()).unwrap()),
        adopted_at: now(),
    }
}

pub fn manifest_jws() -> Jws {
    Jws::sign(&body(), &key(DEVICE)).unwrap()
}

/// A log of one leaf: the manifest. Its note, cosigned.
pub fn note() -> String {
    note_over(&manifest_jws().digest())
}

fn note_over(leaf: &Digest) -> String {
    let mut tree = Tree::default();
    tree.append(leaf);
    let checkpoint = Checkpoint { origin: "gateway.test/ward-9".into(), size: 1, root: tree.root() };
    witness().cosign(&note_key().sign(&checkpoint), now()).unwrap()
}

fn proof() -> Proof {
    Proof { log_index: 0, inclusion: Vec::new(), checkpoint: note() }
}

pub fn binding() -> gauze_wire::Binding {
    let jws = manifest_jws();
    Manifest::verify(&jws, &public(DEVICE), &tenant()).unwrap().binding(&jws)
}

pub fn stored() -> Stored {
    Stored::new(binding(), proof(), now())
}

pub fn filed() -> Filed {
    Filed::new(binding(), proof(), now())
}

pub fn refused() -> Refused {
    Refused::new(binding(), proof(), now(), FilingRefusal::RecordMismatch)
}

/// What is sealed in a phone's report.
pub fn testimony() -> Testimony {
    let incident = Incident {
        what: Text::new("The photo was of the patient in the next bed").unwrap(),
        whose: Text::new("One patient of ward 9").unwrap(),
        phone: None,
        ..incident()
    };
    let session = SessionEvidence {
        token: Text::new("header.payload.signature").unwrap(),
        salt: Bytes::new([7; 32]).unwrap(),
    };
    Testimony {
        v: 1,
        device_id: public(DEVICE).key_id(),
        written_at: now(),
        incident,
        photo: Some(body().capture_id),
        clinician: Some(Text::new("Sister Example").unwrap()),
        session: Some(session),
    }
}

/// What is sealed where somebody read a notice.
pub fn notice_read() -> NoticeRead {
    NoticeRead {
        v: NoticeRead::VERSION,
        report_id: incident().report_id,
        device_id: public(DEVICE).key_id(),
        read_at: now(),
        notice: ShownNotice { code: "staff".parse().unwrap(), version: 3 },
        session: testimony().session.unwrap(),
    }
}

pub fn report() -> Report {
    Report {
        v: 1,
        typ: Report::TYP.into(),
        tenant: tenant(),
        device_id: public(DEVICE).key_id(),
        report_id: incident().report_id,
        sealed: Bytes::new(*b"an age file").unwrap(),
    }
}

/// A receipt for the report as the only leaf of a log.
pub fn reported() -> Reported {
    let sha256 = report_jws().digest();
    let proof = Proof { log_index: 0, inclusion: Vec::new(), checkpoint: note_over(&sha256) };
    Reported::new(&report(), sha256, proof, now())
}

pub fn report_jws() -> Jws {
    Jws::sign(&report(), &key(DEVICE)).unwrap()
}

/// Every signed kind once, with the key that signs it: `(kind, JWS)`.
pub fn signed() -> Vec<(&'static str, u8, Jws)> {
    fn sign<T: Signed>(payload: &T, by: u8) -> (&'static str, u8, Jws) {
        (T::TYP, by, Jws::sign(payload, &key(by)).unwrap())
    }
    vec![
        sign(&bundle(), ROOT),
        sign(&policy(), POLICY),
        sign(&token(), POLICY),
        sign(&inventory_token(), POLICY),
        sign(&inventory(), POLICY),
        sign(&enrolment(), DEVICE),
        sign(&body(), DEVICE),
        sign(&void(), DEVICE),
        sign(&adoption(), NEXT_DEVICE),
        sign(&stored(), GATEWAY),
        sign(&filed(), RECORDS),
        sign(&refused(), RECORDS),
        sign(&act(), GATEWAY),
        sign(&wipe_order(), POLICY),
        sign(&wiped(), DEVICE),
        sign(&report(), DEVICE),
        sign(&reported(), GATEWAY),
        sign(&standing(), GATEWAY),
        sign(&reattestation(), DEVICE),
        sign(&succession(), DEVICE),
    ]
}

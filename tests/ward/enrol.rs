//! Enrolling, answers that get lost, and enrolling again when the key is gone.

use gauze_core::ports::{KeyVault as _, TransportError};
use gauze_core::{CallError, EnrolError, Stage, Trouble};
use gauze_gateway::admin::Admin;
use gauze_gateway::{By, GatewayKeys};
use gauze_records::{ChainState, Kind, Status};
use gauze_wire::{DeviceId, Digest, ProblemCode};
use jiff::SignedDuration;

use crate::fixture::{Fate, Phone, Seen, Ward, stopped};

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_with_the_same_token() {
    let ward = Ward::new().await;
    let mut phone = Phone::new(&ward, "phone");
    let managed = ward.managed();
    phone.link.obeys(
        |seen| {
            if seen.path.ends_with("/enrolments") { Fate::AnswerLost } else { Fate::Deliver }
        },
    );
    assert_eq!(phone.client().enrol(&managed).await.unwrap_err().code(), "connection_cut");
    phone.restart();
    phone.link.works();
    phone.client().enrol(&managed).await.unwrap();
    phone.capture(0);
    phone.run().await;
    let report = ward.pull().await;
    assert_eq!((report.enrolled, report.filed), (1, 1));
}

#[tokio::test]
async fn an_enrolled_phone_stays_what_it_is() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.id();
    assert_eq!(phone.client().enrol(&ward.managed()).await.unwrap_err().code(), "already_enrolled");
    phone.restart();
    assert_eq!(phone.id(), id);
}

#[tokio::test]
async fn a_refusal_comes_back_with_its_code_and_the_next_token_works() {
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    let spent = ward.managed();
    Phone::new(&ward, "other").client().enrol(&spent).await.unwrap();
    assert_eq!(phone.client().enrol(&spent).await.unwrap_err().code(), "token_used");
    let mut foreign = ward.managed();
    foreign.root_sha256 = Digest::of(b"another root");
    let third = Phone::new(&ward, "third");
    assert_eq!(third.client().enrol(&foreign).await.unwrap_err().code(), "bundle_untrusted");
    third.client().enrol(&ward.managed()).await.unwrap();
    phone.client().enrol(&ward.managed()).await.unwrap();
}

#[tokio::test]
async fn a_phone_whose_clock_is_wrong_enrols_at_the_gateways_time_and_is_believed() {
    for hours in [-26, 24 * 400] {
        let ward = Ward::new().await;
        let phone = Phone::new(&ward, "phone");
        phone.is_wrong_by(SignedDuration::from_hours(hours));
        phone.client().enrol(&ward.managed()).await.unwrap();
        let id = phone.capture(0);
        phone.run().await;
        ward.pull().await;
        assert_eq!(phone.run().await.filed, [id], "{hours}");
    }
}

#[tokio::test]
async fn a_kill_at_any_step_of_an_enrolment_is_mended_by_enrolling_again() {
    let ward = Ward::new().await;
    let first = Phone::new(&ward, "first");
    first.disk.works();
    first.client().enrol(&ward.managed()).await.unwrap();
    let steps = first.disk.ops().len();
    for at in 0..steps {
        let mut phone = Phone::new(&ward, &format!("phone-{at}"));
        let managed = ward.managed();
        phone.disk.dies(at);
        let outcome = phone.client().enrol(&managed).await;
        phone.restart();
        if phone.client().status().device_id.is_none() {
            assert!(outcome.is_err(), "at {at}");
            phone.client().enrol(&managed).await.unwrap();
        }
        let id = phone.capture(at);
        phone.run().await;
        ward.pull().await;
        assert_eq!(phone.run().await.filed, [id], "at {at} of {steps}");
    }
    assert!(ward.verified().await.ok);
}

/// A phone with a photo whose key is gone, at a hospital whose gateway has moved.
async fn moved(ward: &mut Ward) -> (Phone, gauze_core::Managed) {
    const MOVED: &str = "https://gateway2.test:8443";
    let phone = Phone::enrolled(ward).await;
    phone.capture(0);
    phone.vault.destroy(true).unwrap();
    let public = GatewayKeys::load(&ward.gateway()).unwrap().public(MOVED, &ward.tenant()).unwrap();
    ward.sign_bundle(|bundle| {
        bundle["version"] = 2.into();
        bundle["gateways"] = serde_json::json!([public]);
    });
    ward.restart().await;
    phone.link.leads_to(ward.router.clone());
    (phone, gauze_core::Managed { gateway: MOVED.into(), ..ward.managed() })
}

#[tokio::test]
async fn a_kill_at_any_step_of_an_enrolment_at_another_gateway_is_mended_by_enrolling_again() {
    let mut ward = Ward::new().await;
    let (first, managed) = moved(&mut ward).await;
    first.disk.works();
    first.client().enrol(&managed).await.unwrap();
    let (steps, mut unfinished) = (first.disk.ops().len(), 0);
    for at in 0..steps {
        let mut ward = Ward::new().await;
        let (mut phone, managed) = moved(&mut ward).await;
        phone.disk.dies(at);
        let outcome = phone.client().enrol(&managed).await;
        phone.restart();
        let status = phone.client().status();
        unfinished += u32::from(status.device_id.is_none());
        if status.gateway.as_deref() != Some(managed.gateway.as_str()) {
            assert!(outcome.is_err(), "at {at}");
            phone.client().enrol(&managed).await.unwrap();
        }
        phone.capture(1);
        assert_eq!(phone.run().await.stored, 2, "at {at} of {steps}");
    }
    assert!(unfinished > 0, "no kill came between bundle and identity");
}

async fn admin(ward: &Ward) -> Admin {
    Admin::open(&ward.path("gateway"), &ward.tenant(), ward.clock.clone()).await.unwrap()
}

/// The help desk has compared the phone.
async fn vouch(ward: &Ward, next: &DeviceId, former: &DeviceId) {
    let by = By::new("helpdesk-7", "the serial number on its back").unwrap();
    assert!(admin(ward).await.succeed(next, former, &by).await.unwrap());
}

#[tokio::test]
async fn a_revoked_key_that_the_phone_still_holds_signs_for_the_next_one() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let old = phone.id();
    let left = phone.capture(0);
    let by = By::new("helpdesk-7", "lost on a bus").unwrap();
    admin(&ward).await.revoke(&old, &by).await.unwrap();
    phone.run().await;
    assert_eq!(phone.vault.device_key().unwrap().key_id(), old, "it still holds its key");
    phone.client().enrol(&ward.managed()).await.unwrap();
    let next = admin(&ward).await.device(&phone.id()).await.unwrap().device;
    assert_eq!((next.lineage.as_str(), next.follows), ("signed", Some(old)));
    phone.run().await;
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [left]);
    let listed = ward.listed().await;
    assert_eq!((listed[0].kind, listed[0].chain), (Kind::Adoption, ChainState::Ok));
}

#[tokio::test]
async fn what_a_lost_key_left_goes_out_under_the_next_ones() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let old = phone.id();
    let stored = phone.capture(0);
    phone.run().await;
    let arrived = phone.capture(1);
    phone.link.obeys(|seen| if is(seen, "/transfers/") { Fate::AnswerLost } else { Fate::Deliver });
    phone.run().await;
    // Signed by the old key while the gateway is away: two photos, and a void.
    phone.link.obeys(|_| Fate::Fails(TransportError::Unreachable));
    let signed = [phone.capture(2), phone.capture(3)];
    let voided = phone.capture(4);
    phone.client().discard(voided).unwrap();
    phone.run().await;
    assert_eq!(phone.stage(signed[0]), Some(Stage::Signed));
    let unsigned = [phone.capture(5), phone.capture(0)];
    phone.client().discard(unsigned[1]).unwrap();
    phone.vault.destroy(true).unwrap();
    phone.link.works();
    let report = phone.run().await;
    assert!(report.stopped.contains(&stopped(unsigned[0], Trouble::KeyGone)), "{report:?}");

    phone.client().enrol(&ward.managed()).await.unwrap();
    assert_ne!(phone.id(), old);
    let second = phone.id();
    vouch(&ward, &second, &old).await;
    phone.client().discard(signed[1]).unwrap();
    phone.link.obeys(|seen| if is(seen, "/transfers/") { Fate::Lost } else { Fate::Deliver });
    phone.run().await;
    // And the next key goes too, with adoptions signed and not sent.
    phone.vault.destroy(true).unwrap();
    phone.client().enrol(&ward.managed()).await.unwrap();
    vouch(&ward, &phone.id(), &second).await;
    phone.link.works();
    phone.restart();
    let after = phone.capture(1);
    for _ in 0..2 {
        phone.run().await;
        ward.pull().await;
    }
    phone.run().await;
    assert!(phone.outbox().is_empty(), "{:?} {:?}", phone.run().await, ward.listed().await);
    let listed = ward.listed().await;
    for id in [stored, arrived, signed[0], unsigned[0], after] {
        assert_eq!(listed.iter().filter(|photo| photo.capture_id == id).count(), 1, "{listed:?}");
        ward.opened(id).await;
    }
    for id in [voided, unsigned[1], signed[1]] {
        let found: Vec<_> = listed.iter().filter(|photo| photo.capture_id == id).collect();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].kind, found[0].status), (Kind::Void, Status::Filed));
    }
    let report = ward.verified().await;
    assert!(report.ok && report.gaps.is_empty(), "{report:?}");
}

fn is(seen: &Seen, what: &str) -> bool {
    seen.path.contains(what)
}

#[tokio::test]
async fn a_phone_the_gateway_does_not_know_keeps_its_photos_and_says_why() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.link.obeys(|seen| {
        if seen.path.ends_with("/uploads") {
            Fate::refused(ProblemCode::UnknownDevice)
        } else {
            Fate::Deliver
        }
    });
    let report = phone.run().await;
    assert_eq!(report.stopped, [stopped(id, Trouble::Gateway(ProblemCode::UnknownDevice))]);
    assert_eq!(phone.stage(id), Some(Stage::Signed));
    phone.link.works();
    assert_eq!(phone.run().await.stored, 1);
}

fn assessed(policy: &mut serde_json::Value, version: u64, app: &str) {
    policy["version"] = version.into();
    policy["assessed"] = serde_json::json!([
        { "app_version": app, "reference": "DPIA-2026-17", "approver": "siro", "at": "2026-11-20T09:00:00Z" },
    ]);
}

#[tokio::test]
async fn a_version_whose_risks_nobody_assessed_does_not_enrol_and_is_told_what_to_do() {
    let mut ward = Ward::with(|_| {}, |policy| assessed(policy, 1, "0.9.0")).await;
    let phone = Phone::new(&ward, "phone");
    let managed = ward.managed();
    let Err(EnrolError::Call(CallError::Refused(problem))) = phone.client().enrol(&managed).await else {
        panic!("it enrols");
    };
    let why = (problem.code, problem.reason.as_deref());
    assert_eq!(why, (ProblemCode::AttestationRefused, Some("app_unassessed")));
    assert!(problem.detail.contains("G10"), "{}", problem.detail);
    // The hospital assesses it: the same token enrols.
    ward.sign_policy(|policy| assessed(policy, 2, "0.1.0"));
    ward.restart().await;
    phone.link.leads_to(ward.router.clone());
    phone.client().enrol(&managed).await.unwrap();
    let id = phone.capture(0);
    phone.run().await;
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id]);
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn what_a_gateway_let_in_unassessed_the_hospital_does_not_believe() {
    let ward = Ward::new().await;
    // The gateway has the policy before, and asks for no assessment.
    ward.sign_policy(|policy| assessed(policy, 2, "0.9.0"));
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.run().await;
    assert_eq!(ward.pull().await.refused.len(), 1);
    assert_eq!(phone.run().await.refused, 1);
    let cause = Trouble::Hospital(gauze_wire::FilingRefusal::EnrolmentInvalid);
    assert_eq!(phone.shown(id), Some((Stage::Refused, Some(cause))));
    // Assessed afterwards, it is judged again because a person asks, and nothing is lost.
    ward.sign_policy(|policy| assessed(policy, 3, "0.1.0"));
    ward.pull().await;
    gauze_records::rejudge(&ward.path("records"), gauze_records::Again::All).await.unwrap();
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id]);
}

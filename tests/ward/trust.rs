//! What a phone believes of bundles and policies, and that a capture never waits for it.

use gauze_core::config::Encoding;
use gauze_core::ports::{Answer, KeyVault as _, TransportError};
use gauze_wire::{Digest, Jws};
use jiff::SignedDuration;
use serde_json::json;

use crate::fixture::{Fate, Phone, Ward};

/// Serves what was signed last, and lets the phone ask.
async fn renew(ward: &mut Ward, phone: &Phone) {
    ward.restart().await;
    phone.link.leads_to(ward.router.clone());
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
}

/// The gateway, or whoever is in its place, gives these out.
fn serve(phone: &Phone, bundle: &Jws, policy: Option<&Jws>) {
    let bundle = bundle.as_str().to_owned();
    let policy = policy.map(|policy| policy.as_str().to_owned());
    phone.link.obeys(move |seen| {
        let text = match (seen.path.rsplit('/').next(), &policy) {
            (Some("bundle"), _) => bundle.clone(),
            (Some("policy"), Some(policy)) => policy.clone(),
            _ => return Fate::Deliver,
        };
        Fate::Answered(Box::new(move |answer| Answer { body: text.into_bytes(), ..answer }))
    });
}

/// Bundle and policy go from version 1 to 5, and the phone takes them. The old ones.
async fn rises(ward: &mut Ward, phone: &Phone) -> (Jws, Jws) {
    let old = (ward.signed("bundle.jws"), ward.signed("policy.jws"));
    ward.sign_bundle(|bundle| bundle["version"] = json!(5));
    ward.sign_policy(|policy| policy["version"] = json!(5));
    renew(ward, phone).await;
    assert_eq!(versions(phone), (5, 5));
    old
}

fn versions(phone: &Phone) -> (u64, u64) {
    let status = phone.client().status();
    (status.bundle_version, status.policy_version)
}

#[tokio::test]
async fn a_newer_bundle_and_policy_are_taken_and_kept() {
    let mut ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    assert_eq!(versions(&phone), (1, 1));
    ward.sign_bundle(|bundle| bundle["version"] = json!(2));
    ward.sign_policy(|policy| policy["version"] = json!(3));
    renew(&mut ward, &phone).await;
    assert_eq!(versions(&phone), (2, 3));
    phone.restart();
    assert_eq!(versions(&phone), (2, 3));
    phone.capture(0);
    phone.run().await;
    assert_eq!(ward.pull().await.filed, 1);
}

#[tokio::test]
async fn an_older_bundle_or_policy_or_another_authoritys_changes_nothing() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let (old_bundle, old_policy) = rises(&mut ward, &phone).await;
    let (bundle, policy) = (ward.signed("bundle.jws"), ward.signed("policy.jws"));
    ward.usurped();
    ward.sign_bundle(|bundle| bundle["version"] = json!(6));
    ward.sign_policy(|policy| policy["version"] = json!(6));
    let (foreign_bundle, foreign_policy) = (ward.signed("bundle.jws"), ward.signed("policy.jws"));
    for (bundle, policy) in [
        (&old_bundle, &policy),
        (&foreign_bundle, &policy),
        (&foreign_bundle, &foreign_policy),
        (&bundle, &old_policy),
        (&bundle, &foreign_policy),
    ] {
        serve(&phone, bundle, Some(policy));
        ward.clock.pass(SignedDuration::from_mins(2));
        phone.run().await;
        assert!(phone.link.seen().iter().any(|seen| seen.path.ends_with("/bundle")));
        assert_eq!(versions(&phone), (5, 5));
    }
}

#[tokio::test]
async fn a_phone_that_enrols_again_believes_nothing_older_than_before() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let (old_bundle, old_policy) = rises(&mut ward, &phone).await;
    let (bundle, policy) = (ward.signed("bundle.jws"), ward.signed("policy.jws"));
    phone.vault.destroy(true).unwrap();
    for (bundle, policy, code) in
        [(&old_bundle, &policy, "bundle_rollback"), (&bundle, &old_policy, "policy_invalid")]
    {
        serve(&phone, bundle, Some(policy));
        assert_eq!(phone.client().enrol(&ward.managed()).await.unwrap_err().code(), code);
        assert_eq!(versions(&phone), (5, 5));
    }
    phone.link.works();
    phone.client().enrol(&ward.managed()).await.unwrap();
    assert_eq!(versions(&phone), (5, 5));
}

#[tokio::test]
async fn an_enrolment_at_another_gateway_that_fails_leaves_the_phone_as_it_was() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let (id, photo) = (phone.id(), phone.capture(0));
    let moved = "https://gateway2.test:8443";
    ward.sign_bundle(|bundle| {
        bundle["version"] = json!(2);
        bundle["gateways"][0]["url"] = json!(moved);
    });
    let newer = ward.signed("bundle.jws");
    phone.vault.destroy(true).unwrap();
    let managed = gauze_core::Managed { gateway: moved.into(), ..ward.managed() };
    let text = newer.as_str().to_owned();
    phone.link.obeys(move |seen| match seen.path.rsplit('/').next() {
        Some("bundle") => {
            let text = text.clone();
            Fate::Answered(Box::new(move |answer| Answer { body: text.into_bytes(), ..answer }))
        }
        Some("enrolments") => Fate::Lost,
        _ => Fate::Deliver,
    });
    assert_eq!(phone.client().enrol(&managed).await.unwrap_err().code(), "connection_cut");
    phone.restart();
    assert_eq!(phone.id(), id);
    assert!(phone.stage(photo).is_some());
}

#[tokio::test]
async fn a_root_that_hands_over_is_followed_and_the_new_one_sticks() {
    let mut ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let next = ward.other_keys().root_sha256().unwrap();
    ward.sign_bundle(|bundle| {
        bundle["version"] = json!(2);
        bundle["next_root"] = json!(next);
    });
    renew(&mut ward, &phone).await;
    assert_eq!(versions(&phone).0, 2);
    phone.restart();
    let old = ward.sign_as_is(4);
    ward.usurped();
    ward.sign_bundle(|bundle| bundle["version"] = json!(3));
    ward.sign_policy(|policy| policy["version"] = json!(2));
    renew(&mut ward, &phone).await;
    assert_eq!(versions(&phone), (3, 2), "the named successor is followed");
    phone.restart();
    assert_eq!(versions(&phone), (3, 2));
    // The old root has no say any more.
    serve(&phone, &old, None);
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    assert_eq!(versions(&phone), (3, 2));
}

/// The root gives way to a new one, as the page says: named by one bundle, then signing the next. Returns the new fingerprint.
async fn hands_over(ward: &mut Ward, phone: &Phone, version: u64) -> Digest {
    let next = ward.keys().next_root().unwrap();
    ward.sign_bundle(|bundle| {
        bundle["version"] = json!(version);
        bundle["next_root"] = json!(next);
    });
    renew(ward, phone).await;
    let made = ward.keys().hand_over().unwrap();
    assert_eq!(made.root_sha256, next);
    ward.sign_bundle(|bundle| {
        bundle["version"] = json!(version + 1);
    });
    renew(ward, phone).await;
    next
}

#[tokio::test]
async fn phones_that_missed_every_bundle_of_two_hand_overs_catch_up_and_management_may_name_any_of_the_roots()
{
    let mut ward = Ward::new().await;
    let here = Phone::enrolled(&ward).await;
    let (mut away, mut late) = (Phone::new(&ward, "away"), Phone::new(&ward, "late"));
    for phone in [&away, &late] {
        phone.client().enrol(&ward.managed()).await.unwrap();
    }
    let first = ward.keys().root_sha256().unwrap();
    away.capture(0);
    // The bundle of the first root stays with the records side, and counts.
    here.capture(1);
    renew(&mut ward, &here).await;
    assert_eq!(ward.pull().await.filed, 1);
    let second = hands_over(&mut ward, &here, 2).await;
    renew(&mut ward, &late).await;
    assert_eq!(versions(&late).0, 3);
    let third = hands_over(&mut ward, &here, 4).await;
    for phone in [&here, &away, &late] {
        renew(&mut ward, phone).await;
        assert_eq!(versions(phone).0, 5);
    }
    away.restart();
    assert_eq!(versions(&away).0, 5);
    assert_eq!(ward.pull().await.filed, 1);
    let report = ward.verified().await;
    assert!(report.ok, "{report:?}");
    // A phone that is new knows only what its configuration names.
    for root in [first, second, third] {
        let phone = Phone::new(&ward, &format!("new-{root}"));
        let managed = gauze_core::Managed { root_sha256: root, ..ward.managed() };
        phone.client().enrol(&managed).await.unwrap();
        assert_eq!(versions(&phone).0, 5);
    }
    // Wiped and enrolled anew by a configuration that nobody changed yet.
    late.vault.destroy(true).unwrap();
    let managed = gauze_core::Managed { root_sha256: first, ..ward.managed() };
    late.client().enrol(&managed).await.unwrap();
    late.restart();
    for (root, findings) in
        [(first, vec!["root_handed_over"]), (second, vec!["root_handed_over"]), (third, vec![])]
    {
        assert_eq!(codes(&late, &ward, root), (true, findings));
    }
    let stranger = ward.other_keys().root_sha256().unwrap();
    assert_eq!(codes(&late, &ward, stranger), (false, vec!["root_changed"]));
}

/// Whether a configuration that names `root` is taken, and what is found in it.
fn codes(phone: &Phone, ward: &Ward, root: Digest) -> (bool, Vec<&'static str>) {
    let values =
        json!({ "gateway": phone.client().status().gateway, "tenant": ward.tenant(), "root_sha256": root });
    let configured = phone.client().configure(Encoding::Android, values.as_object().unwrap()).unwrap();
    (configured.accepted, configured.findings.iter().map(|finding| finding.code).collect())
}

#[tokio::test]
async fn a_hand_over_that_the_pinned_root_did_not_sign_leads_nowhere() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let served = ward.signed("bundle.jws");
    ward.usurped();
    ward.sign_bundle(|bundle| bundle["version"] = json!(3));
    let foreign = ward.signed("bundle.jws");
    // Whoever is in the gateway's place says what it likes.
    for handovers in [vec![], vec![&foreign], vec![&served, &foreign], vec![&foreign, &served]] {
        let bundle = foreign.as_str().to_owned();
        let text = json!({ "bundles": handovers }).to_string();
        phone.link.obeys(move |seen| {
            let text = match seen.path.rsplit('/').next() {
                Some("bundle") => bundle.clone(),
                Some("handovers") => text.clone(),
                _ => return Fate::Deliver,
            };
            Fate::Answered(Box::new(move |answer| Answer { body: text.into_bytes(), ..answer }))
        });
        ward.clock.pass(SignedDuration::from_mins(2));
        phone.run().await;
        assert_eq!(versions(&phone).0, 1);
    }
}

#[tokio::test]
async fn a_page_in_the_place_of_the_hand_overs_refuses_no_bundle() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    ward.usurped();
    ward.sign_bundle(|bundle| bundle["version"] = json!(3));
    let foreign = ward.signed("bundle.jws").as_str().to_owned();
    phone.link.obeys(move |seen| match seen.path.rsplit('/').next() {
        Some("bundle") => {
            let text = foreign.clone();
            Fate::Answered(Box::new(move |answer| Answer { body: text.into_bytes(), ..answer }))
        }
        Some("handovers") => Fate::Replaced(Answer {
            status: 200,
            content_type: Some("text/html".to_owned()),
            body: b"<html>Sign in to the Wi-Fi</html>".to_vec(),
            ..Answer::default()
        }),
        _ => Fate::Deliver,
    });
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    assert!(phone.link.seen().iter().any(|seen| seen.path.ends_with("/handovers")));
    assert_eq!((versions(&phone).0, phone.client().status().trust_refused), (1, None));
}

#[tokio::test]
async fn a_stale_bundle_is_shown_and_captures_go_on() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    assert!(!phone.client().status().bundle_stale);
    ward.clock.pass(SignedDuration::from_hours(24 * 4000));
    assert!(phone.client().status().bundle_stale);
    phone.capture(0);
    assert_eq!(phone.run().await.stored, 1);
}

#[tokio::test]
async fn an_unreachable_gateway_costs_neither_captures_nor_trust() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    phone.link.obeys(|_| Fate::Fails(TransportError::Unreachable));
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.capture(0);
    phone.run().await;
    phone.capture(1);
    phone.link.works();
    assert_eq!(phone.run().await.stored, 2);
}

#[tokio::test]
async fn a_configuration_that_names_another_root_is_refused_once_one_is_pinned() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    phone.vault.destroy(true).unwrap();
    let mut managed = ward.managed();
    managed.root_sha256 = Digest::of(b"another root");
    assert_eq!(phone.client().enrol(&managed).await.unwrap_err().code(), "root_changed");
    phone.restart();
    assert_eq!(phone.client().enrol(&managed).await.unwrap_err().code(), "root_changed");
    phone.client().enrol(&ward.managed()).await.unwrap();
}

#[tokio::test]
async fn a_bundle_below_the_configured_version_is_refused() {
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    let mut managed = ward.managed();
    managed.min_bundle_version = 2;
    assert_eq!(phone.client().enrol(&managed).await.unwrap_err().code(), "bundle_rollback");
}

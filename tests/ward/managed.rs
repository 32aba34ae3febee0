//! Device management and an enrolled phone: it points and tightens, and never loosens.

use std::sync::Arc;

use gauze_core::config::{Configured, Encoding, Severity};
use gauze_core::ports::Answer;
use gauze_core::{ReviewError, Vouching};
use jiff::SignedDuration;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use crate::fixture::{Fate, Phone, Ward};

/// What the phone was enrolled with, and what management says beyond it.
fn values(phone: &Phone, ward: &Ward, more: Value) -> Map<String, Value> {
    let mut values = json!({
        "gateway": phone.client().status().gateway,
        "tenant": ward.tenant(),
        "root_sha256": ward.keys().root_sha256().unwrap(),
    });
    let more = more.as_object().unwrap().clone();
    values.as_object_mut().unwrap().extend(more);
    values.as_object().unwrap().clone()
}

fn configure(phone: &Phone, ward: &Ward, more: Value) -> Configured {
    phone.client().configure(Encoding::Android, &values(phone, ward, more)).unwrap()
}

fn reviews(phone: &Phone) -> bool {
    let id = phone.capture(0);
    phone.file(id, "review.age").exists()
}

#[tokio::test]
async fn management_tightens_at_once_and_over_a_restart_and_lets_go_again() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    assert!(reviews(&phone));
    let taken = configure(&phone, &ward, json!({ "review_hours": "0", "support_contact": "extension 4242" }));
    assert!(taken.accepted && taken.support_contact.is_some_and(|text| text.as_str() == "extension 4242"));
    assert!(!reviews(&phone));
    phone.restart();
    assert!(!reviews(&phone));
    assert!(configure(&phone, &ward, json!({ "review_hours": "" })).accepted);
    phone.run().await;
    assert!(reviews(&phone));
}

/// The operating system believes the gateway by the same authorities as the core, and no other host by any.
#[tokio::test]
async fn the_system_is_told_who_vouches_for_the_gateway_as_management_has_it_now() {
    let ward = Ward::new().await;
    let stranger = Phone::new(&ward, "stranger");
    assert_eq!(stranger.client().vouching("gateway.test"), Vouching::Nobody, "not enrolled");
    let mut phone = Phone::enrolled(&ward).await;
    assert_eq!(phone.client().vouching("gateway.test"), Vouching::System);
    assert_eq!(phone.client().vouching("elsewhere.test"), Vouching::Nobody);

    let ca = "-----BEGIN CERTIFICATE----- b25l -----END CERTIFICATE----- \
              -----BEGIN CERTIFICATE----- b3RoZXI= -----END CERTIFICATE-----";
    assert!(configure(&phone, &ward, json!({ "ca": ca })).accepted);
    phone.restart();
    let known = Vouching::Only(vec![b"one".to_vec(), b"other".to_vec()]);
    assert_eq!(phone.client().vouching("gateway.test"), known);
    assert_eq!(phone.client().vouching("elsewhere.test"), Vouching::Nobody);

    // What is no certificate changes nothing.
    assert!(!configure(&phone, &ward, json!({ "ca": "ca.pem" })).accepted);
    assert_eq!(phone.client().vouching("gateway.test"), known);
    assert!(configure(&phone, &ward, json!({ "ca": "" })).accepted);
    assert_eq!(phone.client().vouching("gateway.test"), Vouching::System);
}

#[tokio::test]
async fn what_management_says_while_the_bundle_is_asked_for_stays() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    ward.clock.pass(SignedDuration::from_mins(5));
    let (asked, answered) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (asking, released) = (asked.clone(), answered.clone());
    phone.link.obeys(move |seen| {
        if !seen.path.ends_with("/policy") {
            return Fate::Deliver;
        }
        asking.notify_one();
        Fate::Held(released.clone())
    });
    let says = async {
        asked.notified().await;
        assert!(configure(&phone, &ward, json!({ "review_hours": "0" })).accepted);
        answered.notify_one();
    };
    let (report, ()) = tokio::join!(phone.client().run_queue(true), says);
    report.unwrap();
    assert!(!reviews(&phone));
}

#[tokio::test]
async fn a_limit_that_changes_nothing_today_is_kept_for_the_policy_of_tomorrow() {
    let mut ward = Ward::with(|_| {}, |policy| policy["review_hours"] = json!(0)).await;
    let mut phone = Phone::enrolled(&ward).await;
    assert!(configure(&phone, &ward, json!({ "review_hours": "0" })).accepted);
    phone.restart();
    ward.sign_policy(|policy| {
        policy["version"] = json!(2);
        policy["review_hours"] = json!(12);
    });
    ward.restart().await;
    phone.link.leads_to(ward.router.clone());
    ward.clock.pass(SignedDuration::from_mins(5));
    phone.run().await;
    assert_eq!(phone.client().status().policy_version, 2);
    assert!(!reviews(&phone));
}

#[tokio::test]
async fn management_cannot_loosen_the_policy() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.client().unlock().unwrap();
    assert!(configure(&phone, &ward, json!({ "review_hours": 300, "max_unsent": 99_999 })).accepted);
    ward.clock.pass(SignedDuration::from_hours(12) + SignedDuration::from_secs(1));
    assert!(matches!(phone.client().review(id), Err(ReviewError::Off)));
}

#[tokio::test]
async fn another_root_tenant_or_gateway_is_reported_and_changes_nothing() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let others = [
        ("root_sha256", json!("ab".repeat(32)), "root_changed"),
        ("tenant", json!("ward-7"), "tenant_changed"),
        ("gateway", json!("https://elsewhere.test"), "gateway_changed"),
    ];
    for (key, value, code) in others {
        let mut more = json!({ "review_hours": 0 });
        more[key] = value;
        let taken = configure(&phone, &ward, more);
        assert!(!taken.accepted);
        assert!(taken.findings.iter().all(|found| found.code == code && found.severity == Severity::Error));
        assert!(reviews(&phone), "nothing else of it counts either");
    }
    phone.run().await;
    assert_eq!(ward.pull().await.filed, 3);
}

#[tokio::test]
async fn an_older_bundle_than_management_asks_is_refused_while_it_asks_for_it() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    assert!(configure(&phone, &ward, json!({ "min_bundle_version": 7 })).accepted);
    let older = ward.sign_as_is(5);
    ward.sign_bundle(|bundle| bundle["version"] = json!(6));
    ward.restart().await;
    phone.link.leads_to(ward.router.clone());
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    assert_eq!(phone.client().status().bundle_version, 1);
    assert_eq!(phone.client().status().trust_refused.unwrap().code, "bundle_rollback");
    // Taken back, as after a slip: what the phone has seen is what keeps it from going back.
    assert!(configure(&phone, &ward, json!({ "min_bundle_version": 1 })).accepted);
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    assert_eq!(phone.client().status().bundle_version, 6);
    phone.link.obeys(move |seen| {
        if !seen.path.ends_with("/bundle") {
            return Fate::Deliver;
        }
        let body = older.as_str().as_bytes().to_vec();
        Fate::Answered(Box::new(move |answer| Answer { body, ..answer }))
    });
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    assert_eq!(phone.client().status().bundle_version, 6);
}

#[tokio::test]
async fn a_phone_with_more_unsent_than_is_allowed_says_so_and_goes_on() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    assert!(configure(&phone, &ward, json!({ "max_unsent": "2" })).accepted);
    let warned = |phone: &Phone| phone.client().status().too_many_unsent;
    for n in 0..2 {
        phone.capture(n);
        assert_eq!(warned(&phone), None);
    }
    phone.capture(2);
    let advice = warned(&phone).unwrap();
    assert_eq!(advice.code, "too_many_unsent");
    assert!(advice.next_step.contains("3 photos") && advice.next_step.contains("at most 2"), "{advice:?}");
    assert_eq!(phone.run().await.stored, 3);
    assert_eq!(warned(&phone), None);
}

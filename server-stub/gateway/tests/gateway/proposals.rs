//! What only the hospital signs: asked for at the gateway, signed inside, and of use at once.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_gateway::ProposalStatus;
use gauze_gateway::admin::AdminError;
use gauze_wire::{
    Enrolled, EntryKind, Jws, Photos, ProblemCode, ProposalId, ReviewDenied, Signed as _, Token, WipeCause,
    WipeOrder, Wiped,
};
use jiff::SignedDuration;
use serde_json::json;

use crate::fixture::{Gateway, Hospital, Phone, by, key, logged};
use crate::signatures::twin;

#[tokio::test]
async fn a_token_is_asked_for_signed_inside_and_enrols_one_phone() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let asked =
        admin.request_token(8, Some("SN-1".parse().unwrap()), &by("ward 9, new phone")).await.unwrap();
    assert!(admin.token(&asked.proposal_id).await.unwrap().managed.is_none());
    hospital.approve(&gateway, &asked).await;

    let shown = admin.token(&asked.proposal_id).await.unwrap();
    assert_eq!(shown.proposal.status, ProposalStatus::Approved);
    assert_eq!(shown.proposal.decided_by.as_deref(), Some("governance-2"));
    let managed = shown.managed.unwrap();
    assert_eq!((managed.tenant, managed.min_bundle_version), (hospital.tenant.clone(), 1));
    let phone = Phone::new(&hospital);
    let challenge = gateway.challenge(&hospital.tenant).await;
    let mut enrolment = hospital.enrolment(&phone.key, managed.token, challenge, gateway.now());
    enrolment.serial = managed.serial;
    let evidence = Jws::sign(&enrolment, &phone.key).unwrap();
    gateway.enrol(&hospital.tenant, &evidence).await.json::<Enrolled>(201);

    let used = admin.token(&asked.proposal_id).await.unwrap();
    assert_eq!(used.used_by, Some(phone.id()));
    assert!(used.managed.is_none());
    let device = admin.device(&phone.id()).await.unwrap().device;
    assert_eq!(device.token_id.as_deref(), Some(asked.proposal_id.as_str()));
    assert_eq!((device.serial.as_deref(), device.model.as_deref()), (Some("SN-1"), Some("simulated")));
}

#[tokio::test]
async fn a_signed_text_that_is_not_what_was_asked_for_is_refused() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    let asked = admin.request_token(8, None, &by("x")).await.unwrap();
    let other = admin.request_token(8, None, &by("y")).await.unwrap();
    let wipe = admin.wipe(&phone.id(), Photos::Keep, &by("z")).await.unwrap();

    let stranger = Hospital::new("ward-9", 30);
    let right: Token = hospital.signs(&gateway, &asked).peek().unwrap();
    let harsher = WipeOrder { photos: Photos::Destroy, ..hospital.signs(&gateway, &wipe).peek().unwrap() };
    let wrong = [
        (&asked, hospital.signs(&gateway, &other)),
        (&asked, stranger.signs(&gateway, &asked)),
        (&asked, hospital.signs(&gateway, &wipe)),
        (
            &asked,
            Jws::sign(&Token { serial: Some("SN-2".parse().unwrap()), ..right }, &hospital.policy_key)
                .unwrap(),
        ),
        (&wipe, Jws::sign(&harsher, &hospital.policy_key).unwrap()),
    ];
    for (proposal, signed) in wrong {
        let reply = hospital.decide(&gateway, proposal, Some(signed)).await;
        assert_eq!(reply.refusal(), ProblemCode::DecisionInvalid);
    }
    assert_eq!(admin.proposal(&asked.proposal_id).await.unwrap().status, ProposalStatus::Waiting);
}

#[tokio::test]
async fn a_decision_is_taken_once_and_may_be_handed_in_again() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let asked = admin.request_token(8, None, &by("x")).await.unwrap();
    let signed = hospital.approve(&gateway, &asked).await;
    let leaves = hospital.log(&gateway).await.entries.len();
    hospital.decide(&gateway, &asked, Some(signed)).await.expect(204);
    assert_eq!(hospital.log(&gateway).await.entries.len(), leaves);
    assert_eq!(hospital.decide(&gateway, &asked, None).await.refusal(), ProblemCode::DecisionInvalid);

    let refused = admin.request_token(8, None, &by("y")).await.unwrap();
    hospital.decide(&gateway, &refused, None).await.expect(204);
    assert_eq!(admin.proposal(&refused.proposal_id).await.unwrap().status, ProposalStatus::Refused);
    assert!(admin.token(&refused.proposal_id).await.unwrap().managed.is_none());
}

#[tokio::test]
async fn a_policy_signed_while_the_gateway_runs_is_served_at_once_and_after_a_restart() {
    let hospital = Hospital::ward();
    let mut gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let mut wanted = serde_json::to_value(hospital.policy(2)).unwrap();
    wanted["keep_days"] = json!(3);
    let asked = admin.propose_policy(&wanted.to_string(), &by("less time at the edge")).await.unwrap();
    let signed = hospital.approve(&gateway, &asked).await;
    for _ in 0..2 {
        let served = gateway.get("/v1/ward-9/policy").await;
        served.expect(200);
        assert_eq!(served.body, signed.as_str().as_bytes());
        let view = gateway.admin(&hospital).await.policy().await.unwrap();
        assert_eq!((view.policy.version, view.policy.keep_days), (2, 3));
        // The operator's own file is still the one before.
        gateway.open().await.unwrap();
    }
    assert_eq!(admin.export_policy().await.unwrap(), signed);
    let old = admin.propose_policy(&wanted.to_string(), &by("again")).await;
    assert!(matches!(old, Err(AdminError::PolicyVersion(2))));
}

#[tokio::test]
async fn a_policy_that_was_kept_by_a_request_cut_off_before_it_was_in_force_is_when_it_comes_again() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let wanted = serde_json::to_value(hospital.policy(2)).unwrap();
    let admin = gateway.admin(&hospital).await;
    let asked = admin.propose_policy(&wanted.to_string(), &by("newer")).await.unwrap();
    let signed = hospital.signs(&gateway, &asked);
    decided(&gateway, &asked.proposal_id, &signed).await;
    assert_ne!(gateway.get("/v1/ward-9/policy").await.body, signed.as_str().as_bytes());
    hospital.decide(&gateway, &asked, Some(signed.clone())).await.expect(204);
    assert_eq!(gateway.get("/v1/ward-9/policy").await.body, signed.as_str().as_bytes());
}

/// Keeps `signed` as what the hospital decided last of what was asked.
async fn decided(gateway: &Gateway, asked: &ProposalId, signed: &Jws) {
    sqlx::query("UPDATE proposal SET status = 'approved', signed = ? WHERE proposal_id = ?")
        .bind(signed.as_str())
        .bind(asked.as_str())
        .execute(&gateway.sqlite().await)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_signed_policy_that_does_not_hold_is_told_at_the_start_and_the_newest_that_does_is_in_force() {
    let hospital = Hospital::ward();
    let mut gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let propose = async |version| {
        let wanted = serde_json::to_string(&hospital.policy(version)).unwrap();
        admin.propose_policy(&wanted, &by("newer")).await.unwrap()
    };
    let (second, third) = (propose(2).await, propose(3).await);
    let holds = hospital.signs(&gateway, &second);
    decided(&gateway, &second.proposal_id, &holds).await;
    let foreign = Jws::sign(&hospital.policy(3), &key(66)).unwrap();
    decided(&gateway, &third.proposal_id, &foreign).await;
    let starts = async |gateway: &mut Gateway| {
        let log = logged();
        gateway.open().await.unwrap();
        let told = |line: &serde_json::Value| {
            line["message"].as_str().is_some_and(|text| text.starts_with("a policy that the hospital signed"))
        };
        let lines = log.lines().into_iter().filter(told);
        lines.map(|line| line["version"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(starts(&mut gateway).await, [3]);
    assert_eq!(gateway.get("/v1/ward-9/policy").await.body, holds.as_str().as_bytes());
    // Once a newer one is in force it is of no matter.
    gateway.write_policy(&hospital, &Jws::sign(&hospital.policy(4), &hospital.policy_key).unwrap());
    assert!(starts(&mut gateway).await.is_empty());
}

#[tokio::test]
async fn a_policy_that_was_decided_by_a_clock_that_ran_ahead_is_not_newer_for_that() {
    let hospital = Hospital::ward();
    let mut gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    for (version, hours) in [(2, 48), (3, -48)] {
        gateway.pass(SignedDuration::from_hours(hours));
        let wanted = serde_json::to_string(&hospital.policy(version)).unwrap();
        let asked = admin.propose_policy(&wanted, &by("newer")).await.unwrap();
        hospital.approve(&gateway, &asked).await;
    }
    gateway.open().await.unwrap();
    assert_eq!(admin.policy().await.unwrap().policy.version, 3);
}

#[tokio::test]
async fn a_policy_that_does_not_read_is_not_proposed() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let admin = gateway.admin(&hospital).await;
    let mut unknown = serde_json::to_value(hospital.policy(2)).unwrap();
    unknown["colour"] = json!("red");
    let mut foreign = serde_json::to_value(hospital.policy(2)).unwrap();
    foreign["tenant"] = json!("ward-8");
    for policy in [json!({}), unknown, foreign] {
        let asked = admin.propose_policy(&policy.to_string(), &by("x")).await;
        assert!(matches!(asked, Err(AdminError::Policy(_))));
    }
    assert!(hospital.log(&gateway).await.entries.is_empty());
}

/// What a phone says once it was wiped, by an order or because its user asked.
pub fn word(gateway: &Gateway, phone: &Phone, order_id: Option<ProposalId>) -> Wiped {
    Wiped {
        v: 1,
        typ: Wiped::TYP.into(),
        tenant: phone.tenant.clone(),
        device_id: phone.id(),
        cause: if order_id.is_some() { WipeCause::Order } else { WipeCause::Asked },
        order_id,
        at: gateway.now(),
        highest_seq: 0,
        head: None,
        unsent: 0,
        destroyed: Vec::new(),
    }
}

#[tokio::test]
async fn a_wipe_order_reaches_the_phone_until_its_word_ends_it() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    let report = admin.lost(&phone.id(), Photos::Keep, &by("stolen")).await.unwrap();
    assert_eq!(phone.hears(&gateway, 0, 0).await.wipe, None);
    let order = hospital.approve(&gateway, &report.wipe).await;
    assert_eq!(phone.hears(&gateway, 0, 0).await.wipe, Some(order));

    let word = word(&gateway, &phone, Some(report.wipe.proposal_id.clone()));
    let forged = Jws::sign(&word, &Phone::new(&hospital).key).unwrap();
    let reply = gateway.post("/v1/ward-9/wiped", forged.as_str().to_owned()).await;
    assert_eq!(reply.refusal(), ProblemCode::UnknownDevice);
    let word = Jws::sign(&word, &phone.key).unwrap();
    for _ in 0..2 {
        gateway.post("/v1/ward-9/wiped", word.as_str().to_owned()).await.expect(204);
    }
    let log = hospital.log(&gateway).await.entries;
    assert_eq!(log.iter().filter(|entry| entry.kind == EntryKind::Wiped).count(), 1);
    assert_eq!(phone.hears(&gateway, 0, 0).await.wipe, None);
    assert_eq!(admin.device(&phone.id()).await.unwrap().device.wiped_at, Some(gateway.now()));
}

#[tokio::test]
async fn an_order_reaches_a_phone_that_reported_another_wipe_before_until_its_word_names_that_order() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let say = async |order_id| {
        let word = Jws::sign(&word(&gateway, &phone, order_id), &phone.key).unwrap();
        gateway.post("/v1/ward-9/wiped", word.as_str().to_owned()).await.expect(204);
    };
    say(None).await;
    let admin = gateway.admin(&hospital).await;
    let asked = admin.wipe(&phone.id(), Photos::Keep, &by("stolen")).await.unwrap();
    let order = hospital.approve(&gateway, &asked).await;
    assert_eq!(phone.hears(&gateway, 0, 0).await.wipe.as_ref(), Some(&order));
    gateway.pass(SignedDuration::from_secs(1));
    say(None).await;
    assert_eq!(phone.hears(&gateway, 0, 0).await.wipe, Some(order), "it names no order");
    say(Some(asked.proposal_id)).await;
    assert_eq!(phone.hears(&gateway, 0, 0).await.wipe, None);
}

#[tokio::test]
async fn a_phone_that_was_only_silent_may_review_again_unless_it_is_ordered_to_wipe() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let admin = gateway.admin(&hospital).await;
    let say = async |cause| {
        gateway.pass(SignedDuration::from_secs(1));
        let word = Wiped { cause, ..word(&gateway, &phone, None) };
        let word = Jws::sign(&word, &phone.key).unwrap();
        gateway.post("/v1/ward-9/wiped", word.as_str().to_owned()).await.expect(204);
        phone.hears(&gateway, 0, 0).await.review_denied
    };
    assert_eq!(say(WipeCause::Offline).await, None);
    let device = async || admin.device(&phone.id()).await.unwrap().device;
    assert_eq!(device().await.wiped_at, Some(gateway.now()));
    assert!(!device().await.is_wiped());
    let asked = admin.wipe(&phone.id(), Photos::Keep, &by("stolen")).await.unwrap();
    hospital.approve(&gateway, &asked).await;
    assert_eq!(say(WipeCause::Offline).await, Some(ReviewDenied::Wiped));
    let other = Phone::enrolled(&gateway, &hospital).await;
    let word = Jws::sign(&word(&gateway, &other, None), &other.key).unwrap();
    gateway.post("/v1/ward-9/wiped", word.as_str().to_owned()).await.expect(204);
    assert_eq!(other.hears(&gateway, 0, 0).await.review_denied, Some(ReviewDenied::Wiped), "its user asked");
}

#[tokio::test]
async fn a_captured_word_of_a_wipe_is_no_news_in_either_form_nor_after_a_later_one() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let order = gateway.admin(&hospital).await.wipe(&phone.id(), Photos::Keep, &by("stolen")).await.unwrap();
    let words = [None, Some(order.proposal_id)]
        .map(|order_id| Jws::sign(&word(&gateway, &phone, order_id), &phone.key).unwrap());
    let said = async |text: &str| gateway.post("/v1/ward-9/wiped", text.to_owned()).await.expect(204);
    for word in &words {
        said(word.as_str()).await;
    }
    let heard_at = gateway.now();
    gateway.pass(SignedDuration::from_hours(1));
    for word in &words {
        let (signed, signature) = word.as_str().rsplit_once('.').unwrap();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        let other = BASE64_URL_SAFE_NO_PAD.encode(twin(&bytes.try_into().unwrap()));
        said(&format!("{signed}.{other}")).await;
        said(word.as_str()).await;
    }
    let log = hospital.log(&gateway).await.entries;
    assert_eq!(log.iter().filter(|entry| entry.kind == EntryKind::Wiped).count(), 2);
    let device = gateway.admin(&hospital).await.device(&phone.id()).await.unwrap().device;
    assert_eq!((device.wiped_at, device.heard_at), (Some(heard_at), Some(heard_at)));
}

#[tokio::test]
async fn a_phone_that_is_to_be_wiped_may_not_review_even_where_it_was_not_revoked() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let asked =
        gateway.admin(&hospital).await.wipe(&phone.id(), Photos::Keep, &by("handed on")).await.unwrap();
    assert_eq!(phone.hears(&gateway, 0, 0).await.review_denied, None);
    hospital.approve(&gateway, &asked).await;
    assert_eq!(phone.hears(&gateway, 0, 0).await.review_denied, Some(ReviewDenied::Wiped));
}

#[tokio::test]
async fn decisions_are_the_hospitals_alone() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let asked = gateway.admin(&hospital).await.request_token(8, None, &by("x")).await.unwrap();
    let body = json!({ "decisions": [{ "proposal_id": asked.proposal_id, "operator": "x", "reason": "y" }] });
    let reply = gateway.ask(phone.request(&gateway, "decisions", &body)).await;
    assert_eq!(reply.refusal(), ProblemCode::SignatureInvalid);
}

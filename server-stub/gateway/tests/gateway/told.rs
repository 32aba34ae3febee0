//! What the program's log says: a line for each thing that happens, and nothing that names a patient, an address or a secret.

use gauze_gateway::Watch;
use gauze_wire::{Enrolment, Jws, Problem, ProblemCode};
use serde_json::Value;

use crate::fixture::{Gateway, Hospital, Phone, by, logged};

fn named<'a>(lines: &'a [Value], message: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["message"] == message).collect()
}

#[tokio::test]
async fn enrolment_upload_outcome_and_act_are_a_line_each() {
    let log = logged();
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut watch = Watch::default();
    watch.look(gateway.app()).await.unwrap();
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(70_000);
    let state = phone.send(&gateway, &shot).await;
    let filed = hospital.filed(&state, gateway.now());
    for _ in 0..2 {
        hospital.acknowledge(&gateway, vec![filed.clone()]).await.expect(204);
    }
    let discarded = phone.shoot(10);
    phone.offer(&gateway, &discarded.void(&phone)).await.held();
    gateway.admin(&hospital).await.suspend(&phone.id(), &by("left in a taxi")).await.unwrap();
    for _ in 0..2 {
        watch.look(gateway.app()).await.unwrap();
    }

    let lines = log.lines();
    let one = |message: &str| {
        let found = named(&lines, message);
        assert_eq!(found.len(), 1, "{message}: {lines:#?}");
        assert_eq!(found[0]["tenant"], "ward-9");
        assert_eq!(found[0]["device_id"], phone.id().as_str());
        found[0].clone()
    };
    assert_eq!(one("a phone enrolled")["log_index"], 0);
    assert_eq!(one("a photo is stored")["capture_id"], shot.id().to_string());
    assert_eq!(one("the hospital has decided on a photo")["outcome"], "filed");
    assert_eq!(one("a photo will not come")["capture_id"], discarded.id().to_string());
    assert_eq!(one("an act")["deed"], "suspend");
    assert!(!log.text().contains("taxi"), "a reason is free text");
}

#[tokio::test]
async fn a_refusal_is_a_line_that_says_why_and_of_whom() {
    let log = logged();
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(70_000);
    gateway.admin(&hospital).await.revoke(&phone.id(), &by("stolen")).await.unwrap();
    assert_eq!(phone.offer(&gateway, &shot.manifest).await.refusal(), ProblemCode::DeviceRefused);
    let evidence = Jws::sign(
        &hospital.enrolment(
            &phone.key,
            hospital.sign_token(gateway.now()),
            gauze_wire::Digest::of(b"nobody's"),
            gateway.now(),
        ),
        &phone.key,
    );
    let refused = gateway.enrol(&hospital.tenant, &evidence.unwrap()).await.refusal();
    gateway.put("https://gateway.test:8443/v1/transfers/c2VjcmV0", vec![1]).await.expect(404);
    gateway.get("/v1/a-secret-of-somebody/policy").await.expect(404);

    let lines = log.lines();
    let refusals = named(&lines, "refused");
    let seen: Vec<_> = refusals
        .iter()
        .map(|line| ["code", "by", "route"].map(|name| line[name].as_str().unwrap().to_owned()))
        .collect();
    let id = phone.id();
    let expected = [
        ["device_refused", id.as_str(), "/v1/{tenant}/uploads"],
        [refused.as_str(), "nobody known", "/v1/{tenant}/enrolments"],
        ["ticket_unknown", "nobody known", "/v1/transfers/{ticket}"],
        ["unknown_tenant", "nobody known", "/v1/{tenant}/policy"],
    ];
    assert_eq!(seen, expected.map(|line| line.map(str::to_owned)));
    assert_eq!(refusals[0]["status"], 403);
    assert_eq!(refusals[3]["tenant"], Value::Null, "a name that is not served is not written");
    assert!(!log.text().contains("c2VjcmV0") && !log.text().contains("a-secret"), "{}", log.text());
}

#[tokio::test]
async fn a_suspended_phones_new_token_is_refused_with_the_reason_and_the_serial_number() {
    let log = logged();
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let token = || hospital.sign_token(gateway.now());
    let first = Phone::new(&hospital).enrolled_for(&gateway, &hospital, (token(), "R58N-30a")).await;
    gateway.admin(&hospital).await.suspend(&first, &by("left in a taxi")).await.unwrap();
    let again = Phone::new(&hospital);
    let named = |enrolment: &mut Enrolment| enrolment.serial = Some("r58n-30A".parse().unwrap());
    let evidence = again.evidence_with(&gateway, &hospital, named).await;
    let refused = gateway.enrol(&hospital.tenant, &evidence).await;
    assert_eq!(refused.refusal(), ProblemCode::DeviceRefused);
    let problem: Problem = refused.json(403);
    assert_eq!(problem.reason.as_deref(), Some("suspended"));
    assert!(problem.detail.contains("resume it"), "{}", problem.detail);
    let lines = log.lines();
    let told = lines.iter().find(|line| line["message"] == "refused").unwrap();
    assert_eq!((&told["reason"], &told["by"]), (&"suspended".into(), &"serial number r58n-30A".into()));
}

#[tokio::test]
async fn strangers_fill_no_disk_with_refusals_and_a_phone_keeps_its_line() {
    let log = logged();
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    for _ in 0..200 {
        gateway.get("/nothing").await.expect(404);
    }
    let shot = phone.shoot(10);
    gateway.admin(&hospital).await.revoke(&phone.id(), &by("stolen")).await.unwrap();
    phone.offer(&gateway, &shot.manifest).await.refusal();
    let lines = log.lines();
    let refusals = named(&lines, "refused");
    assert_eq!(refusals.len(), 61);
    assert_eq!(refusals[60]["by"], phone.id().as_str());
}

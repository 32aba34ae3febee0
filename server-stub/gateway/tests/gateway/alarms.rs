//! What pages people: the gauges, the rules made of them, and the page that says what to do.

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use gauze_gateway::{meters, metrics_router};
use gauze_wire::Jws;
use jiff::SignedDuration;

use crate::fixture::{Gateway, Hospital, Phone, ask, by};
use crate::proposals::word as wiped;

async fn measured(gateway: &Gateway) -> String {
    let asked = Request::get("/metrics").body(Body::empty()).unwrap();
    let answer = ask(metrics_router(gateway.app().clone()), asked).await;
    answer.expect(200);
    String::from_utf8(answer.body.to_vec()).unwrap()
}

/// What `/metrics` gives for this name, without labels or with `tenant` alone.
async fn gauge(gateway: &Gateway, name: &str) -> Option<f64> {
    let text = measured(gateway).await;
    let tenant = format!("{name}{{tenant=\"alarmed\"}} ");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(&tenant).or_else(|| line.strip_prefix(name)?.strip_prefix(' ')));
    line.map(|value| value.parse().unwrap())
}

#[tokio::test]
async fn a_counter_is_there_before_its_first_event() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let text = measured(&gateway).await;
    for code in ["storage_full", "storage_failed", "internal", "quota_exceeded"] {
        assert!(text.contains(&format!("gauze_refusals_total{{code=\"{code}\"}} ")), "{code}: {text}");
    }
    assert!(text.contains("gauze_connections_turned_away_total "), "{text}");
}

async fn gauges<const N: usize>(gateway: &Gateway, names: [&str; N]) -> [f64; N] {
    let mut values = [f64::NAN; N];
    for (value, name) in values.iter_mut().zip(names) {
        *value = gauge(gateway, name).await.unwrap();
    }
    values
}

#[tokio::test]
async fn what_waits_is_counted_from_when_it_came_until_the_hospital_has_decided() {
    let names = ["gauze_photos_waiting", "gauze_oldest_photo_waiting_seconds"];
    // Counters are of the whole process: a tenant of its own keeps other tests out.
    let hospital = Hospital::new("alarmed", 150);
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    assert_eq!(gauges(&gateway, names).await, [0.0, 0.0]);
    let (first, second) = (phone.shoot(70_000), phone.shoot(70_000));
    let state = phone.send(&gateway, &first).await;
    gateway.pass(SignedDuration::from_secs(50));
    let other = phone.send(&gateway, &second).await;
    gateway.pass(SignedDuration::from_secs(10));
    assert_eq!(gauges(&gateway, names).await, [2.0, 60.0]);
    hospital.acknowledge(&gateway, vec![hospital.filed(&state, gateway.now())]).await.expect(204);
    assert_eq!(gauges(&gateway, names).await, [1.0, 10.0]);
    hospital.acknowledge(&gateway, vec![hospital.refused(&other, gateway.now())]).await.expect(204);
    assert_eq!(gauges(&gateway, names).await, [0.0, 0.0]);

    let heard = "gauze_records_last_heard_timestamp_seconds";
    let then = gateway.now().as_second() as f64;
    gateway.pass(SignedDuration::from_hours(2));
    assert_eq!(gauges(&gateway, [heard]).await, [then]);
    hospital.log(&gateway).await;
    assert_eq!(gauges(&gateway, [heard]).await, [then + 7200.0]);
    let page = hospital.log(&gateway).await.entries.len() as f64;
    assert_eq!(gauges(&gateway, ["gauze_log_size", "gauze_log_unwitnessed"]).await, [page, page]);

    let phones = ["gauze_phones_silent", "gauze_phones_silent_holding_photos"];
    phone.hears(&gateway, 2, 1).await;
    assert_eq!(gauges(&gateway, phones).await, [0.0, 0.0]);
    gateway.pass(SignedDuration::from_hours(25));
    assert_eq!(gauges(&gateway, phones).await, [0.0, 1.0]);
    gateway.pass(SignedDuration::from_hours(24 * 7));
    assert_eq!(gauges(&gateway, phones).await, [1.0, 1.0]);
    let admin = gateway.admin(&hospital).await;
    admin.revoke(&phone.id(), &by("stolen")).await.unwrap();
    assert_eq!(gauges(&gateway, phones).await, [0.0, 0.0]);

    let asked = ["gauze_proposals_waiting", "gauze_tokens_unused"];
    let token = admin.request_token(24, None, &by("ward 9")).await.unwrap();
    assert_eq!(gauges(&gateway, asked).await, [1.0, 0.0]);
    hospital.approve(&gateway, &token).await;
    assert_eq!(gauges(&gateway, asked).await, [0.0, 1.0]);
    gateway.pass(SignedDuration::from_hours(25));
    assert_eq!(gauges(&gateway, asked).await, [0.0, 0.0]);
    let [free, size] = gauges(&gateway, ["gauze_disk_free_bytes", "gauze_disk_size_bytes"]).await;
    assert!(free > 0.0 && free <= size);
}

#[tokio::test]
async fn a_wiped_phone_is_not_measured_among_the_active_ones() {
    let hospital = Hospital::new("emptied", 160);
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let phones = async || {
        let text = measured(&gateway).await;
        ["active", "wiped"].map(|status| {
            let name = format!("gauze_phones{{tenant=\"emptied\",status=\"{status}\"}} ");
            let count = text.lines().find_map(|line| line.strip_prefix(&name));
            count.unwrap_or_else(|| panic!("{name}: {text}")).parse::<f64>().unwrap()
        })
    };
    assert_eq!(phones().await, [1.0, 0.0]);
    let word = Jws::sign(&wiped(&gateway, &phone, None), &phone.key).unwrap();
    gateway.post("/v1/emptied/wiped", word.as_str().to_owned()).await.expect(204);
    assert_eq!(phones().await, [0.0, 1.0]);
}

fn file(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap()
}

fn names(text: &str) -> BTreeSet<&str> {
    // The program's own name stands in the page too, as what `RUST_LOG` names.
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("gauze_") && *word != "gauze_gateway").collect()
}

#[test]
fn rules_and_page_name_what_is_given_and_every_rule_has_its_heading() {
    let (rules, page) = (file("server-stub/gateway/alerts.yaml"), file("docs/alarms.md"));
    let given: BTreeSet<_> = meters().collect();
    assert_eq!(names(&page), given, "docs/alarms.md and what /metrics gives");
    assert_eq!(names(&rules).difference(&given).collect::<Vec<_>>(), Vec::<&&str>::new());
    let alerts = |text: &str, before: &str| -> BTreeSet<String> {
        text.lines().filter_map(|line| Some(line.trim().strip_prefix(before)?.to_owned())).collect()
    };
    assert_eq!(alerts(&rules, "- alert: "), alerts(&page, "### "));
    for refused in ["storage_full", "storage_failed", "internal", "quota_exceeded"] {
        assert!(rules.contains(refused) && refused.parse::<gauze_wire::ProblemCode>().is_ok(), "{refused}");
    }
}

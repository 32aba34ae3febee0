//! What the phone makes of answers, and of none.

use std::sync::atomic::Ordering;

use gauze_core::ports::{Answer, CertificateFault, Clock as _, TransportError};
use gauze_core::{CallError, EnrolError, Stage, Trouble};
use gauze_wire::ProblemCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::fixture::{Fate, Phone, Seen, Ward, stopped};
use crate::reporting::nth;

fn is(seen: &Seen, what: &str) -> bool {
    seen.path.contains(what)
}

#[tokio::test]
async fn a_wrong_certificate_is_shown_and_passes_by_itself() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.link.obeys(|_| Fate::Fails(TransportError::Certificate(CertificateFault::Expired)));
    let report = phone.run().await;
    let expired = Trouble::Certificate(CertificateFault::Expired);
    assert_eq!(report.stopped, [stopped(id, expired)]);
    let wait_ms = report.next_at_ms.unwrap() - phone.clock.now().as_millisecond();
    assert!(wait_ms >= 15 * 60_000, "{wait_ms}");
    phone.link.works();
    ward.clock.pass(SignedDuration::from_hours(1));
    assert_eq!(phone.client().run_queue(false).await.unwrap().stored, 1);
}

#[tokio::test]
async fn what_something_in_between_answers_is_named_and_passes_by_itself() {
    for status in [200, 204, 302, 401, 403, 407, 408, 413, 421, 425, 429, 451, 502] {
        for at in ["/uploads", "/v1/transfers/"] {
            let ward = Ward::new().await;
            let phone = Phone::enrolled(&ward).await;
            let id = phone.capture(0);
            phone.link.obeys(move |seen| {
                if !seen.path.ends_with(at) {
                    return Fate::Deliver;
                }
                let body = b"<html>Sign in to the Wi-Fi</html>".to_vec();
                Fate::Replaced(Answer { status, body, ..Answer::default() })
            });
            let report = phone.run().await;
            assert_eq!(report.stopped, [stopped(id, Trouble::Between(status))], "{status} at {at}");
            let wait_ms = report.next_at_ms.unwrap() - phone.clock.now().as_millisecond();
            assert_eq!(wait_ms >= 15 * 60_000, status == 413, "{status}: {wait_ms}");
            phone.link.works();
            ward.clock.pass(SignedDuration::from_hours(1));
            assert_eq!(phone.client().run_queue(false).await.unwrap().stored, 1, "{status} at {at}");
        }
    }
}

/// What the gateway says arrives under a status that it never gives it.
fn under_another_status(at: &'static str) -> impl FnMut(&Seen) -> Fate {
    move |seen| match seen.path.ends_with(at) {
        true => Fate::Answered(Box::new(|answer| Answer { status: 206, ..answer })),
        false => Fate::Deliver,
    }
}

#[tokio::test]
async fn an_answer_counts_under_the_status_that_the_gateway_gives_it_and_under_no_other() {
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    let managed = ward.managed();
    for at in ["/bundle", "/policy", "/challenges", "/enrolments"] {
        phone.link.obeys(under_another_status(at));
        assert_eq!(phone.client().enrol(&managed).await.unwrap_err().code(), "answered_in_between", "{at}");
    }
    phone.link.works();
    phone.client().enrol(&managed).await.unwrap();
    let id = phone.capture(0);
    for at in ["/uploads", "/v1/transfers/"] {
        phone.link.obeys(under_another_status(at));
        assert_eq!(phone.run().await.stopped, [stopped(id, Trouble::Between(206))], "{at}");
    }
    phone.link.obeys(under_another_status("/status"));
    phone.run().await;
    assert_eq!(phone.shown(id), Some((Stage::Stored, Some(Trouble::Between(206)))));
    phone.client().report(&nth(1)).unwrap();
    phone.link.obeys(under_another_status("/reports"));
    phone.run().await;
    let [waiting] = phone.client().reports().try_into().unwrap();
    assert_eq!((waiting.sent, waiting.trouble), (false, Some(Trouble::Between(206))));
    phone.link.works();
    phone.run().await;
    assert!(phone.client().reports()[0].sent);
    assert_eq!(phone.shown(id), Some((Stage::Stored, None)));
}

/// A refusal by a gateway that knows more reasons than this phone.
fn newer(status: u16, retry_after: Option<&str>) -> Answer {
    let problem = json!({
        "type": "urn:gauze:problem:ward_is_closed", "title": "The ward is closed", "status": status,
        "detail": "Send it from ward 10.", "code": "ward_is_closed",
    });
    Answer {
        status,
        content_type: Some("application/problem+json".to_owned()),
        retry_after: retry_after.map(str::to_owned),
        body: problem.to_string().into_bytes(),
        ..Answer::default()
    }
}

#[tokio::test]
async fn a_refusal_that_only_a_newer_app_knows_says_so_and_is_tried_again_by_itself() {
    let quarter = 15 * 60;
    for (status, retry_after, least_s, most_s) in [
        (422, None, quarter, quarter * 3 / 2),
        (429, Some("1800"), 1800, 1801),
        (429, Some("86400"), 3600, 3601),
    ] {
        let ward = Ward::new().await;
        let phone = Phone::enrolled(&ward).await;
        let id = phone.capture(0);
        phone.client().report(&nth(1)).unwrap();
        phone.link.obeys(move |seen| match is(seen, "/uploads") || is(seen, "/reports") {
            true => Fate::Replaced(newer(status, retry_after)),
            false => Fate::Deliver,
        });
        let report = phone.run().await;
        let refused = Trouble::Gateway(ProblemCode::AppTooOld);
        assert_eq!(report.stopped, [stopped(id, refused)], "{status}, {retry_after:?}");
        assert!(refused.next_step().contains("update the app"), "{}", refused.next_step());
        let said = phone.client().reports()[0].next_step();
        assert!(said.contains("update the app") && said.contains("the report waits"), "{said}");
        let shown = phone.client().list().unwrap().remove(0).progress.unwrap();
        let wait_ms = shown.not_before_ms.unwrap() - phone.clock.now().as_millisecond();
        assert!((least_s * 1000..=most_s * 1000).contains(&wait_ms), "{status}, {retry_after:?}: {wait_ms}");
        phone.link.works();
        ward.clock.pass(SignedDuration::from_millis(wait_ms));
        let report = phone.client().run_queue(false).await.unwrap();
        assert_eq!((report.stored, phone.client().reports()[0].sent), (1, true), "{status}, {retry_after:?}");
    }
}

#[tokio::test]
async fn a_phone_that_a_newer_gateway_does_not_let_in_says_why_in_the_gateways_words() {
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    phone.link.obeys(|seen| match is(seen, "/enrolments") {
        true => Fate::Replaced(newer(422, None)),
        false => Fate::Deliver,
    });
    let refused = phone.client().enrol(&ward.managed()).await.unwrap_err();
    assert_eq!(refused.code(), "app_too_old");
    let EnrolError::Call(CallError::Refused(problem)) = refused else { panic!("no refusal") };
    assert_eq!(problem.detail, "Send it from ward 10.");
}

#[tokio::test]
async fn a_phone_whose_clock_is_wrong_learns_the_time_once() {
    for hours in [-26, 3, 24 * 400] {
        let ward = Ward::new().await;
        let phone = Phone::enrolled(&ward).await;
        phone.is_wrong_by(SignedDuration::from_hours(hours));
        phone.capture(0);
        phone.capture(1);
        phone.link.works();
        assert_eq!(phone.run().await.stored, 2, "{hours}");
        let asked = |what| phone.link.seen().iter().filter(|seen| is(seen, what)).count();
        let (uploads, status) = (asked("/uploads"), asked("/status"));
        // A clock that is a day off and more is believed for what it refused, and for nothing after.
        let far = hours.abs() > 24;
        assert!((3..=4).contains(&uploads), "one question more for each photo already under way: {uploads}");
        assert_eq!(status, if far { 4 } else { 2 }, "receipts, and where the phone stands");
        ward.pull().await;
        assert_eq!(phone.run().await.filed.len(), 2);
    }
}

#[tokio::test]
async fn bytes_go_to_the_configured_gateway_and_nowhere_else() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    for url in [
        "https://elsewhere.test/v1/transfers/x",
        "https://gateway.test:8443.elsewhere.test/v1/transfers/x",
        "https://gateway.test:8443@elsewhere.test/v1/transfers/x",
        "http://gateway.test:8443/v1/transfers/x",
    ] {
        phone.link.obeys(move |seen| {
            if !is(seen, "/uploads") {
                return Fate::Deliver;
            }
            Fate::Answered(Box::new(move |answer| {
                let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
                body["upload_url"] = json!(url);
                Answer { body: serde_json::to_vec(&body).unwrap(), ..answer }
            }))
        });
        let report = phone.run().await;
        assert_eq!(report.stopped, [stopped(id, Trouble::Gateway(ProblemCode::MalformedRequest))], "{url}");
        assert!(!phone.link.seen().iter().any(|seen| is(seen, "/transfers")), "{url}");
    }
}

#[tokio::test]
async fn an_offset_that_cannot_be_starts_from_the_beginning() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    phone.capture(0);
    let mut once = true;
    phone.link.obeys(move |seen| {
        if !is(seen, "/uploads") || !std::mem::take(&mut once) {
            return Fate::Deliver;
        }
        Fate::Answered(Box::new(|answer| {
            let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
            body["offset"] = json!(u64::MAX);
            Answer { body: serde_json::to_vec(&body).unwrap(), ..answer }
        }))
    });
    assert_eq!(phone.run().await.stored, 1);
}

#[tokio::test]
async fn answers_that_are_no_gateways_are_a_typed_trouble() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    for (status, body, trouble) in [
        (200, &b"<html>hotel wifi</html>"[..], Trouble::Between(200)),
        (502, b"<html>bad gateway</html>", Trouble::Between(502)),
        (403, b"", Trouble::Between(403)),
        (200, b"", Trouble::Between(200)),
    ] {
        phone.link.obeys(move |_| {
            Fate::Answered(Box::new(move |answer| Answer { status, body: body.to_vec(), ..answer }))
        });
        assert_eq!(phone.run().await.stopped, [stopped(id, trouble)], "{status}");
    }
    phone.link.works();
    assert_eq!(phone.run().await.stored, 1);
}

#[tokio::test]
async fn without_a_network_nothing_is_tried_and_no_attempt_counts_unless_somebody_asks() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.air.0.store(false, Ordering::Relaxed);
    phone.link.works();
    for _ in 0..3 {
        let report = phone.client().run_queue(false).await.unwrap();
        assert_eq!(report.stopped, [stopped(id, Trouble::Offline)]);
    }
    assert!(phone.link.seen().is_empty());
    assert_eq!(phone.client().list().unwrap()[0].progress, None);
    assert_eq!(phone.run().await.stored, 1);
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_ends_the_run_after_two_questions() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let waiting: Vec<_> = (0..12).map(|n| phone.capture(n)).collect();
    phone.client().report(&nth(1)).unwrap();
    for fails in [TransportError::Unreachable, TransportError::Cut] {
        phone.link.obeys(move |_| Fate::Fails(fails));
        let report = phone.run().await;
        assert!(report.gateway_silent);
        assert_eq!(asked(&phone), ["bundle", "uploads"]);
        assert_eq!(phone.client().reports()[0].trouble, Some(Trouble::Offline));
        let mut offline: Vec<_> = report.stopped.iter().map(|stopped| stopped.capture_id).collect();
        offline.sort_unstable();
        let mut all = waiting.clone();
        all.sort_unstable();
        assert_eq!(offline, all);
        assert!(report.stopped.iter().all(|stopped| stopped.trouble == Trouble::Offline));
    }
    // Where no photo waits, the second question is another's.
    phone.link.works();
    let report = phone.run().await;
    assert!(!report.gateway_silent);
    assert_eq!((report.stored, phone.client().reports()[0].sent), (12, true));
    ward.pull().await;
    phone.run().await;
    assert_eq!((phone.outbox(), phone.client().reports()), (Vec::new(), Vec::new()));
    for second in ["reports", "status"] {
        if second == "reports" {
            phone.client().report(&nth(2)).unwrap();
        }
        ward.clock.pass(SignedDuration::from_mins(2));
        phone.link.obeys(|_| Fate::Fails(TransportError::Unreachable));
        assert!(phone.run().await.gateway_silent);
        assert_eq!(asked(&phone), ["bundle", second]);
        phone.link.works();
        phone.run().await;
        ward.pull().await;
        phone.run().await;
    }
}

/// What was asked, in its order: the end of each address.
fn asked(phone: &Phone) -> Vec<String> {
    let end = |seen: Seen| seen.path.rsplit('/').next().unwrap().to_owned();
    phone.link.seen().into_iter().map(end).collect()
}

#[tokio::test]
async fn who_asks_to_be_left_alone_is_left_alone_for_an_hour_at_most() {
    for (asked, least_s, most_s) in [("120", 120, 121), ("86400", 3600, 3601), ("soon", 1, 3)] {
        for ours in [true, false] {
            let ward = Ward::new().await;
            let phone = Phone::enrolled(&ward).await;
            phone.capture(0);
            phone.link.obeys(move |seen| match is(seen, "/uploads") {
                true => Fate::Replaced(busy(ours, asked)),
                false => Fate::Deliver,
            });
            let report = phone.run().await;
            let wait_ms = report.next_at_ms.unwrap() - phone.clock.now().as_millisecond();
            assert!((least_s * 1000..=most_s * 1000).contains(&wait_ms), "{asked}, {ours}: {wait_ms}");
            phone.link.works();
            ward.clock.pass(SignedDuration::from_millis(wait_ms));
            assert_eq!(phone.client().run_queue(false).await.unwrap().stored, 1);
        }
    }
}

/// The gateway's own refusal, or that of something in between.
fn busy(ours: bool, retry_after: &str) -> Answer {
    let problem = serde_json::to_vec(&gauze_wire::Problem::from(ProblemCode::Unavailable)).unwrap();
    Answer {
        status: 503,
        content_type: ours.then(|| "application/problem+json; charset=utf-8".to_owned()),
        retry_after: Some(retry_after.to_owned()),
        body: if ours { problem } else { b"busy".to_vec() },
        ..Answer::default()
    }
}

#[tokio::test]
async fn a_problem_that_does_not_come_as_one_is_not_the_gateways() {
    for content_type in [None, Some("application/json"), Some("text/html")] {
        let ward = Ward::new().await;
        let phone = Phone::enrolled(&ward).await;
        let id = phone.capture(0);
        phone.link.obeys(move |seen| match is(seen, "/uploads") {
            true => {
                let body =
                    serde_json::to_vec(&gauze_wire::Problem::from(ProblemCode::DeviceRefused)).unwrap();
                let content_type = content_type.map(str::to_owned);
                Fate::Replaced(Answer { status: 403, content_type, body, ..Answer::default() })
            }
            false => Fate::Deliver,
        });
        let report = phone.run().await;
        assert_eq!(report.stopped, [stopped(id, Trouble::Between(403))], "{content_type:?}");
        assert!(report.next_at_ms.is_some(), "it passes by itself");
    }
}

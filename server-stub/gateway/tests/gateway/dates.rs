//! What ends stands on the console's first page, and is warned of 30 days ahead.

use gauze_listen::Verdict;
use jiff::SignedDuration;

use crate::console::Browser;
use crate::fixture::{Gateway, Hospital, Phone, put_file};
use crate::listening::{Listener, options};

fn days(n: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * n)
}

/// The warnings of the first page.
async fn warned(gateway: &Gateway, hospital: &Hospital) -> Vec<String> {
    let page = Browser::of(gateway, hospital).await.open("/devices").await;
    let begun = page.split(r#"<p class="trouble">"#).skip(1);
    begun.map(|part| part.split("</p>").next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn certificate_and_bundle_are_warned_of_thirty_days_ahead_with_the_days_left_and_what_to_do() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let page = Browser::of(&gateway, &hospital).await.open("/devices").await;
    for told in [
        "Not known: no gateway has served here yet.",
        "365 days left",
        "Version 1, signed",
        "has no last day",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert_eq!(warned(&gateway, &hospital).await, [""; 0]);

    let until = |left: SignedDuration| {
        let text = format!("{}\n", gateway.now() + left);
        put_file(&gateway.at("certificate.until"), text.as_bytes());
    };
    until(days(30) + SignedDuration::from_secs(1));
    assert_eq!(warned(&gateway, &hospital).await, [""; 0]);
    for (left, word, told) in [
        (days(30), "Ends soon", "30 days left"),
        (days(1), "Ends soon", "1 day left"),
        (SignedDuration::from_hours(5), "Ends soon", "within a day"),
        (-days(1), "Ended", "which is past"),
    ] {
        until(left);
        let warned = warned(&gateway, &hospital).await;
        assert_eq!(warned.len(), 1, "{warned:?}");
        for words in [word, told, "The gateway's certificate", "no restart is needed"] {
            assert!(warned[0].replace("&#39;", "'").contains(words), "{words}: {}", warned[0]);
        }
    }
    until(days(400));
    gateway.pass(days(336));
    let warned = warned(&gateway, &hospital).await;
    assert!(
        warned.len() == 1 && warned[0].contains("29 days left") && warned[0].contains("Sign the next"),
        "{warned:?}"
    );
}

#[tokio::test]
async fn a_missing_policy_and_a_witness_that_is_away_are_warned_of() {
    let hospital = Hospital::ward();
    let gateway = Gateway::without_policy(&hospital).await;
    let none = warned(&gateway, &hospital).await;
    assert!(
        none.len() == 1 && none[0].contains("None is signed.") && none[0].contains("No phone can enrol."),
        "{none:?}"
    );

    let gateway = Gateway::serving(&[&hospital]).await;
    Phone::enrolled(&gateway, &hospital).await;
    late_after_an_hour(&gateway, &hospital).await;
    cosigned(&gateway, &hospital).await;
    assert_eq!(warned(&gateway, &hospital).await, [""; 0], "it has signed what there is");
    gateway.pass(days(2));
    assert_eq!(warned(&gateway, &hospital).await, [""; 0], "and nothing has come since");
    Phone::enrolled(&gateway, &hospital).await;
    late_after_an_hour(&gateway, &hospital).await;
}

async fn cosigned(gateway: &Gateway, hospital: &Hospital) {
    let page = hospital.log(gateway).await;
    let note = hospital.witness.cosign(&page.checkpoint, gateway.now()).unwrap();
    hospital.tell(gateway, "cosignatures", note.into()).await.expect(204);
}

/// No wait is counted from a date that is yet to come, so whoever looks is told that.
#[tokio::test]
async fn what_came_while_the_clock_was_ahead_is_told_until_its_date_has_come() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    Phone::enrolled(&gateway, &hospital).await;
    cosigned(&gateway, &hospital).await;
    let looked = async || {
        let checks = gauze_gateway::check(&options(&gateway), gateway.now()).await;
        checks.into_iter().find(|check| check.what == "records").unwrap()
    };
    gateway.pass(days(2));
    Phone::enrolled(&gateway, &hospital).await;
    assert_eq!(warned(&gateway, &hospital).await, [""; 0]);
    assert_eq!(looked().await.verdict, Verdict::Ok);

    gateway.pass(-days(2));
    let told = warned(&gateway, &hospital).await;
    assert!(
        told.len() == 1 && told[0].contains("yet to come") && told[0].contains("Set the clock"),
        "{told:?}"
    );
    let page = Browser::of(&gateway, &hospital).await.open("/devices").await;
    assert!(page.contains("is not known: it is dated in the future"), "{page}");
    let told = looked().await;
    assert!(told.verdict == Verdict::Warning && told.told.contains("yet to come: set the clock"), "{told:?}");

    gateway.pass(days(2));
    late_after_an_hour(&gateway, &hospital).await;
    assert!(looked().await.told.contains("look whether `gauze-records serve` runs and reaches"));
}

/// That what came just now is no warning until the witness was away for longer than it ever is.
async fn late_after_an_hour(gateway: &Gateway, hospital: &Hospital) {
    assert_eq!(warned(gateway, hospital).await, [""; 0], "it is asked every few seconds");
    let page = Browser::of(gateway, hospital).await.open("/devices").await;
    assert!(!page.contains("nothing waits for it"), "{page}");
    gateway.pass(SignedDuration::from_mins(59));
    assert_eq!(warned(gateway, hospital).await, [""; 0]);
    gateway.pass(SignedDuration::from_mins(1));
    let away = warned(gateway, hospital).await;
    assert!(
        away.len() == 1 && away[0].contains("Late") && away[0].contains("gauze-records serve"),
        "{away:?}"
    );
}

#[tokio::test]
async fn the_console_knows_the_end_of_the_certificate_that_is_served_with() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let options = options(&gateway);
    let served = gauze_listen::ServerCertificate::read(&options.tls_cert, &options.tls_key).unwrap();
    Listener::start(options).await;
    let admin = gateway.admin(&hospital).await;
    let mut known = None;
    for _ in 0..1000 {
        known = admin.dates().await.unwrap().certificate;
        if known.is_some() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(known, Some(served.outline().not_after));
}

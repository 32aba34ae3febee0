//! Something went wrong, said on a phone: sealed at once, kept until the hospital has it, and one case there.

use std::path::Path;
use std::sync::atomic::Ordering;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_core::ports::KeyVault as _;
use gauze_core::{Client, ReportError, Trouble, WaitingReport, WentWrong};
use gauze_people::person::{Person, Role};
use gauze_records::list_devices;
use gauze_wire::{Happened, Photos, ProblemCode, Report, ReportRequest};
use jiff::SignedDuration;

use crate::files::copy;
use crate::fixture::{Fate, Packet, Pages, Phone, TEAM, Ward, names, person};
use crate::life::{later, with_life};
use crate::sign_in::{phone_at, policy, sign_in};
use crate::wipes::lose;

const WHAT: &str = "The photo of Mrs Quillonbert went to the patient in the next bed";
const WHOSE: &str = "Tannenwald ward, two patients";

pub fn said() -> WentWrong {
    WentWrong {
        kind: Happened::Breach,
        what: WHAT.to_owned(),
        whose: WHOSE.to_owned(),
        photo: None,
        noticed_at: None,
    }
}

/// Another each time.
pub fn nth(n: usize) -> WentWrong {
    WentWrong { what: format!("{WHAT}, number {n}"), ..said() }
}

fn officer() -> Person {
    person("Officer Governance", Some(Role::Governance), TEAM)
}

/// What governance reads: a page for each case, in their order.
pub async fn cases(ward: &Ward) -> Vec<String> {
    let puller = ward.puller(ward.port()).await;
    puller.pass().await.unwrap();
    let pages = Pages::open(ward, &puller).await.unwrap();
    let officer = pages.enter(ward, officer());
    let list = pages.ask(&officer, "/cases", None).await.text();
    let found = list.split("href=\"/cases/").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok());
    let numbers: std::collections::BTreeSet<u64> = found.collect();
    let mut read = Vec::new();
    for number in numbers {
        read.push(pages.ask(&officer, &format!("/cases/{number}"), None).await.text());
    }
    drop(pages);
    puller.close().await;
    read
}

/// How many of the cases say this.
fn with(cases: &[String], words: &str) -> usize {
    cases.iter().filter(|case| case.contains(words)).count()
}

pub fn kept(phone: &Phone) -> Vec<String> {
    names(&phone.dir.join("gauze/reports"))
}

#[track_caller]
pub fn nowhere(dir: &Path, needles: &[&str]) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            nowhere(&path, needles);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for needle in needles {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "{needle} is in {}", path.display());
        }
    }
}

#[tokio::test]
async fn what_was_reported_offline_survives_a_kill_and_becomes_a_case_with_every_field() {
    let ward = Ward::with(|_| {}, policy("asked")).await;
    let (mut phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    let photo = phone.capture(0);
    phone.link.obeys(|_| Fate::Lost);
    phone.air.0.store(false, Ordering::Relaxed);
    let noticed_at = ward.clock.time() - SignedDuration::from_hours(20);
    let waiting = phone
        .client()
        .report(&WentWrong { photo: Some(photo), noticed_at: Some(noticed_at), ..said() })
        .unwrap();
    assert!(!waiting.sent && waiting.written_at == Some(ward.clock.time()));
    phone.restart();
    assert_eq!(phone.client().status().reports, 1);
    assert_eq!(phone.client().run_queue(false).await.unwrap().reports, 1, "there is no network");
    phone.run().await;
    assert_eq!(phone.client().reports()[0].trouble, Some(Trouble::Offline));
    nowhere(&phone.dir, &["Quillonbert", "Tannenwald", "Morgan"]);

    // The network is back; the hospital pulls only later.
    phone.link.works();
    let report = phone.run().await;
    assert_eq!(report.reports, 1);
    let [sent] = phone.client().reports().try_into().unwrap();
    assert!(sent.sent && sent.trouble.is_none() && sent.report_id == waiting.report_id);
    nowhere(&ward.gateway(), &["Quillonbert", "Tannenwald", "Morgan"]);
    for entry in ward.log().await {
        let told = String::from_utf8_lossy(&entry.jws.payload_bytes().unwrap()).into_owned();
        assert!(!told.contains("Quillonbert") && !told.contains("Morgan"), "{told}");
    }
    let [case] = cases(&ward).await.try_into().unwrap();
    let aware = noticed_at.strftime("%d-%b-%Y").to_string();
    for shown in [
        WHAT,
        WHOSE,
        &photo.to_string(),
        phone.id().as_str(),
        "model “simulated” (stated)",
        "“Alex Morgan” (stated)",
        "one of the hospital's phones",
        &aware,
        "52 h 0 min",
    ] {
        assert!(case.contains(shown), "{shown}: {case}");
    }
    phone.run().await;
    assert_eq!((phone.client().status().reports, kept(&phone)), (0, Vec::new()));
    assert_eq!(cases(&ward).await.len(), 1);
    let report = ward.verified().await;
    assert!(report.ok && report.words == 1, "{report:?}");
}

#[tokio::test]
async fn a_report_names_the_phone_by_serial_number_and_ward_and_says_that_they_are_stated() {
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    let mut managed = ward.managed();
    managed.serial = Some("R58M41ABCDE".parse().unwrap());
    managed.ward = Some("Ward 9 East".parse().unwrap());
    phone.client().enrol(&managed).await.unwrap();
    phone.client().report(&WentWrong { kind: Happened::NearMiss, whose: String::new(), ..said() }).unwrap();
    phone.run().await;
    let [case] = cases(&ward).await.try_into().unwrap();
    for shown in
        ["“R58M41ABCDE” (stated)", "“Ward 9 East” (stated)", "Not known", "Nobody was signed in on the phone"]
    {
        assert!(case.contains(shown), "{shown}: {case}");
    }
    assert_eq!(list_devices(&ward.path("records")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_kill_at_any_step_of_reporting_keeps_what_was_said_to_be_kept_and_nothing_twice() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    phone.client().report(&nth(999)).unwrap();
    phone.disk.works();
    phone.client().report(&nth(998)).unwrap();
    let steps = phone.disk.ops().len();
    assert!(steps >= 5, "{steps}");
    let mut said = vec![999, 998];
    for at in 0..steps {
        phone.disk.dies(at);
        if phone.client().report(&nth(at)).is_ok() {
            said.push(at);
        }
        assert!(phone.disk.died(), "at {at} of {steps}");
        phone.restart();
        let waiting = phone.client().reports();
        assert!(waiting.iter().all(|report| report.trouble.is_none()), "at {at} of {steps}: {waiting:?}");
        for name in kept(&phone) {
            assert!(name.ends_with(".json"), "at {at} of {steps}: {name}");
        }
    }
    ward.clock.pass(SignedDuration::from_hours(2));
    phone.run().await;
    let cases = cases(&ward).await;
    for n in &said {
        assert_eq!(with(&cases, &format!("number {n}<")) + with(&cases, &format!("number {n}\n")), 1, "{n}");
    }
    phone.run().await;
    assert_eq!(kept(&phone), [""; 0]);
}

#[tokio::test]
async fn a_disk_that_is_full_from_any_step_on_keeps_no_half_of_a_report_and_takes_it_once_there_is_room() {
    const FULL: i32 = 28;
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    phone.client().report(&nth(1)).unwrap();
    phone.disk.works();
    phone.client().report(&nth(2)).unwrap();
    let steps = phone.disk.ops().len();
    assert!(steps >= 4, "{steps}");
    phone.run().await;
    for at in 0..steps {
        phone.disk.fails(at, FULL);
        let refused = phone.client().report(&nth(3)).unwrap_err();
        assert_eq!(refused.code(), "storage_full", "at {at} of {steps}");
        assert_eq!(phone.client().status().reports, 2, "at {at} of {steps}");
        phone.disk.works();
        phone.run().await;
        assert_eq!(kept(&phone).len(), 4, "at {at} of {steps}: two and their signatures: {:?}", kept(&phone));
    }
    phone.client().report(&nth(3)).unwrap();
    phone.run().await;
    let cases = cases(&ward).await;
    assert_eq!((cases.len(), with(&cases, "number 3")), (3, 1));
}

#[tokio::test]
async fn what_holds_for_all_reports_is_asked_once_and_what_holds_for_one_for_each() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    for n in 0..3 {
        phone.client().report(&nth(n)).unwrap();
    }
    let code = |report: &WaitingReport| match report.trouble {
        Some(Trouble::Gateway(code)) => Some(code),
        _ => None,
    };
    for (refused, asked, told) in [
        (ProblemCode::StorageFull, 1, 1),
        (ProblemCode::StorageFailed, 1, 1),
        (ProblemCode::Unavailable, 1, 1),
        // Nobody waits for what only a person mends.
        (ProblemCode::DeviceRefused, 1, 3),
        (ProblemCode::Conflict, 3, 3),
    ] {
        phone.link.obeys(move |seen| match seen.path.ends_with("/reports") {
            true => Fate::refused(refused),
            false => Fate::Deliver,
        });
        let report = phone.run().await;
        let reports = phone.link.seen().iter().filter(|seen| seen.path.ends_with("/reports")).count();
        assert_eq!(reports, asked, "{refused}");
        let waiting = phone.client().reports();
        assert_eq!(waiting.iter().filter(|report| code(report) == Some(refused)).count(), told, "{refused}");
        assert_eq!(report.next_at_ms.is_some(), refused.passes(), "{refused}");
        for waiting in waiting.iter().filter(|report| code(report).is_some()) {
            let step = waiting.next_step();
            assert!(!step.contains("photo"), "{refused}: {step}");
        }
    }
    phone.link.works();
    phone.run().await;
    assert_eq!(cases(&ward).await.len(), 3);
}

#[tokio::test]
async fn a_report_that_the_gateway_never_takes_keeps_no_key_from_being_destroyed_and_one_that_it_takes_later_does()
 {
    let ward = Ward::new().await;
    for (n, code) in [ProblemCode::DeviceRefused, ProblemCode::StorageFailed].into_iter().enumerate() {
        let phone = Phone::new(&ward, &format!("phone-{n}"));
        phone.client().enrol(&ward.managed()).await.unwrap();
        phone.client().report(&nth(n)).unwrap();
        phone.link.obeys(move |seen| match seen.path.ends_with("/reports") {
            true => Fate::refused(code),
            false => Fate::Deliver,
        });
        lose(&ward, &phone.id(), Photos::Keep).await;
        for _ in 0..2 {
            if phone.client().status().device_id.is_some() {
                later(&ward, &phone).await;
            }
        }
        assert_eq!(phone.client().status().device_id.is_none(), !code.passes(), "{code}");
        assert_eq!(kept(&phone).len(), 2, "{code}: it stays");
    }
}

#[tokio::test]
async fn a_kill_at_any_step_of_the_queue_makes_one_case_of_each_report() {
    let mut ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    phone.client().report(&nth(999)).unwrap();
    phone.disk.works();
    phone.run().await;
    let sending = phone.disk.ops().len();
    ward.pull().await;
    phone.disk.works();
    phone.run().await;
    let erasing = phone.disk.ops().len();
    assert_eq!(phone.client().status().reports, 0);
    let (mut made, mut pulls) = (1, 0);
    for (steps, is_sent) in [(sending, false), (erasing, true)] {
        for at in 0..steps {
            phone.client().report(&nth(made)).unwrap();
            made += 1;
            if is_sent {
                phone.run().await;
                ward.pull().await;
            }
            phone.disk.dies(at);
            phone.run().await;
            phone.restart();
            // Not all at once: a phone has its share of a day, and a hospital its measure.
            ward.restart().await;
            phone.link.leads_to(ward.router.clone());
            ward.clock.pass(SignedDuration::from_hours(1));
            phone.run().await;
            ward.pull().await;
            phone.run().await;
            pulls += 1;
            assert_eq!(kept(&phone), [""; 0], "at {at} of {steps}, {is_sent}");
        }
    }
    assert!(pulls > 5);
    assert_eq!(cases(&ward).await.len(), made);
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn only_a_tree_that_the_hospital_cosigned_lets_a_report_go() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    phone.client().report(&said()).unwrap();
    for _ in 0..3 {
        phone.run().await;
        assert!(phone.client().reports()[0].sent);
    }
    // An answer that was changed on the way, and one that is another report's.
    let lies: [fn(&mut serde_json::Value); 2] = [
        |answer| {
            let receipt = answer["receipt"].as_str().unwrap().replacen('.', ".e", 1);
            answer["receipt"] = receipt.into();
        },
        |answer| answer["report"] = answer["receipt"].clone(),
    ];
    ward.pull().await;
    for lie in lies {
        phone.link.obeys(move |seen| match seen.path.ends_with("/reports") {
            true => Fate::Answered(Box::new(move |answer| {
                let mut body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
                lie(&mut body);
                gauze_core::ports::Answer { body: body.to_string().into_bytes(), ..answer }
            })),
            false => Fate::Deliver,
        });
        phone.run().await;
        let [waiting] = phone.client().reports().try_into().unwrap();
        assert!(waiting.trouble.is_some(), "{waiting:?}");
    }
    phone.link.works();
    phone.run().await;
    assert!(phone.client().reports().is_empty());
    assert_eq!(cases(&ward).await.len(), 1);
}

#[tokio::test]
async fn a_gateway_that_was_put_back_from_a_copy_is_sent_anew_what_the_hospital_does_not_have() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    ward.pull().await;
    copy(&ward.path("gateway"), &ward.path("copy"));
    phone.client().report(&nth(1)).unwrap();
    phone.run().await;
    assert!(phone.client().reports()[0].sent);
    ward.gateway_turns_to("copy").await;
    phone.link.leads_to(ward.router.clone());
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    assert!(phone.client().reports().is_empty());
    assert_eq!(cases(&ward).await.len(), 1);
}

type Change = Box<dyn FnOnce(&mut Packet) + Send>;

/// A report as another phone, or somebody on the way, would have it.
fn changed(change: impl FnOnce(&mut Report) + Send + 'static) -> impl FnOnce(&mut Packet) + Send {
    move |packet| {
        let asked: ReportRequest = serde_json::from_slice(&packet.body).unwrap();
        let mut report: Report = asked.report.peek().unwrap();
        change(&mut report);
        let [header, _, signature] = asked.report.as_str().split('.').collect::<Vec<_>>().try_into().unwrap();
        let payload = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&report).unwrap());
        let body = serde_json::json!({ "report": format!("{header}.{payload}.{signature}") });
        packet.body = body.to_string().into_bytes();
    }
}

#[tokio::test]
async fn what_is_changed_on_the_way_is_refused_and_stays_until_it_arrives_as_it_was() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let other = Phone::new(&ward, "other");
    other.client().enrol(&ward.managed()).await.unwrap();
    phone.client().report(&said()).unwrap();
    let theirs = other.id();
    let changes: [Change; 2] = [
        Box::new(changed(|report| {
            let mut sealed = report.sealed.as_slice().to_vec();
            sealed[100] ^= 1;
            report.sealed = gauze_wire::Bytes::new(sealed).unwrap();
        })),
        Box::new(changed(move |report| report.device_id = theirs)),
    ];
    for change in changes {
        let mut change = Some(change);
        phone.link.obeys(move |seen| match change.take_if(|_| seen.path.ends_with("/reports")) {
            Some(change) => Fate::Changed(change),
            None => Fate::Deliver,
        });
        phone.run().await;
        let [waiting] = phone.client().reports().try_into().unwrap();
        // The request was signed for another body.
        assert_eq!(waiting.trouble, Some(Trouble::Gateway(ProblemCode::SignatureInvalid)));
        assert!(waiting.next_step().contains("nrol"), "{}", waiting.next_step());
    }
    assert!(cases(&ward).await.is_empty());
    phone.link.works();
    phone.run().await;
    assert_eq!(cases(&ward).await.len(), 1);
}

#[tokio::test]
async fn more_than_a_phones_share_waits_and_goes_later_and_no_more_than_fifty_wait() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    for n in 0..50 {
        phone.client().report(&nth(n)).unwrap();
    }
    let refused = phone.client().report(&nth(50)).unwrap_err();
    assert!(matches!(refused, ReportError::TooMany), "{refused}");
    phone.run().await;
    let waiting = phone.client().reports();
    assert_eq!(waiting.iter().filter(|report| report.sent).count(), 20);
    let late: Vec<_> = waiting.iter().filter(|report| !report.sent).collect();
    assert_eq!(late[0].trouble, Some(Trouble::Gateway(ProblemCode::TooManyRequests)));
    assert!(
        late[1..].iter().all(|report| report.trouble.is_none()),
        "nothing more is asked for that is used up"
    );
    ward.pull().await;
    phone.run().await;
    assert_eq!(phone.client().status().reports, 30);
    phone.client().report(&nth(50)).unwrap();
    assert_eq!(cases(&ward).await.len(), 20);
}

#[tokio::test]
async fn words_that_cannot_be_kept_are_refused_by_what_is_wrong_with_them() {
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    let refused = |client: &Client, said: &WentWrong| client.report(said).unwrap_err().code();
    assert_eq!(refused(phone.client(), &said()), "not_enrolled");
    phone.client().enrol(&ward.managed()).await.unwrap();
    let later = ward.clock.time() + SignedDuration::from_hours(1);
    for (wrong, code) in [
        (WentWrong { what: " \n".to_owned(), ..said() }, "what_missing"),
        (WentWrong { what: "x".repeat(2049), ..said() }, "what_too_long"),
        (WentWrong { whose: "x".repeat(201), ..said() }, "whose_too_long"),
        (WentWrong { whose: "one\ntwo".to_owned(), ..said() }, "whose_too_long"),
        (WentWrong { what: "a\u{7}b".to_owned(), ..said() }, "not_text"),
        (WentWrong { noticed_at: Some(later), ..said() }, "noticed_later"),
    ] {
        assert_eq!(refused(phone.client(), &wrong), code);
    }
    let longest = WentWrong { what: "ß".repeat(1024), whose: "x".repeat(200), ..said() };
    phone.client().report(&longest).unwrap();
    assert_eq!(kept(&phone).len(), 1);
}

#[tokio::test]
async fn a_report_outlives_the_phones_key_and_is_one_case_however_often_it_was_signed() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    phone.client().report(&nth(1)).unwrap();
    phone.run().await;
    phone.client().report(&nth(2)).unwrap();
    phone.vault.destroy(true).unwrap();
    phone.run().await;
    assert!(phone.client().reports().iter().any(|report| report.trouble == Some(Trouble::KeyGone)));
    phone.client().enrol(&ward.managed()).await.unwrap();
    phone.restart();
    phone.run().await;
    let cases = cases(&ward).await;
    assert_eq!((cases.len(), with(&cases, "number 1"), with(&cases, "number 2")), (2, 1, 1));
    phone.run().await;
    assert!(phone.client().reports().is_empty());

    // What it signed is lost on the way to the disk: it signs anew, and the gateway tells by which it has it.
    phone.client().report(&nth(3)).unwrap();
    phone.run().await;
    let signed = kept(&phone).into_iter().find(|name| name.ends_with(".jws")).unwrap();
    std::fs::remove_file(phone.dir.join("gauze/reports").join(signed)).unwrap();
    ward.pull().await;
    phone.run().await;
    assert!(phone.client().reports().is_empty());
}

#[tokio::test]
async fn an_order_destroys_or_keeps_reports_as_it_does_photos_and_silence_stops_none() {
    let ward = Ward::with(|_| {}, |policy| with_life(policy, 24, 0)).await;
    let phones = [("destroyed", Photos::Destroy), ("kept", Photos::Keep)];
    for (name, photos) in phones {
        let phone = Phone::new(&ward, name);
        phone.client().enrol(&ward.managed()).await.unwrap();
        phone.link.obeys(|seen| if seen.path.ends_with("/reports") { Fate::Lost } else { Fate::Deliver });
        phone.client().report(&WentWrong { what: format!("{WHAT}, {name}"), ..said() }).unwrap();
        lose(&ward, &phone.id(), photos).await;
        later(&ward, &phone).await;
        assert!(matches!(phone.client().report(&said()), Err(ReportError::NotEnrolled)));
        assert_eq!(phone.client().reports().len(), usize::from(photos == Photos::Keep), "{name}");
        if photos == Photos::Keep {
            phone.link.works();
            phone.run().await;
            ward.pull().await;
            later(&ward, &phone).await;
        }
        assert_eq!(kept(&phone), [""; 0], "{name}");
        assert!(phone.client().status().device_id.is_none(), "nothing is left to send: {name}");
    }
    let silent = Phone::new(&ward, "silent");
    silent.client().enrol(&ward.managed()).await.unwrap();
    silent.client().report(&WentWrong { what: format!("{WHAT}, before"), ..said() }).unwrap();
    silent.air.0.store(false, Ordering::Relaxed);
    ward.clock.pass(SignedDuration::from_hours(25));
    silent.client().run_queue(false).await.unwrap();
    assert_eq!(silent.client().status().review_denied.as_deref(), Some("silent"));
    silent.client().report(&WentWrong { what: format!("{WHAT}, since"), ..said() }).unwrap();
    silent.run().await;
    let cases = cases(&ward).await;
    for (words, made) in [("destroyed", 0), ("kept", 1), ("before", 1), ("since", 1)] {
        assert_eq!(with(&cases, &format!("bed, {words}")), made, "{words}");
    }
}

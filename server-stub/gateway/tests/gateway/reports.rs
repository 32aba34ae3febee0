//! Something went wrong, said in the console: sealed at once, kept sealed, and nothing of it lost where it is refused.

use std::fs;
use std::path::{Path, PathBuf};

use gauze_seal::age::open_small;
use gauze_wire::{
    Act, Bundle, Deed, EntryKind, Happened, Incident, Jws, RecipientEntry, Signed as _, clock_says,
};
use jiff::SignedDuration;
use jiff::tz::{Offset, TimeZone};

use crate::console::{Browser, form_urlencoded, led_to};
use crate::fixture::{Gateway, Hospital, Phone, Reply, logged, put_file};

const WHAT: &str = "A handover sheet of Mrs Quillonbert lay in the lift";
const WHOSE: &str = "Tannenwald ward, two patients";

fn form(fields: &[(&str, &str)]) -> String {
    let entered = [
        ("report_id", "AAAAAAAAAAAAAAAAAAAAAA"),
        ("kind", "breach"),
        ("what", WHAT),
        ("whose", WHOSE),
        ("phone", "SN-Holunderbusch"),
        ("day", "2026-11-23"),
        ("time", "14:05"),
    ];
    let entered = entered.map(|(name, value)| {
        let value = fields.iter().find(|(other, _)| *other == name).map_or(value, |(_, other)| other);
        format!("{name}={}", form_urlencoded(value))
    });
    entered.join("&")
}

fn text(reply: &Reply) -> String {
    String::from_utf8_lossy(&reply.body).into_owned()
}

async fn reports(gateway: &Gateway, hospital: &Hospital) -> Vec<Act> {
    let entries = hospital.log(gateway).await.entries.into_iter();
    let acts = entries.filter(|entry| entry.kind == EntryKind::Act).map(|entry| entry.jws.peek().unwrap());
    acts.filter(|act: &Act| matches!(act.deed, Deed::Report { .. })).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn what_went_wrong_is_sealed_at_once_and_stands_nowhere_in_clear() {
    let log = logged();
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let kept = led_to(&browser.submit("/report", &form(&[])).await);
    let said = browser.open(&kept).await;
    for told in ["It is sealed and kept", "Waits for the hospital", "by helpdesk-7"] {
        assert!(said.contains(told), "{told}: {said}");
    }

    let acts = reports(&gateway, &hospital).await;
    let [act] = acts.as_slice() else { panic!("{} reports", acts.len()) };
    assert_eq!(act.operator.as_str(), "helpdesk-7");
    let Deed::Report { sealed } = &act.deed else { panic!("another deed") };
    let opened = Incident::read(&open_small(&[&hospital.identity], sealed.as_slice()).unwrap()).unwrap();
    assert_eq!((opened.kind, opened.what.as_str(), opened.whose.as_str()), (Happened::Breach, WHAT, WHOSE));
    assert_eq!(opened.phone.unwrap().as_str(), "SN-Holunderbusch");
    assert!(opened.noticed_at < gateway.now());
    assert!(open_small(&[&Hospital::new("other", 50).identity], sealed.as_slice()).is_err());

    let looked = files(&gateway.data());
    assert!(looked.iter().any(|file| file.ends_with("gateway.sqlite")));
    let page = browser.open("/report").await;
    let acts = browser.open("/devices").await;
    let held = looked.iter().map(|file| (file.display().to_string(), fs::read(file).unwrap()));
    let shown = [
        ("/report", page),
        ("/devices", acts),
        ("the program's log", log.text()),
        ("the page after it", said),
    ];
    let shown = shown.map(|(name, text)| (name.to_owned(), text.into_bytes()));
    // A leaf is base64: what it says is looked at too.
    let leaves = hospital.log(&gateway).await.entries.into_iter();
    let leaves = leaves.map(|entry| (format!("leaf {}", entry.index), entry.jws.payload_bytes().unwrap()));
    for (name, bytes) in held.chain(shown).chain(leaves) {
        for needle in ["Quillonbert", "Tannenwald", "Holunderbusch"] {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "{needle} is in {name}");
        }
    }
}

#[tokio::test]
async fn a_report_says_when_the_hospital_had_it_and_only_then() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let before = hospital.log(&gateway).await.checkpoint;
    led_to(&browser.submit("/report", &form(&[])).await);
    let cosign = async |checkpoint: &str| {
        let note = hospital.witness.cosign(checkpoint, gateway.now()).unwrap();
        hospital.tell(&gateway, "cosignatures", note.into()).await.expect(204);
    };
    cosign(&before).await;
    assert!(browser.open("/report").await.contains("Waits for the hospital"), "that tree did not have it");

    let now = hospital.log(&gateway).await.checkpoint;
    cosign(&now).await;
    let at = gateway.now().strftime("%d-%b-%Y %H:%M UTC").to_string();
    gateway.pass(SignedDuration::from_hours(3));
    cosign(&now).await;
    let page = browser.open("/report").await;
    let (_, handed) = page.split_once("Handed over").unwrap();
    let (_, handed) = handed.split_once("<time").unwrap();
    assert!(handed.split_once("</time>").unwrap().0.contains(&at), "the first time counts: {page}");
    assert!(!page.contains("Waits for the hospital"));
}

#[tokio::test]
async fn a_report_that_is_refused_stands_again_with_all_that_was_typed() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let long = "x".repeat(2049);
    for (fields, code, told) in [
        (
            [("what", long.as_str())],
            "report_invalid",
            "“What happened” is too long, 2049 bytes of at most 2048",
        ),
        ([("what", "  ")], "report_invalid", "“What happened” is empty"),
        (
            [("whose", "one\r\nTannenwald two")],
            "report_invalid",
            "“Whose photos or data” has more than one line",
        ),
        ([("whose", "\u{7}Tannenwald")], "report_invalid", "“Whose photos or data” holds characters"),
        (
            [("phone", long.as_str())],
            "report_invalid",
            "“Which phone” is too long, 2049 bytes of at most 128",
        ),
        ([("day", "yesterday")], "report_time", "the gateway's clock"),
        ([("time", "25:00")], "report_time", "leave the time empty"),
        ([("day", "2026-11-30")], "report_time", "have the clock set if it is wrong"),
        (
            [("kind", "other")],
            "form_invalid",
            "“What was it?” is missing, too long, or not what belongs there",
        ),
        ([("report_id", "mine")], "form_invalid", "Open the page again"),
    ] {
        let refused = browser.submit("/report", &form(&fields)).await;
        refused.expect(400);
        let page = text(&refused);
        assert!(page.contains(told), "{told}: {page}");
        stands_again(&page, code, &fields);
    }
    // The form that came back is one of ours, and goes through.
    let refused = text(&browser.submit("/report", &form(&[("time", "9")])).await);
    let (_, proof) = refused.split_once(r#"name="proof" value=""#).unwrap();
    let fields = format!("proof={}&operator=b&{}", proof.split_once('"').unwrap().0, form(&[]));
    led_to(&browser.send(Browser::form("/report"), &fields).await);
    let forged = browser.send(Browser::form("/report"), &format!("proof=x&operator=b&{}", form(&[]))).await;
    forged.expect(403);
    assert_eq!(reports(&gateway, &hospital).await.len(), 1);
}

#[track_caller]
fn stands_again(page: &str, code: &str, fields: &[(&str, &str)]) {
    assert!(page.contains(code) && page.contains("Nothing was changed."), "{code}: {page}");
    for (name, value) in
        [("what", WHAT), ("whose", WHOSE), ("phone", "SN-Holunderbusch"), ("operator", "helpdesk-7")]
    {
        let typed = fields.iter().find(|(other, _)| *other == name).map_or(value, |(_, other)| other);
        assert!(page.contains(typed.trim()), "{name} is lost: {page}");
        assert!(page.contains(&format!(r#"name="{name}""#)), "{name} has no field: {page}");
    }
    for name in ["kind", "day", "time", "report_id"] {
        assert!(page.contains(&format!(r#"name="{name}""#)), "{name} has no field: {page}");
    }
}

#[tokio::test]
async fn a_full_disk_and_a_bundle_that_is_not_there_lose_nothing_that_was_typed() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let sent = async |code: &str| {
        let refused = browser.submit("/report", &form(&[])).await;
        refused.expect(500);
        stands_again(&text(&refused), code, &[]);
    };
    gateway
        .tamper("CREATE TRIGGER full BEFORE INSERT ON leaf BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END")
        .await;
    sent("database_failed").await;
    gateway.tamper("DROP TRIGGER full").await;

    let kept = gateway.at(format!("tenants/{}.bundle.jws", hospital.tenant));
    let signed = fs::read_to_string(&kept).unwrap();
    fs::remove_file(&kept).unwrap();
    sent("tenant_not_served").await;
    let bundle: Bundle = Jws::parse(signed.trim()).unwrap().peek().unwrap();
    let nobody = RecipientEntry { recipient: "age1pq1x".to_owned(), ..bundle.recipients[0].clone() };
    let nobody = Bundle { recipients: vec![nobody], ..bundle };
    put_file(&kept, Jws::sign(&nobody, &hospital.root).unwrap().as_str().as_bytes());
    sent("bundle_invalid").await;
    assert!(reports(&gateway, &hospital).await.is_empty());

    // A console that runs seals to the keys that are in force now.
    let next = Hospital::new(hospital.tenant.as_str(), 60);
    let others = RecipientEntry {
        recipient: next.identity.to_recipient().to_string(),
        ..nobody.recipients[0].clone()
    };
    let next_bundle = Bundle { recipients: vec![others], version: 2, ..nobody };
    assert_eq!(Bundle::TYP, next_bundle.typ);
    put_file(&kept, Jws::sign(&next_bundle, &hospital.root).unwrap().as_str().as_bytes());
    led_to(&browser.submit("/report", &form(&[])).await);
    let Deed::Report { sealed } = &reports(&gateway, &hospital).await[0].deed else { panic!("another deed") };
    assert!(open_small(&[&next.identity], sealed.as_slice()).is_ok());
}

#[tokio::test]
async fn a_phones_pages_and_its_lost_report_lead_to_the_form_with_the_phone_in_it() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let (id, short) = (phone.id(), phone.id().as_str()[..8].to_owned());
    let lost = format!("/devices/{id}/lost");
    led_to(&browser.submit(&lost, &format!("reason=taxi&photos=keep&confirm={short}")).await);
    let form = format!("/report?phone={id}");
    for page in [format!("/devices/{id}"), lost] {
        let html = browser.open(&page).await;
        assert!(html.contains(&format!(r#"href="{form}""#)), "{page}");
        assert!(html.contains(r#"<a href="/report">"#), "the navigation of {page}");
    }
    let filled = browser.open(&form).await;
    assert!(filled.contains(&format!(r#"{id}" maxlength"#)), "{filled}");
    let reply = browser
        .send(axum::http::Request::get("/report?phone=nobody").header("host", "127.0.0.1:8480"), "")
        .await;
    reply.expect(404);
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_one_report_and_other_words_are_another() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    let first = led_to(&browser.submit("/report", &form(&[])).await);
    assert_eq!(led_to(&browser.submit("/report", &form(&[])).await), first, "a double click");
    assert_eq!(reports(&gateway, &hospital).await.len(), 1);
    // Whoever goes back and adds something has said something else, and the same words in a form of their own are a report too.
    for other in [("what", "Two sheets lay there"), ("report_id", "BBBBBBBBBBBBBBBBBBBBBB")] {
        assert_ne!(led_to(&browser.submit("/report", &form(&[other])).await), first);
    }
    assert_eq!(reports(&gateway, &hospital).await.len(), 3);
    let id = async || {
        let page = browser.open("/report").await;
        let (_, id) = page.split_once(r#"name="report_id" value=""#).unwrap();
        id.split_once('"').unwrap().0.to_owned()
    };
    assert_ne!(id().await, id().await, "each form has its own");
}

#[tokio::test]
async fn a_time_is_read_by_the_gateways_clock_which_form_and_refusal_name() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let zone = |hours| TimeZone::fixed(Offset::from_hours(hours).unwrap());
    for hours in [0, 9, -5] {
        let zone = zone(hours);
        let says =
            |minutes| gateway.now().to_zoned_datetime(zone.clone()) + SignedDuration::from_mins(minutes);
        let admin = gateway.admin(&hospital).await.in_zone(zone.clone());
        let browser = Browser::over(admin);
        let (day, time) = (says(0).strftime("%Y-%m-%d").to_string(), says(0).strftime("%H:%M").to_string());
        let page = browser.open("/report").await;
        let clock = clock_says(gateway.now(), &zone);
        assert!(page.contains(&clock) && page.contains(&format!(r#"value="{day}""#)), "{clock}: {page}");
        let later = says(30);
        let (tomorrow, later) = (later.strftime("%Y-%m-%d").to_string(), later.strftime("%H:%M").to_string());
        let refused = browser.submit("/report", &form(&[("day", &tomorrow), ("time", &later)])).await;
        refused.expect(400);
        assert!(text(&refused).contains(&clock), "{clock}: {}", text(&refused));
        led_to(&browser.submit("/report", &form(&[("day", &day), ("time", &time), ("what", &clock)])).await);
        led_to(&browser.submit("/report", &form(&[("day", &day), ("time", "")])).await);
        let acts = reports(&gateway, &hospital).await;
        let noticed = |act: &Act| {
            let Deed::Report { sealed } = &act.deed else { panic!("another deed") };
            let text = open_small(&[&hospital.identity], sealed.as_slice()).unwrap();
            Incident::read(&text).unwrap().noticed_at
        };
        let [.., timed, whole] = acts.as_slice() else { panic!("{} reports", acts.len()) };
        assert!(gateway.now().duration_since(noticed(timed)) < SignedDuration::from_mins(1), "{hours}");
        let midnight = noticed(whole).to_zoned_datetime(zone.clone());
        assert_eq!(midnight.strftime("%Y-%m-%d %H:%M").to_string(), format!("{day} 00:00"));
    }
}

#[tokio::test]
async fn a_damaged_entry_is_told_and_hides_no_other_report() {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let browser = Browser::of(&gateway, &hospital).await;
    led_to(&browser.submit("/report", &form(&[])).await);
    led_to(&browser.submit("/report", &form(&[("report_id", "BBBBBBBBBBBBBBBBBBBBBB")])).await);
    assert!(!browser.open("/report").await.contains("Damaged"));
    for damage in [
        "UPDATE leaf SET jws = 'x' || jws WHERE idx = (SELECT max(idx) FROM act)",
        "DELETE FROM leaf WHERE idx = (SELECT max(idx) FROM act)",
    ] {
        gateway.tamper(damage).await;
        let page = browser.open("/report").await;
        assert!(page.contains("Damaged") && page.contains("Report it"), "{page}");
        assert_eq!(page.matches("by helpdesk-7").count(), 1, "the other one still stands there: {page}");
    }
}

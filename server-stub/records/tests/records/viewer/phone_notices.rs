//! Notices that were read on phones: a line of whoever the provider vouches for, once, and governance sees who has not.

use gauze_people::cases::A_DAY;
use gauze_people::log::{Entry, Happening, What};
use gauze_people::person::{Person, Role};
use gauze_wire::{Bytes, DeviceId, NoticeRead, Report, SessionEvidence, ShownNotice, Text};
use serde_json::{Value, json};

use super::clinician::{SALT, hospital_with, signs, token};
use super::phones::{logged, name, officer, pulled, report, said};
use super::ward::{ISSUER, TEAM, Ward, person};
use crate::fixture::{Hospital, Phone};
use crate::issuer::Issuer;

/// A hospital whose phones show the second version of a notice to staff.
fn hospital() -> Hospital {
    hospital_with(|policy| policy["lists"]["notices"] = staff(2))
}

fn staff(version: u32) -> Value {
    json!([{ "code": "staff", "version": version, "words": "Take photos of your own patients alone." }])
}

/// What the provider signs for a phone on which Alex signs in.
fn evidence(hospital: &Hospital, device: &DeviceId) -> SessionEvidence {
    let issuer = Issuer::new(ISSUER, "gauze");
    let token = Text::new(token(&issuer, device, hospital)).unwrap();
    SessionEvidence { token, salt: Bytes::new(SALT).unwrap() }
}

/// What this phone sends of a version that was read, with this evidence.
fn read(hospital: &Hospital, phone: &Phone, (n, version): (u8, u32), session: SessionEvidence) -> Report {
    read_of(hospital, phone, (n, "staff", version), session)
}

/// The same, of any notice.
fn read_of(
    hospital: &Hospital,
    phone: &Phone,
    (n, code, version): (u8, &str, u32),
    session: SessionEvidence,
) -> Report {
    let read = NoticeRead {
        v: NoticeRead::VERSION,
        report_id: name(n),
        device_id: phone.id(),
        read_at: hospital.now(),
        notice: ShownNotice { code: code.parse().unwrap(), version },
        session,
    };
    report(hospital, phone, n, &read.to_text().unwrap())
}

fn lines(ward: &Ward) -> Vec<Entry> {
    let of = |entry: &Entry| {
        let note = entry.note.as_ref().is_some_and(|note| note.as_str().starts_with("staff/"));
        note && entry.what == What::Happening(Happening::NoticeRead)
    };
    ward.office.entries().into_iter().filter(of).collect()
}

/// What the lines of readings on phones note, of whatever notice.
fn noted(ward: &Ward) -> Vec<String> {
    let read =
        |entry: &Entry| entry.what == What::Happening(Happening::NoticeRead) && entry.session.is_none();
    let lines = ward.office.entries().into_iter().filter(read);
    lines.map(|entry| entry.note.unwrap().to_string()).collect()
}

/// What governance reads of who has not read what.
async fn unread(ward: &Ward) -> String {
    let page = officer(ward).get("/documents").await.text();
    let (_, unread) = page.split_once("Who has not read which notice").unwrap();
    unread.split_once("All documents").unwrap().0.to_owned()
}

#[tokio::test]
async fn who_read_a_notice_on_a_phone_is_a_line_once_where_the_provider_vouches_for_them_and_no_case() {
    let hospital = hospital();
    let (phone, other) = (Phone::enrolled(1, &hospital), Phone::enrolled(2, &hospital));
    let stranger = Phone::new(9);
    let own = evidence(&hospital, &phone.id());
    // Nothing proves these: signed for another phone, sent by another, and of a phone that this hospital does not believe.
    let for_other = evidence(&hospital, &other.id());
    logged(&hospital, &phone, &read(&hospital, &phone, (1, 2), for_other));
    logged(&hospital, &other, &read(&hospital, &other, (2, 2), own.clone()));
    let unknown = evidence(&hospital, &stranger.id());
    logged(&hospital, &stranger, &read(&hospital, &stranger, (3, 2), unknown));
    // These are one person's, of one version.
    logged(&hospital, &phone, &read(&hospital, &phone, (4, 1), own.clone()));
    logged(&hospital, &phone, &read(&hospital, &phone, (5, 1), own.clone()));
    let puller = hospital.puller().await.unwrap();
    let mut ward = Ward::of("viewer.test", hospital, puller).await;
    ward.web.look_at_provider().await.unwrap();
    for _ in 0..2 {
        assert!(pulled(&ward).await.is_empty(), "no case");
        let [line] = lines(&ward).try_into().unwrap();
        assert_eq!(line.note.unwrap().as_str(), "staff/1");
        assert!(line.who.is_some() && line.session.is_none() && line.factor.is_none());
        ward.restart();
    }
    logged(&ward.hospital, &phone, &read(&ward.hospital, &phone, (6, 2), own));
    assert!(pulled(&ward).await.is_empty());
    let read = lines(&ward);
    assert_eq!(
        read.iter().map(|line| line.note.clone().unwrap().to_string()).collect::<Vec<_>>(),
        ["staff/1", "staff/2"]
    );
    assert_eq!(read[0].who, read[1].who);
    assert!(ward.hospital.verify().await.ok);
    ward.end().await;
}

#[tokio::test]
async fn governance_sees_who_has_not_read_what_phones_show_and_asks_nobody_there_for_what_the_viewer_shows() {
    let hospital = hospital();
    let phone = Phone::enrolled(1, &hospital);
    let own = evidence(&hospital, &phone.id());
    let puller = hospital.puller().await.unwrap();
    let ward = Ward::of("viewer.test", hospital, puller).await;
    ward.web.look_at_provider().await.unwrap();
    ward.puller.pass().await.unwrap();
    let none = unread(&ward).await;
    assert!(none.contains("Shown on phones by the signed policy, Version 2"), "{none}");
    assert!(none.contains("Nobody has read it yet") && !none.contains("Everybody"), "{none}");

    let notice = r#"{"code":"privacy","version":1,"title":"Photos are records","words":"Look at your own patients' photos."}"#;
    let register = format!(r#"{{"v":1,"notices":[{notice}]}}"#);
    let governance = officer(&ward);
    governance.post("/documents/register", &[("text", &register)]).await;
    governance.post("/notices", &[("code", "privacy"), ("version", "1"), ("next", "/documents")]).await;
    logged(&ward.hospital, &phone, &read(&ward.hospital, &phone, (1, 1), own.clone()));
    ward.puller.pass().await.unwrap();
    // The page takes in by itself what has come.
    let page = unread(&ward).await;
    let (viewer, phones) = page.split_once("Shown on phones by the signed policy, Version 2").unwrap();
    assert!(viewer.contains("Everybody has read it") && !viewer.contains("Alex Morgan"), "{viewer}");
    assert!(phones.contains("Alex Morgan"), "{phones}");

    logged(&ward.hospital, &phone, &read(&ward.hospital, &phone, (2, 2), own));
    ward.puller.pass().await.unwrap();
    let page = unread(&ward).await;
    assert!(!page.contains("Alex Morgan") && page.matches("Everybody has read it").count() == 2, "{page}");
    ward.end().await;
}

#[tokio::test]
async fn a_word_that_a_notice_was_read_is_of_the_name_under_which_it_was_sent_or_a_case_that_says_so() {
    let hospital = hospital();
    let phone = Phone::enrolled(1, &hospital);
    let sent = read(&hospital, &phone, (1, 2), evidence(&hospital, &phone.id()));
    logged(&hospital, &phone, &Report { report_id: name(2), ..sent });
    let puller = hospital.puller().await.unwrap();
    let ward = Ward::of("viewer.test", hospital, puller).await;
    ward.web.look_at_provider().await.unwrap();
    assert_eq!((pulled(&ward).await.len(), lines(&ward).len()), (1, 0));
    ward.end().await;
}

#[tokio::test]
async fn of_no_notice_but_what_the_policy_had_phones_show_by_then_a_phone_says_that_it_was_read() {
    let hospital = hospital();
    let phone = Phone::enrolled(1, &hospital);
    let own = evidence(&hospital, &phone.id());
    let puller = hospital.puller().await.unwrap();
    let mut ward = Ward::of("viewer.test", hospital, puller).await;
    ward.web.look_at_provider().await.unwrap();
    let notice = r#"{"code":"privacy","version":1,"title":"Photos are records","words":"Look at your own patients' photos."}"#;
    let register = format!(r#"{{"v":1,"notices":[{notice}]}}"#);
    officer(&ward).post("/documents/register", &[("text", &register)]).await;
    let own_word = [("code", "privacy"), ("version", "1"), ("next", "/documents")];
    officer(&ward).post("/notices", &own_word).await;
    let sends = |ward: &Ward, (n, code, version): (u8, &str, u32)| {
        logged(&ward.hospital, &phone, &read_of(&ward.hospital, &phone, (n, code, version), own.clone()));
    };
    for forged in [(1, "privacy", 1), (2, "patient", 1), (3, "staff", 3), (4, "staff", u32::MAX)] {
        sends(&ward, forged);
    }
    sends(&ward, (5, "staff", 2));
    ward.puller.pass().await.unwrap();
    officer(&ward).get("/documents").await;
    assert_eq!(noted(&ward), ["staff/2"]);
    // Whoever they are is asked for what the viewer shows.
    let alex =
        Person { id: lines(&ward)[0].who.clone().unwrap(), ..person("Alex Morgan", Role::Viewer, TEAM) };
    let answer = ward.sign_in(alex).get("/photos").await;
    assert!(answer.headers["location"].to_str().unwrap().starts_with("/notices"), "{}", answer.text());

    // Once the policy has a higher version what was said of it before counts as little, also after a restart.
    signs(&ward.hospital, |policy| {
        policy["version"] = json!(8);
        policy["lists"]["notices"] = staff(3);
    });
    ward.puller.pass().await.unwrap();
    ward.restart();
    officer(&ward).get("/documents").await;
    assert_eq!(noted(&ward), ["staff/2"]);
    sends(&ward, (6, "staff", 3));
    ward.puller.pass().await.unwrap();
    officer(&ward).get("/documents").await;
    assert_eq!(noted(&ward), ["staff/2", "staff/3"]);
    ward.end().await;
}

#[tokio::test]
async fn a_reading_that_cannot_be_noted_holds_up_no_report_and_is_noted_once_it_can_be() {
    let hospital = hospital();
    let phone = Phone::enrolled(1, &hospital);
    let own = evidence(&hospital, &phone.id());
    let puller = hospital.puller().await.unwrap();
    let ward = Ward::of("viewer.test", hospital, puller).await;
    ward.web.look_at_provider().await.unwrap();
    assert!(pulled(&ward).await.is_empty());
    let full = "CREATE TRIGGER full BEFORE INSERT ON staff BEGIN SELECT RAISE(ABORT, 'no room'); END";
    ward.hospital.sql(full).await;
    logged(&ward.hospital, &phone, &read(&ward.hospital, &phone, (1, 2), own));
    for (n, cases) in [(2, 1), (3, 2)] {
        said(&ward.hospital, &phone, n);
        assert_eq!((pulled(&ward).await.len(), lines(&ward).len()), (cases, 0));
    }
    ward.hospital.sql("DROP TRIGGER full").await;
    assert_eq!((pulled(&ward).await.len(), lines(&ward).len()), (2, 1));
    assert_eq!((pulled(&ward).await.len(), lines(&ward).len()), (2, 1));
    ward.end().await;
}

#[tokio::test]
async fn readings_delay_no_report_and_are_noted_and_not_counted_where_reports_are_crowded() {
    let hospital = hospital();
    let phone = Phone::enrolled(1, &hospital);
    let own = evidence(&hospital, &phone.id());
    let puller = hospital.puller().await.unwrap();
    let mut ward = Ward::of("viewer.test", hospital, puller).await;
    ward.web.look_at_provider().await.unwrap();
    for n in 0..40 {
        logged(&ward.hospital, &phone, &read(&ward.hospital, &phone, (n, 2), own.clone()));
    }
    said(&ward.hospital, &phone, 40);
    assert_eq!(pulled(&ward).await.len(), 1, "in one turn");
    // With this one they are more than a day's measure.
    let last = 40 + u8::try_from(A_DAY).unwrap();
    for n in 41..=last {
        said(&ward.hospital, &phone, n);
    }
    logged(&ward.hospital, &phone, &read(&ward.hospital, &phone, (last + 1, 1), own));
    for _ in 0..2 {
        let mut numbers = pulled(&ward).await;
        while numbers != pulled(&ward).await {
            numbers = pulled(&ward).await;
        }
        assert_eq!(numbers.len(), A_DAY + 1);
        let cases = ward.office.remembered().cases;
        let counted = cases.open().into_iter().flat_map(|case| &case.crowds);
        assert_eq!(counted.map(|(_, crowd)| crowd.count).sum::<u64>(), 1);
        assert_eq!(noted(&ward), ["staff/2", "staff/1"]);
        ward.restart();
    }
    ward.end().await;
}

//! What went wrong: reported by anybody, looked after by governance, and 72 hours that no restart and no clock gives back.

use std::fs;

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::cases::Cases;
use gauze_people::log::{Entry, Happening, Outcome, What};
use gauze_people::person::Role;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::ward::{Answer, Browser, TEAM, Ward, person};
use crate::folk::{FAMILY, NHS, patient};

const WHAT: &str = "A handover sheet of Mrs Quillonbert lay in the lift";
const WHOSE: &str = "Quillonbert, and perhaps Tannenwald";

pub fn officer(ward: &Ward) -> Browser<'_> {
    ward.sign_in(person("Officer Governance", Role::Governance, TEAM))
}

/// A report of something that was noticed so many hours ago; its number.
pub async fn reported(browser: &Browser<'_>, ward: &Ward, kind: &str, hours: i64) -> u64 {
    let noticed = ward.hospital.now() - SignedDuration::from_hours(hours);
    let noticed = noticed.to_zoned_datetime(TimeZone::system());
    let (day, time) = (noticed.strftime("%Y-%m-%d").to_string(), noticed.strftime("%H:%M").to_string());
    let form = [("kind", kind), ("what", WHAT), ("whose", WHOSE), ("day", &*day), ("time", &*time)];
    let answer = browser.post("/report", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let to = answer.headers["location"].to_str().unwrap().to_owned();
    let number = to.strip_prefix("/report?number=").unwrap().parse().unwrap();
    assert!(browser.get(&to).await.text().contains("It is reported"));
    number
}

pub async fn step(officer: &Browser<'_>, case: u64, form: &[(&str, &str)]) -> Answer {
    officer.post(&format!("/cases/{case}"), form).await
}

pub fn ok(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
}

pub fn lines(ward: &Ward, what: What) -> Vec<Entry> {
    ward.office.entries().into_iter().filter(|entry| entry.what == what).collect()
}

fn reminders(ward: &Ward) -> Vec<String> {
    let lines = lines(ward, What::Happening(Happening::CaseReminder));
    lines.into_iter().map(|entry| entry.note.unwrap().as_str().to_owned()).collect()
}

fn remembered(ward: &Ward) -> Cases {
    ward.office.remembered().cases
}

#[tokio::test]
async fn whoever_is_signed_in_reports_and_governance_alone_reads_it() {
    let ward = Ward::with(&[]).await;
    for (count, role) in Role::ALL.into_iter().enumerate() {
        let somebody = ward.sign_in(person("Somebody Here", role, TEAM));
        assert!(somebody.get("/report").await.text().contains("href=\"/report\""), "{role}");
        let number = reported(&somebody, &ward, "breach", 1).await;
        assert_eq!(remembered(&ward).open().len(), count + 1);
        for page in ["/cases".to_owned(), format!("/cases/{number}")] {
            let answer = somebody.get(&page).await;
            let reads = role == Role::Governance;
            assert_eq!(answer.status == StatusCode::OK, reads, "{role} {page}");
            assert_eq!(answer.text().contains("Quillonbert"), reads && page != "/cases", "{role} {page}");
            if !reads {
                assert_eq!(ward.office.last().outcome, Outcome::Refused, "{role} {page}");
                assert_eq!(step(&somebody, number, &[("step", "own")]).await.status, StatusCode::FORBIDDEN);
            }
        }
    }
    // Somebody else's number thanks nobody, and a number of nothing leads nowhere.
    let other = ward.sign_in(person("Nurse Other", Role::Viewer, TEAM));
    let first = remembered(&ward).open()[0].number;
    assert!(!other.get(&format!("/report?number={first}")).await.text().contains("It is reported"));
    for address in ["/cases/99999", "/cases/x", &format!("/cases/0{first}"), "/cases/-1"] {
        assert_eq!(officer(&ward).get(address).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    ward.end().await;
}

#[tokio::test]
async fn a_form_that_is_sent_twice_is_one_case_and_other_words_are_another() {
    let mut ward = Ward::with(&[]).await;
    let page = ward.sign_in(person("Nurse Reporter", Role::Viewer, TEAM)).get("/report").await.text();
    let (_, id) = page.split_once(r#"name="report_id" value=""#).unwrap();
    let id = id.split_once('"').unwrap().0.to_owned();
    let day = ward.hospital.now().to_zoned_datetime(TimeZone::system()).strftime("%Y-%m-%d").to_string();
    let sent = async |ward: &Ward, who: &str, what: &str| {
        let form =
            [("report_id", &*id), ("kind", "breach"), ("what", what), ("whose", WHOSE), ("day", &*day)];
        let answer = ward.sign_in(person(who, Role::Viewer, TEAM)).post("/report", &form).await;
        ok(&answer);
        answer.headers["location"].to_str().unwrap().to_owned()
    };
    let first = sent(&ward, "Nurse Reporter", WHAT).await;
    assert_eq!(sent(&ward, "Nurse Reporter", WHAT).await, first, "a double click");
    ward.restart();
    assert_eq!(sent(&ward, "Nurse Reporter", WHAT).await, first);
    assert_ne!(sent(&ward, "Nurse Reporter", "Two sheets").await, first);
    assert_ne!(sent(&ward, "Nurse Other", WHAT).await, first);
    assert_eq!(remembered(&ward).open().len(), 3);
    ward.end().await;
}

#[tokio::test]
async fn what_was_written_about_a_case_is_in_no_file_in_clear() {
    let mut ward = Ward::with(&[]).await;
    let number = reported(&officer(&ward), &ward, "breach", 1).await;
    {
        let officer = officer(&ward);
        ok(&step(&officer, number, &[("step", "own")]).await);
        let task =
            [("step", "task"), ("who", "Sister Zwetschgenbaum"), ("words", "Find the Pfefferkorn sheet")];
        ok(&step(&officer, number, &task).await);
        let decision =
            [("step", "decide"), ("decision", "reportable"), ("words", "Because of Holunderbusch")];
        ok(&step(&officer, number, &decision).await);
    }
    let needles = ["Quillonbert", "Tannenwald", "Zwetschgenbaum", "Pfefferkorn", "Holunderbusch"];
    nowhere(ward.office.dir.path(), &needles);
    ward.restart();
    let page = officer(&ward).get(&format!("/cases/{number}")).await.text();
    for told in [WHAT, "Tannenwald", "Zwetschgenbaum", "Pfefferkorn", "Holunderbusch"] {
        assert!(page.contains(told), "{told} is lost: {page}");
    }
    ward.end().await;
}

/// None of these stands in a file below `dir`.
pub fn nowhere(dir: &std::path::Path, needles: &[&str]) {
    let mut looked = 0;
    for file in files(dir) {
        let bytes = fs::read(&file).unwrap();
        looked += 1;
        for needle in needles {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "{needle} is in {}", file.display());
        }
    }
    assert!(looked > 2);
}

fn files(dir: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_reminder_is_written_once_over_restarts_and_a_clock_that_is_set_back() {
    let mut ward = Ward::with(&[]).await;
    let number = reported(&officer(&ward), &ward, "breach", 20).await;
    let mut due = vec![];
    for (hours, reminder) in
        [(0, None), (4, Some("24h")), (24, Some("48h")), (18, Some("66h")), (6, Some("late"))]
    {
        ward.hospital.clock.advance(SignedDuration::from_hours(hours));
        due.extend(reminder.map(|word| format!("case/{word}/{number}")));
        for _ in 0..2 {
            let page = officer(&ward).get("/cases").await.text();
            assert_eq!(page.contains("class=\"state danger\""), reminder == Some("late"), "{page}");
            assert_eq!(reminders(&ward), due);
            ward.restart();
        }
        // Set back, the clock gives no hour back: not in memory, and not after a restart.
        ward.hospital.clock.advance(SignedDuration::from_hours(-60));
        let left = remembered(&ward).get(number).unwrap().left(ward.hospital.now());
        for _ in 0..2 {
            officer(&ward).get("/cases").await;
            assert_eq!(reminders(&ward), due);
            ward.restart();
        }
        ward.hospital.clock.advance(SignedDuration::from_hours(60));
        assert_eq!(remembered(&ward).get(number).unwrap().left(ward.hospital.now()), left);
    }
    ward.end().await;
}

#[tokio::test]
async fn a_reminder_that_could_not_be_written_is_written_later_and_what_is_late_stands_first() {
    let ward = Ward::with(&[]).await;
    let reporter = ward.sign_in(person("Nurse Reporter", Role::Viewer, TEAM));
    let fresh = reported(&reporter, &ward, "breach", 1).await;
    let late = reported(&reporter, &ward, "breach", 80).await;
    let missed = reported(&reporter, &ward, "near_miss", 200).await;
    ward.office.breaks(true);
    officer(&ward).get("/cases").await;
    assert!(reminders(&ward).is_empty());
    ward.office.breaks(false);
    let page = officer(&ward).get("/cases").await.text();
    let words = ["24h", "48h", "66h", "late"];
    assert_eq!(reminders(&ward), words.map(|word| format!("case/{word}/{late}")), "a near miss has no clock");
    let at = |number: u64| page.find(&format!("href=\"/cases/{number}\"")).unwrap();
    assert!(at(late) < at(fresh) && at(fresh) < at(missed), "{page}");
    ward.end().await;
}

#[tokio::test]
async fn a_case_goes_from_report_to_close_and_each_decision_stays_to_be_read() {
    let mut ward = Ward::with(&[None]).await;
    let number = reported(&officer(&ward), &ward, "breach", 1).await;
    let page = format!("/cases/{number}");
    {
        let officer = officer(&ward);
        let decide = |decision: &'static str, words: &'static str| {
            [("step", "decide"), ("decision", decision), ("words", words)]
        };
        let told = [("step", "told"), ("words", "Reference IC-4711")];
        let close = [("step", "close"), ("words", "The sheet is shredded")];
        for form in [&decide("reportable", "x")[..], &told, &close, &[("step", "done"), ("task", "7")]] {
            let answer = step(&officer, number, form).await;
            assert_eq!(answer.status, StatusCode::CONFLICT, "{form:?}");
        }
        ok(&step(&officer, number, &[("step", "own")]).await);
        for form in [
            &decide("maybe", "x")[..],
            &decide("reportable", ""),
            &[("step", "x")],
            &[("step", "task"), ("words", "x")],
        ] {
            assert_eq!(step(&officer, number, form).await.status, StatusCode::BAD_REQUEST, "{form:?}");
        }
        let photo = ward.photos().await[0].capture_id.to_string();
        ok(&step(&officer, number, &[("step", "photo"), ("photo", &photo)]).await);
        let unknown = [("step", "photo"), ("photo", "01930000-0000-7000-8000-000000000001")];
        assert_eq!(step(&officer, number, &unknown).await.status, StatusCode::BAD_REQUEST);
        ok(&step(&officer, number, &[("step", "task"), ("who", "Sister"), ("words", "Find it")]).await);
        let task = lines(&ward, What::Action(Action::Case)).pop().unwrap();
        let task = ward.office.entries().iter().position(|entry| entry.id == task.id).unwrap().to_string();
        ok(&step(&officer, number, &[("step", "done"), ("task", &task)]).await);
        let again = step(&officer, number, &[("step", "done"), ("task", &task)]).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        ok(&step(&officer, number, &decide("not_reportable", "Nobody read it")).await);
        assert!(!remembered(&ward).get(number).unwrap().runs());
        ok(&step(&officer, number, &decide("reportable", "Somebody read it")).await);
        assert!(remembered(&ward).get(number).unwrap().runs());
        assert_eq!(step(&officer, number, &close).await.status, StatusCode::CONFLICT, "it was not told");
        ok(&step(&officer, number, &told).await);
        ok(&step(&officer, number, &close).await);
        assert_eq!(step(&officer, number, &[("step", "own")]).await.status, StatusCode::CONFLICT);
        let shown = officer.get(&page).await.text();
        for told in ["Nobody read it", "Somebody read it", "IC-4711", "is shredded", &photo, "Closed"] {
            assert!(shown.contains(told), "{told}: {shown}");
        }
    }
    ward.restart();
    assert!(officer(&ward).get(&page).await.text().contains("is shredded"));
    ok(&step(&officer(&ward), number, &[("step", "decide"), ("decision", "reportable"), ("words", "More")])
        .await);
    assert_eq!(remembered(&ward).open().len(), 1, "a new decision opens it again");
    // No line of a case is erased by law: whoever blanked one would stop a clock.
    let log = ward.office.log.clone();
    let at = ward.hospital.now();
    let legal = gauze_people::context::ReasonCode::Legal;
    let stays = tokio::task::spawn_blocking(move || log.erase_blocking(number, legal, at)).await;
    assert_eq!(stays.unwrap().unwrap_err().code(), "log_stays");
    ward.end().await;
}

#[tokio::test]
async fn a_report_takes_no_day_in_the_future_and_nothing_is_thanked_for_that_has_no_line() {
    let ward = Ward::with(&[]).await;
    let nurse = ward.sign_in(person("Nurse Reporter", Role::Viewer, TEAM));
    let form = |day: &'static str, time: &'static str| {
        [("kind", "breach"), ("what", WHAT), ("whose", WHOSE), ("day", day), ("time", time)]
    };
    for (day, time) in
        [("2031-01-01", ""), ("2026-13-01", ""), ("", ""), ("2026-11-20", "25:00"), ("2026-11-20", "x")]
    {
        let answer = nurse.post("/report", &form(day, time)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{day} {time}");
        assert!(answer.text().contains("Quillonbert"), "what was typed stays");
    }
    ward.office.breaks(true);
    assert_eq!(nurse.post("/report", &form("2026-11-20", "")).await.status, StatusCode::SERVICE_UNAVAILABLE);
    ward.office.breaks(false);
    assert_eq!(remembered(&ward).open().len(), 0);
    let missed =
        [("kind", "near_miss"), ("what", WHAT), ("whose", WHOSE), ("day", "2026-10-03"), ("time", "")];
    for _ in 0..2 {
        ok(&nurse.post("/report", &missed).await);
    }
    let page = officer(&ward).get("/cases").await.text();
    assert!(page.contains("<dt>Oct-2026</dt><dd>2</dd>"), "{page}");
    ward.end().await;
}

/// A case with a photo, a task and a decision; its number.
pub async fn worked_on(ward: &Ward) -> u64 {
    let reporter = ward.sign_in(person("Nurse Reporter", Role::Viewer, TEAM));
    let number = reported(&reporter, ward, "breach", 1).await;
    let officer = officer(ward);
    let photo = ward.photos().await[0].capture_id.to_string();
    for form in [
        &[("step", "own")][..],
        &[("step", "photo"), ("photo", &photo)],
        &[("step", "task"), ("who", "Sister Zwetschgenbaum"), ("words", "Find the sheet")],
        &[("step", "decide"), ("decision", "reportable"), ("words", "It named a diagnosis")],
    ] {
        ok(&step(&officer, number, form).await);
    }
    number
}

#[tokio::test]
async fn the_regulators_form_comes_out_filled_in() {
    let ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None))]).await;
    let number = worked_on(&ward).await;
    let officer = officer(&ward);
    let page = format!("/cases/{number}/form");
    assert!(officer.get(&page).await.text().contains("Enter it in Documents and notices"));
    let register = r#"{"v":1,"data_protection_officer":"Dr Dora Protector, dpo@hospital.test"}"#;
    ok(&officer.post("/documents/register", &[("text", register)]).await);
    let form = officer.get(&page).await.text();
    for told in [
        WHAT,
        WHOSE,
        "Nurse Reporter reported it",
        "1, of the photos named",
        "It named a diagnosis",
        "Find the sheet (Sister Zwetschgenbaum): Open",
        "Dr Dora Protector, dpo@hospital.test",
        "It is not.",
    ] {
        assert!(form.contains(told), "{told}: {form}");
    }
    assert!(!form.contains("FEATHERSTONEHAUGH"), "governance sees no patient");
    assert_eq!(
        lines(&ward, What::Action(Action::Case)).last().unwrap().note.as_ref().unwrap().as_str(),
        format!("form/{number}")
    );
    ward.hospital.clock.advance(SignedDuration::from_hours(80));
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    assert!(!officer.get(&page).await.text().contains("It is not."), "a late report says why");
    ward.end().await;
}

#[tokio::test]
async fn what_was_written_with_a_step_stays_or_is_given_back() {
    let ward = Ward::with(&[]).await;
    let number = reported(&officer(&ward), &ward, "breach", 1).await;
    let officer = officer(&ward);
    let untold = [("step", "decide"), ("decision", "reportable"), ("words", "Because of Holunderbusch")];
    let refused = step(&officer, number, &untold).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let text = refused.text();
    assert!(
        text.contains("Nobody looks after this case") && text.contains("Because of Holunderbusch"),
        "{text}"
    );
    assert!(text.contains("Nothing was changed") && !text.contains("Nothing is lost"), "{text}");
    ok(&step(&officer, number, &[("step", "own")]).await);
    let missing = [("step", "decide"), ("decision", "maybe"), ("words", "Because of Holunderbusch")];
    let text = step(&officer, number, &missing).await.text();
    assert_eq!(text.matches("Because of Holunderbusch").count(), 1, "in its own field: {text}");
    let task = [("step", "task"), ("who", ""), ("words", "Find the Pfefferkorn sheet")];
    let text = step(&officer, number, &task).await.text();
    assert!(text.contains("Find the Pfefferkorn sheet") && text.contains("<details open>"), "{text}");
    let photo = [("step", "photo"), ("photo", "not-one")];
    assert!(step(&officer, number, &photo).await.text().contains("value=\"not-one\""));
    // Reported where no line can be written: it is told again, by another way.
    ward.office.breaks(true);
    let form = [("kind", "breach"), ("what", WHAT), ("whose", WHOSE), ("day", "2026-11-20"), ("time", "")];
    let failed = officer.post("/report", &form).await;
    assert!(failed.status == StatusCode::SERVICE_UNAVAILABLE && failed.text().contains("Tannenwald"));
    ward.office.breaks(false);
    ward.end().await;
}

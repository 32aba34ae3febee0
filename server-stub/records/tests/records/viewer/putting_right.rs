//! Forms that are sent as browsers send them, and pages that say what is true.

use axum::http::StatusCode;
use gauze_people::person::Role;
use gauze_records::Which;

use super::ward::{TEAM, Ward, person};
use crate::fixture::{Edit, Hospital, Phone, files_below, write};
use crate::folk::{FAMILY, NHS, REASON, filed, patient, told};

async fn ward() -> Ward {
    Ward::with(&[Some(patient(FAMILY, Some(NHS), None)), None]).await
}

fn lead() -> gauze_people::person::Person {
    person("Sister Lead", Role::Lead, TEAM)
}

#[tokio::test]
async fn a_note_of_two_lines_is_taken_as_browsers_send_it() {
    let ward = ward().await;
    let sister = ward.sign_in(lead());
    let address = format!("/photos/{}", ward.photos().await[1].handle);
    let fields = [
        ("what", "notes"),
        ("notes", "first line\r\nsecond line"),
        ("reason", "one\r\ntwo"),
        ("compared_name", "yes"),
        ("compared_dob", "yes"),
    ];
    let done = sister.post(&format!("{address}/amend"), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let record = sister.get(&format!("{address}/record")).await.text();
    assert!(record.contains("first line\nsecond line") && record.contains("one\ntwo"), "{record}");
    ward.end().await;
}

/// As long as its field lets it be, of letters that take the most bytes of a form.
#[tokio::test]
async fn a_note_that_is_too_long_comes_back_whatever_its_letters() {
    let ward = ward().await;
    let sister = ward.sign_in(lead());
    let address = format!("/photos/{}/amend", ward.photos().await[1].handle);
    let notes = "\u{20ac}".repeat(4096);
    let fields = [("what", "notes"), ("notes", &*notes), ("reason", REASON), ("compared_name", "yes")];
    let refused = sister.post(&address, &fields).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.text().contains(&notes));
    ward.end().await;
}

#[tokio::test]
async fn what_was_typed_stays_in_a_form_that_is_refused() {
    let ward = ward().await;
    let sister = ward.sign_in(lead());
    let address = format!("/photos/{}/amend", ward.photos().await[1].handle);
    let fields = [
        ("what", "patient"),
        ("family", "Ng \"Mei\""),
        ("given", "Mei"),
        ("day", "3"),
        ("month", "4"),
        ("year", "1950"),
        ("local", "17"),
        ("reason", REASON),
        ("compared_name", "yes"),
    ];
    let refused = sister.post(&address, &fields).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let text = refused.text();
    assert!(text.contains("Tick exactly two") && text.contains("role=\"alert\""), "{text}");
    for kept in ["value=\"Ng &quot;Mei&quot;\"", "value=\"1950\"", "value=\"17\"", REASON] {
        assert!(text.contains(kept), "{kept}: {text}");
    }
    assert_eq!(text.matches(" checked").count(), 1);
    let site = [("what", "site"), ("site", "left heel"), ("side", "right"), ("reason", "")];
    let text = sister.post(&address, &site).await.text();
    assert!(text.contains("value=\"left heel\"") && text.contains("value=\"right\" selected"), "{text}");
    ward.end().await;
}

#[tokio::test]
async fn a_photo_is_new_until_its_picture_was_shown() {
    let ward = ward().await;
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    let photo = ward.photos().await.remove(1);
    let page = nurse.get(&format!("/photos/{}", photo.handle)).await.text();
    assert!(!ward.photos().await[1].seen, "a page without its picture shows nothing");
    let showing = page.split("data-shown=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(nurse.get(&format!("/shown/{showing}")).await.status, StatusCode::OK);
    assert!(ward.photos().await[1].seen);
    ward.end().await;
}

#[tokio::test]
async fn no_file_names_the_hospitals_people_and_the_pages_still_do() {
    let ward = ward().await;
    let nurse = ward.sign_in(person("Wilfred Oyelaran-Vane", Role::Viewer, TEAM));
    let photo = ward.photos().await.remove(0);
    nurse.get(&format!("/photos/{}", photo.handle)).await;
    nurse.get(&format!("/photos/{}", photo.handle)).await;
    let looks = nurse.get(&format!("/photos/{}/looks", photo.handle)).await.text();
    assert!(looks.contains("Wilfred Oyelaran-Vane"), "{looks}");
    let data = ward.hospital.data();
    for entry in std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).filter(|it| it.is_file())
    {
        let bytes = std::fs::read(&entry).unwrap();
        let named = bytes.windows(7).any(|window| window == b"Wilfred");
        assert!(!named, "{} names somebody", entry.display());
    }
    ward.end().await;
}

/// A patient whose only photo names no team.
async fn teamless() -> Ward {
    let hospital = Hospital::new();
    let puller = filed(&hospital, &[]).await;
    let mut phone = Phone::enrolled(2, &hospital);
    let record = |record: &mut gauze_wire::Record| {
        told(record, Some(patient(FAMILY, Some(NHS), None)));
        record.team = None;
    };
    let photo = phone.photo_with(&hospital, &Edit { record: &record, ..Edit::default() });
    hospital.gateway.take(&photo);
    assert_eq!(puller.pass().await.unwrap().filed, 1);
    Ward::of("viewer.test", hospital, puller).await
}

#[tokio::test]
async fn a_lead_who_sees_a_photo_of_no_team_opens_its_patients_time_line_too() {
    let ward = teamless().await;
    let photo = ward.folk.team(None, Which::All, None, 1).await.unwrap().remove(0);
    let line = format!("/patients/{}", photo.patient.unwrap());
    let sister = ward.sign_in(lead());
    let page = sister.get(&format!("/photos/{}", photo.handle)).await.text();
    assert!(page.contains(&line));
    assert_eq!(sister.get(&line).await.status, StatusCode::OK);
    assert_eq!(sister.get(&format!("{line}/looks")).await.status, StatusCode::OK);
    assert!(sister.post("/search", &[("number", NHS)]).await.text().contains("FEATHERSTONEHAUGH"));
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    assert_eq!(nurse.get(&line).await.status, StatusCode::FORBIDDEN);
    ward.end().await;
}

#[tokio::test]
async fn the_page_of_origin_says_unchanged_only_of_what_is() {
    let ward = ward().await;
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    let address = format!("/photos/{}/proof", ward.photos().await[0].handle);
    assert!(nurse.get(&address).await.text().contains("Not changed since"));
    let sealed = files_below(&ward.hospital.data().join("sealed"));
    sealed.iter().for_each(|path| write(path, "another file"));
    let proof = nurse.get(&address).await.text();
    assert!(
        proof.contains("does not have the fingerprint") && !proof.contains("Not changed since"),
        "{proof}"
    );
    ward.end().await;
}

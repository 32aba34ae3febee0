//! What each page shows, to whom it may.
#![expect(clippy::cast_possible_truncation, reason = "luma of bytes is a byte")]

use axum::http::StatusCode;
use gauze_mark::{Luma, Search, find};
use gauze_people::action::Action;
use gauze_people::log::{Outcome, What};
use gauze_people::person::Role;
use gauze_records::web::photos::MARK_EPOCH;

use super::ward::{TEAM, Ward, drawn, person};
use crate::fixture::Hospital;
use crate::folk::{DOB, FAMILY, NHS, REASON, WORDS, filed_with, patient};

fn viewer() -> gauze_people::person::Person {
    person("Nurse Viewer", Role::Viewer, TEAM)
}

async fn ward() -> Ward {
    let featherstonehaugh = patient(FAMILY, Some(NHS), None);
    Ward::with(&[Some(featherstonehaugh.clone()), Some(featherstonehaugh), None]).await
}

/// The showing's name on a page.
fn shown(page: &str) -> Vec<String> {
    page.split("data-shown=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_team_reads_its_list_and_a_photo_is_new_until_somebody_looked() {
    let ward = ward().await;
    let nurse = ward.sign_in(viewer());
    let start = nurse.get("/photos").await;
    assert_eq!(start.headers["location"], "/lists/tissue?which=all");
    let list = nurse.get("/lists/tissue?which=all").await;
    assert_eq!(list.status, StatusCode::OK);
    let text = list.text();
    assert!(text.contains("FEATHERSTONEHAUGH, Wilhelmina") && text.contains("17-Feb-1938 (88y)"), "{text}");
    assert!(text.contains("NHS No. 999 000 0042") && text.contains("New (3)") && text.contains(WORDS));
    let photo = &ward.photos().await[0];
    let page = nurse.get(&format!("/photos/{}", photo.handle)).await;
    assert_eq!(page.status, StatusCode::OK);
    let view = nurse.get(&format!("/shown/{}", shown(&page.text())[0])).await;
    assert_eq!(view.status, StatusCode::OK);
    assert!(nurse.get("/lists/tissue?which=new").await.text().contains("New (2)"));
    assert!(nurse.get("/lists/tissue?which=tray").await.text().contains("No patient"));
    ward.end().await;
}

#[tokio::test]
async fn a_photo_is_shown_marked_with_the_line_that_was_written_first() {
    let ward = ward().await;
    let nurse = ward.sign_in(viewer());
    let photo = &ward.photos().await[0];
    let page = nurse.get(&format!("/photos/{}", photo.handle)).await;
    let entries = ward.office.entries();
    let line = entries.len() - 1;
    assert_eq!((entries[line].what, entries[line].outcome), (What::Action(Action::View), Outcome::Done));
    let text = page.text();
    assert!(text.contains("Seen by Nurse Viewer") && text.contains(&format!("View {line}")), "{text}");

    let showing = &shown(&text)[0];
    let view = nurse.get(&format!("/shown/{showing}?screen=1600")).await;
    assert_eq!(view.status, StatusCode::OK);
    assert_eq!(view.headers["content-type"], "image/jpeg");
    assert_eq!(view.headers["cache-control"], "no-store");
    let size = view.headers["gauze-size"].to_str().unwrap();
    assert!(size.contains("/0-0+"), "{size}");
    let tile = nurse.get(&format!("/shown/{showing}/0/0/0")).await;
    assert_eq!(tile.status, StatusCode::OK);
    assert_eq!(nurse.get(&format!("/shown/{showing}/0/9/9")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(nurse.get(&format!("/shown/{showing}/7/0/0")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        ward.office.entries().len(),
        entries.len(),
        "a view is one line, however many pictures it asks for"
    );
    ward.end().await;
}

/// A ward with one photo, which the phone sent as it is.
async fn ward_of(jpeg: &[u8]) -> Ward {
    let hospital = Hospital::new();
    let puller = filed_with(&hospital, &[None], Some(jpeg)).await;
    Ward::of("viewer.test", hospital, puller).await
}

#[tokio::test]
async fn a_photo_in_four_inks_is_shown_as_any_other() {
    let inks = [20, 160, 140, 25].repeat(256 * 192);
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 90);
    encoder.encode(&inks, 256, 192, jpeg_encoder::ColorType::Cmyk).unwrap();
    let ward = ward_of(&jpeg).await;
    let nurse = ward.sign_in(viewer());
    let page = nurse.get(&format!("/photos/{}", ward.photos().await[0].handle)).await.text();
    let address = format!("/shown/{}", shown(&page)[0]);
    let view = nurse.get(&address).await;
    assert_eq!((view.status, view.headers["content-type"].to_str().unwrap()), (StatusCode::OK, "image/jpeg"));
    let rgb = jpeg_decoder::Decoder::new(&view.body[..]).decode().unwrap();
    let light = |ink: u32| (255 - ink) * (255 - 25) / 255;
    for (seen, ink) in rgb[3 * 1000..].iter().zip([20, 160, 140]) {
        assert!(u32::from(*seen).abs_diff(light(ink)) < 16, "{seen}: {ink}");
    }
    assert_eq!(nurse.get(&format!("{address}/0/0/0")).await.status, StatusCode::OK);
    ward.end().await;
}

#[tokio::test]
async fn a_photo_that_cannot_be_drawn_says_so_and_what_to_do() {
    // Components that are named as JCS's wide YCC are of a kind that the decoder does not know.
    let mut jpeg = drawn(64, 64);
    let at = |jpeg: &[u8], marker: u8| jpeg.windows(2).position(|two| two == [0xFF, marker]).unwrap();
    let (frame, scan) = (at(&jpeg, 0xC0), at(&jpeg, 0xDA));
    for (component, name) in [1, 34, 35].into_iter().enumerate() {
        jpeg[frame + 10 + 3 * component] = name;
        jpeg[scan + 5 + 2 * component] = name;
    }
    let ward = ward_of(&jpeg).await;
    let nurse = ward.sign_in(viewer());
    let page = nurse.get(&format!("/photos/{}", ward.photos().await[0].handle)).await.text();
    assert!(page.contains("data-undrawn=\"This photo cannot be drawn here"), "{page}");
    let view = nurse.get(&format!("/shown/{}", shown(&page)[0])).await;
    assert_eq!(view.status, StatusCode::UNPROCESSABLE_ENTITY);
    let told = view.text();
    assert!(told.contains("picture_kind") && told.contains("gauze-records open"), "{told}");
    assert!(!told.contains("try again"), "{told}");
    ward.end().await;
}

#[tokio::test]
async fn two_people_get_two_pictures_and_each_names_its_line() {
    let ward = Ward::large().await;
    let key = ward.folk.mark_key(MARK_EPOCH);
    let photo = &ward.photos().await[0];
    let mut seen = Vec::new();
    for name in ["Nurse One", "Nurse Two"] {
        let nurse = ward.sign_in(person(name, Role::Viewer, TEAM));
        let page = nurse.get(&format!("/photos/{}", photo.handle)).await.text();
        let line = ward.office.entries().len() as u64 - 1;
        let address = format!("/shown/{}?screen=1600", shown(&page)[0]);
        let view = nurse.get(&address).await;
        let mut decoder = jpeg_decoder::Decoder::new(&view.body[..]);
        let rgb = decoder.decode().unwrap();
        let info = decoder.info().unwrap();
        let luma: Vec<u8> = rgb
            .chunks_exact(3)
            .map(|rgb| {
                (0.299 * f32::from(rgb[0]) + 0.587 * f32::from(rgb[1]) + 0.114 * f32::from(rgb[2])) as u8
            })
            .collect();
        let plane = Luma::new(info.width.into(), info.height.into(), &luma).unwrap();
        let found = find(plane, &key, Search::default()).unwrap();
        assert_eq!(found.event.number(), line);
        assert_eq!(nurse.get(&address).await.body, view.body, "the same view is the same picture");
        seen.push(view.body);
    }
    assert_ne!(seen[0], seen[1]);
    ward.end().await;
}

#[tokio::test]
async fn a_patient_is_found_and_neither_address_nor_title_names_them() {
    let ward = ward().await;
    let nurse = ward.sign_in(viewer());
    let found = nurse.post("/search", &[("number", "999 000 0042")]).await;
    let text = found.text();
    assert!(text.contains("FEATHERSTONEHAUGH, Wilhelmina"), "{text}");
    let address = text.split("href=\"").find(|rest| rest.starts_with("/patients/")).unwrap();
    let address = address.split('"').next().unwrap();
    let line = nurse.get(address).await;
    let text = line.text();
    assert!(text.contains("class=\"banner\"") && text.contains(WORDS));
    let title = text.split("<title>").nth(1).unwrap().split("</title>").next().unwrap();
    assert_eq!(title, "Photos of this patient – Gauze");
    for page in ["/search", address, "/lists/tissue", "/photos"] {
        let answer = nurse.get(page).await;
        let headers = format!("{:?}", answer.headers);
        for needle in [FAMILY, NHS, DOB, "Wilhelmina"] {
            assert!(!headers.contains(needle) && !page.contains(needle));
        }
        let text = answer.text();
        let title = text.split("<title>").nth(1).unwrap_or_default().split("</title>").next().unwrap();
        assert!(!title.contains(FAMILY) && !title.contains("FEATHER"));
    }
    let wrong = nurse.post("/search", &[("number", "999 000 0048")]).await.text();
    assert!(wrong.contains("one of them is wrong"), "{wrong}");
    let date =
        nurse.post("/search", &[("family", FAMILY), ("day", "31"), ("month", "2"), ("year", "1938")]).await;
    assert!(date.text().contains("This is no date."));
    let by_name = [("family", "featherstonehaugh"), ("day", "17"), ("month", "02"), ("year", "1938")];
    assert!(nurse.post("/search", &by_name).await.text().contains("FEATHERSTONEHAUGH"));
    ward.end().await;
}

#[tokio::test]
async fn two_photos_of_one_patient_are_compared_and_both_have_their_line() {
    let ward = ward().await;
    let nurse = ward.sign_in(viewer());
    let photos = ward.photos().await;
    let before = ward.office.entries().len();
    let page = nurse.get(&format!("/compare?first={}&second={}", photos[1].handle, photos[2].handle)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let lines = &ward.office.entries()[before..];
    assert!(lines.len() == 2 && lines.iter().all(|entry| entry.what == What::Action(Action::Compare)));
    assert_eq!(shown(&page.text()).len(), 2);
    let other = nurse.get(&format!("/compare?first={}&second={}", photos[0].handle, photos[1].handle)).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    ward.end().await;
}

#[tokio::test]
async fn record_origin_and_looks_are_told_in_words() {
    let ward = ward().await;
    let nurse = ward.sign_in(viewer());
    let address = format!("/photos/{}", ward.photos().await[1].handle);
    nurse.get(&address).await;
    let record = nurse.get(&format!("{address}/record")).await.text();
    assert!(record.contains("PATIENT-SECRET") && record.contains("The wristband was scanned."), "{record}");
    let proof = nurse.get(&format!("{address}/proof")).await.text();
    assert!(
        proof.contains("The file that is kept here has the fingerprint that the phone signed."),
        "{proof}"
    );
    assert!(proof.contains("simulated") && proof.contains("Nobody named"));
    let looks = nurse.get(&format!("{address}/looks")).await.text();
    assert!(looks.contains("Nurse Viewer") && looks.contains("Looked at the photo or its record"), "{looks}");
    ward.end().await;
}

/// What a page tells in its table, each line by its number.
fn lines_of(page: &str) -> Vec<u64> {
    let numbers = page.split("<tr id=\"line-").skip(1);
    numbers.map(|rest| rest.split('"').next().unwrap().parse().unwrap()).collect()
}

#[tokio::test]
async fn a_patient_is_given_every_line_with_names_and_the_report_is_a_line_itself() {
    let ward = ward().await;
    let (nurse, stranger) =
        (ward.sign_in(viewer()), ward.sign_in(person("Nurse Elsewhere", Role::Viewer, "other")));
    let photo = ward.photos().await[1].clone();
    let (address, patient) = (format!("/photos/{}", photo.handle), photo.patient.unwrap());
    nurse.get(&address).await;
    assert_eq!(stranger.get(&address).await.status, StatusCode::FORBIDDEN);
    for _ in 0..510 {
        nurse.get(&format!("{address}/record")).await;
    }
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let page = officer.get(&format!("/patients/{patient}/looks")).await.text();
    assert!(page.contains("Only the newest 500 lines") && page.contains("/looks/report\""), "{page}");

    let report = officer.get(&format!("/patients/{patient}/looks/report")).await;
    assert_eq!(report.status, StatusCode::OK);
    assert_eq!(report.headers["content-type"], "text/plain; charset=utf-8");
    assert!(report.headers["content-disposition"].to_str().unwrap().starts_with("attachment; "));
    let last = ward.office.entries().pop().unwrap();
    assert_eq!((last.what, last.outcome), (What::Action(Action::WhoLooked), Outcome::Done));
    assert_eq!(last.note.unwrap().as_str(), "report");
    let text = report.text();
    let count = ward.office.entries().len();
    assert!(text.contains(&format!("Officer Governance, line of the access log {}", count - 1)), "{text}");
    assert_eq!(text.matches("Looked at the photo or its record").count(), 512, "one of them was refused");
    assert!(text.contains("Nurse Viewer (Viewer)") && text.contains("Nurse Elsewhere"), "{text}");
    assert_eq!(text.matches("Refused").count(), 1, "{text}");
    // Governance sees no photo, so the file names the patient by the reference alone.
    assert!(text.contains(&patient.to_string()) && !text.contains("FEATHERSTONEHAUGH"), "{text}");

    // The page and the report tell the same lines, newest first.
    let page = lines_of(&nurse.get(&format!("/patients/{patient}/looks")).await.text());
    let told = nurse.get(&format!("/patients/{patient}/looks/report")).await.text();
    assert!(told.contains("Patient: FEATHERSTONEHAUGH, Wilhelmina, Born 17-Feb-1938"), "{told}");
    let number = |line: &str| line.rsplit_once("line of the access log ")?.1.strip_suffix('.')?.parse().ok();
    let told: Vec<u64> = told.lines().filter_map(number).collect();
    assert_eq!(page[..], told[1..=500]);
    ward.end().await;
}

#[tokio::test]
async fn a_lead_files_a_photo_to_the_right_patient_and_both_states_show() {
    let ward = ward().await;
    let lead = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    let address = format!("/photos/{}", ward.photos().await[1].handle);
    assert_eq!(lead.get(&format!("{address}/amend")).await.status, StatusCode::OK);
    let mut fields = vec![
        ("what", "patient"),
        ("family", "Ng"),
        ("given", "Mei"),
        ("day", "3"),
        ("month", "4"),
        ("year", "1950"),
        ("local", "17"),
        ("reason", REASON),
        ("compared_name", "yes"),
    ];
    let one = lead.post(&format!("{address}/amend"), &fields).await;
    assert_eq!(one.status, StatusCode::BAD_REQUEST);
    assert!(one.text().contains("Tick exactly two"));
    fields.push(("compared_dob", "yes"));
    let done = lead.post(&format!("{address}/amend"), &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let record = lead.get(&format!("{address}/record")).await.text();
    assert!(record.contains("NG, Mei") && record.contains("FEATHERSTONEHAUGH") && record.contains(REASON));
    assert!(record.contains("Sister Lead"));
    let log = ward.office.entries();
    let amended = log.iter().find(|entry| entry.what == What::Action(Action::Amend)).unwrap();
    assert!(amended.reason.as_ref().unwrap().sealed_words.is_some());
    ward.end().await;
}

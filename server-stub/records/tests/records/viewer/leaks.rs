//! What got out, brought back: whose view it was.

use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use gauze_people::acting::Network;
use gauze_people::action::Action;
use gauze_people::log::{Entry, Happening, Kind, Outcome, What, read_entries};
use gauze_people::person::Role;
use gauze_records::Coded as _;
use gauze_records::access::log_dir;
use gauze_records::keys::IDENTITY;
use gauze_records::leak::Sought;
use gauze_wire::Digest;
use jiff::SignedDuration;
use jpeg_encoder::{ColorType, Encoder};

use super::ward::{Browser, TEAM, Ward, drawn, marked, person};
use crate::fixture::{Hospital, holding, write};

/// Part of a JPEG, encoded again at a low quality.
pub fn part(jpeg: &[u8], (left, top, width, height): (usize, usize, u16, u16)) -> Vec<u8> {
    let mut decoder = jpeg_decoder::Decoder::new(jpeg);
    let rgb = decoder.decode().unwrap();
    let row = 3 * usize::from(decoder.info().unwrap().width);
    let rows = rgb.chunks_exact(row).skip(top).take(height.into());
    let part: Vec<u8> =
        rows.flat_map(|row| row[3 * left..][..3 * usize::from(width)].iter().copied()).collect();
    let mut out = Vec::new();
    Encoder::new(&mut out, 50).encode(&part, width, height, ColorType::Rgb).unwrap();
    out
}

fn put(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), bytes).unwrap();
    path
}

/// The photo as three nurses saw it, and the lines by which they did.
async fn seen(ward: &Ward) -> (Vec<u64>, Vec<Vec<u8>>) {
    let photo = &ward.photos().await[0];
    let (mut lines, mut views) = (Vec::new(), Vec::new());
    for name in ["Nurse One", "Nurse Two", "Nurse Three"] {
        let nurse = ward.sign_in(person(name, Role::Viewer, TEAM));
        let page = nurse.get(&format!("/photos/{}", photo.handle)).await.text();
        lines.push(ward.office.entries().len() as u64 - 1);
        let showing = page.split("data-shown=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        views.push(nurse.get(&format!("/shown/{showing}?screen=1600")).await.body);
    }
    (lines, views)
}

/// A picture of something else.
fn other() -> Vec<u8> {
    let grey: Vec<u8> =
        (0..640 * 480).map(|at| if (at / 40 + at / 640 / 40) % 2 == 0 { 90 } else { 170 }).collect();
    let mut out = Vec::new();
    Encoder::new(&mut out, 80).encode(&grey, 640, 480, ColorType::Luma).unwrap();
    out
}

fn officer(ward: &Ward) -> Browser<'_> {
    ward.sign_in(person("Officer Governance", Role::Governance, TEAM))
}

/// Lines of searches: what they note.
fn sought(ward: &Ward) -> Vec<Entry> {
    let of = |entry: &Entry| entry.what == What::Action(Action::FindMark) && entry.outcome == Outcome::Done;
    ward.office.entries().into_iter().filter(of).collect()
}

fn notes(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.note.as_ref().unwrap().as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn governance_is_told_whose_view_a_picture_was_and_each_search_is_a_line_whatever_it_found() {
    let ward = Ward::large().await;
    let (lines, views) = seen(&ward).await;
    let photo = &ward.photos().await[0];
    let (whole, plain) = (part(&views[1], (0, 0, 1600, 1200)), drawn(1600, 1200));
    let pictures: [(&str, &[u8]); 3] =
        [("leak \u{e9}.jpg", &whole), ("plain.jpg", &plain), ("<b>.jpg", b"no picture")];
    let told = officer(&ward).upload("/leaks", &[("photo", "")], &pictures).await;
    let text = told.text();
    assert_eq!(told.status, StatusCode::OK, "{text}");
    assert!(
        text.contains("Nurse Two") && !text.contains("Nurse One") && !text.contains("Nurse Three"),
        "{text}"
    );
    assert!(text.contains("leak \u{e9}.jpg") && text.contains("&lt;b&gt;.jpg"));
    let said = |words: &str| text.matches(words).count();
    assert_eq!(
        (said("Nobody is named"), said("Not read"), said("The keyed check agrees")),
        (1, 1, 1),
        "{text}"
    );
    assert!(text.contains("accuses nobody") && text.contains("This proves nothing"));
    let at = format!("/photos/{}/looks#line-{}", photo.handle, lines[1]);
    assert!(text.contains(&at), "{text}");
    let looks = officer(&ward).get(at.split('#').next().unwrap()).await.text();
    assert!(looks.contains(&format!("id=\"line-{}\"", lines[1])), "{looks}");
    let entries = sought(&ward);
    let of = |bytes: &[u8], said: &str| format!("{}/{said}", Digest::of(bytes));
    assert_eq!(
        notes(&entries),
        [
            "asked/3",
            &of(&whole, &format!("check/{}", lines[1])),
            &of(&plain, "nothing"),
            &of(b"no picture", "unread")
        ]
    );
    let officers = person("Officer Governance", Role::Governance, TEAM).id;
    assert!(entries.iter().all(|entry| entry.who.as_ref() == Some(&officers)));

    // With the original a part is enough, and the search is a line of that photo.
    let small = part(&views[2], (300, 200, 900, 700));
    let reference = photo.capture_id.to_string();
    let told = officer(&ward).upload("/leaks", &[("photo", &reference)], &[("small.jpg", &small)]).await;
    let text = told.text();
    assert!(
        text.contains("Nurse Three") && !text.contains("Nurse Two") && text.contains("It lies on the photo"),
        "{text}"
    );
    let entries = sought(&ward);
    let [.., begun, answered] = &*entries else { panic!("{entries:?}") };
    let about = begun.about.as_ref().unwrap();
    assert_eq!((about.kind, about.id.as_deref()), (Kind::Photo, Some(&*reference)));
    assert!(answered.note.as_ref().unwrap().as_str().ends_with(&format!("/{}", lines[2])));
    let looks = officer(&ward).get(at.split('#').next().unwrap()).await.text();
    assert!(looks.contains("Looked for whose view a picture of it was"), "{looks}");
    for kept in [&whole[300..340], &small[300..340]] {
        for dir in [ward.office.dir.path(), &ward.hospital.data()] {
            assert_eq!(holding(dir, kept), Vec::<PathBuf>::new());
        }
    }
    ward.end().await;
}

/// Another identity is put first: the pages mark by it from their next start on.
async fn under_another_identity(ward: Ward) -> Ward {
    let (other, path) = (Hospital::new(), ward.hospital.keys().path(IDENTITY));
    let identities = [&other.keys().path(IDENTITY), &path].map(|path| std::fs::read_to_string(path).unwrap());
    write(&path, identities.concat());
    let ward = ward.starts_anew().await;
    ward.folk.refill().await.unwrap();
    ward
}

#[tokio::test(flavor = "multi_thread")]
async fn by_several_identities_what_none_of_them_marked_names_nobody() {
    let elsewhere = Ward::large().await;
    let (_, foreign) = seen(&elsewhere).await;
    elsewhere.end().await;
    let ward = Ward::large().await;
    seen(&ward).await;
    let ward = under_another_identity(ward).await;
    seen(&ward).await;
    let reference = ward.photos().await[0].capture_id.to_string();
    let plain = drawn(1600, 1200);
    // The same photo of another hospital, with that one's mark.
    let foreign = part(&foreign[1], (0, 0, 1600, 1200));
    let other = other();
    let pictures: [(&str, &[u8]); 3] =
        [("plain.jpg", &plain), ("foreign.jpg", &foreign), ("other.jpg", &other)];
    // What the weights name nobody of is searched for each identity's mark too.
    let told = officer(&ward).upload("/leaks", &[("photo", &reference)], &pictures).await.text();
    assert_eq!(told.matches("Nobody is named").count(), 3, "{told}");
    assert_eq!(told.matches("It lies on the photo").count(), 2, "{told}");
    assert!(!told.contains("#line-"), "{told}");
    let entries = sought(&ward);
    let answered = notes(&entries).split_off(1);
    assert!(answered.len() == 3 && answered.iter().all(|note| note.ends_with("/nothing")), "{answered:?}");
    ward.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_from_before_the_tenant_identity_changed_still_names_its_line() {
    let ward = Ward::large().await;
    let (lines, views) = seen(&ward).await;
    let reference = ward.photos().await[0].capture_id.to_string();
    let ward = under_another_identity(ward).await;
    let (new_lines, new_views) = seen(&ward).await;
    assert_eq!(marked(&ward.folk, &new_views[1]), Some(new_lines[1]), "by the identity that is first");
    assert_eq!(marked(&ward.folk, &views[1]), None);
    let (whole, small) = ((0, 0, 1600, 1200), (300, 200, 900, 700));
    for (photo, leak, line) in [
        ("", part(&views[1], whole), lines[1]),
        (&*reference, part(&views[2], small), lines[2]),
        ("", part(&new_views[1], whole), new_lines[1]),
        (&*reference, part(&new_views[2], small), new_lines[2]),
    ] {
        let told = officer(&ward).upload("/leaks", &[("photo", photo)], &[("leak.jpg", &leak)]).await.text();
        let named = format!("#line-{line}\"");
        assert!(told.contains(&named) && told.matches("#line-").count() == 1, "{line}: {told}");
    }
    ward.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_may_not_be_or_has_no_line_says_nothing() {
    let ward = Ward::large().await;
    let (_, views) = seen(&ward).await;
    let whole = part(&views[1], (0, 0, 1600, 1200));
    let leak: [(&str, &[u8]); 1] = [("leak.jpg", &whole)];
    let refused = |status: StatusCode, text: &str| status.is_client_error() && !text.contains("Nurse Two");
    for (role, network) in [
        (Role::Viewer, Network::Inside),
        (Role::Auditor, Network::Inside),
        (Role::Administrator, Network::Inside),
        (Role::Governance, Network::Outside),
    ] {
        let somebody = ward.sign_in(person("Other Person", role, TEAM)).from(network);
        for answer in [somebody.get("/leaks").await, somebody.upload("/leaks", &[], &leak).await] {
            assert!(
                answer.status == StatusCode::FORBIDDEN && refused(answer.status, &answer.text()),
                "{role}"
            );
            assert_eq!(ward.office.last().outcome, Outcome::Refused);
        }
    }
    // What was cut off on its way was forged by nobody.
    let before = ward.office.entries().len();
    let cut = officer(&ward).upload_cut("/leaks").await;
    assert!(cut.status == StatusCode::BAD_REQUEST && cut.text().contains("form_invalid"), "{}", cut.text());
    assert_eq!(ward.office.entries().len(), before);
    // A form that this process did not write; too many pictures; too much of them; none; and no such photo.
    let mut forger = officer(&ward);
    forger.proof = "0".repeat(64);
    let forged = forger.upload("/leaks", &[], &leak).await;
    assert!(forged.status == StatusCode::FORBIDDEN && forged.text().contains("form_not_ours"));
    assert_eq!(ward.office.last().outcome, Outcome::Refused);
    let twice = officer(&ward);
    let twice = twice.upload("/leaks", &[("proof", &twice.proof)], &leak).await;
    assert!(twice.text().contains("form_not_ours"));
    let large = vec![b'x'; 48 << 20];
    let nobodys = "01930000-0000-7000-8000-00000000abcd";
    for (fields, pictures, status) in [
        (vec![], vec![leak[0]; 6], StatusCode::BAD_REQUEST),
        (vec![("photo", nobodys)], vec![("a.jpg", &b"a"[..]); 40], StatusCode::BAD_REQUEST),
        (vec![], vec![("large.jpg", &*large)], StatusCode::PAYLOAD_TOO_LARGE),
        (vec![], vec![("", &b""[..])], StatusCode::BAD_REQUEST),
        (vec![("photo", nobodys)], leak.to_vec(), StatusCode::BAD_REQUEST),
        (vec![("photo", "the wound of bed 4")], leak.to_vec(), StatusCode::BAD_REQUEST),
    ] {
        let answer = officer(&ward).upload("/leaks", &fields, &pictures).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.text().contains("class=\"trouble\""));
        assert!(
            fields.iter().all(|(_, typed)| answer.text().contains(typed)),
            "what was typed stands there again"
        );
    }
    assert!(sought(&ward).is_empty());
    // Without either line nothing is said.
    for lines in [0, 1] {
        ward.office.breaks_behind(lines);
        let answer = officer(&ward).upload("/leaks", &[], &leak).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(!answer.text().contains("Nurse Two"));
        assert_eq!(sought(&ward).len() as u64, lines);
    }
    // What was found before the line of a later picture failed is shown.
    ward.office.breaks_behind(2);
    let pictures: [(&str, &[u8]); 2] = [leak[0], ("other.jpg", b"no picture")];
    let halfway = officer(&ward).upload("/leaks", &[], &pictures).await;
    assert_eq!(halfway.status, StatusCode::SERVICE_UNAVAILABLE);
    let text = halfway.text();
    assert!(text.contains("Nurse Two") && text.contains("leak.jpg") && !text.contains("other.jpg"), "{text}");
    assert!(text.contains("The search stopped before its last picture"), "{text}");
    ward.office.breaks(false);
    // One that lies nowhere on the photo that was named: the same search again would find no more.
    let photo = ward.photos().await[0].capture_id.to_string();
    let pictures: [(&str, &[u8]); 1] = [("other.jpg", &other())];
    let text = officer(&ward).upload("/leaks", &[("photo", &photo)], &pictures).await.text();
    assert!(text.contains("It does not lie on the photo of this reference"), "{text}");
    assert!(!text.contains("Search again with the reference"), "{text}");
    let late = officer(&ward);
    ward.hospital.clock.advance(SignedDuration::from_mins(6));
    for answer in [late.get("/leaks").await, late.upload("/leaks", &[], &leak).await] {
        assert!(answer.text().contains("prove_again") && refused(answer.status, &answer.text()));
    }
    assert_eq!(sought(&ward).len(), 5);
    ward.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_from_the_command_line_has_its_lines_too_and_does_not_go_on_beside_the_service() {
    let ward = Ward::large().await;
    let (lines, views) = seen(&ward).await;
    let id = ward.photos().await[0].capture_id;
    let by = person("Officer Governance", Role::Governance, TEAM).id;
    let (data, keys, now) = (ward.hospital.data(), ward.hospital.keys(), ward.hospital.now());
    let mistyped = ward.hospital.path("nowhere");
    let nowhere = Sought::begin((&mistyped, &keys), by.clone(), (1, None), now).await;
    assert_eq!(nowhere.err().unwrap().code(), "no_index");
    assert!(!mistyped.exists());
    let begin = |pictures, original| Sought::begin((&data, &keys), by.clone(), (pictures, original), now);
    assert_eq!(begin(1, None).await.err().unwrap().code(), "busy");
    let Ward { hospital: _hospital, puller, folk, pages, apart, .. } = ward;
    drop((pages, apart));
    folk.close().await;
    puller.close().await;
    let dir = tempfile::tempdir().unwrap();
    let whole = part(&views[1], (0, 0, 1600, 1200));
    let path = put(dir.path(), "whole.jpg", &whole);
    let text = put(dir.path(), "text.jpg", b"no picture");
    let plain = put(dir.path(), "plain.jpg", &drawn(1600, 1200));
    let sought = begin(3, None).await.unwrap();
    let trace = sought.trace(&path, now).await.unwrap();
    assert_eq!((trace.views.len(), trace.views[0].line, trace.views[0].by), (1, lines[1], "check"));
    assert!(sought.trace(&plain, now).await.unwrap().views.is_empty());
    assert_eq!(sought.trace(&text, now).await.err().unwrap().code(), "picture_damaged");
    sought.end().await.unwrap();
    begin(1, Some(id)).await.unwrap().end().await.unwrap();
    let mut entries = Vec::new();
    read_entries(&log_dir(&data), |kept| entries.extend(kept.entry)).unwrap();
    entries.retain(|entry| entry.what == What::Happening(Happening::MarkSought));
    let found = format!("{}/check/{}", Digest::of(&whole), lines[1]);
    let nothing = format!("{}/nothing", Digest::of(&drawn(1600, 1200)));
    let unread = format!("{}/unread", Digest::of(b"no picture"));
    assert_eq!(notes(&entries), ["asked/3", &found, &nothing, &unread, "asked/1"]);
    assert!(entries.iter().all(|entry| entry.who.as_ref() == Some(&by)));
    assert_eq!(entries[4].about.as_ref().unwrap().id, Some(id.to_string()));
}

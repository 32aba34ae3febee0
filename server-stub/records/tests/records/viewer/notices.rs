//! Documents and their reminders, and notices that everybody reads before they see a photo.

use axum::http::StatusCode;
use gauze_people::log::{Entry, Happening, What};
use gauze_people::person::Role;

use super::ward::{TEAM, Ward, person};

fn register(version: u32) -> String {
    let sha256 = gauze_wire::Digest::of(b"the document");
    format!(
        r#"{{"v":1,"documents":[{{"title":"Wound photo policy","owner":"ig@hospital.test","version":"2.1","review_by":"2026-12-01",
            "link":"https://intranet.test/policy.pdf","sha256":"{sha256}"}}],
            "notices":[{{"code":"privacy","version":{version},"title":"Photos are records","words":"Look at your own patients' photos only."}}]}}"#
    )
}

fn read(ward: &Ward) -> Vec<Entry> {
    let nurse = Some(person("Nurse Viewer", Role::Viewer, TEAM).id);
    let of = |entry: &Entry| entry.what == What::Happening(Happening::NoticeRead) && entry.who == nurse;
    ward.office.entries().into_iter().filter(of).collect()
}

#[tokio::test]
async fn a_notice_is_read_before_the_first_photo_and_again_after_each_change() {
    let mut ward = Ward::with(&[None]).await;
    let handle = ward.photos().await[0].handle;
    let photo = format!("/photos/{handle}");
    {
        let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
        assert_eq!(nurse.get(&photo).await.status, StatusCode::OK, "there is no notice yet");
    }
    let officer = person("Officer Governance", Role::Governance, TEAM);
    let put = ward.sign_in(officer.clone()).post("/documents/register", &[("text", &register(1))]).await;
    assert_eq!(put.status, StatusCode::SEE_OTHER, "{}", put.text());
    for version in [1, 2] {
        let number = version.to_string();
        let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
        let to = format!("/notices?next=%2Fphotos%2F{handle}");
        for page in [photo.clone(), format!("{photo}/record"), "/lists/tissue".to_owned()] {
            let answer = nurse.get(&page).await;
            assert!(answer.status.is_redirection(), "{page}");
            assert!(answer.headers["location"].to_str().unwrap().starts_with("/notices?next="), "{page}");
        }
        assert_eq!(nurse.get(&photo).await.headers["location"], to);
        let refused = nurse.post("/search", &[("number", "9990000042")]).await;
        assert!(refused.status == StatusCode::FORBIDDEN && refused.text().contains("notice_unread"));
        assert!(nurse.get(&to).await.text().contains("Look at your own patients"));
        // Another version than the one in force is not what was read.
        let other = [("code", "privacy"), ("version", "7"), ("next", "/photos")];
        nurse.post("/notices", &other).await;
        assert!(nurse.get(&photo).await.status.is_redirection());
        ward.office.breaks(true);
        let said = [("code", "privacy"), ("version", &*number), ("next", &*photo)];
        assert_eq!(nurse.post("/notices", &said).await.status, StatusCode::SERVICE_UNAVAILABLE);
        ward.office.breaks(false);
        assert!(nurse.get(&photo).await.status.is_redirection(), "without its line it is not read");
        assert_eq!(nurse.post("/notices", &said).await.headers["location"], to);
        assert_eq!(nurse.get(&to).await.headers["location"], photo);
        assert_eq!(nurse.get(&photo).await.status, StatusCode::OK);
        let line = read(&ward).pop().unwrap();
        assert_eq!(line.note.unwrap().as_str(), format!("privacy/{version}"));
        assert_eq!(line.who, Some(person("Nurse Viewer", Role::Viewer, TEAM).id));
        assert_eq!(read(&ward).len(), version);
        // It is not asked again after a restart.
        ward.restart();
        let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
        assert_eq!(nurse.get(&photo).await.status, StatusCode::OK);
        let governance = ward.sign_in(officer.clone());
        let own = [("code", "privacy"), ("version", &*number), ("next", "/documents")];
        governance.post("/notices", &own).await;
        let put = governance.post("/documents/register", &[("text", &register(2))]).await;
        assert_eq!(put.status, StatusCode::SEE_OTHER);
    }
    ward.end().await;
}

#[tokio::test]
async fn governance_sees_who_has_not_read_a_notice_and_what_is_to_be_reviewed() {
    let ward = Ward::with(&[None]).await;
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    nurse.get("/lists/tissue").await;
    nurse.get(&format!("/photos/{}", ward.photos().await[0].handle)).await;
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    for (wrong, told) in [("{}", "does not hold"), (r#"{"v":1,"notices":[{"code":"A"}]}"#, "does not hold")] {
        let answer = officer.post("/documents/register", &[("text", wrong)]).await;
        assert!(answer.status == StatusCode::BAD_REQUEST && answer.text().contains(told), "{wrong}");
    }
    officer.post("/documents/register", &[("text", &register(1))]).await;
    let own = [("code", "privacy"), ("version", "1"), ("next", "/documents")];
    officer.post("/notices", &own).await;
    let page = officer.get("/documents").await.text();
    let (_, unread) = page.split_once("Who has not read which notice").unwrap();
    let (unread, _) = unread.split_once("All documents").unwrap();
    assert!(unread.contains("Nurse Viewer") && !unread.contains("Officer Governance"), "{unread}");
    assert!(page.contains("Text for a message to <strong>ig@hospital.test</strong>"));
    assert!(page.contains("Wound photo policy, version 2.1, is to be reviewed by 01-Dec-2026, in 7 days."));
    nurse.post("/notices", &own).await;
    assert!(officer.get("/documents").await.text().contains("Everybody has read it"));
    ward.end().await;
}

/// The file is damaged by hand: photos are seen, what was in force stays so until a restart, and the page about it says what is wrong.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a hand that writes a file syncs nothing")]
async fn a_register_that_cannot_be_read_is_the_trouble_of_its_own_page() {
    let mut ward = Ward::with(&[None]).await;
    let photo = format!("/photos/{}", ward.photos().await[0].handle);
    let governance = person("Officer Governance", Role::Governance, TEAM);
    let file = ward.office.dir.path().join("people/documents.json");
    {
        let officer = ward.sign_in(governance.clone());
        officer.post("/documents/register", &[("text", &register(1))]).await;
        let own = [("code", "privacy"), ("version", "1"), ("next", "/documents")];
        officer.post("/notices", &own).await;
    }
    std::fs::write(&file, "{ damaged by hand").unwrap();
    for restarted in [false, true] {
        let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
        let seen = nurse.get(&photo).await.status;
        assert_eq!(seen == StatusCode::OK, restarted, "what was read before stays in force: {seen}");
        let officer = ward.sign_in(governance.clone());
        let page = officer.get("/documents").await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.text().contains("cannot be read") && page.text().contains("does not read"));
        let form = officer.get("/documents/register").await.text();
        assert!(form.contains("{ damaged by hand") && form.contains("does not read"), "{form}");
        ward.restart();
    }
    let officer = ward.sign_in(governance);
    assert_eq!(
        officer.post("/documents/register", &[("text", &register(2))]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(!officer.get("/notices").await.text().contains("cannot be read"));
    ward.end().await;
}

#[tokio::test]
async fn a_register_of_many_pages_goes_through_its_form_and_one_that_is_too_large_comes_back() {
    let ward = Ward::with(&[None]).await;
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let of = |notices: usize| {
        let notice = |number: usize| {
            let words = "\u{fc}".repeat(4000);
            format!(r#"{{"code":"n{number}","version":1,"title":"One","words":"{words}"}}"#)
        };
        let notices: Vec<String> = (0..notices).map(notice).collect();
        format!(r#"{{"v":1,"notices":[{}]}}"#, notices.join(","))
    };
    let large = officer.post("/documents/register", &[("text", &of(40))]).await;
    assert_eq!(large.status, StatusCode::BAD_REQUEST);
    assert!(
        large.text().contains("more than 200") && large.text().contains("\u{fc}\u{fc}"),
        "what was typed stays"
    );
    // As long as its field lets it be, of letters that take the most bytes of a form.
    let longest = "\u{20ac}".repeat(256 << 10);
    let large = officer.post("/documents/register", &[("text", &longest)]).await;
    assert!(large.status == StatusCode::BAD_REQUEST && large.text().contains("\u{20ac}\u{20ac}"));
    let fits = officer.post("/documents/register", &[("text", &of(30))]).await;
    assert_eq!(fits.status, StatusCode::SEE_OTHER, "{}", fits.text());
    ward.end().await;
}

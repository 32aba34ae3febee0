//! Policies are changed on a page: checked first, logged, on disk, and in force from the next click on.

use std::time::Duration;

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::log::{Outcome, What};
use gauze_people::person::Role;
use gauze_people::roles::SHIPPED;
use gauze_records::access;

use super::ward::{TEAM, Ward, person};
use crate::fixture::write;

const PAGE: &str = "/people/policies";

#[tokio::test]
async fn policies_that_hold_count_from_the_next_click_on_and_after_a_restart_and_others_not_at_all() {
    let ward = Ward::with(&[None]).await;
    let data = ward.office.dir.path().to_owned();
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    let list = "/lists/tissue?which=all";
    assert_eq!(nurse.get(list).await.status, StatusCode::OK);
    let admin = ward.sign_in(person("Adam Administrator", Role::Administrator, TEAM));
    assert!(admin.get(PAGE).await.text().contains("viewer-own-lists"));
    let before = ward.office.roles.policy_set();
    for (wrong, told) in [
        ("permit (principal, action, resource", "This does not hold"),
        ("@id(\"step-up\") permit (principal, action, resource);", "This does not hold"),
        ("", "nobody could change it again"),
    ] {
        let answer = admin.post(PAGE, &[("text", wrong)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(answer.text().contains(told) && !data.join("people/policies.cedar").exists());
        assert_eq!(ward.office.roles.policy_set(), before);
    }
    let closed =
        format!("{SHIPPED}\n@id(\"closed\")\nforbid (principal, action == Action::\"list\", resource);\n");
    let answer = admin.post(PAGE, &[("text", &closed.replace('\n', "\r\n"))]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    let line = ward.office.entries().pop().unwrap();
    assert_eq!((line.what, line.outcome), (What::Action(Action::Setting), Outcome::Done));
    let set = access::roles(&data).unwrap().policy_set();
    assert_eq!(line.note.unwrap().as_str(), format!("policies:{set}"));
    assert_eq!(ward.office.roles.policy_set(), set, "the file and what is in force are one");
    assert_eq!(nurse.get(list).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ward.office.entries().pop().unwrap().policies, ["closed"]);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
        let somebody = ward.sign_in(person("Somebody Else", role, TEAM));
        assert_eq!(somebody.post(PAGE, &[("text", SHIPPED)]).await.status, StatusCode::FORBIDDEN, "{role}");
        assert_eq!(ward.office.entries().pop().unwrap().outcome, Outcome::Refused);
    }
    assert_eq!(access::roles(&data).unwrap().policy_set(), set);
    ward.end().await;
}

#[tokio::test]
async fn what_is_in_force_is_answered_as_that_though_it_cannot_be_kept_for_evidence_yet_and_is_kept_later() {
    let mut ward = Ward::with(&[None]).await;
    let people = ward.office.dir.path().join("people");
    let kept = people.join("kept");
    // Nothing has looked yet at what is in force: where versions would be kept nothing can be.
    std::fs::create_dir_all(&people).unwrap();
    write(&kept, "in the way");
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let admin = ward.sign_in(person("Adam Administrator", Role::Administrator, TEAM));
    let nora = person("Nora Newcomer", Role::Viewer, TEAM).id.0;
    let give = [("person", &*nora), ("role", "auditor"), ("reason", "She audits")];
    for (browser, page, form, file) in [
        (&officer, "/documents/register", &[("text", r#"{"v":1}"#)][..], "documents.json"),
        (&officer, "/keeping/rules", &[("text", r#"{"v":1,"otherwise":{"years":8}}"#)], "retention.json"),
        (&admin, PAGE, &[("text", SHIPPED)], "policies.cedar"),
        (&admin, "/people/roles/give", &give, "roles.json"),
    ] {
        let answer = browser.post(page, form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{page}: {}", answer.text());
        assert!(people.join(file).exists(), "{file}");
    }
    assert_eq!(std::fs::read(&kept).unwrap(), b"in the way");
    std::fs::remove_file(&kept).unwrap();
    ward.restart();
    let all = async {
        let holds =
            |which: &str| std::fs::read_dir(kept.join(which)).is_ok_and(|mut dir| dir.next().is_some());
        while !["documents", "rules", "policies", "roles"].into_iter().all(holds) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("each is kept at the next look");
    ward.end().await;
}

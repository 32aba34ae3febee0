//! Policies are changed on a page: checked first, logged, on disk, and in force from the next click on.

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::log::{Outcome, What};
use gauze_people::person::Role;
use gauze_people::roles::SHIPPED;
use gauze_records::access;

use super::ward::{TEAM, Ward, person};

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

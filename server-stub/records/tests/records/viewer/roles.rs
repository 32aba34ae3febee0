//! Roles are given and taken on a page: with a fresh proof and a reason, each in the log, and gone at the next click.

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::log::{Entry, Outcome, What};
use gauze_people::person::{Person, Role};
use gauze_records::access;
use jiff::SignedDuration;

use super::ward::{TEAM, Ward, person};

async fn ward() -> Ward {
    Ward::with(&[None]).await
}

/// Somebody to whom their account gives no role.
fn newcomer() -> Person {
    let mut newcomer = person("Nora Newcomer", Role::Viewer, TEAM);
    newcomer.roles.clear();
    newcomer.teams.clear();
    newcomer
}

const GIVE: &str = "/people/roles/give";
const TAKE: &str = "/people/roles/take";
const WHY: (&str, &str) = ("reason", "She joins the ward, says Sister Quillonbert");

fn changes(ward: &Ward) -> Vec<Entry> {
    let change = |entry: &Entry| entry.what == What::Action(Action::ChangeRole);
    ward.office.entries().into_iter().filter(change).collect()
}

#[tokio::test]
async fn a_role_is_given_with_a_reason_and_taken_and_gone_at_the_next_click() {
    let ward = ward().await;
    let nora = newcomer();
    let (id, list) = (nora.id.0.clone(), "/lists/tissue?which=all");
    let browser = ward.sign_in(nora);
    assert_eq!(browser.get(list).await.status, StatusCode::FORBIDDEN);
    let admin = ward.sign_in(person("Adam Administrator", Role::Administrator, TEAM));
    let page = admin.get("/people/roles").await.text();
    assert!(page.contains("Nora Newcomer") && page.contains(&id), "{page}");

    let fields = [("person", id.as_str()), ("role", "viewer"), ("teams", "tissue\r\nBURNS 2"), WHY];
    let given = admin.post(GIVE, &fields).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.text());
    assert_eq!(browser.get(list).await.status, StatusCode::OK);
    let line = changes(&ward).pop().unwrap();
    assert_eq!(line.outcome, Outcome::Done);
    assert_eq!(line.note.unwrap().as_str(), "give:viewer:burns_2:tissue/-/-");
    assert_eq!(line.about.unwrap().id, Some(id.clone()));
    assert!(line.reason.unwrap().sealed_words.is_some());
    let page = admin.get("/people/roles").await.text();
    assert!(
        page.contains("Viewer: BURNS 2, Tissue viability, ") && page.contains("&amp;team=BURNS+2"),
        "{page}"
    );

    let shown = admin.get(&format!("{TAKE}?person={id}&role=viewer&team=tissue")).await.text();
    assert!(shown.contains("Nora Newcomer") || shown.contains(&id), "{shown}");
    let fields = [("person", id.as_str()), ("role", "viewer"), ("team", "tissue"), WHY];
    assert_eq!(admin.post(TAKE, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(list).await.status, StatusCode::FORBIDDEN, "gone at the next click");
    let left = access::grants(ward.office.dir.path()).unwrap();
    let now = ward.hospital.now();
    let holding: Vec<_> = left.all().iter().filter(|grant| !grant.ended(now)).collect();
    assert_eq!(
        (left.all().len(), holding.len()),
        (2, 1),
        "what was had stays in the list, and the other team holds"
    );
    assert_eq!(holding[0].teams.iter().map(|team| team.0.as_str()).collect::<Vec<_>>(), ["BURNS 2"]);
    let fields = [("person", id.as_str()), ("role", "viewer"), WHY];
    assert_eq!(admin.post(TAKE, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(changes(&ward).pop().unwrap().note.unwrap().as_str(), "take:viewer");
    for file in ["people/roles.json", "access/entries/000000000000.log"] {
        let text = std::fs::read_to_string(ward.office.dir.path().join(file)).unwrap();
        assert!(!text.contains("Quillonbert") && !text.contains("Newcomer"), "{file}");
    }
    let officer = ward.sign_in(person("Officer Governance", Role::Governance, TEAM));
    let page = officer.get("/governance").await.text();
    assert!(page.contains("Sister Quillonbert") && page.contains("Taken away: Viewer of tissue"), "{page}");
    ward.end().await;
}

#[tokio::test]
async fn what_does_not_hold_counts_for_nothing_and_what_was_typed_stays() {
    let ward = ward().await;
    let admin = ward.sign_in(person("Adam Administrator", Role::Administrator, TEAM));
    let id = newcomer().id.0;
    let full =
        [("person", id.as_str()), ("role", "viewer"), ("teams", "tissue"), ("from", ""), ("until", ""), WHY];
    for (field, value, told) in [
        ("person", "nora", "no person&#39;s id"),
        ("teams", "", "at least one team"),
        ("teams", "Würde", "at least one team"),
        ("role", "auditor", "at least one team"),
        ("role", "king", "Choose a role"),
        ("from", "soon", "a day cannot be read"),
        ("until", "2020-01-01", "The last day lies before"),
        ("reason", "  ", "Write why"),
    ] {
        let mut fields = full.to_vec();
        if field == "until" {
            fields.iter_mut().find(|(name, _)| *name == "from").unwrap().1 = "2026-12-01";
        }
        fields.iter_mut().find(|(name, _)| *name == field).unwrap().1 = value;
        let answer = admin.post(GIVE, &fields).await;
        let text = answer.text().replace('\'', "&#39;");
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{field} {value}");
        assert!(
            text.contains(told) && (field == "reason" || text.contains("Sister Quillonbert")),
            "{field} {value}: {text}"
        );
    }
    assert!(changes(&ward).is_empty());
    assert!(access::grants(ward.office.dir.path()).unwrap().all().is_empty());
    ward.end().await;
}

#[tokio::test]
async fn nobody_changes_roles_without_the_role_a_fresh_proof_or_for_themselves() {
    let ward = ward().await;
    let id = newcomer().id.0;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Administrator) {
        let somebody = ward.sign_in(person("Somebody Else", role, TEAM));
        for path in [GIVE, TAKE] {
            let fields = [("person", id.as_str()), ("role", "viewer"), ("teams", TEAM), WHY];
            let answer = somebody.post(path, &fields).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {path}");
            assert_eq!(ward.office.entries().pop().unwrap().outcome, Outcome::Refused);
        }
    }
    let adam = person("Adam Administrator", Role::Administrator, TEAM);
    let admin = ward.sign_in(adam.clone());
    let own = [("person", adam.id.0.as_str()), ("role", "viewer"), ("teams", TEAM), WHY];
    assert_eq!(admin.post(GIVE, &own).await.status, StatusCode::FORBIDDEN);
    let line = changes(&ward).pop().unwrap();
    assert_eq!(
        (line.outcome, line.policies),
        (Outcome::Refused, vec!["nobody-empowers-themselves".to_owned()])
    );
    ward.hospital.clock.advance(SignedDuration::from_mins(6));
    let fields = [("person", id.as_str()), ("role", "viewer"), ("teams", TEAM), WHY];
    let stale = admin.post(GIVE, &fields).await;
    assert!(stale.text().contains("/prove-again?next="), "{}", stale.text());
    assert!(access::grants(ward.office.dir.path()).unwrap().all().is_empty());
    ward.end().await;
}

//! Who may not: another team, another role, another session, nobody. Each is refused, and each refusal has its line.

use axum::http::StatusCode;
use gauze_people::log::Outcome;
use gauze_people::person::{Person, Role};
use gauze_records::web::photos::ADDRESSES;

use super::cases::reported;
use super::ward::{TEAM, Ward, person};
use crate::folk::{DOB, FAMILY, NHS, patient};

/// Each address with the ids of a photo of the team in it.
async fn filled(ward: &Ward) -> Vec<(String, &'static str)> {
    let photo = &ward.photos().await[0];
    let nurse = ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM));
    let page = nurse.get(&format!("/photos/{}", photo.handle)).await.text();
    let showing = page.split("data-shown=\"").nth(1).unwrap().split('"').next().unwrap();
    let other = &ward.photos().await[1];
    ADDRESSES
        .iter()
        .map(|address| {
            let filled = address
                .replace("{team}", TEAM)
                .replace("{patient}", &photo.patient.unwrap().to_string())
                .replace("{photo}", &photo.handle.to_string())
                .replace("{showing}", showing)
                .replace("{case}", "0")
                .replace("{exponent}/{column}/{row}", "0/0/0");
            let filled = match *address {
                "/compare" => format!("/compare?first={}&second={}", photo.handle, other.handle),
                _ => filled,
            };
            assert!(!filled.contains('{'), "{address} is not asked");
            (filled, *address)
        })
        .collect()
}

async fn ward() -> Ward {
    let one = patient(FAMILY, Some(NHS), None);
    let ward = Ward::with(&[Some(one.clone()), Some(one)]).await;
    let nurse = ward.sign_in(person("Nurse Reporter", Role::Viewer, TEAM));
    assert_eq!(reported(&nurse, &ward, "breach", 1).await, 0);
    ward
}

/// Pages that anybody of a role with photos, or anybody at all, may open: they show nobody.
const OPEN: [&str; 7] =
    ["/photos", "/search", "/patients/{patient}/haste", "/hastes", "/links", "/notices", "/report"];

/// Pages of roles that see no photo, on which no patient stands.
const OWN: [(Role, &str); 4] = [
    (Role::Administrator, "/people/roles"),
    (Role::Administrator, "/people/roles/give"),
    (Role::Administrator, "/people/policies"),
    (Role::It, "/phones"),
];

async fn refused(ward: &Ward, stranger: Person) {
    let addresses = filled(ward).await;
    let browser = ward.sign_in(stranger.clone());
    for (address, pattern) in addresses {
        let before = ward.office.entries().len();
        let answer = browser.get(&address).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        for needle in [FAMILY, "FEATHERSTONEHAUGH", NHS, "999 000 0042", DOB] {
            assert!(!text.contains(needle), "{address} names a patient to {}", stranger.name);
        }
        assert_ne!(answer.headers.get("content-type").map(|kind| kind.as_bytes()), Some(&b"image/jpeg"[..]));
        let own = OWN.iter().any(|(role, page)| *page == pattern && stranger.roles.contains(role));
        if OPEN.contains(&pattern) || own {
            continue;
        }
        assert!(
            matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND),
            "{address}: {}",
            answer.status
        );
        let entries = ward.office.entries();
        let last = entries.last().unwrap();
        assert!(entries.len() > before && last.outcome == Outcome::Refused, "{address} has no line");
        assert_eq!(last.who.as_ref(), Some(&stranger.id));
    }
}

#[tokio::test]
async fn ids_of_another_team_are_refused_and_logged() {
    let ward = ward().await;
    refused(&ward, person("Nurse Elsewhere", Role::Viewer, "other")).await;
    refused(&ward, person("Lead Elsewhere", Role::Lead, "other")).await;
    ward.end().await;
}

#[tokio::test]
async fn roles_that_see_no_photo_are_refused_and_logged() {
    let ward = ward().await;
    for role in [Role::Capturer, Role::It, Role::Administrator] {
        refused(&ward, person("Somebody Else", role, TEAM)).await;
    }
    ward.end().await;
}

#[tokio::test]
async fn who_watches_the_log_sees_no_patient() {
    let ward = ward().await;
    for role in [Role::Auditor, Role::Governance] {
        let addresses = filled(&ward).await;
        let browser = ward.sign_in(person("Somebody Who Watches", role, TEAM));
        for (address, _) in addresses {
            let answer = browser.get(&address).await;
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(!text.contains("FEATHERSTONEHAUGH") && !text.contains("999 000 0042"), "{address}");
            assert_ne!(
                answer.headers.get("content-type").map(|kind| kind.as_bytes()),
                Some(&b"image/jpeg"[..])
            );
        }
    }
    ward.end().await;
}

#[tokio::test]
async fn a_picture_of_one_session_is_not_shown_in_another() {
    let ward = ward().await;
    let nurse = person("Nurse Viewer", Role::Viewer, TEAM);
    let first = ward.sign_in(nurse.clone());
    let page = first.get(&format!("/photos/{}", ward.photos().await[0].handle)).await.text();
    let showing = page.split("data-shown=\"").nth(1).unwrap().split('"').next().unwrap();
    let address = format!("/shown/{showing}");
    assert_eq!(first.get(&address).await.status, StatusCode::OK);
    let second = ward.sign_in(nurse);
    assert_eq!(second.get(&address).await.status, StatusCode::NOT_FOUND);
    ward.end().await;
}

/// As `no_route_opens_to_nobody_or_to_one_factor` of the pages of sign-in, for every address about photos.
#[tokio::test]
async fn no_address_opens_to_nobody_or_to_one_factor() {
    let ward = ward().await;
    let addresses = filled(&ward).await;
    // No role is missing: it is the factor that is.
    let sister = person("Sister Lead", Role::Lead, TEAM);
    let everything = Person { roles: Role::ALL.into_iter().collect(), ..sister };
    let one = ward.sign_in_by_one_factor(everything.clone());
    let mut nobody = ward.sign_in(everything);
    nobody.cookie = "AAAA".to_owned();
    let before = ward.office.entries().len();
    let mut forms = 0;
    for (who, browser, first) in [("nobody", &nobody, "/sign-in"), ("one factor", &one, "/second-factor")] {
        for (address, _) in &addresses {
            let page = browser.get(address).await;
            assert_eq!(page.status, StatusCode::SEE_OTHER, "{address} opens to {who}");
            assert!(page.headers["location"].to_str().unwrap().starts_with(first), "{address} {who}");
            let form = browser.post(address, &[]).await;
            let shut = matches!(form.status, StatusCode::UNAUTHORIZED | StatusCode::METHOD_NOT_ALLOWED);
            assert!(shut, "{address} takes a form of {who}: {}", form.status);
            forms += usize::from(form.status == StatusCode::UNAUTHORIZED);
            for answer in [page, form] {
                let text = String::from_utf8_lossy(&answer.body).into_owned();
                for needle in [FAMILY, "FEATHERSTONEHAUGH", NHS, "999 000 0042", DOB] {
                    assert!(!text.contains(needle), "{address} names a patient to {who}");
                }
            }
        }
    }
    assert!(forms >= 2 * 20, "{forms}");
    assert_eq!(ward.office.entries().len(), before, "nothing was done");
    ward.end().await;
}

#[tokio::test]
async fn a_form_of_another_page_changes_nothing() {
    let ward = ward().await;
    let mut lead = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    lead.proof = "forged".to_owned();
    let address = format!("/photos/{}/amend", ward.photos().await[0].handle);
    let answer = lead.post(&address, &[("what", "nobody"), ("reason", "x")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(ward.photos().await[0].amended, 0);
    ward.end().await;
}

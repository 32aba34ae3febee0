//! The table of roles (`docs/roles-table.md`), asked by HTTP: each route under each role, for each team, from inside and outside.

use std::collections::HashMap;

use axum::http::StatusCode;
use gauze_people::acting::Network;
use gauze_people::action::Action;
use gauze_people::log::Outcome;
use gauze_people::person::{Person, Role};
use gauze_people::roles::SHIPPED;
use gauze_records::Found;
use gauze_records::web::Reach;
use gauze_records::web::photos::ADDRESSES;
use gauze_wire::{Choice, Record};
use serde_json::json;

use super::ward::{Answer, TEAM, Ward, person};
use crate::fixture::{Edit, Hospital, Phone};
use crate::folk::{patient, text, told};

/// Each route that a role opens, and the action that it does.
const ROUTES: [(&str, &str, &str); 52] = [
    ("GET", "/lists/{team}", "list"),
    ("GET", "/patients/{patient}", "list"),
    ("POST", "/search", "search"),
    ("GET", "/photos/{photo}", "view"),
    ("GET", "/photos/{photo}/record", "view"),
    ("GET", "/compare", "compare"),
    ("GET", "/photos/{photo}/unmarked", "view_unmarked"),
    ("POST", "/photos/{photo}/unmarked", "view_unmarked"),
    ("GET", "/photos/{photo}/proof", "proof"),
    ("GET", "/photos/{photo}/looks", "who_looked"),
    ("GET", "/patients/{patient}/looks", "who_looked"),
    ("GET", "/patients/{patient}/looks/report", "who_looked"),
    ("GET", "/photos/{photo}/amend", "amend"),
    ("POST", "/photos/{photo}/amend", "amend"),
    ("GET", "/photos/{photo}/export", "export"),
    ("POST", "/photos/{photo}/export", "export"),
    ("GET", "/photos/{photo}/link", "make_link"),
    ("POST", "/photos/{photo}/link", "make_link"),
    ("GET", "/patients/{patient}/haste", "break_glass"),
    ("POST", "/patients/{patient}/haste", "break_glass"),
    ("POST", "/hastes", "review_break_glass"),
    ("GET", "/governance", "read_log"),
    ("GET", "/phones", "phones"),
    ("GET", "/people/roles", "change_role"),
    ("GET", "/people/roles/give", "change_role"),
    ("POST", "/people/roles/give", "change_role"),
    ("POST", "/people/roles/take", "change_role"),
    ("GET", "/people/policies", "setting"),
    ("POST", "/people/policies", "setting"),
    ("GET", "/photos/{photo}/keeping", "propose_erasure"),
    ("POST", "/photos/{photo}/keeping", "propose_erasure"),
    ("POST", "/photos/{photo}/hold", "hold"),
    ("GET", "/keeping", "retention"),
    ("GET", "/keeping/rules", "retention"),
    ("POST", "/keeping/rules", "retention"),
    ("POST", "/photos/{photo}/erase", "erase"),
    ("GET", "/documents", "documents"),
    ("GET", "/documents/register", "documents"),
    ("POST", "/documents/register", "documents"),
    ("GET", "/report", "report"),
    ("POST", "/report", "report"),
    ("GET", "/cases", "case"),
    ("GET", "/cases/{case}", "case"),
    ("POST", "/cases/{case}", "case"),
    ("GET", "/cases/{case}/form", "case"),
    ("GET", "/cases/{case}/evidence", "case_evidence"),
    ("POST", "/cases/{case}/evidence", "case_evidence"),
    ("GET", "/leaks", "find_mark"),
    ("POST", "/leaks", "find_mark"),
    ("GET", "/people/sessions", "end_session"),
    ("POST", "/people/sessions", "end_session"),
    ("GET", "/people/waiting", "reenrol"),
];

/// Routes that show nobody, lead on, or show what one of the above opened: each with the test that asks it.
const OTHERS: [(&str, &str, &str); 22] = [
    ("GET", "/", "to where somebody's day begins"),
    ("GET", "/prove-again", "one's own factor"),
    ("POST", "/prove-again", "one's own factor"),
    ("GET", "/sessions", "one's own"),
    ("POST", "/sessions", "one's own: another_persons_session_is_not_ended_from_ones_own_page"),
    ("POST", "/second-factor/another", "one's own factor"),
    ("POST", "/people/waiting/code", "people: nobody_is_given_a_factor_from_outside_the_hospital"),
    (
        "POST",
        "/people/waiting/lost",
        "people: a_lead_speaks_for_their_own_team_alone_whatever_a_policy_permits",
    ),
    ("GET", "/links", "one's own"),
    ("POST", "/links", "one's own: links: what_is_revoked_shows_nothing_from_that_moment"),
    ("POST", "/keeping", "keeping: what_is_due_is_erased_by_a_click_and_what_is_held_or_kept_is_not"),
    ("GET", "/photos/{photo}/hold", "the page of /photos/{photo}/keeping, where a fresh proof leads back to"),
    (
        "GET",
        "/photos/{photo}/erase",
        "the page of /photos/{photo}/keeping, where a fresh proof leads back to",
    ),
    ("GET", "/notices", "one's own"),
    (
        "POST",
        "/notices",
        "one's own: notices: a_notice_is_read_before_the_first_photo_and_again_after_each_change",
    ),
    ("GET", "/photos", "to the first of one's own lists"),
    ("GET", "/search", "an empty form"),
    (
        "GET",
        "/hastes",
        "governing: lead_and_governance_are_told_of_a_break_glass_by_a_reference_and_of_late_ones_first",
    ),
    (
        "GET",
        "/people/roles/take",
        "roles: a_role_is_given_with_a_reason_and_taken_and_gone_at_the_next_click",
    ),
    ("GET", "/shown/{showing}", "strangers: a_picture_of_one_session_is_not_shown_in_another"),
    (
        "GET",
        "/shown/{showing}/{exponent}/{column}/{row}",
        "strangers: ids_of_another_team_are_refused_and_logged",
    ),
    ("GET", "/unmarked/{showing}", "unmarked: nobody_else_takes_it_and_it_waits_for_a_minute"),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whose {
    Own,
    Other,
    Nobodys,
}

const COLUMNS: [(Whose, Network); 6] = [
    (Whose::Own, Network::Inside),
    (Whose::Own, Network::Outside),
    (Whose::Other, Network::Inside),
    (Whose::Other, Network::Outside),
    (Whose::Nobodys, Network::Inside),
    (Whose::Nobodys, Network::Outside),
];

/// Whether the table allows it, by action and role, in the order of the columns.
fn table() -> HashMap<(String, String), Vec<bool>> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/roles-table.md");
    let (text, mut action, mut cells) =
        (std::fs::read_to_string(path).unwrap(), String::new(), HashMap::new());
    for line in text.lines() {
        if let Some(named) = line.strip_prefix("## ") {
            named.clone_into(&mut action);
        }
        let row: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        if row.len() == 7 && row[0] != "role" {
            let allowed = row[1..].iter().map(|cell| *cell != "-" && !cell.starts_with("no:")).collect();
            cells.insert((action.clone(), row[0].to_owned()), allowed);
        }
    }
    assert_eq!(cells.len(), Action::ALL.len() * Role::ALL.len());
    cells
}

/// Photos of the team, two of one patient; of no team, two of another; and one of a third patient of another team.
struct Filed {
    own: Vec<Found>,
    nobodys: Vec<Found>,
    other: Found,
    /// To be erased: of the team, and of none.
    spare: Vec<Found>,
    nobodys_spare: Vec<Found>,
}

const WISH: [(&str, &str); 3] =
    [("ground", "patient_request"), ("asker", "The patient"), ("words", "She does not want it kept")];

const REPORT: [(&str, &str); 4] =
    [("kind", "near_miss"), ("what", "A list lay in the lift"), ("whose", "Ward 4"), ("day", "2026-11-20")];

const NHS: [&str; 3] = ["9990000042", "9990000050", "9990000069"];

async fn ward() -> (Ward, Filed) {
    let hospital = Hospital::new();
    hospital.sign_policy(|policy| {
        policy["version"] = json!(7);
        policy["lists"] = json!({ "teams": [
            { "code": "tissue", "words": "Tissue viability" }, { "code": "eyes", "words": "Eyes" },
        ] });
    });
    let mut phone = Phone::enrolled(1, &hospital);
    let of = [
        ("Ann", 0, Some(TEAM)),
        ("Ann", 0, Some(TEAM)),
        ("Ben", 1, None),
        ("Ben", 1, None),
        ("Cor", 2, Some("eyes")),
        ("Dan", 0, Some(TEAM)),
        ("Dan", 0, Some(TEAM)),
        ("Eve", 1, None),
    ];
    for (family, number, team) in of {
        let record = |record: &mut Record| {
            told(record, Some(patient(family, Some(NHS[number]), None)));
            record.team = team.map(|code| Choice { code: code.parse().unwrap(), words: text("Of the list") });
        };
        let photo = phone.photo_with(&hospital, &Edit { record: &record, ..Edit::default() });
        hospital.gateway.take(&photo);
    }
    let puller = hospital.puller().await.unwrap();
    assert_eq!(puller.pass().await.unwrap().filed, 8);
    let ward = Ward::of("viewer.test", hospital, puller).await;
    let team = |team: Option<&'static str>| {
        let folk = ward.folk.clone();
        async move { folk.team(team, gauze_records::Which::All, None, 10).await.unwrap() }
    };
    let (mut spare, mut nobodys_spare) = (team(Some(TEAM)).await, team(None).await);
    let (own, nobodys) = (spare.split_off(2), nobodys_spare.split_off(1));
    let filed = Filed { own, nobodys, spare, nobodys_spare, other: team(Some("eyes")).await.remove(0) };
    assert_eq!((filed.own.len(), filed.nobodys.len()), (2, 2));
    let reporter = person("Nurse Reporter", Role::Viewer, TEAM);
    let reported = ask(&ward, ("POST", "/report"), reporter, Network::Inside, &REPORT).await;
    assert_eq!(reported.headers["location"], "/report?number=0");
    (ward, filed)
}

/// Another person each time, so that what one opened in haste opens nothing to the next.
fn somebody(count: usize, role: Role, whose: Whose) -> Person {
    let letter = |digit: usize| char::from(b'a' + u8::try_from(digit % 25).unwrap());
    let name = format!("Case {}{}{}", letter(count), letter(count / 25), letter(count / 625));
    person(&name, role, if whose == Whose::Other { "elsewhere" } else { TEAM })
}

fn address(pattern: &str, photos: &[Found], team: &str) -> String {
    match pattern {
        "/compare" => format!("/compare?first={}&second={}", photos[0].handle, photos[1].handle),
        _ => pattern
            .replace("{team}", team)
            .replace("{case}", "0")
            .replace("{patient}", &photos[0].patient.unwrap().to_string())
            .replace("{photo}", &photos[0].handle.to_string()),
    }
}

async fn ask(
    ward: &Ward,
    (method, address): (&str, &str),
    who: Person,
    network: Network,
    form: &[(&str, &str)],
) -> Answer {
    let browser = ward.sign_in(who).from(network);
    match (method, address) {
        ("GET", _) => browser.get(address).await,
        (_, "/leaks") => browser.upload(address, &[], &[("a.jpg", b"no picture")]).await,
        _ => browser.post(address, form).await,
    }
}

#[tokio::test]
async fn each_cell_of_the_table_is_what_each_route_answers() {
    let (ward, filed) = ward().await;
    let table = table();
    let nora = person("Nora Newcomer", Role::Viewer, TEAM).id.0;
    let mut entries = Vec::new();
    for (count, photos) in [(9_000, &filed.own), (9_001, &filed.nobodys)] {
        let opener = somebody(count, Role::Viewer, Whose::Other);
        let address = address("/patients/{patient}/haste", photos, TEAM);
        let why = [("code", "emergency"), ("words", "Bleeding")];
        ask(&ward, ("POST", &address), opener, Network::Inside, &why).await;
        entries.push(ward.office.entries().pop().unwrap().id.as_str().to_owned());
    }
    // What is erased is asked for by somebody else, and each may be erased once.
    let (mut spare, mut nobodys_spare) = (filed.spare.clone(), filed.nobodys_spare.clone());
    for found in spare.iter().chain(&nobodys_spare) {
        let asker = person("Sister Asker", Role::Lead, TEAM);
        let address = format!("/photos/{}/keeping", found.handle);
        let asked = ask(&ward, ("POST", &address), asker, Network::Inside, &WISH).await;
        assert_eq!(asked.status, StatusCode::SEE_OTHER);
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for (method, pattern, action) in ROUTES {
        for role in Role::ALL {
            let cells = &table[&(action.to_owned(), role.word().to_owned())];
            for ((whose, network), allowed) in COLUMNS.into_iter().zip(cells) {
                count += 1;
                let nobodys = whose == Whose::Nobodys;
                let (photos, team) = if nobodys { (&filed.nobodys, "-") } else { (&filed.own, TEAM) };
                let erased: Vec<Found>;
                let photos = if pattern == "/photos/{photo}/erase" {
                    let spare = if nobodys { &mut nobodys_spare } else { &mut spare };
                    erased = if *allowed { spare.pop().into_iter().collect() } else { photos.clone() };
                    &erased
                } else {
                    photos
                };
                let victim = ward.sign_in(person("Vera Victim", Role::Capturer, TEAM)).reference;
                let form: &[(&str, &str)] = match pattern {
                    "/people/policies" => &[("text", SHIPPED)],
                    "/people/sessions" => &[("reference", &victim)],
                    "/search" => &[("number", if nobodys { NHS[1] } else { NHS[0] })],
                    "/photos/{photo}/amend" => &[
                        ("what", "site"),
                        ("site", "Heel"),
                        ("reason", "It is the heel"),
                        ("compared_name", "yes"),
                        ("compared_dob", "yes"),
                    ],
                    "/photos/{photo}/export" => &[
                        ("purpose", "legal"),
                        ("receiver", "The coroner"),
                        ("words", "The inquest asks for it"),
                        ("form", "picture"),
                    ],
                    "/photos/{photo}/link" => &[
                        ("reader", "Dr Reader"),
                        ("code", "consultation"),
                        ("words", "A second opinion"),
                        ("days", "1"),
                        ("views", "1"),
                    ],
                    "/photos/{photo}/unmarked" => {
                        &[("code", "diagnosis"), ("words", "Is the edge undermined")]
                    }
                    "/photos/{photo}/keeping" | "/photos/{photo}/hold" => &WISH,
                    "/report" => &REPORT,
                    "/cases/{case}" => &[("step", "own")],
                    "/cases/{case}/evidence" => &[("words", "The regulator asks for it")],
                    "/keeping/rules" => &[("text", r#"{"v":1,"otherwise":{"years":100}}"#)],
                    "/documents/register" => &[("text", r#"{"v":1}"#)],
                    "/hastes" => &[("entry", &entries[usize::from(nobodys)]), ("verdict", "justified")],
                    "/patients/{patient}/haste" => &[("code", "emergency"), ("words", "Bleeding")],
                    _ => &[("person", &nora), ("role", "auditor"), ("reason", "She joins")],
                };
                let asked = (method, &*address(pattern, photos, team));
                let who = somebody(count, role, whose);
                let answer = ask(&ward, asked, who.clone(), network, form).await;
                let last = ward.office.last();
                let opened = matches!(answer.status, StatusCode::OK | StatusCode::SEE_OTHER);
                let logged = last.who == Some(who.id) && (last.outcome == Outcome::Refused) != opened;
                // A form that only shows what may be done has no line of its own.
                let unlogged = opened
                    && method == "GET"
                    && matches!(
                        action,
                        "break_glass"
                            | "change_role"
                            | "setting"
                            | "end_session"
                            | "reenrol"
                            | "propose_erasure"
                            | "retention"
                            | "documents"
                            | "report"
                            | "case"
                            | "case_evidence"
                            | "find_mark"
                    );
                if opened != *allowed || !(logged || unlogged) {
                    wrong.push(format!(
                        "{method} {pattern} {role} {whose:?} {network:?}: {} {last:?}",
                        answer.status
                    ));
                }
            }
        }
    }
    assert_eq!(count, ROUTES.len() * 42);
    assert!(wrong.is_empty(), "{} of {count}\n{}", wrong.len(), wrong.join("\n"));
    ward.end().await;
}

/// A role that may do what nothing does opens nothing.
#[test]
fn every_action_of_the_policies_is_done_by_a_route_that_is_asked() {
    for action in Action::ALL {
        assert!(ROUTES.iter().any(|(_, _, done)| *done == action.word()), "no route does {action}");
    }
    for (_, address, action) in ROUTES {
        assert!(Action::ALL.iter().any(|known| known.word() == action), "{address} does {action}");
    }
}

#[tokio::test]
async fn no_route_is_missing_in_the_table() {
    let (ward, filed) = ward().await;
    let listed = |method: &str, pattern: &str| {
        ROUTES.iter().chain(&OTHERS).any(|(own, address, _)| *own == method && *address == pattern)
    };
    for route in gauze_records::web::ROUTES.iter().filter(|route| route.reach == Reach::Signed) {
        let method = if route.post { "POST" } else { "GET" };
        assert!(listed(method, route.path), "{method} {}", route.path);
    }
    for pattern in ADDRESSES {
        let address = address(pattern, &filed.own, TEAM)
            .replace("{showing}", "x")
            .replace("{exponent}/{column}/{row}", "0/0/0");
        for method in ["GET", "POST"] {
            let who = person("Sister Lead", Role::Lead, TEAM);
            let answer = ask(&ward, (method, &address), who, Network::Inside, &[]).await;
            let laid = answer.status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(laid, listed(method, pattern), "{method} {pattern} answers {}", answer.status);
        }
    }
    ward.end().await;
}

#[tokio::test]
async fn an_id_of_another_team_beside_one_of_ones_own_is_refused_and_logged() {
    let (ward, filed) = ward().await;
    let (own, other) = (filed.own[0].handle, filed.other.handle);
    let why = [("code", "emergency"), ("words", "Bleeding")];
    let patient = filed.other.patient.unwrap();
    let opener = somebody(1, Role::Viewer, Whose::Other);
    ask(&ward, ("POST", &format!("/patients/{patient}/haste")), opener, Network::Inside, &why).await;
    let entry = ward.office.entries().pop().unwrap().id.as_str().to_owned();
    let lead = || person("Sister Lead", Role::Lead, TEAM);
    for (method, address, form) in [
        ("GET", format!("/compare?first={own}&second={other}"), vec![]),
        ("GET", format!("/compare?first={other}&second={own}"), vec![]),
        ("GET", format!("/lists/{TEAM}?after={other}"), vec![]),
        ("GET", "/lists/eyes".to_owned(), vec![]),
        ("GET", format!("/photos/{patient}"), vec![]),
        ("GET", format!("/patients/{other}"), vec![]),
        ("POST", format!("/photos/{other}/amend"), vec![("what", "nobody"), ("reason", "x")]),
        ("GET", format!("/photos/{other}/unmarked"), vec![]),
        ("POST", format!("/photos/{other}/unmarked"), vec![("code", "diagnosis"), ("words", "x")]),
        ("GET", format!("/photos/{other}/keeping"), vec![]),
        ("POST", format!("/photos/{other}/keeping"), WISH.to_vec()),
        ("POST", format!("/photos/{other}/hold"), WISH.to_vec()),
        ("POST", format!("/photos/{other}/erase"), vec![]),
        ("GET", "/cases/0".to_owned(), vec![]),
        ("POST", "/cases/0".to_owned(), vec![("step", "own")]),
        ("GET", "/cases/0/form".to_owned(), vec![]),
        ("GET", "/cases/0/evidence".to_owned(), vec![]),
        ("POST", "/cases/0/evidence".to_owned(), vec![("words", "x")]),
        ("GET", "/leaks".to_owned(), vec![]),
        ("POST", "/leaks".to_owned(), vec![]),
        ("POST", "/hastes".to_owned(), vec![("entry", entry.as_str()), ("verdict", "justified")]),
        ("POST", "/hastes".to_owned(), vec![("entry", "AAAAAAAAAAAAAAAAAAAAAA"), ("verdict", "justified")]),
    ] {
        let answer = ask(&ward, (method, &address), lead(), Network::Inside, &form).await;
        assert!(
            matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND),
            "{address}: {}",
            answer.status
        );
        assert!(!answer.text().contains("COR"), "{address}");
        let last = ward.office.entries().pop().unwrap();
        assert_eq!((last.who, last.outcome), (Some(lead().id), Outcome::Refused), "{address}");
    }
    ward.end().await;
}

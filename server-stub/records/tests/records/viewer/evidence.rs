//! What an archive of a case holds of sessions, of phones, and of what was in force then.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::log::{Event, Happening, Outcome, What};
use gauze_people::person::Role;
use gauze_people::roles::{PolicySet, SHIPPED};
use gauze_records::evidence::{Evidence, LeftOut, verify};
use gauze_wire::{Act, Deed, Digest, Enrolment, Jws, Policy, Signer as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::cases::{officer, ok, reported, step};
use super::ward::{Browser, TEAM, Ward, person};
use crate::fixture::Phone;
use crate::folk::{FAMILY, NHS, patient};

type Files = BTreeMap<String, Vec<u8>>;

/// The archive of a case: what is judged of it offline, and its files, each of which its own page names.
async fn taken(ward: &Ward, number: u64) -> (Evidence, Files) {
    let form = [("words", "The regulator asks for it")];
    let answer = officer(ward).post(&format!("/cases/{number}/evidence"), &form).await;
    assert_eq!(answer.headers["content-type"], "application/x-tar", "{}", answer.status);
    let mut files = Files::new();
    for file in tar::Archive::new(&answer.body[..]).entries().unwrap() {
        let mut file = file.unwrap();
        let name = file.path().unwrap().to_str().unwrap().to_owned();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(name, bytes);
    }
    let readme = text(&files, "README.txt");
    for name in files.keys().filter(|name| *name != "README.txt") {
        let known = match name.split_once('/') {
            Some(("phones", own)) if own.contains('/') => "phones/ID/",
            Some(("phones", _)) => "phones/*.bundle.jws",
            Some(("lines", _)) => "lines/N.tlog-proof",
            Some((_, own)) => own,
            None => name.as_str(),
        };
        assert!(readme.contains(known), "README.txt says nothing of {name}");
    }
    (verify(&answer.body, None, None).unwrap(), files)
}

fn text(files: &Files, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

fn jws(files: &Files, name: &str) -> Jws {
    Jws::parse(&text(files, name)).unwrap()
}

/// The numbers of the lines that it proves.
fn lines(files: &Files) -> BTreeSet<usize> {
    let line = |name: &String| name.strip_prefix("lines/")?.split('.').next()?.parse().ok();
    files.keys().filter_map(line).collect()
}

#[tokio::test]
async fn evidence_says_how_those_who_looked_came_to_be_there_and_nothing_that_they_did_elsewhere() {
    let ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None)), None]).await;
    let photos = ward.photos().await;
    let (nurse, elsewhere) =
        (person("Nurse Viewer", Role::Viewer, TEAM), person("Nurse Elsewhere", Role::Viewer, TEAM));
    let admin = ward.sign_in(person("Adam Administrator", Role::Administrator, TEAM));
    for whose in [&nurse.id.0, &elsewhere.id.0] {
        let role = [
            ("person", whose.as_str()),
            ("role", "viewer"),
            ("teams", TEAM),
            ("reason", "She sees the team's photos too"),
        ];
        ok(&admin.post("/people/roles/give", &role).await);
    }
    let notice =
        r#"{"code":"privacy","version":1,"title":"Photos","words":"Look at your own patients only."}"#;
    let register = format!(r#"{{"v":1,"notices":[{notice}]}}"#);
    let governance = officer(&ward);
    ok(&governance.post("/documents/register", &[("text", &register)]).await);
    let (nurse, elsewhere) = (ward.sign_in(nurse), ward.sign_in(elsewhere));
    let came_in = async |browser: &Browser<'_>| {
        let event = Event::of(Happening::SignIn, Outcome::Done, ward.hospital.now());
        let event = Event { session: Some(browser.reference.clone()), ..event };
        ward.office.log.note(&event).await.unwrap();
    };
    let read = [("code", "privacy"), ("version", "1"), ("next", "/photos")];
    for browser in [&governance, &nurse, &elsewhere] {
        came_in(browser).await;
        ok(&browser.post("/notices", &read).await);
    }
    let failed = Event::of(Happening::Factor, Outcome::Refused, ward.hospital.now());
    let failed = Event { session: Some(nurse.reference.clone()), ..failed };
    ward.office.log.note(&failed).await.unwrap();
    let page = |photo: usize| format!("/photos/{}", photos[photo].handle);
    for (browser, photo) in [(&nurse, 0), (&nurse, 1), (&elsewhere, 1)] {
        assert_eq!(browser.get(&page(photo)).await.status, StatusCode::OK);
    }
    for browser in [&nurse, &elsewhere] {
        assert_eq!(browser.post("/sign-out", &[]).await.status, StatusCode::OK);
    }
    // What was judged last before somebody became aware is a look at another patient's photo.
    ward.hospital.clock.advance(SignedDuration::from_hours(2));
    let governance = officer(&ward);
    came_in(&governance).await;
    let number = reported(&governance, &ward, "breach", 1).await;
    let photo = photos[0].capture_id.to_string();
    ok(&step(&governance, number, &[("step", "photo"), ("photo", &photo)]).await);

    let (_, files) = taken(&ward, number).await;
    let (held, entries) = (lines(&files), ward.office.entries());
    let has = |what: What, of: &dyn Fn(&gauze_people::log::Entry) -> bool| {
        held.iter().map(|line| &entries[*line]).any(|entry| entry.what == what && of(entry))
    };
    let session = |what, browser: &Browser<'_>| {
        has(What::Happening(what), &|entry| entry.session.as_ref() == Some(&browser.reference))
    };
    for what in [Happening::SignIn, Happening::Factor, Happening::NoticeRead, Happening::SignOut] {
        assert!(session(what, &nurse), "{what:?} is missing");
        assert!(!session(what, &elsewhere), "{what:?} of somebody who did not look at it");
    }
    assert!(session(Happening::SignIn, &governance), "whoever looks after it came in too");
    let given = |whose: &str| {
        let id = Some(person(whose, Role::Viewer, TEAM).id.0);
        has(What::Action(Action::ChangeRole), &|entry| entry.about.clone().unwrap().id == id)
    };
    assert!(given("Nurse Viewer") && !given("Nurse Elsewhere"));
    let other = photos[1].capture_id.to_string();
    let elsewhere = held.iter().filter_map(|line| entries[*line].about.as_ref()?.id.as_ref());
    assert!(elsewhere.clone().any(|id| *id == photo) && elsewhere.clone().all(|id| *id != other));
    // Which policies held is known from that line too, and told by one that leaves.
    let said: Value = serde_json::from_slice(&files["in-force.json"]).unwrap();
    let policies = &said["then"]["policies"];
    assert_eq!(policies["sha256"], json!(PolicySet::parse(SHIPPED).unwrap().digest()));
    let line = usize::try_from(policies["line"].as_u64().unwrap()).unwrap();
    assert!(held.contains(&line) && entries[line].at < ward.hospital.now(), "{line}");
    let story = text(&files, "timeline.txt");
    for told in
        ["Signed in", "Proved a second factor (refused)", "Read a notice", "privacy/1", "session ended"]
    {
        assert!(story.contains(told), "{told}: {story}");
    }
    ward.end().await;
}

#[tokio::test]
async fn a_lost_phone_that_is_named_leaves_with_its_enrolment_and_what_was_decided_about_it() {
    let mut ward = Ward::with(&[]).await;
    let phone = Phone::enrolled(7, &ward.hospital);
    let lost = ("helpdesk-7", "left in a taxi");
    ward.hospital.acts(lost, Deed::Suspend { device_id: phone.id() });
    ward.hospital.acts(lost, Deed::Revoke { device_id: phone.id() });
    ward.puller.pass().await.unwrap();
    let (id, unknown) = (phone.id().to_string(), Phone::new(9).id().to_string());
    let number = {
        let governance = officer(&ward);
        let number = reported(&governance, &ward, "breach", 1).await;
        for wrong in ["SN-7", &unknown] {
            let answer = step(&governance, number, &[("step", "phone"), ("phone", wrong)]).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST);
            let page = answer.text();
            assert!(page.contains("No phone here has this id") && page.contains(wrong), "{page}");
        }
        ok(&step(&governance, number, &[("step", "phone"), ("phone", &id)]).await);
        let line = ward.office.last();
        assert!(line.note.unwrap().as_str().starts_with(&format!("phone/{number}/")));
        number
    };
    ward.restart();
    assert!(officer(&ward).get(&format!("/cases/{number}")).await.text().contains(&id), "it stays named");

    let (found, files) = taken(&ward, number).await;
    assert_eq!(found.phones, BTreeMap::from([(phone.id(), 2)]));
    let devices: Value = serde_json::from_slice(&files["devices.json"]).unwrap();
    assert_eq!(devices[0]["device_id"], json!(id));
    let deeds: Vec<_> = devices[0]["acts"].as_array().unwrap().iter().map(|act| &act["deed"]).collect();
    assert_eq!(deeds, [&json!("suspend"), &json!("revoke")]);
    let (tenant, gateway) = (ward.hospital.tenant(), ward.hospital.gateway.key());
    let enrolment = jws(&files, &format!("phones/{id}/enrolment.jws"));
    assert!(enrolment.verify::<Enrolment>(&phone.key.public_key(), &tenant).is_ok());
    assert_eq!(devices[0]["enrolment_sha256"], json!(enrolment.digest()));
    let acts: Vec<_> = files.keys().filter(|name| name.ends_with(".act.jws")).collect();
    for name in &acts {
        let act: Act = jws(&files, name).verify(&gateway, &tenant).unwrap();
        assert_eq!(act.deed.device_id(), Some(&phone.id()), "{name}");
    }
    assert_eq!(acts.len(), 2);
    assert!(found.acts_left_out.is_empty(), "{found:?}");

    // The newest act is one that no key of this hospital's lists signed: it is left out, and counted.
    let damaged = ward.hospital.sql(
        "UPDATE leaf SET jws = substr(jws, 1, length(jws) - 20) || 'AAAAAAAAAAAAAAAAAAAA' \
         WHERE idx = (SELECT max(log_index) FROM note WHERE kind = 'act')",
    );
    assert_eq!(damaged.await, 1);
    let (found, files) = taken(&ward, number).await;
    assert_eq!(found.phones, BTreeMap::from([(phone.id(), 1)]));
    assert_eq!(found.acts_left_out, BTreeMap::from([(phone.id(), LeftOut { beyond: 0, unproven: 1 })]));
    let devices: Value = serde_json::from_slice(&files["devices.json"]).unwrap();
    assert_eq!(devices[0]["acts"].as_array().unwrap().len(), 1);
    assert_eq!(devices[0]["acts_left_out"], json!({ "beyond": 0, "unproven": 1 }));
    assert!(text(&files, "README.txt").contains("acts_left_out"));
    ward.end().await;
}

/// What governance and an administrator put in force, each time another.
async fn puts_in_force(ward: &Ward, which: &str) {
    let governance = officer(ward);
    let register = format!(r#"{{"v":1,"data_protection_officer":"Dora, {which}"}}"#);
    ok(&governance.post("/documents/register", &[("text", &register)]).await);
    ok(&governance.post("/keeping/rules", &[("text", &rules(which))]).await);
    let admin = ward.sign_in(person("Adam Administrator", Role::Administrator, TEAM));
    ok(&admin.post("/people/policies", &[("text", &policies(which))]).await);
    let id = person(which, Role::Viewer, TEAM).id.0;
    let role = [("person", id.as_str()), ("role", "auditor"), ("reason", "She looks after the log")];
    ok(&admin.post("/people/roles/give", &role).await);
}

fn rules(which: &str) -> String {
    format!(r#"{{"v":1,"otherwise":{{"years":{}}}}}"#, which.len())
}

fn policies(which: &str) -> String {
    format!("{SHIPPED}\n// {which}\n")
}

#[tokio::test]
async fn evidence_holds_the_bytes_that_were_in_force_then_though_others_were_put_in_their_place_since() {
    let ward = Ward::with(&[None]).await;
    puts_in_force(&ward, "first").await;
    // It is signed before somebody becomes aware, and put in force behind that.
    ward.hospital.sign_policy(|policy| policy["version"] = json!(8));
    let before = ward.hospital.now();
    ward.hospital.clock.advance(SignedDuration::from_hours(2));
    let number = reported(&officer(&ward), &ward, "breach", 1).await;
    puts_in_force(&ward, "seconds").await;
    ward.puller.pass().await.unwrap();

    let (found, files) = taken(&ward, number).await;
    assert_eq!(text(&files, "then/documents.json"), r#"{"v":1,"data_protection_officer":"Dora, first"}"#);
    assert_eq!(text(&files, "then/rules.json"), rules("first"));
    let set = PolicySet::parse(&policies("first")).unwrap().digest();
    assert_eq!(Digest::of(&files["then/policies.set"]), set);
    let roles: Value = serde_json::from_slice(&files["then/roles.json"]).unwrap();
    assert_eq!(roles["grants"].as_array().unwrap().len(), 1, "{roles}");
    assert_eq!(jws(&files, "then/policy.jws").peek::<Policy>().unwrap().version, 7);
    let said: Value = serde_json::from_slice(&files["in-force.json"]).unwrap();
    let policy = &said["then"]["policy"];
    assert!(policy["since"].as_str().unwrap().parse::<Timestamp>().unwrap() <= before, "{policy}");
    assert!(policy["note"].is_null(), "{policy}");
    // A line of the log says which version each was, where one does.
    let entries = ward.office.entries();
    let noted = |file: &str| {
        let entry = &entries[usize::try_from(found.then[file]?).unwrap()];
        entry.note.as_ref().map(|note| note.as_str().to_owned())
    };
    for (file, word) in
        [("then/documents.json", "register"), ("then/rules.json", "rules"), ("then/policies.set", "policies")]
    {
        assert_eq!(noted(file), Some(format!("{word}:{}", Digest::of(&files[file]))), "it was put in force");
    }
    assert_eq!((found.then["then/roles.json"], found.then["then/policy.jws"]), (None, None));
    // What is kept for later is for its owner alone.
    for kind in ["documents", "rules", "policies", "roles"] {
        let kept = std::fs::read_dir(ward.office.dir.path().join("people/kept").join(kind)).unwrap();
        let kept: Vec<_> = kept.map(|entry| entry.unwrap()).collect();
        assert!(kept.len() >= 2, "{kind}");
        for entry in kept {
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{kind}");
            let name = entry.file_name().into_string().unwrap();
            let bytes = std::fs::read(entry.path()).unwrap();
            assert!(name.ends_with(&Digest::of(&bytes).to_string()), "{name}");
        }
    }
    ward.end().await;
}

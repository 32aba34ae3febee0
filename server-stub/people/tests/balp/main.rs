//! What is exported, judged by HAPI's validator with IHE's own profiles.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use gauze_people::Roles;
use gauze_people::acting::{Acting, Barred, Factor, Network};
use gauze_people::action::{Act, act};
use gauze_people::context::{Context, Purpose, Reason, ReasonCode};
use gauze_people::fhir::audit_event;
use gauze_people::log::{AccessLog, Event, Happening, LogKeys, Outcome, read_entries};
use gauze_people::person::{Person, PersonId, Role, Team};
use gauze_people::subject::{Patient, PatientRef, Photo, Subject};
use gauze_wire::SoftwareKey;
use gauze_wire::log::NoteKey;
use jiff::Timestamp;
use serde_json::Value;

fn now() -> Timestamp {
    "2026-11-29T09:00:00.123Z".parse().unwrap()
}

fn somebody(role: Role) -> Acting {
    let teams = [Team("burns".to_owned())];
    let person = Person {
        id: PersonId("anna".to_owned()),
        name: "Anna".to_owned(),
        professional: None,
        roles: [role].into(),
        teams: teams.clone().into(),
        leads: teams.into(),
    };
    Acting {
        person,
        session: "s1".to_owned(),
        signed_in_at: now(),
        factor: Factor::Passkey { hardware: true },
        factor_at: now(),
        network: Network::Inside,
        barred: Barred::Nothing,
    }
}

fn context(purpose: Purpose) -> Context {
    let reason = Some(Reason { code: ReasonCode::Consultation, sealed_words: None });
    Context { at: now(), purpose, reason, haste: None }
}

fn photo(patient: bool) -> Subject {
    Subject::Photo(Photo {
        id: "01930000-0000-7000-8000-000000000001".parse().unwrap(),
        team: Some(Team("burns".to_owned())),
        patient: patient.then(|| PatientRef("blind".to_owned())),
        erased: false,
        held: false,
        due: true,
        proposed_by: None,
        ruled_by: Some(PersonId("ruled".to_owned())),
    })
}

fn patient() -> Subject {
    let teams = [Team("burns".to_owned())].into();
    Subject::Patient(Patient { id: PatientRef("blind".to_owned()), teams, no_team: false })
}

struct Day {
    log: AccessLog,
    roles: Roles,
}

impl Day {
    fn does<A: Act>(&self, role: Role, act: A, subject: &Subject) {
        let context = context(Purpose::Care);
        let authorised = self.roles.authorise(&somebody(role), act, subject, &context).unwrap();
        self.log.append_blocking(authorised).unwrap();
    }

    fn happens(&self, what: Happening, outcome: Outcome) {
        self.log.note_blocking(&Event::of(what, outcome, now()).by(&somebody(Role::Lead))).unwrap();
        self.log.note_blocking(&Event::of(what, outcome, now())).unwrap();
    }
}

/// A day with each kind of entry in it, as `AuditEvent`s.
fn exported() -> Vec<Value> {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let tenant = "ward-9".parse().unwrap();
    let keys = LogKeys {
        audit: Arc::new(SoftwareKey::from_bytes(&[7; 32]).unwrap()),
        note: Arc::new(NoteKey::from_bytes(&LogKeys::origin(&tenant), &[8; 32]).unwrap()),
        tenant,
    };
    let log = AccessLog::open(dir.path(), keys, now()).unwrap();
    let day = Day { log, roles: Roles::shipped().unwrap() };
    for of in [photo(true), photo(false)] {
        day.does(Role::Lead, act::View, &of);
        day.does(Role::Lead, act::Compare, &of);
        day.does(Role::Lead, act::ViewUnmarked, &of);
        day.does(Role::Lead, act::Proof, &of);
        day.does(Role::Lead, act::WhoLooked, &of);
        day.does(Role::Lead, act::Export, &of);
        day.does(Role::Lead, act::MakeLink, &of);
        day.does(Role::Lead, act::Amend, &of);
        day.does(Role::Governance, act::Erase, &of);
    }
    day.does(Role::Lead, act::List, &Subject::WorkList(Some(Team("burns".to_owned()))));
    day.does(Role::Lead, act::List, &Subject::WorkList(None));
    day.does(Role::Lead, act::List, &patient());
    day.does(Role::Lead, act::Search, &patient());
    day.does(Role::Lead, act::Search, &Subject::Hospital);
    day.does(Role::Lead, act::BreakGlass, &patient());
    day.does(Role::Auditor, act::ReadLog, &Subject::Hospital);
    day.does(Role::It, act::Phones, &Subject::Hospital);
    day.does(Role::Administrator, act::Setting, &Subject::Hospital);
    let other = Subject::Person(PersonId("ben".to_owned()));
    day.does(Role::Administrator, act::ChangeRole, &other);
    day.does(Role::Administrator, act::EndSession, &other);
    day.does(Role::Administrator, act::Reenrol, &other);
    for what in [
        Happening::SignIn,
        Happening::Factor,
        Happening::FactorChange,
        Happening::SignOut,
        Happening::Request,
        Happening::Link,
        Happening::Service,
        Happening::OperatorReport,
        Happening::PhoneReport,
        Happening::TornTail,
    ] {
        day.happens(what, Outcome::Done);
        day.happens(what, Outcome::Refused);
    }
    let denied = day
        .roles
        .authorise(&somebody(Role::It), act::View, &photo(true), &context(Purpose::Care))
        .unwrap_err();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(day.log.refuse(denied)).unwrap();
    drop(day);
    let mut events = Vec::new();
    read_entries(dir.path(), |kept| events.extend(kept.entry.as_ref().map(audit_event))).unwrap();
    events
}

fn shared() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("GAUZE_SHARED_DATA").map_or_else(beside, PathBuf::from);
    let profiles = data.join("13-balp/profiles");
    profiles.is_dir().then_some(profiles)
}

/// The classes and jars, made once and kept with the build for as long as all of them are there.
fn validator() -> Option<String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/balp");
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("balp");
    let made = cache.join("cp.txt");
    std::fs::create_dir_all(cache.join("src/main/java")).unwrap();
    let fresh = ["pom.xml", "src/main/java/Validate.java"]
        .iter()
        .all(|name| std::fs::read(source.join(name)).ok() == std::fs::read(cache.join(name)).ok());
    // The jars lie in Maven's own repository, which is emptied at times.
    let there = |jars: String| jars.trim().split(':').all(|jar| Path::new(jar).is_file());
    if !fresh || !std::fs::read_to_string(&made).is_ok_and(there) {
        for name in ["pom.xml", "src/main/java/Validate.java"] {
            std::fs::copy(source.join(name), cache.join(name)).unwrap();
        }
        let goals = ["-q", "-B", "package", "dependency:build-classpath", "-Dmdep.outputFile=cp.txt"];
        let done = Command::new("mvn").args(goals).current_dir(&cache).output().ok()?;
        if !done.status.success() {
            return None;
        }
    }
    let jars = std::fs::read_to_string(made).ok()?;
    Some(format!("{}:{}", cache.join("target/classes").display(), jars.trim()))
}

fn verdicts(classes: &str, profiles: &Path, events: &[Value]) -> Vec<String> {
    let mut lines = tempfile::NamedTempFile::new().unwrap();
    for event in events {
        std::io::Write::write_all(&mut lines, format!("{event}\n").as_bytes()).unwrap();
    }
    let done = Command::new("java")
        .args(["-Xmx768m", "-cp", classes, "Validate"])
        .args([profiles, lines.path()])
        .output()
        .unwrap();
    let said = String::from_utf8(done.stdout).unwrap();
    let verdicts: Vec<String> =
        said.lines().filter_map(|line| line.strip_prefix("VERDICT ")).map(str::to_owned).collect();
    assert_eq!(verdicts.len(), events.len(), "{}", String::from_utf8_lossy(&done.stderr));
    verdicts
}

#[test]
fn what_is_exported_passes_the_validator_and_what_is_spoiled_does_not() {
    let (Some(profiles), Some(classes)) = (shared(), validator()) else {
        println!("skipped: the profiles, or Maven with HAPI, cannot be had here");
        return;
    };
    let mut events = exported();
    let good = events.len();
    // The same read with one thing wrong each: the validator sees the profiles, and not base R4 alone.
    let read = events.iter().find(|event| event["meta"]["profile"][0].to_string().contains("PatientRead"));
    let read = read.unwrap().clone();
    let mut failed = read.clone();
    failed["outcome"] = "4".into();
    let mut nobodys = read.clone();
    nobodys["entity"].as_array_mut().unwrap().pop();
    let mut serverless = read;
    serverless["agent"].as_array_mut().unwrap().remove(1);
    events.extend([failed, nobodys, serverless]);
    let verdicts = verdicts(&classes, &profiles, &events);
    for (verdict, event) in verdicts[..good].iter().zip(&events) {
        assert_eq!(verdict, "ok", "{event:#}");
    }
    for verdict in &verdicts[good..] {
        assert!(verdict.starts_with("refused"), "{verdict}");
    }
}

#[test]
fn what_the_validator_cannot_see_is_right_too() {
    for event in exported() {
        let profile = event["meta"]["profile"][0].as_str().unwrap_or_default().to_owned();
        let role = |at: usize| event["agent"][at]["type"]["coding"][0]["code"].clone();
        // Swapped roles of client and server pass every profile of BALP.
        match profile.rsplit('.').next().unwrap_or_default() {
            "Read" | "PatientRead" | "Source" => {
                assert_eq!((role(0), role(1)), ("110152".into(), "110153".into()))
            }
            "Query" | "PatientQuery" | "Update" | "PatientUpdate" => {
                assert_eq!((role(0), role(1)), ("110153".into(), "110152".into()));
            }
            "Delete" | "PatientDelete" => {
                assert_eq!((role(0), role(1)), ("110150".into(), "custodian".into()))
            }
            "" => assert!(event.get("meta").is_none()),
            other => panic!("{other}"),
        }
        if !profile.is_empty() {
            assert_eq!(event["outcome"], "0");
            assert_eq!(event["source"]["observer"], event["agent"][1]["who"]);
        }
        assert!(!event.to_string().contains("Anna"));
    }
}

//! What information governance finds, and break-glass from its opening to its review.

use std::path::Path;

use gauze_people::Roles;
use gauze_people::acting::{Acting, Factor};
use gauze_people::action::{Action, act};
use gauze_people::context::{Context, Purpose, Reason, ReasonCode};
use gauze_people::governance::{Did, Finding, Relations, Watch, Whose, looked_at};
use gauze_people::haste::{Hastes, Verdict, reviewing};
use gauze_people::log::{AccessLog, Outcome, read_entries};
use gauze_people::person::{PersonId, Role, Team};
use gauze_people::subject::{Patient, PatientRef, Subject};
use jiff::{SignedDuration, Timestamp};

use crate::fixture::{now, of, open, photo, viewer};

fn patient(id: &str) -> Subject {
    let teams = [Team("eyes".to_owned())].into();
    Subject::Patient(Patient { id: PatientRef(id.to_owned()), teams, no_team: false })
}

fn reasoned(at: Timestamp) -> Context {
    let reason = Some(Reason { code: ReasonCode::Emergency, sealed_words: None });
    Context { at, purpose: Purpose::Care, reason, haste: None }
}

fn lead(id: &str) -> Acting {
    let mut lead = Acting { factor: Factor::Passkey { hardware: true }, ..viewer() };
    lead.person.id = PersonId(id.to_owned());
    lead.person.roles = [Role::Lead].into();
    lead.person.leads = [Team("eyes".to_owned())].into();
    lead
}

fn hastes(root: &Path) -> Hastes {
    let mut hastes = Hastes::default();
    read_entries(root, |kept| kept.entry.iter().for_each(|entry| hastes.see(entry))).unwrap();
    hastes
}

fn views(log: &AccessLog, who: &Acting, patients: &[&str], at: Timestamp) {
    let roles = Roles::shipped().unwrap();
    for patient in patients {
        let allowed = roles.authorise(who, act::View, &photo("burns", patient), &Context::care(at)).unwrap();
        log.append_blocking(allowed).unwrap();
    }
}

#[test]
fn a_break_glass_is_opened_used_reviewed_by_somebody_else_and_survives_a_restart() {
    let (_dir, root) = of(0);
    let (log, roles) = (open(&root).unwrap(), Roles::shipped().unwrap());
    let opened = roles.authorise(&viewer(), act::BreakGlass, &patient("p"), &reasoned(now())).unwrap();
    let opened = log.append_blocking(opened).unwrap();
    let haste = Hastes::default().open(&opened).unwrap();
    let under = |at| Context { at, haste: Some(haste.clone()), ..reasoned(at) };
    let look = roles.authorise(&viewer(), act::View, &photo("eyes", "p"), &under(now())).unwrap();
    assert_eq!(look.policies(), ["break-glass"]);
    log.append_blocking(look).unwrap();

    // Read anew, as after a restart.
    let mut read = hastes(&root);
    let me = viewer().person.id;
    let still = now() + SignedDuration::from_mins(239);
    assert_eq!(read.open_for(&me, &haste.patient, still), Some(haste.clone()));
    assert_eq!(read.open_for(&me, &haste.patient, still + SignedDuration::from_mins(1)), None);
    assert_eq!(read.open_for(&PersonId("ben".to_owned()), &haste.patient, still), None);
    let broken = read.unreviewed()[0].clone();
    assert_eq!((broken.looks, broken.by.clone()), (1, me));
    assert!(!broken.late(now() + SignedDuration::from_hours(72)));
    let late = now() + SignedDuration::from_hours(73);
    assert!(broken.late(late));
    // It is said once, and once more after a restart.
    assert!(read.newly_late(now() + SignedDuration::from_hours(72)).is_empty());
    for mut read in [read, hastes(&root)] {
        assert_eq!(read.newly_late(late), std::slice::from_ref(&haste.entry));
        assert!(read.newly_late(late).is_empty());
    }

    // Not by who opened it, even as a lead; by another lead of that team.
    let review =
        |who: &Acting| roles.authorise(who, act::ReviewBreakGlass, &broken.subject(), &reasoned(now()));
    assert!(review(&lead("anna")).is_err());
    let judged = reviewing(review(&lead("ben")).unwrap(), Verdict::Investigate);
    log.append_blocking(judged).unwrap();
    let mut read = hastes(&root);
    assert!(read.unreviewed().is_empty() && read.newly_late(late).is_empty());
    let review = read.get(&haste.entry).unwrap().review.clone().unwrap();
    assert_eq!((review.by.0.as_str(), review.verdict), ("ben", Verdict::Investigate));
    assert_eq!(read.investigated().count(), 1);
}

struct Family;

impl Relations for Family {
    fn own(&self, who: &PersonId, patient: &PatientRef) -> bool {
        who.0 == "anna" && patient.0 == "anna-herself"
    }

    fn same_family_name(&self, who: &PersonId, patient: &PatientRef) -> bool {
        who.0 == "anna" && (patient.0 == "her-cousin" || patient.0 == "anna-herself")
    }

    fn colleague(&self, patient: &PatientRef) -> bool {
        patient.0 == "ben-of-the-eyes" || patient.0 == "anna-herself"
    }
}

#[test]
fn own_records_family_colleagues_and_many_patients_are_found_each_with_its_entries() {
    let (_dir, root) = of(0);
    let log = open(&root).unwrap();
    let people = ["a", "anna-herself", "her-cousin", "ben-of-the-eyes", "her-cousin"];
    views(&log, &viewer(), &people, now());
    // Nine more, an hour and a half later: ten within an hour are many, thirteen in two are not.
    let later = now() + SignedDuration::from_mins(90);
    views(&log, &viewer(), &["1", "2", "3", "4", "5", "6", "7", "8", "9"], later);
    let find = |many| {
        let mut watch = Watch::new(many);
        read_entries(&root, |kept| {
            kept.entry.iter().for_each(|entry| watch.see(kept.index, entry, &Family));
        })
        .unwrap();
        let entries =
            |noticed: &&gauze_people::governance::Noticed| (noticed.finding, noticed.entries.clone());
        let mut found: Vec<_> = watch.findings().iter().map(entries).collect();
        found.sort();
        found
    };
    let related = vec![
        (Finding::OwnRecord, vec![1]),
        (Finding::SameFamilyName, vec![2, 4]),
        (Finding::Colleague, vec![3]),
    ];
    assert_eq!(find(10), related);
    let mut many = related;
    many.push((Finding::ManyPatients, (5..14).collect()));
    assert_eq!(find(9), many);
}

#[test]
fn a_look_without_the_mark_is_out_of_the_ordinary_as_any_other() {
    let (_dir, root) = of(0);
    let (log, roles) = (open(&root).unwrap(), Roles::shipped().unwrap());
    let own = photo("burns", "anna-herself");
    let allowed = roles.authorise(&viewer(), act::ViewUnmarked, &own, &reasoned(now())).unwrap();
    log.append_blocking(allowed).unwrap();
    let mut watch = Watch::new(9);
    read_entries(&root, |kept| {
        kept.entry.iter().for_each(|entry| watch.see(kept.index, entry, &Family));
    })
    .unwrap();
    let found: Vec<_> = watch.findings().iter().map(|noticed| noticed.finding).collect();
    assert_eq!(found, [Finding::OwnRecord]);
}

#[test]
fn a_patient_is_told_who_looked_and_who_tried() {
    let (_dir, root) = of(0);
    let (log, roles) = (open(&root).unwrap(), Roles::shipped().unwrap());
    views(&log, &viewer(), &["p", "q", "p"], now());
    let denied =
        roles.authorise(&viewer(), act::View, &photo("eyes", "p"), &Context::care(now())).unwrap_err();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(log.refuse(denied)).unwrap();
    let mut lines = Vec::new();
    let whose = Whose::Patient(PatientRef("p".to_owned()));
    read_entries(&root, |kept| lines.extend(looked_at(&kept, &whose))).unwrap();
    let told: Vec<_> = lines.iter().map(|line| (line.index, line.did, line.outcome)).collect();
    assert_eq!(
        told,
        [
            (0, Did::Action(Action::View), Outcome::Done),
            (2, Did::Action(Action::View), Outcome::Done),
            (3, Did::Action(Action::View), Outcome::Refused)
        ]
    );
    assert_eq!(lines[0].who, Some(viewer().person.id));
}

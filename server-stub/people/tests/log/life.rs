use std::sync::Arc;

use gauze_people::action::{Action, act};
use gauze_people::context::Context;
use gauze_people::log::{
    Event, Happening, LogFailure, Outcome, Wanted, What, check_proof, prove, read_entries, verify,
};
use gauze_people::{Denied, Roles};
use gauze_wire::log::verify_consistency;

use crate::fixture::{allowed, check, first_file, now, of, open, photo, public, viewer};

fn entries(root: &std::path::Path) -> Vec<gauze_people::log::Entry> {
    let mut all = Vec::new();
    read_entries(root, |kept| all.extend(kept.entry)).unwrap();
    all
}

#[test]
fn what_is_logged_is_on_disk_before_the_answer_and_names_what_decided() {
    let (_dir, root) = of(0);
    let (log, roles) = (open(&root).unwrap(), Roles::shipped().unwrap());
    let logged = log.append_blocking(allowed(&roles, "p")).unwrap();
    let entry = entries(&root).pop().unwrap();
    assert_eq!((logged.line().index, &logged.line().id), (0, &entry.id));
    assert_eq!(entry.what, What::Action(Action::View));
    assert_eq!(entry.policies, ["viewer-own-team"]);
    assert_eq!(entry.policy_set, Some(roles.policy_set()));
    assert_eq!(entry.who, Some(viewer().person.id));
    assert_eq!(entry.about.unwrap().patient.unwrap().0, "p");
    // The name is known to the program and stays out of the file.
    assert!(!std::fs::read_to_string(first_file(&root)).unwrap().contains("Anna"));
}

#[test]
fn a_refusal_has_its_line_before_it_is_answered() {
    let (_dir, root) = of(0);
    let (log, roles) = (open(&root).unwrap(), Roles::shipped().unwrap());
    let denied: Denied =
        roles.authorise(&viewer(), act::View, &photo("eyes", "p"), &Context::care(now())).unwrap_err();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let refusal = runtime.block_on(log.refuse(denied)).unwrap();
    let entry = entries(&root).pop().unwrap();
    assert_eq!(refusal.line.id, entry.id);
    assert_eq!((entry.outcome, entry.note.unwrap().as_str()), (Outcome::Refused, "no_permit"));
}

#[test]
fn a_log_goes_on_where_it_was_closed() {
    let (_dir, root) = of(300);
    let log = open(&root).unwrap();
    assert_eq!(log.size(), 300);
    let event = Event::of(Happening::SignIn, Outcome::Refused, now());
    assert_eq!(log.note_blocking(&event).unwrap().index, 300);
    drop(log);
    let found = check(&root);
    assert!(found.holds(), "{:?}", found.faults);
    assert_eq!((found.entries, found.signed), (301, 301));
}

#[test]
fn two_processes_never_write_one_log() {
    let (_dir, root) = of(1);
    let _first = open(&root).unwrap();
    assert!(matches!(open(&root), Err(LogFailure::Locked(_))));
}

#[test]
fn thirty_two_who_write_at_once_lose_nothing() {
    let (_dir, root) = of(0);
    let (log, roles) = (Arc::new(open(&root).unwrap()), Arc::new(Roles::shipped().unwrap()));
    let threads: Vec<_> = (0..32)
        .map(|thread| {
            let (log, roles) = (Arc::clone(&log), Arc::clone(&roles));
            std::thread::spawn(move || {
                let one = |n| log.append_blocking(allowed(&roles, &format!("{thread}-{n}"))).unwrap();
                (0..10).map(|n| one(n).line().clone()).collect::<Vec<_>>()
            })
        })
        .collect();
    let lines: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    drop(log);
    let written = entries(&root);
    assert_eq!((lines.len(), written.len()), (320, 320));
    let told: std::collections::BTreeSet<u64> = lines.iter().map(|line| line.index).collect();
    assert_eq!(told.len(), 320, "each has a line of its own");
    assert!(lines.iter().all(|line| written[usize::try_from(line.index).unwrap()].id == line.id));
    assert!(check(&root).holds());
}

#[test]
fn any_tree_of_the_log_is_proven_to_begin_with_any_earlier_one() {
    let (_dir, root) = of(600);
    let log = open(&root).unwrap();
    let keys = public();
    let note = log.checkpoint_blocking().unwrap();
    let newest = keys.log.verify(&note).unwrap();
    let mut tree = gauze_wire::log::Tree::default();
    let text = std::fs::read_to_string(first_file(&root)).unwrap();
    for (at, line) in text.lines().enumerate() {
        use base64::Engine as _;
        let leaf =
            base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(line[1..].split(' ').next().unwrap()).unwrap();
        tree.append(&gauze_wire::Digest(leaf.try_into().unwrap()));
        let old = at as u64 + 1;
        if old.is_multiple_of(37) || old.is_multiple_of(256) {
            let proof = log.consistency_blocking(old, newest.size).unwrap();
            verify_consistency(old, &tree.root(), newest.size, &newest.root, &proof).unwrap();
        }
    }
    assert_eq!(tree.root(), newest.root);
    assert!(matches!(log.consistency_blocking(601, 600), Err(LogFailure::RolledBack { .. })));
    assert!(matches!(log.consistency_blocking(1, 601), Err(LogFailure::NoEntry(601))));
}

#[test]
fn one_line_is_proven_to_somebody_who_has_only_the_public_keys() {
    let (_dir, root) = of(300);
    for index in [0, 1, 255, 256, 299] {
        let proof = prove(&root, &public(), index).unwrap();
        let proven = check_proof(&proof, &public()).unwrap();
        assert_eq!((proven.index, proven.checkpoint.size), (index, 300));
        assert_eq!(proven.entry.about.unwrap().patient.unwrap().0, format!("patient-{index}"));
        let moved = proof.replace(&format!("\nindex {index}\n"), &format!("\nindex {}\n", (index + 2) % 300));
        assert!(check_proof(&moved, &public()).is_err());
    }
    assert!(matches!(prove(&root, &public(), 300), Err(LogFailure::NoEntry(300))));
    let other = gauze_people::log::PublicKeys {
        audit: vec![gauze_wire::Signer::public_key(&gauze_wire::SoftwareKey::from_bytes(&[9; 32]).unwrap())],
        ..public()
    };
    assert!(check_proof(&prove(&root, &public(), 0).unwrap(), &other).is_err());
    assert!(!verify(&root, &other, Wanted { signatures: true, ..Wanted::default() }).unwrap().holds());
    assert!(verify(&root, &other, Wanted::default()).unwrap().holds());
}

//! Entries are found by what they are about, without reading the others.

use std::ops::ControlFlow;
use std::path::Path;

use gauze_people::Roles;
use gauze_people::action::act;
use gauze_people::context::{Context, ReasonCode};
use gauze_people::log::{AccessLog, LogFailure, Places, read_newest};

use crate::fixture::{now, of, open, photo, viewer};

fn look(log: &AccessLog, patients: &[&str]) {
    let roles = Roles::shipped().unwrap();
    for patient in patients {
        let allowed = roles.authorise(&viewer(), act::View, &photo("burns", patient), &Context::care(now()));
        log.append_blocking(allowed.unwrap()).unwrap();
    }
}

fn found(places: &Places, about: &str) -> Vec<u64> {
    let mut found = Vec::new();
    let each = |kept: gauze_people::log::Kept| {
        found.extend(kept.entry.map(|_| kept.index));
        ControlFlow::Continue(())
    };
    places.newest(about, each).unwrap();
    found
}

/// As a reader of the whole log finds them.
fn read(root: &Path, patient: &str) -> Vec<u64> {
    let mut found = Vec::new();
    read_newest(root, |kept| {
        let about = kept.entry.and_then(|entry| entry.about?.patient);
        found.extend(about.filter(|about| about.0 == patient).map(|_| kept.index));
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

#[test]
fn what_is_about_a_patient_is_found_as_the_whole_log_tells_it_and_what_is_written_since_too() {
    let (_dir, root) = of(0);
    let log = open(&root).unwrap();
    look(&log, &["p", "q", "p", "r"]);
    let mut places = Places::new(&root);
    assert!(found(&places, "p").is_empty());
    places.catch_up(log.size()).unwrap();
    assert_eq!(found(&places, "p"), [2, 0]);
    look(&log, &["q", "p"]);
    assert_eq!(found(&places, "p"), [2, 0], "until it catches up");
    places.catch_up(log.size()).unwrap();
    for patient in ["p", "q", "r", "nobody"] {
        assert_eq!(found(&places, patient), read(&root, patient), "{patient}");
    }
    let mut first = Vec::new();
    places
        .newest("p", |kept| {
            first.push(kept.index);
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!(first, [5]);
}

#[test]
fn an_erased_line_says_nothing_and_an_edited_one_is_damage() {
    let (_dir, root) = of(0);
    let log = open(&root).unwrap();
    look(&log, &["p", "p", "p"]);
    let mut places = Places::new(&root);
    places.catch_up(log.size()).unwrap();
    log.erase_blocking(1, ReasonCode::Legal, now()).unwrap();
    assert_eq!(found(&places, "p"), [2, 0]);
    let file = root.join("entries/000000000000.log");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[100] ^= 1;
    std::io::Write::write_all(&mut std::fs::File::create(&file).unwrap(), &bytes).unwrap();
    let damage = places.newest("p", |_| ControlFlow::Continue(()));
    assert!(matches!(damage, Err(LogFailure::Damaged(_))), "{damage:?}");
    assert!(Places::new(&root).catch_up(log.size()).is_err());
}

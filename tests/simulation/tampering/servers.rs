//! Each file of gateway and records side, changed while they are not running. A server that does not start says why; nothing
//! leaves the phone that the hospital does not have, and nothing is there twice.

use std::path::PathBuf;

use gauze_records::Coded as _;
use gauze_records::pull::PullError;
use gauze_wire::Digest;
use sqlx::{Connection as _, query};

use super::records::is_the_gateways;
use super::rows::{busy, database, holds};
use super::{CHANGES, Change, Taken, copy_dir, files, places, put};
use crate::dice::Dice;
use crate::fixture::{Phone, Port, Ward};

/// What a gateway says of files that were changed.
const SAYS: [&str; 6] = [
    "database_failed",
    "gateway_not_in_bundle",
    "keys_damaged",
    "rollback",
    "storage_failed",
    "versions_damaged",
];

/// The files below a directory but for photos, which are changed elsewhere, and for what is empty.
fn names(ward: &Ward, dir: &str) -> Vec<String> {
    let (root, mut paths) = (ward.path(""), files(&ward.path(dir)));
    paths.retain(|path| path.extension() != Some("age".as_ref()) && path.metadata().unwrap().len() > 0);
    paths.iter().map(|path| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned()).collect()
}

/// Changes a file. Whether there was something to change.
fn is_changed(ward: &Ward, name: &str, change: Change, dice: &mut Dice) -> bool {
    let path = ward.path(name);
    let changed = change.of(&std::fs::read(&path).unwrap(), dice);
    changed.map(|changed| put(&path, &changed)).is_some()
}

/// Tries every change of every file below a directory, which must change most of them.
async fn every_file(dir: &str, seed: u64, mut tries: impl AsyncFnMut(&str, Change, &mut Dice) -> bool) {
    let (mut dice, mut changed) = (Dice::new(seed), 0);
    let names = names(&busy().await.0, dir);
    for name in &names {
        for change in CHANGES {
            for _ in 0..places() {
                changed += u64::from(tries(name, change, &mut dice).await);
            }
        }
    }
    assert!(changed >= 3 * names.len() as u64 * places(), "{names:?}: only {changed} changes");
}

/// A copy of the gateway's directory, in which all that was committed is in the file that is changed.
async fn copied(ward: &Ward, name: &str) {
    if name.ends_with(".sqlite") {
        let mut db = database(ward).await;
        query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut db).await.unwrap();
        db.close().await.unwrap();
    }
    copy_dir(&ward.gateway(), &ward.path("changed"));
}

async fn gateway_survives(name: &str, change: Change, dice: &mut Dice) -> bool {
    let (mut ward, phone, all) = busy().await;
    copied(&ward, name).await;
    if !is_changed(&ward, &name.replace("gateway/", "changed/"), change, dice) {
        return false;
    }
    let what = format!("{name}, {change:?}");
    let started = ward.starts_in("changed").await;
    if let Err(code) = started {
        assert!(SAYS.contains(&code), "{what}: {code}");
        ward.gateway_turns_to("gateway").await;
    }
    phone.link.leads_to(ward.router.clone());
    holds(&ward, &phone, &all, &what).await;
    for taken in &all {
        assert!(started.is_ok() || taken.is_filed(&ward).await, "{what}: put back, and it never arrives");
    }
    true
}

#[tokio::test]
async fn no_changed_file_of_the_gateway_costs_a_photo_or_makes_a_false_one() {
    every_file("gateway", 1, gateway_survives).await;
}

/// How often the hospital has a photo on its disk, whatever its index says.
fn filed(ward: &Ward, taken: &Taken) -> usize {
    let is_it = |path: &&PathBuf| Digest::of(&std::fs::read(path).unwrap()) == taken.sha256;
    files(&ward.path("records/sealed")).iter().filter(is_it).count()
}

/// Two rounds with a records side that may not start.
async fn goes_on(ward: &Ward, phone: &Phone, ports: [Port; 2], what: &str) {
    for port in ports {
        phone.run().await;
        let stopped = match ward.try_puller(port).await {
            Ok(puller) => {
                let stopped = puller.pass().await.err();
                puller.close().await;
                stopped
            }
            Err(error) => Some(error),
        };
        if let Some(error) = stopped {
            let ours = matches!(error, PullError::Index(_) | PullError::Trust(_));
            assert!(ours || is_the_gateways(&error), "{what}: {}", error.code());
        }
    }
    phone.run().await;
}

async fn hospital_survives(name: &str, change: Change, dice: &mut Dice) -> bool {
    let (ward, phone, all) = busy().await;
    let ports = [ward.port(), ward.port()];
    if !is_changed(&ward, name, change, dice) {
        return false;
    }
    let what = format!("{name}, {change:?}");
    goes_on(&ward, &phone, ports, &what).await;
    for taken in &all {
        let times = filed(&ward, taken);
        assert!(times == 1 || (times == 0 && taken.is_kept(&phone, None)), "{what}: filed {times} times");
    }
    true
}

#[tokio::test]
async fn no_changed_file_of_the_records_side_erases_a_photo_early() {
    every_file("records", 2, hospital_survives).await;
    every_file("keys", 3, hospital_survives).await;
}

//! The gateway witnesses the access log: neither side goes back alone.

use std::fs;
use std::sync::Arc;

use gauze_people::log::{AccessLog, Event, Happening, Outcome, Wanted, check_proof, prove, verify};
use gauze_records::Coded as _;
use gauze_records::access::{log_dir, open_log, public_keys};
use gauze_records::pull::WitnessError;
use jiff::Timestamp;

use crate::fixture::Hospital;

fn open(hospital: &Hospital) -> Arc<AccessLog> {
    fs::create_dir_all(hospital.data()).unwrap();
    Arc::new(open_log(&hospital.keys(), &hospital.data(), Timestamp::UNIX_EPOCH).unwrap())
}

async fn happen(log: &AccessLog, times: u32) {
    for _ in 0..times {
        let event = Event::of(Happening::SignIn, Outcome::Refused, Timestamp::UNIX_EPOCH);
        log.note(&event).await.unwrap();
    }
}

#[tokio::test]
async fn each_pass_has_what_is_new_cosigned_and_proofs_carry_the_cosignature() {
    let hospital = Hospital::new();
    let (log, puller) = (open(&hospital), hospital.puller().await.unwrap());
    puller.witness_access(log.clone());
    for entries in [3, 400, 1] {
        happen(&log, entries).await;
        puller.pass().await.unwrap();
        assert_eq!(hospital.gateway.with(|shop| shop.access.unwrap().size), log.size());
    }
    let (keys, root) = (public_keys(&hospital.data()).unwrap(), log_dir(&hospital.data()));
    let found = verify(&root, &keys, Wanted::default()).unwrap();
    assert!(found.holds(), "{:?}", found.faults);
    assert_eq!(found.witnesses, ["gateway.test/ward-9"]);
    let proven = check_proof(&prove(&root, &keys, 200).unwrap(), &keys).unwrap();
    assert_eq!(proven.witnesses, ["gateway.test/ward-9"]);
}

#[tokio::test]
async fn a_cosignature_that_was_lost_on_the_way_is_asked_for_again() {
    let hospital = Hospital::new();
    let (log, puller) = (open(&hospital), hospital.puller().await.unwrap());
    happen(&log, 5).await;
    hospital.gateway.with(|shop| shop.lost_cosignatures = 1);
    assert!(puller.witness_now(&log).await.is_err());
    // A pull goes on all the same.
    hospital.gateway.with(|shop| shop.offline = false);
    happen(&log, 2).await;
    assert_eq!(puller.witness_now(&log).await.unwrap(), 7);
    assert_eq!(puller.witness_now(&log).await.unwrap(), 7);
}

#[tokio::test]
async fn a_log_whose_whole_directory_was_put_back_is_found_out_by_the_gateway() {
    let hospital = Hospital::new();
    let puller = hospital.puller().await.unwrap();
    let log = open(&hospital);
    happen(&log, 5).await;
    puller.witness_now(&log).await.unwrap();
    drop(log);
    let (access, backup) = (log_dir(&hospital.data()), hospital.data().join("backup"));
    let copied = |from: &std::path::Path, to: &std::path::Path| {
        let done = std::process::Command::new("cp").arg("-r").args([from, to]).status().unwrap();
        assert!(done.success());
    };
    copied(&access, &backup);
    let log = open(&hospital);
    happen(&log, 5).await;
    puller.witness_now(&log).await.unwrap();
    drop(log);
    fs::remove_dir_all(&access).unwrap();
    copied(&backup, &access);
    // Fewer entries than were cosigned, and then as many of another history.
    let log = open(&hospital);
    happen(&log, 1).await;
    let fewer = puller.witness_now(&log).await.unwrap_err();
    assert!(matches!(fewer, WitnessError::RolledBack { cosigned: 10, found: 6 }), "{fewer}");
    assert!(fewer.next_step().contains("information governance"));
    happen(&log, 8).await;
    let other = puller.witness_now(&log).await.unwrap_err();
    assert_eq!(other.code(), "checkpoint_invalid");
}

#[tokio::test]
async fn a_log_shorter_than_what_was_cosigned_is_not_opened() {
    let hospital = Hospital::new();
    let puller = hospital.puller().await.unwrap();
    let log = open(&hospital);
    happen(&log, 2).await;
    let early = log.checkpoint().await.unwrap();
    let entries = log_dir(&hospital.data()).join("entries/000000000000.log");
    let two = fs::read(&entries).unwrap();
    happen(&log, 3).await;
    puller.witness_now(&log).await.unwrap();
    drop(log);
    // Entries and our own checkpoint go back; what the gateway cosigned is still here.
    for (path, bytes) in [(entries, two), (log_dir(&hospital.data()).join("checkpoint"), early.into_bytes())]
    {
        std::io::Write::write_all(&mut fs::File::create(path).unwrap(), &bytes).unwrap();
    }
    let refused = open_log(&hospital.keys(), &hospital.data(), Timestamp::UNIX_EPOCH);
    assert_eq!(refused.unwrap_err().code(), "log_rolled_back");
}

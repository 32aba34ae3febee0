//! The index for people after something went wrong: amendments and photos that do not open, and what comes back.

use std::fs;

use gauze_people::action::act;
use gauze_people::person::Role;
use gauze_records::{Folk, Sought, Which};

use super::fixture::{Hospital, files_below, write};
use super::folk::{FAMILY, NHS, amend, filed, patient, text};
use super::viewer::ward::{Office, acting};

async fn forget(hospital: &Hospital) {
    hospital.sql("UPDATE state SET value = 'another identity' WHERE name = 'folk'").await;
}

async fn under_the_patient(folk: &Folk) -> usize {
    folk.search(&Sought::Number(text(NHS))).await.unwrap().len()
}

#[tokio::test]
async fn a_photo_that_was_taken_from_its_patient_does_not_come_back_under_them() {
    for gone in [false, true] {
        let hospital = Hospital::new();
        let puller = filed(&hospital, &[Some(patient(FAMILY, Some(NHS), None))]).await;
        let folk = puller.folk().await.unwrap();
        let found = folk.team(Some("tissue"), Which::All, None, 1).await.unwrap().remove(0);
        amend(&hospital, &folk, &found, None).await.unwrap();
        amend(&hospital, &folk, &found, Some(patient("Ng", None, Some("17")))).await.unwrap();
        folk.close().await;
        let amendment = files_below(&hospital.data().join("amended")).remove(0);
        let kept = fs::read(&amendment).unwrap();
        if gone {
            fs::remove_file(&amendment).unwrap()
        } else {
            write(&amendment, b"nothing")
        }

        forget(&hospital).await;
        let folk = puller.folk().await.unwrap();
        let refilled = folk.refill().await.unwrap();
        assert_eq!((refilled.made, refilled.missing, refilled.damaged), (0, 0, 1));
        assert_eq!(under_the_patient(&folk).await, 0, "nobody is shown a photo that was taken away");
        let tray = folk.team(Some("tissue"), Which::Tray, None, 9).await.unwrap();
        assert!(tray[0].label.damaged && tray[0].label.patient.is_none());
        let opening = Office::new(&hospital).await.opening(act::View, &tray[0], &acting(Role::Viewer)).await;
        assert!(folk.history(&tray[0], &opening).await.is_err());
        folk.close().await;

        write(&amendment, &kept);
        let folk = puller.folk().await.unwrap();
        assert_eq!(folk.refill().await.unwrap().made, 1);
        let again = folk.search(&Sought::Number(text("17"))).await.unwrap().remove(0).newest;
        assert!(!again.label.damaged && again.amended == 2);
        folk.close().await;
        puller.close().await;
    }
}

#[tokio::test]
async fn a_directory_that_is_put_together_again_shows_each_photo_as_it_was_amended() {
    let hospital = Hospital::new();
    let puller = filed(&hospital, &[Some(patient(FAMILY, Some(NHS), None))]).await;
    let folk = puller.folk().await.unwrap();
    let found = folk.team(Some("tissue"), Which::All, None, 1).await.unwrap().remove(0);
    amend(&hospital, &folk, &found, Some(patient("Ng", None, Some("17")))).await.unwrap();
    folk.close().await;
    puller.close().await;
    let old = hospital.path("old");
    fs::rename(hospital.data(), &old).unwrap();
    fs::create_dir(hospital.data()).unwrap();
    for kept in ["sealed", "bundles", "in-force", "amended"] {
        fs::rename(old.join(kept), hospital.data().join(kept)).unwrap();
    }
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    let puller = hospital.puller().await.unwrap();
    let folk = puller.folk().await.unwrap();
    assert_eq!(under_the_patient(&folk).await, 0, "it is never shown under whom it was taken from");
    assert_eq!(folk.refill().await.unwrap().made, 1);
    let again = folk.search(&Sought::Number(text("17"))).await.unwrap().remove(0).newest;
    assert!(again.amended == 1 && !again.label.damaged);
    assert_eq!(under_the_patient(&folk).await, 0);
    folk.close().await;
    puller.close().await;
}

#[tokio::test]
async fn a_photo_that_does_not_open_keeps_no_other_out_and_is_not_tried_at_once_again() {
    let hospital = Hospital::new();
    let puller = filed(&hospital, &[None, Some(patient(FAMILY, Some(NHS), None)), None]).await;
    let sealed = files_below(&hospital.data().join("sealed")).remove(0);
    let kept = fs::read(&sealed).unwrap();
    // Opening a directory succeeds, and reading it fails as a bad disk does.
    fs::remove_file(&sealed).unwrap();
    fs::create_dir(&sealed).unwrap();
    forget(&hospital).await;
    let folk = puller.folk().await.unwrap();
    let refilled = folk.refill().await.unwrap();
    assert_eq!((refilled.made, refilled.missing), (2, 1));
    assert_eq!(folk.team(Some("tissue"), Which::All, None, 9).await.unwrap().len(), 2);
    assert_eq!(folk.refill().await.unwrap().missing, 1, "the next round tries it again");
    assert_eq!(folk.refill().await.unwrap().missing, 0, "and then not every round");

    fs::remove_dir(&sealed).unwrap();
    write(&sealed, &kept);
    let mut rounds = 0;
    while folk.refill().await.unwrap().made == 0 {
        rounds += 1;
        assert!(rounds < 8);
    }
    folk.close().await;
    puller.close().await;
}

#[tokio::test]
async fn what_is_amended_counts_though_the_index_fails_and_the_next_round_mends_it() {
    let hospital = Hospital::new();
    let puller = filed(&hospital, &[Some(patient(FAMILY, Some(NHS), None))]).await;
    let folk = puller.folk().await.unwrap();
    let found = folk.team(Some("tissue"), Which::All, None, 1).await.unwrap().remove(0);
    let failing =
        "CREATE TRIGGER failing BEFORE UPDATE OF patient ON folk BEGIN SELECT RAISE(ABORT, 'no'); END";
    hospital.sql(failing).await;
    amend(&hospital, &folk, &found, None).await.unwrap();
    hospital.sql("DROP TRIGGER failing").await;
    assert_eq!(folk.refill().await.unwrap().made, 1);
    assert_eq!(under_the_patient(&folk).await, 0);
    folk.close().await;
    puller.close().await;
}

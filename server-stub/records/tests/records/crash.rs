//! Crashes and broken connections at any point: the next run gives the same result.

use std::future::poll_fn;
#[cfg(target_os = "linux")]
use std::path::PathBuf;
use std::pin::pin;
use std::task::Poll;

#[cfg(target_os = "linux")]
use crate::fixture::Watch;
use crate::fixture::{Edit, Hospital, Phone, Photo};

/// Two good photos, a void and a bad photo.
fn a_day(hospital: &Hospital) -> (Vec<Photo>, Photo, Photo) {
    let mut phone = Phone::enrolled(10, hospital);
    let good = vec![phone.photo(hospital), phone.photo(hospital)];
    let discarded = phone.photo(hospital);
    let void = phone.void(hospital, &discarded);
    let bad = phone.photo_with(hospital, &Edit { record: &|record| record.seq += 9, ..Edit::default() });
    good.iter().for_each(|photo| hospital.gateway.take(photo));
    hospital.gateway.log(&void.jws);
    hospital.gateway.take(&bad);
    (good, void, bad)
}

async fn check(hospital: &Hospital, good: &[Photo], void: &Photo, bad: &Photo) {
    for photo in good {
        hospital.filed(photo);
        assert_eq!(std::fs::read(hospital.sealed(photo)).unwrap(), photo.sealed);
    }
    hospital.filed(void);
    assert_eq!(hospital.cause(bad), "record_mismatch");
    let report = hospital.verify().await;
    assert!(report.ok, "{:?}", report.findings);
    assert_eq!((report.manifests, report.files, report.receipts), (4, 2, 4));
}

#[tokio::test]
async fn a_second_run_does_nothing_again() {
    let hospital = Hospital::new();
    let (good, void, bad) = a_day(&hospital);
    hospital.pass().await.unwrap();
    let before = (hospital.gateway.receipts(), hospital.gateway.with(|shop| shop.blob_calls));
    assert!(hospital.pass().await.unwrap().is_quiet());
    assert_eq!((hospital.gateway.receipts(), hospital.gateway.with(|shop| shop.blob_calls)), before);
    check(&hospital, &good, &void, &bad).await;
}

#[tokio::test]
async fn a_connection_that_breaks_at_any_call_is_mended_by_the_next_pass() {
    for calls in 0..12 {
        let hospital = Hospital::new();
        let (good, void, bad) = a_day(&hospital);
        hospital.gateway.with(|shop| shop.calls_left = Some(calls));
        let cut = hospital.pass().await;
        hospital.gateway.with(|shop| shop.calls_left = None);
        hospital.pass().await.unwrap();
        check(&hospital, &good, &void, &bad).await;
        if cut.is_ok() {
            assert!(calls > 4, "a pass needs some calls");
            return;
        }
    }
    panic!("a pass never came through");
}

/// Stops the pass for good after it was polled so many times: whatever it held is dropped, as in a crash.
#[tokio::test]
async fn a_pass_that_is_cut_off_anywhere_is_mended_by_the_next() {
    let mut finished = 0;
    // How often a pass is polled depends on how busy the machine is; cut it off later and later until it comes through.
    let later = |most: &u32| Some(most + 5 + most / 10);
    for most in std::iter::successors(Some(1), later) {
        let hospital = Hospital::new();
        let (good, void, bad) = a_day(&hospital);
        let puller = hospital.puller().await.unwrap();
        {
            let mut pass = pin!(puller.pass());
            let mut polls = 0;
            poll_fn(|cx| {
                polls += 1;
                match pass.as_mut().poll(cx) {
                    Poll::Ready(_) => {
                        finished += 1;
                        Poll::Ready(())
                    }
                    Poll::Pending if polls >= most => Poll::Ready(()),
                    Poll::Pending => Poll::Pending,
                }
            })
            .await;
        }
        puller.close().await;
        hospital.pass().await.unwrap();
        check(&hospital, &good, &void, &bad).await;
        if finished == 2 {
            return;
        }
    }
}

#[tokio::test]
async fn a_crash_between_file_and_index_files_the_photo_once_and_fetches_nothing() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.gateway.with(|shop| shop.refuses = Some(photo.jws.clone()));
    hospital.pass().await.unwrap();
    assert!(hospital.gateway.receipts().is_empty());
    // The file has its name, the index does not know it yet, and the gateway has lost the bytes.
    hospital.sql("UPDATE photo SET status = 'waiting', receipt = NULL").await;
    hospital.gateway.with(|shop| {
        shop.blobs.clear();
        shop.refuses = None;
    });
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.filed, report.missing, report.acknowledged), (1, 0, 1));
    hospital.filed(&photo);
    assert_eq!(hospital.gateway.with(|shop| shop.blob_calls), 1);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_a_killed_program_left_is_synced_before_a_receipt_rests_on_it() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    let file = hospital.sealed(&photo);
    let leading: Vec<_> = file.ancestors().skip(1).take(5).collect();
    assert_eq!(leading[3], hospital.data());

    // Killed between the rename and the sync: the file has its name, and nothing else is known of it.
    hospital.sql("UPDATE photo SET status = 'waiting', receipt = NULL").await;
    let watch = Watch::new(&leading);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    assert_eq!(watch.unopened(), Vec::<PathBuf>::new());

    // Killed between making the directories and their sync: the next photo goes into them.
    let next = phone.photo(&hospital);
    hospital.gateway.take(&next);
    let watch = Watch::new(&leading);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    assert_eq!(watch.unopened(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn a_lost_index_is_pulled_anew_beside_sealed_files_that_the_gateway_no_longer_has() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    let old = hospital.path("old");
    std::fs::rename(hospital.data(), &old).unwrap();
    std::fs::create_dir(hospital.data()).unwrap();
    for kept in ["sealed", "bundles"] {
        std::fs::rename(old.join(kept), hospital.data().join(kept)).unwrap();
    }
    hospital.gateway.with(|shop| shop.blobs.clear());
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.filed, report.missing, report.acknowledged), (1, 1, 0, 1));
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn half_a_download_of_a_killed_program_is_cleared_away() {
    let hospital = Hospital::new();
    hospital.pass().await.unwrap();
    std::fs::File::create(hospital.data().join("incoming/.tmpXYZ.part")).unwrap();
    hospital.pass().await.unwrap();
    assert_eq!(std::fs::read_dir(hospital.data().join("incoming")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_restart_goes_on_where_it_stopped() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    for round in 1..=5 {
        let photo = phone.photo(&hospital);
        hospital.gateway.take(&photo);
        let report = hospital.pass().await.unwrap();
        assert_eq!((report.filed, report.log_size), (1, round + 1));
        hospital.filed(&photo);
    }
    assert!(hospital.verify().await.ok);
}

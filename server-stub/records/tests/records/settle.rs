//! What becomes of photos whose bytes, or whose phone's later words, are not what they should be.

use gauze_records::{Again, rejudge};

use crate::fixture::{Hospital, Phone, unopened};

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_kept_file_that_does_not_read_stops_nothing_and_its_photo_comes_anew() {
    let (hospital, mut phone, [photo, _], other) = unopened().await;
    let kept = hospital.data().join(format!("refused/{}.age", photo.jws.digest()));
    assert!(kept.is_file());
    // A file whose first byte is an I/O error, as from a disk that fails.
    std::fs::remove_file(&kept).unwrap();
    std::os::unix::fs::symlink("/proc/self/mem", &kept).unwrap();
    hospital.opens_for(&other);
    rejudge(&hospital.data(), Again::All).await.unwrap();
    let next = phone.photo(&hospital);
    hospital.gateway.take(&next);
    assert_eq!(hospital.pass().await.unwrap().filed, 2);
    assert_eq!(hospital.last_word(&photo), "filed");
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_void_of_a_lost_key_silences_no_filing_under_the_next() {
    let hospital = Hospital::new();
    let mut old = Phone::enrolled(10, &hospital);
    let photo = old.photo(&hospital);
    let next = old.again(11, &hospital);
    let adopted = next.adopt(&hospital, &photo);
    hospital.gateway.take(&adopted);
    hospital.gateway.with(|shop| shop.refuses = Some(adopted.jws.clone()));
    assert_eq!(hospital.pass().await.unwrap().unacknowledged, 1);
    hospital.gateway.log(&old.void(&hospital, &photo).jws);
    assert_eq!(hospital.pass().await.unwrap().voids, 1);
    hospital.gateway.with(|shop| shop.refuses = None);
    hospital.pass().await.unwrap();
    assert_eq!(hospital.last_word(&adopted), "filed");
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_photo_that_never_came_whole_and_was_then_discarded_is_not_asked_for_for_ever() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.gateway.hold(&photo, b"damaged".to_vec());
    assert_eq!(hospital.pass().await.unwrap().missing, 1);
    hospital.gateway.with(|shop| shop.blobs.clear());
    assert_eq!(hospital.pass().await.unwrap().missing, 1, "it may come yet");
    hospital.gateway.log(&phone.void(&hospital, &photo).jws);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.missing, report.voids), (0, 1));
    assert!(hospital.told(&photo.jws).is_empty(), "nobody has to hear of it");
    assert_eq!(hospital.pass().await.unwrap().missing, 0);
    assert!(hospital.verify().await.ok);
}

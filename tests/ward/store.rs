//! Files are the truth: what is damaged is set aside, what is missing is rebuilt, what is not ours is not opened.

use std::fs;
use std::io::Write as _;
use std::thread;
use std::time::Duration;

use gauze_core::ports::{Protection, TransportError};
use gauze_core::{Stage, Trouble};
use gauze_tests::needles::Needles;
use jiff::SignedDuration;

use crate::fixture::{Fate, Phone, Ward, jpeg, names, stopped};

fn damage(path: &std::path::Path, bytes: &[u8]) {
    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

#[tokio::test]
async fn a_lost_or_damaged_index_costs_nothing() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    phone.capture(0);
    phone.link.obeys(|_| Fate::Fails(TransportError::Unreachable));
    phone.run().await;
    phone.link.works();
    let index = phone.dir.join("gauze/index");
    for round in 0..4 {
        phone.capture(round);
        let seq = phone.client().status().last_seq;
        // The app is not running while its files are hurt.
        phone.close();
        match round {
            0 => fs::remove_dir_all(&index).unwrap(),
            1 => damage(&phone.dir.join("store.key"), &[7; 32]),
            2 => fs::remove_file(phone.dir.join("store.key")).unwrap(),
            _ => {
                for name in names(&index) {
                    if index.join(&name).is_file() {
                        damage(&index.join(name), b"not sled");
                    }
                }
            }
        }
        phone.restart();
        assert_eq!(phone.client().status().last_seq, seq, "round {round}");
        assert_eq!(phone.client().list().unwrap().len(), round + 2);
    }
    phone.run().await;
    assert_eq!(ward.pull().await.filed, 5);
}

fn held_index(phone: &Phone) -> fs::File {
    let file = fs::File::open(phone.dir.join("gauze/index/db")).unwrap();
    file.lock().unwrap();
    file
}

#[tokio::test]
async fn an_index_that_is_still_held_is_waited_for_and_never_taken_for_damaged() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.link.obeys(|_| Fate::Fails(TransportError::Unreachable));
    phone.run().await;
    let tried = Some((Stage::Signed, Some(Trouble::Offline)));
    assert_eq!(phone.shown(id), tried);

    // As sled's threads hold it for a moment after the store was closed.
    phone.close();
    let held = held_index(&phone);
    let holder = thread::spawn(move || {
        thread::sleep(Duration::from_millis(20));
        drop(held);
    });
    phone.restart();
    assert_eq!(phone.shown(id), tried);
    holder.join().unwrap();

    // As if they never let go.
    phone.close();
    let held = held_index(&phone);
    phone.restart();
    assert_eq!(phone.shown(id), Some((Stage::Signed, None)), "it goes on without what was tried");
    drop(held);
    phone.restart();
    assert_eq!(phone.shown(id), tried, "what it knew is still there");
}

#[tokio::test]
async fn a_store_that_the_system_does_not_protect_stays_shut_and_says_which_it_is() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    for (protection, code) in
        [(Protection::Wrong, "storage_unprotected"), (Protection::NotYetUnlocked, "not_yet_unlocked")]
    {
        phone.close();
        phone.disk.guards(protection);
        assert_eq!(phone.open().unwrap_err().code(), code);
    }
    phone.restart();
    assert_eq!(phone.stage(id), Some(Stage::Unsigned));
}

#[tokio::test]
async fn a_damaged_photo_is_set_aside_and_shown_and_its_place_stays_used() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let (first, second, third) = (phone.capture(0), phone.capture(1), phone.capture(2));
    phone.close();
    damage(&phone.file(second, "body.json"), b"{}");
    fs::remove_file(phone.file(third, "photo.age")).unwrap();
    fs::create_dir_all(phone.dir.join("gauze/outbox/not-a-photo")).unwrap();
    phone.restart();
    assert_eq!(phone.client().status().quarantined, 3);
    assert_eq!(phone.outbox(), [first.to_string()]);
    let kept = names(&phone.dir.join("gauze/quarantine"));
    assert!(kept.contains(&second.to_string()) && kept.contains(&third.to_string()), "{kept:?}");
    phone.restart();
    assert_eq!(phone.client().status().quarantined, 3, "still shown");
    let next = phone.capture(3);
    let listed = phone.client().list().unwrap();
    assert_eq!(listed.iter().find(|photo| photo.capture_id == next).unwrap().seq, 4);
    phone.run().await;
    ward.pull().await;
    let report = ward.verified().await;
    let gaps: Vec<_> = report.gaps.iter().map(|gap| (gap.first, gap.last)).collect();
    assert_eq!(gaps, [(2, 3)], "the hospital sees that two photos did not come");
}

#[tokio::test]
async fn the_place_of_a_damaged_photo_is_not_given_again_after_a_clock_was_set_back() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    phone.capture(0);
    phone.is_wrong_by(SignedDuration::from_hours(-1));
    let second = phone.capture(1);
    phone.close();
    damage(&phone.file(second, "body.json"), b"{}");
    phone.restart();
    let next = phone.capture(2);
    let listed = phone.client().list().unwrap();
    assert_eq!(listed.iter().find(|photo| photo.capture_id == next).unwrap().seq, 3);
    phone.restart();
    phone.capture(3);
    assert_eq!(phone.client().status().last_seq, 4, "its place is left out once");
    phone.run().await;
    ward.pull().await;
    let report = ward.verified().await;
    let gaps: Vec<_> = report.gaps.iter().map(|gap| (gap.first, gap.last)).collect();
    assert_eq!(gaps, [(2, 2)]);
}

#[tokio::test]
async fn a_sealed_file_that_changed_is_never_sent_as_the_photo() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let (hurt, well) = (phone.capture(0), phone.capture(1));
    let path = phone.file(hurt, "photo.age");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    damage(&path, &bytes);
    let report = phone.run().await;
    assert_eq!(report.stopped, [stopped(hurt, Trouble::Damaged)]);
    assert_eq!(report.stored, 1);
    assert_eq!(ward.pull().await.filed, 1);
    assert_eq!(phone.run().await.filed, [well]);
    assert_eq!(phone.stage(hurt), Some(Stage::Signed), "kept, and shown as damaged");
}

#[tokio::test]
async fn one_process_at_a_time() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let mut second = Phone::at(&ward, phone.dir.clone());
    assert_eq!(second.open().unwrap_err().code(), "store_busy");
    drop(phone);
    second.open().unwrap();
}

#[tokio::test]
async fn no_file_of_the_phone_holds_a_run_of_a_photo_or_names_a_patient() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.client().preview_from(id, jpeg(0)).unwrap();
    phone.client().unlock().unwrap();
    let mut needles = Needles::of_nobody();
    needles.pixels_of("a preview", &phone.client().preview(id).unwrap());
    [0, 1].into_iter().for_each(|n| needles.pixels_of("a photo", jpeg(n)));
    phone.client().review(id).unwrap();
    phone.run().await;
    let discarded = phone.capture(1);
    phone.client().discard(discarded).unwrap();
    needles.are_not_below(&phone.dir).unwrap();
    phone.client().wipe().unwrap();
    phone.restart();
    needles.are_not_below(&phone.dir).unwrap();
    assert!(!phone.dir.join("store.key").exists() || phone.client().list().unwrap().len() == 2);
}

//! Each file of a phone, changed while the app is not running.

use gauze_wire::Digest;

use super::scene::{Scene, Stage};
use super::{CHANGES, Change, Taken, places, put, take};
use crate::dice::Dice;
use crate::fixture::{Fate, Phone, Ward};

/// One change of one file, and what came of it. Whether there was something to change.
async fn survives(stage: Stage, name: &str, change: Change, dice: &mut Dice) -> bool {
    let mut scene = Scene::at(stage).await;
    scene.phone.close();
    let path = scene.path(name);
    let Some(changed) = change.of(&std::fs::read(&path).unwrap(), dice) else { return false };
    let what = format!("{stage:?}, {name}, {change:?}");
    put(&path, &changed);
    let instead = name.ends_with("PHOTO/photo.age").then(|| Digest::of(&changed));
    if let Err(error) = scene.phone.open() {
        panic!("{what}: does not open: {error}");
    }
    let (ward, phone, taken) = (&scene.ward, &scene.phone, &scene.taken);
    for _ in 0..2 {
        let _says_why = phone.client().run_queue(true).await;
        ward.pull().await;
    }
    let _says_why = phone.client().run_queue(true).await;
    scene.accounts_for_the_void(&what).await;
    if taken.is_filed(ward).await {
        return true;
    }
    assert!(taken.is_kept(phone, instead), "{what}: gone, and not filed");
    let says_why = taken.cause(phone).is_some() || phone.client().status().device_id.is_none();
    assert!(says_why, "{what}: no cause shown");
    true
}

async fn every_file_at(stage: Stage, seed: u64) {
    let (mut dice, mut changed) = (Dice::new(seed), 0);
    let mut names = Scene::at(stage).await.names();
    for brought in stage.brings() {
        assert!(names.iter().any(|name| name == brought), "{stage:?}: no {brought} in {names:?}");
    }
    names.retain(|name| name != "lock");
    for name in &names {
        for change in CHANGES {
            for _ in 0..places() {
                changed += u64::from(survives(stage, name, change, &mut dice).await);
            }
        }
    }
    assert!(changed >= 3 * names.len() as u64 * places(), "{stage:?}: only {changed} changes");
}

#[tokio::test]
async fn a_changed_file_of_a_captured_photo_loses_nothing_and_says_why() {
    every_file_at(Stage::Captured, 1).await;
}

#[tokio::test]
async fn a_changed_file_of_a_signed_photo_loses_nothing_and_says_why() {
    every_file_at(Stage::Signed, 2).await;
}

#[tokio::test]
async fn a_changed_file_of_a_stored_photo_loses_nothing_and_says_why() {
    every_file_at(Stage::Stored, 3).await;
}

#[tokio::test]
async fn a_changed_file_after_an_erasure_loses_nothing_and_says_why() {
    every_file_at(Stage::Second, 4).await;
}

#[tokio::test]
async fn a_changed_file_of_a_previewed_photo_loses_nothing_and_says_why() {
    every_file_at(Stage::Previewed, 6).await;
}

#[tokio::test]
async fn a_changed_file_of_a_refused_photo_loses_nothing_and_says_why() {
    every_file_at(Stage::Refused, 7).await;
}

#[tokio::test]
async fn a_changed_file_beside_a_void_loses_neither_photo_nor_void_and_says_why() {
    every_file_at(Stage::Discarded, 8).await;
}

#[tokio::test]
async fn a_changed_file_of_a_wiped_phone_loses_nothing_and_says_why() {
    every_file_at(Stage::Wiped, 9).await;
}

#[tokio::test]
async fn a_changed_file_of_an_adopted_photo_loses_nothing_and_says_why() {
    every_file_at(Stage::Adopted, 10).await;
}

/// What the hospital said of a photo, as the gateway keeps it.
async fn filed_receipt(ward: &Ward, taken: &Taken) -> String {
    let mut db = super::rows::database(ward).await;
    let outcome = "SELECT outcome FROM capture WHERE capture_id = ?";
    sqlx::query_scalar(outcome).bind(taken.id.to_string()).fetch_one(&mut db).await.unwrap()
}

#[tokio::test]
async fn a_filed_receipt_that_somebody_put_on_the_phone_erases_nothing_and_does_not_stop_the_true_one() {
    let mut dice = Dice::new(5);
    let other_ward = Ward::new().await;
    let other_phone = Phone::enrolled(&other_ward).await;
    let elsewhere = take(&other_phone, 1);
    other_phone.run().await;
    other_ward.pull().await;
    let elsewhere = filed_receipt(&other_ward, &elsewhere).await.into_bytes();
    for place in 0..places() {
        for what in ["flipped", "cut", "doubled", "swapped", "another photo's", "another hospital's", "empty"]
        {
            let what = format!("{what}, {place}");
            let ward = Ward::new().await;
            let mut phone = Phone::enrolled(&ward).await;
            let (taken, other) = (take(&phone, 1), take(&phone, 2));
            phone.run().await;
            ward.pull().await;
            let good = filed_receipt(&ward, &taken).await.into_bytes();
            let false_one = match what.split(',').next().unwrap() {
                "flipped" => Change::Flip.of(&good, &mut dice).unwrap(),
                "cut" => Change::Cut.of(&good, &mut dice).unwrap(),
                "doubled" => Change::Double.of(&good, &mut dice).unwrap(),
                "swapped" => Change::Swap.of(&good, &mut dice).unwrap(),
                "another photo's" => filed_receipt(&ward, &other).await.into_bytes(),
                "another hospital's" => elsewhere.clone(),
                _ => Vec::new(),
            };
            phone.close();
            put(&phone.file(taken.id, "filed.jws"), &false_one);
            phone.open().unwrap();
            phone.link.obeys(|seen| if seen.path.ends_with("/status") { Fate::Lost } else { Fate::Deliver });
            phone.run().await;
            assert!(phone.file(taken.id, "photo.age").is_file(), "{what}: erased");
            phone.link.works();
            phone.run().await;
            assert!(
                taken.is_filed(&ward).await && phone.outbox() == [""; 0],
                "{what}: the true receipt is not taken"
            );
        }
    }
}

//! Each file of a phone, changed while the app is not running.

use gauze_wire::Digest;

use super::{CHANGES, Change, Taken, files, places, put, take};
use crate::dice::Dice;
use crate::fixture::{Fate, Phone, Ward};

/// How far the photo had got when its phone's files were changed.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Captured,
    Signed,
    Stored,
    /// An earlier photo has been erased: the chain's end is in a file alone.
    Second,
}

async fn at(stage: Stage) -> (Ward, Phone, Taken) {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    if matches!(stage, Stage::Second) {
        take(&phone, 2);
        phone.run().await;
        ward.pull().await;
        assert_eq!(phone.run().await.filed.len(), 1);
    }
    let taken = take(&phone, 1);
    match stage {
        Stage::Captured | Stage::Second => {}
        Stage::Signed => {
            phone.link.obeys(|seen| if seen.path.ends_with("/uploads") { Fate::Lost } else { Fate::Deliver });
            phone.run().await;
            phone.link.works();
        }
        Stage::Stored => assert_eq!(phone.run().await.stored, 1),
    }
    (ward, phone, taken)
}

/// One change of one file, and what came of it.
async fn survives(stage: Stage, name: &str, change: Change, dice: &mut Dice) {
    let (ward, mut phone, taken) = at(stage).await;
    phone.close();
    let path = phone.dir.join("gauze").join(name.replace("PHOTO", &taken.id.to_string()));
    let Some(changed) = change.of(&std::fs::read(&path).unwrap(), dice) else { return };
    let what = format!("{stage:?}, {name}, {change:?}");
    put(&path, &changed);
    let instead = name.ends_with("photo.age").then(|| Digest::of(&changed));
    if let Err(error) = phone.open() {
        assert!(taken.is_kept(&phone, instead), "{what}: does not open, and the photo is gone");
        assert!(!error.code().is_empty(), "{what}");
        return;
    }
    for _ in 0..2 {
        let _says_why = phone.client().run_queue(true).await;
        ward.pull().await;
    }
    let _says_why = phone.client().run_queue(true).await;
    if taken.is_filed(&ward).await {
        return;
    }
    assert!(taken.is_kept(&phone, instead), "{what}: gone, and not filed");
    assert!(
        taken.cause(&phone).is_some() || phone.client().status().device_id.is_none(),
        "{what}: no cause shown"
    );
}

/// The phone's files at a stage, with the photo's name left out.
async fn names(stage: Stage) -> Vec<String> {
    let (_ward, mut phone, taken) = at(stage).await;
    phone.close();
    let root = phone.dir.join("gauze");
    let name = |path: &std::path::PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
    files(&root).iter().map(|path| name(path).replace(&taken.id.to_string(), "PHOTO")).collect()
}

async fn every_file_at(stage: Stage, seed: u64) {
    let mut dice = Dice::new(seed);
    let names = names(stage).await;
    assert!(names.iter().any(|name| name == "outbox/PHOTO/photo.age"), "{names:?}");
    for name in names.iter().filter(|name| *name != "lock") {
        for change in CHANGES {
            for _ in 0..places() {
                survives(stage, name, change, &mut dice).await;
            }
        }
    }
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

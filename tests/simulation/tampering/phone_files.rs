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

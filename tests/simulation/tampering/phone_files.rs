//! Each file of a phone, changed while the app is not running.

use std::path::PathBuf;

use gauze_records::Kind;
use gauze_tests::pictures::picture;
use gauze_wire::{CaptureId, Digest};

use super::{CHANGES, Change, Taken, files, places, put, take};
use crate::dice::Dice;
use crate::fixture::{Fate, Phone, Ward};

/// How far the photo had got when its phone's files were changed.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Captured,
    /// With its small picture.
    Previewed,
    Signed,
    Stored,
    /// The hospital refused it: its copy at the gateway was damaged.
    Refused,
    /// An earlier photo has been erased: the chain's end is in a file alone.
    Second,
    /// Another photo was discarded, and its void is signed and not sent.
    Discarded,
    /// The phone was wiped with the photo unsent.
    Wiped,
    /// And enrolled anew: the new key has signed for the photo, and not sent it.
    Adopted,
}

impl Stage {
    /// Files that are there since this stage.
    const fn brings(self) -> &'static [&'static str] {
        match self {
            Self::Captured => &["outbox/PHOTO/photo.age", "outbox/PHOTO/review.age", "trust.json"],
            Self::Previewed => &["outbox/PHOTO/preview.age"],
            Self::Signed => &["outbox/PHOTO/manifest.jws"],
            Self::Stored => &["outbox/PHOTO/stored.jws"],
            Self::Refused => &["outbox/PHOTO/refused.jws"],
            Self::Second => &["outbox/PHOTO/body.json"],
            Self::Discarded => &["outbox/VOID/void.json", "outbox/VOID/void.jws"],
            Self::Wiped => &["wipe.json"],
            Self::Adopted => &["outbox/PHOTO/adoption.jws"],
        }
    }
}

/// A phone at some stage, with the photo that must survive.
struct Scene {
    ward: Ward,
    phone: Phone,
    taken: Taken,
    voided: Option<CaptureId>,
}

impl Scene {
    async fn at(stage: Stage) -> Self {
        let ward = Ward::new().await;
        let phone = Phone::enrolled(&ward).await;
        if matches!(stage, Stage::Second) {
            take(&phone, 2);
            phone.run().await;
            ward.pull().await;
            assert_eq!(phone.run().await.filed.len(), 1);
        }
        let taken = take(&phone, 1);
        let mut scene = Self { ward, phone, taken, voided: None };
        scene.reaches(stage).await;
        scene
    }

    async fn reaches(&mut self, stage: Stage) {
        match stage {
            Stage::Captured | Stage::Second => {}
            Stage::Previewed => {
                self.phone.client().preview_from(self.taken.id, &picture(1, 64, 48).unwrap()).unwrap();
            }
            Stage::Signed => self.signs().await,
            Stage::Stored => assert_eq!(self.phone.run().await.stored, 1),
            Stage::Refused => self.is_refused().await,
            Stage::Discarded => {
                let other = take(&self.phone, 2).id;
                self.phone.client().discard(other).unwrap();
                self.voided = Some(other);
                self.signs().await;
            }
            Stage::Wiped => drop(self.phone.client().wipe().unwrap()),
            Stage::Adopted => {
                self.phone.client().wipe().unwrap();
                self.phone.restart();
                self.phone.client().enrol(&self.ward.managed()).await.unwrap();
                self.signs().await;
            }
        }
    }

    /// Nothing that is signed arrives.
    async fn signs(&self) {
        self.phone
            .link
            .obeys(|seen| if seen.path.ends_with("/uploads") { Fate::Lost } else { Fate::Deliver });
        self.phone.run().await;
        self.phone.link.works();
    }

    async fn is_refused(&self) {
        self.phone.run().await;
        let [blob] = &files(&self.ward.path("gateway/blobs"))[..] else { panic!("one photo") };
        put(blob, b"something else");
        assert_eq!(self.ward.pull().await.refused.len(), 1);
        self.phone.run().await;
    }

    /// The phone's files, with the photos' names left out.
    fn names(&self) -> Vec<String> {
        let root = self.phone.dir.join("gauze");
        let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let voided = self.voided.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let without =
            |name: String| name.replace(&self.taken.id.to_string(), "PHOTO").replace(&voided, "VOID");
        files(&root).iter().map(|path| without(name(path))).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        let voided = self.voided.map_or_else(String::new, |id| id.to_string());
        let name = name.replace("PHOTO", &self.taken.id.to_string()).replace("VOID", &voided);
        self.phone.dir.join("gauze").join(name)
    }

    /// That what was discarded is not forgotten: its void is at the hospital, or it is still on the phone.
    async fn accounts_for_the_void(&self, what: &str) {
        let Some(voided) = self.voided else { return };
        let told =
            self.ward.listed().await.iter().any(|row| row.capture_id == voided && row.kind == Kind::Void);
        let kept = self.path("outbox/VOID").is_dir() || self.phone.client().status().quarantined > 0;
        assert!(told || kept, "{what}: a void is gone");
    }
}

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
        assert!(scene.taken.is_kept(&scene.phone, instead), "{what}: does not open, and the photo is gone");
        assert!(!error.code().is_empty(), "{what}");
        return true;
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
    let names = Scene::at(stage).await.names();
    for brought in stage.brings() {
        assert!(names.iter().any(|name| name == brought), "{stage:?}: no {brought} in {names:?}");
    }
    for name in names.iter().filter(|name| *name != "lock") {
        for change in CHANGES {
            for _ in 0..places() {
                changed += u64::from(survives(stage, name, change, &mut dice).await);
            }
        }
    }
    assert!(changed > 20 * places(), "{stage:?}: only {changed} changes");
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

//! A phone at each stage of a photo.

use std::path::PathBuf;

use gauze_records::Kind;
use gauze_tests::pictures::picture;
use gauze_wire::CaptureId;

use super::{Taken, files, take};
use crate::fixture::{Fate, Phone, Ward};

/// How far the photo has got.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    Captured,
    /// With its small picture.
    Previewed,
    Signed,
    /// The gateway has the first part of it.
    Cut,
    Stored,
    /// The hospital refused it: it does not believe phones of this version.
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
    pub const fn brings(self) -> &'static [&'static str] {
        match self {
            Self::Captured => &["outbox/PHOTO/photo.age", "outbox/PHOTO/review.age", "trust.json"],
            Self::Previewed => &["outbox/PHOTO/preview.age"],
            Self::Signed | Self::Cut => &["outbox/PHOTO/manifest.jws"],
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
pub struct Scene {
    pub ward: Ward,
    pub phone: Phone,
    pub taken: Taken,
    voided: Option<CaptureId>,
}

impl Scene {
    pub async fn at(stage: Stage) -> Self {
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

    /// Goes on from where it is.
    pub async fn reaches(&mut self, stage: Stage) {
        match stage {
            Stage::Captured | Stage::Second => {}
            Stage::Previewed => {
                self.phone.client().preview_from(self.taken.id, &picture(1, 64, 48).unwrap()).unwrap();
            }
            Stage::Signed => self.signs().await,
            Stage::Cut => self.is_cut().await,
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

    /// The transfer is cut, and goes on only once the network works.
    async fn is_cut(&self) {
        self.phone.link.obeys(|seen| match seen.offset {
            0 if seen.path.contains("/transfers/") => Fate::CutAfter(40_000),
            0 => Fate::Deliver,
            _ => Fate::Lost,
        });
        self.phone.run().await;
        assert!(self.phone.link.seen().iter().any(|seen| seen.method == "PATCH"), "nothing was held");
        self.phone.link.works();
    }

    async fn is_refused(&self) {
        self.phone.run().await;
        self.ward.sign_policy(|policy| {
            policy["version"] = 2.into();
            policy["min_app_version"] = "99.0.0".into();
        });
        assert_eq!(self.ward.pull().await.refused.len(), 1);
        self.phone.run().await;
    }

    /// The phone's files, with the photos' names left out.
    pub fn names(&self) -> Vec<String> {
        let root = self.phone.dir.join("gauze");
        let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let voided = self.voided.map_or_else(|| "-".to_owned(), |id| id.to_string());
        let without =
            |name: String| name.replace(&self.taken.id.to_string(), "PHOTO").replace(&voided, "VOID");
        files(&root).iter().map(|path| without(name(path))).collect()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        let voided = self.voided.map_or_else(String::new, |id| id.to_string());
        let name = name.replace("PHOTO", &self.taken.id.to_string()).replace("VOID", &voided);
        self.phone.dir.join("gauze").join(name)
    }

    /// That what was discarded is not forgotten: its void is at the hospital, or it is still on the phone.
    pub async fn accounts_for_the_void(&self, what: &str) {
        let Some(voided) = self.voided else { return };
        let told =
            self.ward.listed().await.iter().any(|row| row.capture_id == voided && row.kind == Kind::Void);
        let kept = self.path("outbox/VOID").is_dir() || self.phone.client().status().quarantined > 0;
        assert!(told || kept, "{what}: a void is gone");
    }
}

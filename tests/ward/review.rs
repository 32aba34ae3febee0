//! Review on the phone: only unlocked, only for the policy's hours, only until it was filed.

use std::sync::Arc;

use gauze_core::ports::{KeyVault as _, SecretError, SecretStore};
use gauze_core::{CaptureContext, ReviewError, Stage};
use gauze_seal::strip::strip;
use gauze_wire::{CaptureId, Digest, Established, Identifier, Patient};
use jiff::SignedDuration;
use zeroize::Zeroizing;

use crate::fixture::{Phone, Ward, context, jpeg, shown};

fn label(phone: &Phone) -> Option<String> {
    shown(phone.client().list().unwrap().remove(0))
}

#[tokio::test]
async fn photos_and_labels_are_there_while_the_phone_is_unlocked() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    assert!(matches!(phone.client().review(id), Err(ReviewError::Locked)));
    assert_eq!(label(&phone), None);
    phone.client().unlock().unwrap();
    assert_eq!(label(&phone).unwrap(), "Zzyzx-Familyname, Quillonbert, left lower leg Xanthippe");
    let photo = phone.client().review(id).unwrap();
    assert_eq!(Digest::of(&photo), Digest(strip(jpeg(0)).unwrap().sha256()));
    // Nobody made the preview at capture: it is made now, and kept.
    let preview = phone.client().preview(id).unwrap();
    assert!(preview.len() < photo.len() * 2 && phone.file(id, "preview.age").is_file());
    assert_eq!(phone.client().preview(id).unwrap(), preview);
    phone.client().lock();
    assert!(matches!(phone.client().preview(id), Err(ReviewError::Locked)));
    assert_eq!(label(&phone), None);
    phone.client().unlock().unwrap();
    phone.restart();
    assert!(matches!(phone.client().review(id), Err(ReviewError::Locked)), "a new process is locked");
}

/// What the viewfinder showed a moment ago, the phone shows once more to whoever took it: out of the bytes that they have.
#[tokio::test]
async fn whoever_just_took_a_photo_sees_it_on_a_locked_phone_and_nobody_sees_it_later() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let shown = phone.client().preview_from(id, jpeg(0)).unwrap().unwrap();
    assert!(matches!(phone.client().preview(id), Err(ReviewError::Locked)));
    phone.client().unlock().unwrap();
    assert_eq!(phone.client().preview(id).unwrap(), shown);
}

#[tokio::test]
async fn a_photo_that_was_put_in_anothers_place_is_not_shown_as_that_one() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let (one, other) = (phone.capture(0), phone.capture(1));
    phone.client().unlock().unwrap();
    for name in ["photo.age", "review.age"] {
        std::fs::copy(phone.file(other, name), phone.file(one, name)).unwrap();
    }
    assert!(matches!(phone.client().review(one), Err(ReviewError::DidNotOpen)));
    phone.client().review(other).unwrap();
}

#[tokio::test]
async fn review_ends_with_the_policys_hours_and_the_photo_stays() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.client().unlock().unwrap();
    ward.clock.pass(SignedDuration::from_hours(12));
    phone.client().review(id).unwrap();
    ward.clock.pass(SignedDuration::from_secs(1));
    assert!(matches!(phone.client().review(id), Err(ReviewError::Off)));
    assert!(!phone.file(id, "review.age").exists() && phone.file(id, "photo.age").exists());
    phone.run().await;
    assert_eq!(ward.pull().await.filed, 1);
}

#[tokio::test]
async fn a_clock_that_is_set_back_or_was_ahead_gives_no_more_hours() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.client().preview_from(id, jpeg(0)).unwrap();
    phone.run().await;
    phone.client().unlock().unwrap();
    phone.client().preview(id).unwrap();
    phone.is_wrong_by(SignedDuration::from_hours(-100));
    ward.clock.pass(SignedDuration::from_hours(13));
    assert!(matches!(phone.client().preview(id), Err(ReviewError::Off)), "kept previews end too");
    assert!(!phone.file(id, "preview.age").exists() && phone.file(id, "photo.age").exists());
    phone.is_wrong_by(SignedDuration::from_hours(24 * 365));
    let early = phone.capture(1);
    phone.is_wrong_by(SignedDuration::ZERO);
    assert!(matches!(phone.client().review(early), Err(ReviewError::Off)));
}

#[tokio::test]
async fn what_a_kill_left_of_a_review_goes_at_the_next_look() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.client().preview_from(id, jpeg(0)).unwrap();
    std::fs::remove_file(phone.file(id, "review.age")).unwrap();
    phone.restart();
    phone.client().unlock().unwrap();
    assert!(matches!(phone.client().preview(id), Err(ReviewError::Off)));
    assert!(!phone.file(id, "preview.age").exists());
}

#[tokio::test]
async fn where_policy_allows_no_review_nothing_is_kept_for_it() {
    let ward = Ward::with(|_| {}, |policy| policy["review_hours"] = 0.into()).await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    assert!(!phone.file(id, "review.age").exists());
    assert!(matches!(phone.client().unlock(), Err(ReviewError::Off)));
    assert!(matches!(phone.client().review(id), Err(ReviewError::Off)));
}

#[tokio::test]
async fn a_policy_that_takes_review_back_ends_it() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    ward.sign_policy(|policy| {
        policy["version"] = 2.into();
        policy["review_hours"] = 0.into();
    });
    ward.restart().await;
    phone.link.leads_to(ward.router.clone());
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    assert_eq!(phone.client().status().policy_version, 2);
    phone.client().list().unwrap();
    assert!(!phone.file(id, "review.age").exists());
}

#[tokio::test]
async fn a_review_key_that_is_gone_ends_what_it_opened_and_nothing_else() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    for another in [false, true] {
        let id = phone.capture(0);
        assert!(phone.file(id, "review.age").exists());
        phone.vault.destroy(false).unwrap();
        if another {
            phone.vault.create_review().unwrap();
        }
        assert!(matches!(phone.client().unlock(), Err(ReviewError::KeyGone)));
        assert!(!phone.file(id, "review.age").exists(), "nobody can open it again");
        assert!(matches!(phone.client().unlock(), Err(ReviewError::Off)));
        phone.run().await;
        ward.pull().await;
        assert!(phone.run().await.filed.contains(&id));
        // The hospital was heard, and denies nothing.
        let later = phone.capture(1);
        phone.client().unlock().unwrap();
        phone.client().review(later).unwrap();
        phone.client().discard(later).unwrap();
    }
}

#[tokio::test]
async fn a_wipe_destroys_what_opens_and_leaves_what_can_be_sent() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.client().preview_from(id, jpeg(0)).unwrap();
    phone.client().unlock().unwrap();
    let report = phone.client().wipe().unwrap();
    assert_eq!((report.unsent, report.device_key_destroyed), (1, false));
    assert!(!phone.dir.join("store.key").exists());
    assert!(phone.vault.review_key().unwrap().is_none() && phone.vault.device_key().is_ok());
    assert!(!phone.file(id, "review.age").exists() && !phone.file(id, "preview.age").exists());
    assert!(phone.client().review(id).is_err());

    phone.restart();
    assert_eq!(phone.run().await.stored, 1);
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id]);
    let report = phone.client().wipe().unwrap();
    assert_eq!((report.unsent, report.device_key_destroyed), (0, true));
    assert!(phone.vault.device_key().is_err());
    phone.restart();
    assert!(phone.client().status().device_id.is_none());
    phone.client().enrol(&ward.managed()).await.unwrap();
    phone.capture(1);
    assert_eq!(phone.run().await.stored, 1);
}

/// A key store that answers nothing.
struct Stuck;

impl SecretStore for Stuck {
    fn load(&self) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        Err(SecretError)
    }
    fn keep(&self, _: &[u8]) -> Result<(), SecretError> {
        Err(SecretError)
    }
    fn destroy(&self) -> Result<(), SecretError> {
        Err(SecretError)
    }
}

#[tokio::test]
async fn a_wipe_that_the_key_store_does_not_finish_still_ends_review_and_sends_what_is_sealed() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let working = std::mem::replace(&mut phone.secrets, Arc::new(Stuck));
    phone.restart();
    assert_eq!(phone.client().wipe().unwrap_err().code(), "key_store_failed");
    for _ in 0..2 {
        phone.restart();
        assert!(phone.try_capture(1).is_err() && phone.client().unlock().is_err());
        assert!(!phone.file(id, "review.age").exists());
    }
    assert_eq!(phone.run().await.stored, 1);
    ward.pull().await;
    assert_eq!(phone.run().await.filed, [id]);
    // It works again: the wipe is finished by itself.
    phone.secrets = working;
    phone.restart();
    assert!(phone.client().status().device_id.is_none() && phone.vault.device_key().is_err());
}

#[tokio::test]
async fn a_photo_that_is_filed_is_no_longer_on_the_phone_in_any_form() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.client().preview_from(id, jpeg(0)).unwrap();
    phone.run().await;
    assert_eq!(phone.stage(id), Some(Stage::Stored));
    ward.pull().await;
    phone.run().await;
    assert!(phone.outbox().is_empty());
}

fn patient(change: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = context().patient.unwrap();
    patient.confirmed_by = vec![Identifier::Name, Identifier::Dob];
    change(&mut patient);
    patient
}

/// Known by a name and a day of birth alone.
fn unnumbered(family: &str) -> Patient {
    patient(|patient| {
        (patient.nhs_number, patient.local_number) = (None, None);
        patient.family = family.to_owned().try_into().unwrap();
    })
}

/// A photo of each, one second after the other.
fn photographed(ward: &Ward, phone: &Phone, patients: &[Option<&Patient>]) -> Vec<CaptureId> {
    let shot = |patient: &Option<&Patient>| {
        ward.clock.pass(SignedDuration::from_secs(1));
        let context = CaptureContext { patient: patient.cloned(), ..context() };
        phone.client().capture(jpeg(0), context).unwrap().capture_id
    };
    patients.iter().map(shot).collect()
}

fn families(phone: &Phone) -> Vec<String> {
    let patients = phone.client().patients().unwrap();
    patients.iter().map(|patient| patient.family.as_str().to_owned()).collect()
}

#[tokio::test]
async fn the_patients_of_photos_are_listed_once_each_and_newest_first_while_the_phone_is_unlocked() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let one = patient(|_| {});
    // Typed elsewhere, with one of the two numbers: the same patient.
    let again = patient(|patient| {
        patient.nhs_number = None;
        patient.family = "Zzyzx".to_owned().try_into().unwrap();
        patient.established = Established::Typed { reason: "no band".to_owned().try_into().unwrap() };
    });
    // The name and the day of birth of the first, and another number: another patient.
    let namesake = patient(|patient| {
        (patient.nhs_number, patient.local_number) = (Some("9990001030".parse().unwrap()), None);
        patient.given = "Namesake".to_owned().try_into().unwrap();
    });
    let (nameless, shouted) = (unnumbered("Nonumber"), unnumbered("NONUMBER"));
    let of = [Some(&one), Some(&nameless), Some(&namesake), Some(&shouted), None, Some(&again)];
    photographed(&ward, &phone, &of);
    assert!(matches!(phone.client().patients(), Err(ReviewError::Locked)));
    phone.client().unlock().unwrap();
    assert_eq!(families(&phone), ["Zzyzx", "NONUMBER", "Zzyzx-Familyname"]);
    let listed = phone.client().patients().unwrap();
    assert!(listed[0].local_number == one.local_number && listed[0].nhs_number.is_none());
    assert!(listed[2].nhs_number == namesake.nhs_number && listed[2].given == namesake.given);
    // Neither how the patient was found nor what was confirmed then is said again.
    for patient in &listed {
        assert!(patient.established == Established::Worklist && patient.confirmed_by.is_empty());
    }
    let unconfirmed = CaptureContext { patient: Some(listed[0].clone()), ..context() };
    assert!(
        phone.client().capture(jpeg(0), unconfirmed).is_err(),
        "a listed patient is confirmed as every other"
    );
    let chosen = Patient { confirmed_by: context().patient.unwrap().confirmed_by, ..listed[2].clone() };
    let [id] = photographed(&ward, &phone, &[Some(&chosen)])[..] else { panic!("one photo") };
    phone.client().lock();
    assert!(matches!(phone.client().patients(), Err(ReviewError::Locked)));
    phone.restart();
    assert!(matches!(phone.client().patients(), Err(ReviewError::Locked)), "a new process is locked");
    phone.run().await;
    ward.pull().await;
    assert!(ward.opened(id).await.1.patient.unwrap().established == Established::Worklist);
}

#[tokio::test]
async fn a_patient_whose_photos_may_not_be_shown_any_more_is_not_listed() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let people = ["One", "Two", "Three"].map(unnumbered);
    let first = photographed(&ward, &phone, &[Some(&people[0])]);
    ward.clock.pass(SignedDuration::from_hours(11));
    let later = photographed(&ward, &phone, &[Some(&people[1]), Some(&people[2])]);
    phone.client().unlock().unwrap();
    assert_eq!(families(&phone), ["Three", "Two", "One"]);
    phone.disk.cannot_read(vec![phone.file(first[0], "review.age")]);
    assert_eq!(families(&phone), ["Three", "Two"], "one that cannot be read hides no other");
    phone.disk.cannot_read(Vec::new());
    ward.clock.pass(SignedDuration::from_hours(1));
    assert_eq!(families(&phone), ["Three", "Two"], "its hours are over");
    phone.client().discard(later[1]).unwrap();
    assert_eq!(families(&phone), ["Two"]);
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    assert_eq!(families(&phone), [""; 0], "filed");
    photographed(&ward, &phone, &[Some(&people[0])]);
    assert_eq!(families(&phone), ["One"]);
    phone.client().wipe().unwrap();
    assert!(phone.client().patients().is_err());
}

#[tokio::test]
async fn the_list_of_patients_ends_with_the_fiftieth() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let people: Vec<_> = (0..51).map(|n| unnumbered(&format!("Family{n}"))).collect();
    photographed(&ward, &phone, &people.iter().map(Some).collect::<Vec<_>>());
    phone.client().unlock().unwrap();
    let listed = families(&phone);
    assert_eq!((listed.len(), &*listed[0], &*listed[49]), (50, "Family50", "Family1"));
}

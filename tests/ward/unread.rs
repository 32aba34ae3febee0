//! Small files that cannot be read now, as after a boot, while too many files are open, or while the phone is locked: nothing is
//! made of it that a later start could not take back.

use std::fs;
use std::path::PathBuf;

use gauze_core::ports::KeyVault as _;
use gauze_core::{ReviewError, WentWrong};
use gauze_gateway::By;
use gauze_gateway::admin::Admin;
use gauze_wire::{Happened, Photos};
use jiff::SignedDuration;

use crate::fixture::{Phone, Ward, context, names};
use crate::life::later;
use crate::wipes::lose;

const IO: i32 = 5;
const DENIED: i32 = 13;
const TOO_MANY_FILES: i32 = 24;
const PRIVATE: &str = "review/private/identity.age";

/// Both halves of a file that is kept twice.
fn halves(phone: &Phone, name: &str) -> Vec<PathBuf> {
    let path = phone.dir.join("gauze").join(name);
    vec![path.with_file_name("copy").join(path.file_name().unwrap()), path]
}

/// Opens it while these cannot be read.
fn opens_without(phone: &mut Phone, unreadable: Vec<PathBuf>, os_error: i32) {
    phone.close();
    phone.disk.cannot_read_for(unreadable, os_error);
    phone.open().unwrap();
}

/// A phone with a photo, its preview and a wound, all to be looked at.
async fn looked_at(ward: &Ward) -> (Phone, gauze_wire::CaptureId) {
    let phone = Phone::enrolled(ward).await;
    let id = phone.capture(0);
    phone.client().new_wound(&context().patient.unwrap(), None).unwrap();
    (phone, id)
}

/// Everything that was kept for review is still there, and opens.
fn still_opens(phone: &Phone, id: gauze_wire::CaptureId, what: &str) {
    phone.client().unlock().unwrap_or_else(|error| panic!("{what}: {error}"));
    phone.client().review(id).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(phone.client().wounds(&context().patient.unwrap()).unwrap().len(), 1, "{what}");
}

#[tokio::test]
async fn a_phone_that_cannot_see_whether_it_was_wiped_shows_nothing_and_wipes_nothing() {
    for os_error in [IO, DENIED, TOO_MANY_FILES] {
        for half in [0, 1] {
            let what = format!("{os_error}, {half}");
            let ward = Ward::new().await;
            let (mut phone, id) = looked_at(&ward).await;
            let unreadable = halves(&phone, "wipe.json")[half..].to_vec();
            opens_without(&mut phone, unreadable, os_error);
            assert!(phone.client().unlock().is_err(), "{what}");
            assert!(phone.client().status().review_denied.is_some(), "{what}");
            phone.capture(1);
            phone.run().await;
            assert!(phone.vault.review_key().unwrap().is_some() && phone.dir.join("store.key").exists());
            phone.restart();
            still_opens(&phone, id, &what);
        }
    }
}

#[tokio::test]
async fn a_phone_that_cannot_see_who_it_is_ends_no_review_and_opens_none() {
    for name in ["identity.json", "trust.json"] {
        for os_error in [IO, TOO_MANY_FILES] {
            let ward = Ward::new().await;
            let (mut phone, id) = looked_at(&ward).await;
            let unreadable = halves(&phone, name);
            opens_without(&mut phone, unreadable, os_error);
            assert!(phone.client().unlock().is_err(), "{name}");
            assert_eq!(phone.client().list().unwrap()[0].label, None);
            let enrolled = phone.client().enrol(&ward.managed()).await;
            assert!(enrolled.is_err(), "{name}: what it was is not overwritten");
            phone.client().lock();
            phone.restart();
            still_opens(&phone, id, name);
        }
    }
}

#[tokio::test]
async fn a_phone_that_cannot_see_what_was_reported_on_it_says_so_and_ends_no_wipe() {
    for photos in [Photos::Keep, Photos::Destroy] {
        let ward = Ward::new().await;
        let mut phone = Phone::enrolled(&ward).await;
        let said = WentWrong {
            kind: Happened::Breach,
            what: "a photo lay open in the lift".to_owned(),
            whose: String::new(),
            photo: None,
            noticed_at: None,
        };
        phone.client().report(&said).unwrap();
        let photo = (photos == Photos::Destroy).then(|| phone.capture(0));
        let reports = phone.dir.join("gauze/reports");
        opens_without(&mut phone, vec![reports.clone()], IO);
        assert!(phone.client().status().storage_trouble.is_some());
        lose(&ward, &phone.id(), photos).await;
        later(&ward, &phone).await;
        later(&ward, &phone).await;
        assert!(phone.client().status().device_id.is_some(), "who it is goes last");
        assert_eq!(names(&reports).len(), 1);
        if let Some(photo) = photo {
            assert!(
                !phone.file(photo, "photo.age").exists(),
                "what is not read keeps no photo from what was ordered"
            );
        }
        // Read again, it fares as the order says.
        phone.restart();
        for _ in 0..4 {
            if phone.client().status().device_id.is_some() {
                later(&ward, &phone).await;
                ward.pull().await;
            }
        }
        assert_eq!(names(&reports), [""; 0]);
        assert!(phone.client().status().device_id.is_none());
    }
}

#[tokio::test]
async fn a_review_identity_that_cannot_be_read_now_is_used_by_its_public_half_and_never_made_anew() {
    for name in [PRIVATE, "review/recipient.txt"] {
        let ward = Ward::new().await;
        let (mut phone, id) = looked_at(&ward).await;
        let unreadable = halves(&phone, name);
        opens_without(&mut phone, unreadable, DENIED);
        ward.clock.pass(SignedDuration::from_mins(2));
        phone.run().await;
        let second = phone.capture(1);
        assert_eq!(phone.file(second, "review.age").exists(), name == PRIVATE);
        phone.restart();
        still_opens(&phone, id, name);
        assert_eq!(phone.client().review(second).is_ok(), name == PRIVATE);
        assert!(phone.file(phone.capture(2), "review.age").exists());
    }
}

#[tokio::test]
async fn the_review_identity_and_all_that_was_of_it_stay_where_the_shell_protects_it() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let home = phone.dir.join("gauze");
    assert_eq!(names(&home.join("review/copy")), ["recipient.txt"]);
    // All that only an unlocked phone may read, and nothing that a locked one needs.
    assert_eq!(names(&home.join("review/private")), ["copy", "identity.age"]);
    assert_eq!(names(&home.join("review/private/copy")), ["identity.age"]);
    assert!(!names(&home.join("copy")).contains(&"review".to_owned()));
    phone.close();
    for (half, bytes) in halves(&phone, PRIVATE).iter().zip(["one", "other"]) {
        std::io::Write::write_all(&mut fs::File::create(half).unwrap(), bytes.as_bytes()).unwrap();
    }
    phone.restart();
    let aside = names(&home.join("review/private/damaged"));
    let kept =
        aside.iter().map(|name| fs::read_to_string(home.join("review/private/damaged").join(name)).unwrap());
    let mut kept: Vec<_> = kept.collect();
    kept.sort();
    assert_eq!(kept, ["one", "other"], "each half is kept for people: {aside:?}");
    assert!(!names(&home.join("damaged")).iter().any(|name| name.contains("review")));
    phone.client().wipe().unwrap();
    assert_eq!(names(&home.join("review/private/damaged")), [""; 0]);
}

/// A phone whose chain's end is in its file alone.
async fn with_an_empty_outbox(ward: &Ward) -> Phone {
    let phone = Phone::enrolled(ward).await;
    phone.capture(0);
    phone.run().await;
    ward.pull().await;
    assert_eq!(phone.run().await.filed.len(), 1);
    phone
}

#[tokio::test]
async fn a_chain_whose_end_cannot_be_read_is_not_begun_anew() {
    for (os_error, code) in
        [(IO, "storage_failed"), (DENIED, "storage_denied"), (TOO_MANY_FILES, "too_many_files")]
    {
        let ward = Ward::new().await;
        let mut phone = with_an_empty_outbox(&ward).await;
        let unreadable = halves(&phone, "chain/heads.json");
        let before = unreadable.iter().map(fs::read).map(Result::unwrap).collect::<Vec<_>>();
        opens_without(&mut phone, unreadable.clone(), os_error);
        assert_eq!(phone.client().status().storage_trouble.unwrap().code, code);
        assert_eq!(phone.try_capture(1).unwrap_err().code(), code);
        phone.restart();
        let second = phone.capture(1);
        assert_eq!(phone.client().status().last_seq, 2);
        phone.run().await;
        ward.pull().await;
        opens_without(&mut phone, unreadable.clone(), os_error);
        phone.run().await;
        assert!(phone.stage(second).is_some(), "nothing is erased while the chain's end cannot be kept");
        assert_eq!(unreadable.iter().map(fs::read).map(Result::unwrap).collect::<Vec<_>>(), before);
        phone.restart();
        phone.run().await;
        assert_eq!(phone.stage(second), None);
        let report = ward.verified().await;
        assert!(report.ok && report.gaps.is_empty(), "{report:?}");
    }
}

#[tokio::test]
async fn a_chain_whose_end_is_lost_goes_on_as_another_phones() {
    let ward = Ward::new().await;
    let mut phone = with_an_empty_outbox(&ward).await;
    phone.close();
    for half in halves(&phone, "chain/heads.json") {
        std::io::Write::write_all(&mut fs::File::create(half).unwrap(), b"{").unwrap();
    }
    for _ in 0..2 {
        phone.restart();
        assert_eq!(phone.try_capture(1).unwrap_err().code(), "damaged");
    }
    phone.client().wipe().unwrap();
    phone.client().enrol(&ward.managed()).await.unwrap();
    phone.capture(1);
    phone.restart();
    phone.capture(2);
    phone.run().await;
    assert_eq!(ward.pull().await.filed, 2);
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn what_was_said_of_a_phone_is_not_forgotten_because_it_cannot_be_read() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let admin = Admin::open(&ward.path("gateway"), &ward.tenant(), ward.clock.clone()).await.unwrap();
    admin.suspend(&phone.id(), &By::new("helpdesk-7", "lost on a bus").unwrap()).await.unwrap();
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    assert_eq!(phone.client().status().review_denied.as_deref(), Some("suspended"));
    let unreadable = halves(&phone, "contact.json");
    let before = unreadable.iter().map(fs::read).map(Result::unwrap).collect::<Vec<_>>();
    opens_without(&mut phone, unreadable.clone(), IO);
    assert_eq!(phone.client().status().review_denied.as_deref(), Some("storage_failed"));
    assert!(phone.client().unlock().is_err());
    ward.clock.pass(SignedDuration::from_mins(30));
    phone.client().lock();
    assert_eq!(unreadable.iter().map(fs::read).map(Result::unwrap).collect::<Vec<_>>(), before);
    phone.restart();
    assert!(matches!(phone.client().unlock(), Err(ReviewError::Denied(_))));
    assert!(phone.file(id, "review.age").exists());
}

#[tokio::test]
async fn a_pin_that_cannot_be_read_is_not_replaced() {
    let mut ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    phone.vault.destroy(true).unwrap();
    let unreadable = halves(&phone, "trust.json");
    let before = unreadable.iter().map(fs::read).map(Result::unwrap).collect::<Vec<_>>();
    opens_without(&mut phone, unreadable.clone(), TOO_MANY_FILES);
    ward.usurped();
    let refused = phone.client().enrol(&ward.managed()).await.unwrap_err();
    assert_eq!(refused.code(), "too_many_files");
    assert_eq!(unreadable.iter().map(fs::read).map(Result::unwrap).collect::<Vec<_>>(), before);
}

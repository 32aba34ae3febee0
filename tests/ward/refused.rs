//! What the hospital refused ends: judged again, signed for by the phone's next key, asked for again, or discarded.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use gauze_core::{Kind, Stage, Trouble};
use gauze_records::{Again, Kind as Row, Status, rejudge};
use gauze_wire::{CaptureId, FilingRefusal};
use jiff::SignedDuration;

use crate::fixture::{Phone, Ward};

fn write(path: &Path, bytes: &[u8]) {
    fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

fn policy(ward: &Ward, version: u64, least: &str) {
    ward.sign_policy(|policy| {
        policy["version"] = version.into();
        policy["min_app_version"] = least.into();
    });
}

/// A hospital that believes no phone of this version, and a phone whose photo it has refused.
async fn refused() -> (Ward, Phone, CaptureId) {
    let ward = Ward::new().await;
    policy(&ward, 2, "99.0.0");
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.run().await;
    assert_eq!(ward.pull().await.refused.len(), 1);
    assert_eq!(phone.run().await.refused, 1);
    let shown = Some((Stage::Refused, Some(Trouble::Hospital(FilingRefusal::EnrolmentInvalid))));
    assert_eq!(phone.shown(id), shown);
    (ward, phone, id)
}

async fn mended(ward: &Ward) {
    policy(ward, 3, "0.1.0");
    ward.pull().await;
}

/// Where the gateway has the photo's bytes.
fn held(ward: &Ward, phone: &Phone, id: CaptureId) -> PathBuf {
    ward.gateway()
        .join("blobs")
        .join(ward.tenant().as_str())
        .join(phone.id().as_str())
        .join(format!("{id}.age"))
}

#[tokio::test]
async fn a_photo_that_is_judged_again_and_filed_leaves_the_phone() {
    let (ward, phone, id) = refused().await;
    mended(&ward).await;
    assert_eq!(rejudge(&ward.path("records"), Again::Photo(id)).await.unwrap(), 1);
    assert_eq!(ward.pull().await.filed, 1);
    assert_eq!(phone.run().await.filed, [id]);
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn a_phone_that_enrols_again_signs_for_what_was_refused_for_its_old_key() {
    let (ward, mut phone, id) = refused().await;
    mended(&ward).await;
    // Its key goes at once, though the refused photo is still there.
    let before = phone.id();
    assert!(phone.client().wipe().unwrap().device_key_destroyed);
    phone.restart();
    phone.client().enrol(&ward.managed()).await.unwrap();
    assert_ne!(phone.id(), before);
    let report = phone.run().await;
    assert_eq!((report.stored, report.refused), (1, 0));
    assert_eq!(ward.pull().await.filed, 1);
    assert_eq!(phone.run().await.filed, [id]);
    let rows: Vec<_> = ward.listed().await.iter().map(|row| (row.kind, row.status)).collect();
    assert_eq!(rows, [(Row::Photo, Status::Refused), (Row::Adoption, Status::Filed)]);
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn a_refused_photo_is_discarded_and_the_log_says_so() {
    let (ward, phone, id) = refused().await;
    let bytes = held(&ward, &phone, id);
    assert!(bytes.is_file());
    phone.client().discard(id).unwrap();
    assert!(!phone.file(id, "photo.age").exists());
    assert_eq!(phone.client().list().unwrap()[0].kind, Kind::Void);
    phone.run().await;
    assert!(!bytes.exists(), "the gateway keeps nothing of it");
    ward.pull().await;
    phone.run().await;
    assert_eq!(phone.outbox().len(), 0);
    let voids =
        ward.listed().await.iter().filter(|row| row.kind == Row::Void && row.capture_id == id).count();
    assert_eq!(voids, 1);
    // Judging the photo again finds nothing to file any more, and the gateway is not told for ever.
    mended(&ward).await;
    rejudge(&ward.path("records"), Again::All).await.unwrap();
    ward.pull().await;
    assert_eq!(ward.pull().await.unacknowledged, 0);
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn a_void_of_a_refused_photo_survives_a_phone_that_dies_before_it_is_sent() {
    let (ward, mut phone, id) = refused().await;
    mended(&ward).await;
    rejudge(&ward.path("records"), Again::All).await.unwrap();
    phone.client().discard(id).unwrap();
    phone.restart();
    assert_eq!(phone.stage(id), Some(Stage::Unsigned));
    phone.run().await;
    let report = ward.pull().await;
    assert_eq!((report.voids, report.filed), (1, 0));
    let report = ward.pull().await;
    assert_eq!((report.missing, report.unacknowledged), (0, 0), "what was discarded is not waited for");
    assert_eq!(phone.run().await.filed, [id]);
    let rows: Vec<_> = ward.listed().await.iter().map(|row| (row.kind, row.status)).collect();
    assert_eq!(rows, [(Row::Photo, Status::Refused), (Row::Void, Status::Filed)]);
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn a_kill_at_any_step_of_a_refused_photos_discard_leaves_the_photo_or_its_void() {
    let (ward, mut phone, first) = refused().await;
    phone.disk.works();
    phone.client().discard(first).unwrap();
    let steps = phone.disk.ops().len();
    assert!(steps > 5, "{steps}");
    for lives in [false, true] {
        for at in 0..steps {
            let what = format!("at {at} of {steps}, {lives}");
            let id = phone.capture(at);
            phone.run().await;
            ward.pull().await;
            assert_eq!(phone.run().await.refused, 1, "{what}");
            phone.disk.dies(at);
            phone.client().discard(id).unwrap_err();
            if lives {
                phone.disk.works();
            } else {
                phone.restart();
            }
            let left =
                phone.client().list().unwrap().into_iter().find(|photo| photo.capture_id == id).unwrap();
            let discarded = !lives && left.kind == Kind::Void;
            assert!(discarded || phone.client().discard(id).is_ok(), "{what}: {:?}", left.stage);
            assert!(!phone.file(id, "photo.age").exists(), "{what}");
            phone.run().await;
            ward.pull().await;
            phone.run().await;
            assert_eq!(phone.outbox(), [""; 0], "{what}");
            let rows = ward.listed().await;
            let voids = rows.iter().filter(|row| row.kind == Row::Void && row.capture_id == id).count();
            assert_eq!(voids, 1, "{what}");
        }
    }
}

#[tokio::test]
async fn a_photo_that_the_gateway_holds_damaged_or_has_lost_is_asked_of_the_phone_again() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let ids = [phone.capture(0), phone.capture(1), phone.capture(2)];
    assert_eq!(phone.run().await.stored, 3);
    let paths = ids.map(|id| held(&ward, &phone, id));
    let mut bytes = fs::read(&paths[0]).unwrap();
    bytes[100] ^= 1;
    write(&paths[0], &bytes);
    fs::remove_file(&paths[1]).unwrap();
    let whole = fs::read(&paths[2]).unwrap();
    write(&paths[2], &whole[..1000]);
    let report = ward.pull().await;
    assert_eq!((report.missing, report.refused.len()), (3, 0));
    // It hears that they are gone, and sends them with the next run.
    phone.run().await;
    assert_eq!(phone.run().await.stored, 3);
    ward.clock.pass(SignedDuration::from_hours(7));
    assert_eq!(ward.pull().await.filed, 3);
    assert_eq!(phone.run().await.filed.len(), 3);
    assert!(ward.verified().await.ok);
}

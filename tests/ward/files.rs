//! Every file that a phone writes, lost in every way in turn: it opens, takes a photo, and sends what is whole.

use std::fs;
use std::path::{Path, PathBuf};

use gauze_core::Stage;
use gauze_core::ports::TransportError;
use gauze_wire::CaptureId;
use jiff::SignedDuration;

use crate::fixture::{Fate, Phone, Ward, context, jpeg, names};

/// How a file is lost.
#[derive(Clone, Copy, Debug)]
enum Loss {
    Emptied,
    Garbage,
    Unreadable,
    Missing,
    Directory,
}

const LOSSES: [Loss; 5] = [Loss::Emptied, Loss::Garbage, Loss::Unreadable, Loss::Missing, Loss::Directory];

impl Loss {
    fn befalls(self, phone: &Phone, path: &Path) {
        match self {
            Self::Emptied => put(path, b""),
            Self::Garbage => put(path, &[0xa5; 300]),
            Self::Unreadable => phone.disk.cannot_read(vec![path.to_owned()]),
            Self::Missing => fs::remove_file(path).unwrap(),
            Self::Directory => {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
                put(&path.join("stray"), b"stray");
            }
        }
    }
}

fn put(path: &Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut fs::File::create(path).unwrap(), bytes).unwrap();
}

/// Every file below `dir`, by its name there.
fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for name in names(dir) {
        let below = dir.join(&name);
        match below.is_dir() {
            true => found.extend(files(&below).into_iter().map(|file| Path::new(&name).join(file))),
            false => found.push(PathBuf::from(name)),
        }
    }
    found
}

pub fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        fs::create_dir_all(to.join(&file).parent().unwrap()).unwrap();
        fs::copy(from.join(&file), to.join(&file)).unwrap();
    }
}

/// A phone that has written every kind of file: photos at each stage, a void, a preview, a wound, the chain's end, evidence.
async fn full_phone(ward: &Ward) -> Phone {
    let phone = Phone::enrolled(ward).await;
    let evidence = [phone.dir.join("gauze/enrolment.jws")];
    put(&evidence[0], b"evidence of a try that was not answered");
    phone.capture(0);
    phone.run().await;
    ward.pull().await;
    assert_eq!(phone.run().await.filed.len(), 1, "the chain's end is in a file alone");
    phone.capture(1);
    phone.run().await;
    let discarded = phone.capture(2);
    phone.client().discard(discarded).unwrap();
    phone.client().unlock().unwrap();
    phone.client().new_wound(&context().patient.unwrap(), None).unwrap();
    let signed = phone.capture(3);
    phone.client().preview_from(signed, jpeg(3)).unwrap();
    phone.link.obeys(|seen| match seen.path.ends_with("/uploads") {
        true => Fate::Fails(TransportError::Unreachable),
        false => Fate::Deliver,
    });
    phone.run().await;
    phone.link.works();
    phone.capture(4);
    phone
}

/// Photos whose directory does not hold the file.
fn others(phone: &Phone, lost: &Path) -> Vec<CaptureId> {
    let ids = phone.outbox().into_iter().map(|name| name.parse::<CaptureId>().unwrap());
    ids.filter(|id| !lost.starts_with(Path::new("outbox").join(id.to_string()))).collect()
}

/// Takes a photo and sends it with all that is whole.
async fn goes_on(ward: &Ward, phone: &Phone, whole: &[CaptureId], what: &str) {
    let fresh = phone.try_capture(5).unwrap_or_else(|error| panic!("{what}: {error}")).capture_id;
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    for id in whole.iter().chain([&fresh]) {
        let shown = phone.shown(*id);
        assert!(matches!(shown, None | Some((Stage::Stored, _))), "{what}: {id} is {shown:?}");
    }
    let listed = ward.listed().await;
    assert!(listed.iter().any(|row| row.capture_id == fresh), "{what}: the new photo did not come");
}

/// Kinds of files that must be among those that are lost.
const KINDS: [&str; 17] = [
    "identity.json",
    "trust.json",
    "heads.json",
    "contact.json",
    "enrolment.jws",
    "recipient.txt",
    "identity.age",
    "review.age",
    "preview.age",
    "body.json",
    "photo.age",
    "manifest.jws",
    "stored.jws",
    "void.json",
    "void.jws",
    "lock",
    "index/db",
];

/// The `n`th file of a phone, lost like this; whether there are that many.
async fn survives(n: usize, loss: Loss) -> bool {
    let ward = Ward::new().await;
    let mut phone = full_phone(&ward).await;
    phone.close();
    let all = files(&phone.dir.join("gauze"));
    for kind in KINDS {
        assert!(all.iter().any(|file| file.ends_with(kind)), "no {kind} among {all:?}");
    }
    let Some(lost) = all.get(n) else { return false };
    let what = format!("{} {loss:?}", lost.display());
    let whole = others(&phone, lost);
    loss.befalls(&phone, &phone.dir.join("gauze").join(lost));
    if let Err(error) = phone.open() {
        panic!("{what}: does not open: {error}");
    }
    assert_eq!(phone.client().status().storage_trouble, None, "{what}");
    goes_on(&ward, &phone, &whole, &what).await;
    phone.restart();
    assert_eq!(phone.client().status().unreadable, 0, "{what}");
    phone.client().unlock().unwrap_or_else(|error| panic!("{what}: {error}"));
    true
}

async fn every_file(loss: Loss) {
    let mut n = 0;
    while Box::pin(survives(n, loss)).await {
        n += 1;
    }
    assert!(n > KINDS.len());
}

#[tokio::test]
async fn every_file_that_is_emptied_stops_neither_camera_nor_queue() {
    every_file(Loss::Emptied).await;
}

#[tokio::test]
async fn every_file_that_holds_garbage_stops_neither_camera_nor_queue() {
    every_file(Loss::Garbage).await;
}

#[tokio::test]
async fn every_file_that_cannot_be_read_stops_neither_camera_nor_queue() {
    every_file(Loss::Unreadable).await;
}

#[tokio::test]
async fn every_file_that_is_missing_stops_neither_camera_nor_queue() {
    every_file(Loss::Missing).await;
}

#[tokio::test]
async fn every_directory_in_a_files_place_stops_neither_camera_nor_queue() {
    every_file(Loss::Directory).await;
}

/// A phone's hardware signs differently each time: what it signs for again is another word, and the receipts are of the first.
#[tokio::test]
async fn what_was_signed_for_a_photo_is_lost_after_it_arrived_and_the_photo_is_filed_and_erased() {
    for loss in LOSSES {
        for receipt_too in [false, true] {
            let what = format!("{loss:?}, its receipt too: {receipt_too}");
            let ward = Ward::new().await;
            let mut phone = Phone::enrolled(&ward).await;
            let id = phone.capture(0);
            phone.run().await;
            assert_eq!(phone.stage(id), Some(Stage::Stored));
            phone.close();
            if receipt_too {
                fs::remove_file(phone.file(id, "stored.jws")).unwrap();
            }
            loss.befalls(&phone, &phone.file(id, "manifest.jws"));
            phone.open().unwrap();
            phone.run().await;
            phone.restart();
            phone.run().await;
            assert_eq!(phone.shown(id), Some((Stage::Stored, None)), "{what}");
            ward.pull().await;
            assert_eq!(phone.run().await.filed, [id], "{what}");
            assert_eq!(phone.outbox(), [""; 0], "{what}");
            assert!(ward.verified().await.ok, "{what}");
        }
    }
}

/// The hospital's receipt is here, the erasure failed, and nothing proves any more that the receipt is this photo's.
#[tokio::test]
async fn what_was_signed_for_a_filed_photo_is_lost_before_it_is_erased_and_it_is_erased_all_the_same() {
    for loss in LOSSES {
        let ward = Ward::new().await;
        let mut phone = Phone::enrolled(&ward).await;
        let id = phone.capture(0);
        phone.run().await;
        ward.pull().await;
        let outbox = phone.file(id, "manifest.jws").parent().unwrap().parent().unwrap().to_owned();
        fs::create_dir_all(outbox.join(format!(".gone-{id}/in the way"))).unwrap();
        phone.run().await;
        assert_eq!(phone.stage(id), Some(Stage::Filed), "{loss:?}");
        phone.close();
        loss.befalls(&phone, &phone.file(id, "manifest.jws"));
        phone.open().unwrap();
        phone.run().await;
        phone.restart();
        let mut filed = phone.run().await.filed;
        filed.extend(phone.run().await.filed);
        assert_eq!(filed, [id], "{loss:?}: {:?}", phone.shown(id));
        assert_eq!(phone.outbox(), [""; 0], "{loss:?}");
        assert!(ward.verified().await.ok, "{loss:?}");
    }
}

#[tokio::test]
async fn every_file_of_a_phone_that_was_ordered_to_wipe_is_lost_and_it_stays_wiped() {
    let ward = Ward::new().await;
    let mut first = Phone::enrolled(&ward).await;
    first.capture(0);
    first.client().wipe().unwrap();
    first.close();
    let all = files(&first.dir.join("gauze"));
    assert!(all.iter().any(|file| file.ends_with("wipe.json")), "{all:?}");
    for (n, lost) in all.iter().enumerate() {
        for loss in LOSSES {
            let what = format!("{} {loss:?}", lost.display());
            let mut phone = Phone::at(&ward, ward.path(&format!("wiped-{n}-{loss:?}")));
            copy(&first.dir, &phone.dir);
            loss.befalls(&phone, &phone.dir.join("gauze").join(lost));
            if let Err(error) = phone.open() {
                panic!("{what}: does not open: {error}");
            }
            assert_eq!(phone.try_capture(1).unwrap_err().code(), "not_enrolled", "{what}");
            assert!(phone.client().unlock().is_err(), "{what}: it shows again");
            let whole = others(&phone, lost);
            // Where its one photo was set aside, nothing is left to send, and the phone is nobody's.
            let sent = phone.client().run_queue(true).await;
            assert!(sent.is_ok() || phone.client().status().quarantined == 1, "{what}");
            assert!(whole.iter().all(|id| phone.stage(*id) == Some(Stage::Stored)), "{what}");
        }
    }
}

/// Both halves of a file that is kept twice.
fn halves(phone: &Phone, name: &str) -> [PathBuf; 2] {
    let home = phone.dir.join("gauze");
    [home.join(name), home.join("copy").join(name)]
}

#[tokio::test]
async fn a_phone_that_lost_both_copies_of_who_it_is_says_so_and_enrols_as_its_own_successor() {
    for name in ["identity.json", "trust.json"] {
        let ward = Ward::new().await;
        let mut phone = Phone::enrolled(&ward).await;
        let (former, id) = (phone.id(), phone.capture(0));
        phone.close();
        for half in halves(&phone, name) {
            put(&half, b"{");
        }
        phone.open().unwrap();
        let status = phone.client().status();
        assert_eq!(status.storage_trouble.map(|advice| advice.code), Some("damaged".to_owned()), "{name}");
        assert_eq!(phone.try_capture(1).unwrap_err().code(), "not_enrolled");
        let kept = phone.client().list().unwrap();
        assert_eq!(kept.iter().map(|photo| photo.capture_id).collect::<Vec<_>>(), [id], "{name}");
        assert!(phone.dir.join("gauze/damaged").join(name).exists(), "set aside, as it says");

        phone.client().enrol(&ward.managed()).await.unwrap();
        assert_eq!(phone.client().status().storage_trouble, None);
        assert_ne!(phone.id(), former);
        phone.capture(1);
        phone.run().await;
        assert_eq!(ward.pull().await.filed, 2, "{name}: the former key's photo is adopted");
        let report = ward.verified().await;
        assert!(report.ok && report.gaps.is_empty(), "{name}: {report:?}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_read_now_are_read_again_at_the_next_start() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let first = phone.capture(0);
    ward.clock.pass(SignedDuration::from_secs(1));
    let last = phone.capture(1);
    ward.clock.pass(SignedDuration::from_secs(1));
    phone.close();
    let mut unreadable = vec![phone.file(first, "body.json"), phone.file(last, "body.json")];
    phone.disk.cannot_read(unreadable.clone());
    phone.open().unwrap();
    assert_eq!(phone.client().status().unreadable, 2);
    assert_eq!(phone.client().status().quarantined, 0);
    assert_eq!(phone.outbox(), [first.to_string(), last.to_string()], "they stay");

    phone.close();
    unreadable.remove(0);
    phone.disk.cannot_read(unreadable);
    phone.open().unwrap();
    assert_eq!(phone.client().status().unreadable, 1);
    // The place of the one that cannot be read is not given to another.
    let next = phone.capture(2);
    let seq = |phone: &Phone, id| {
        let listed = phone.client().list().unwrap();
        listed.iter().find(|photo| photo.capture_id == id).map(|photo| photo.seq)
    };
    assert_eq!(seq(&phone, next), Some(3));
    phone.run().await;

    phone.restart();
    assert_eq!(phone.client().status().unreadable, 0);
    assert_eq!(seq(&phone, last), Some(2));
    let sent = phone.run().await;
    assert_eq!(sent.stopped, []);
    let pulled = ward.pull().await;
    let refused: Vec<_> = pulled.refused.iter().map(|refused| refused.capture_id).collect();
    // The one that was taken meanwhile could not name it as the one before: the hospital has both, and looks at the seam.
    assert_eq!((pulled.filed, refused.len()), (2, 1));
    assert!(refused == [last] || refused == [next], "{refused:?}");
}

#[tokio::test]
async fn a_stray_file_in_the_outbox_is_set_aside_however_often_it_comes() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    for times in 1..4 {
        phone.close();
        put(&phone.dir.join("gauze/outbox/.DS_Store"), b"stray");
        fs::create_dir(phone.dir.join("gauze/outbox/stray")).unwrap();
        put(&phone.dir.join("gauze/outbox/stray/file"), b"stray");
        phone.open().unwrap();
        assert_eq!(phone.outbox(), [id.to_string()]);
        assert_eq!(phone.client().status().quarantined, 2 * times);
    }
    phone.run().await;
    assert_eq!(phone.stage(id), Some(Stage::Stored));
}

#[tokio::test]
async fn a_wipe_of_which_nothing_can_be_read_ends_looking_and_taking_and_still_sends() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.client().wipe().unwrap();
    phone.close();
    for half in halves(&phone, "wipe.json") {
        put(&half, b"");
    }
    phone.open().unwrap();
    assert_eq!(phone.client().status().review_denied.as_deref(), Some("wiped"));
    assert_eq!(phone.try_capture(1).unwrap_err().code(), "not_enrolled");
    phone.run().await;
    assert_eq!(phone.stage(id), Some(Stage::Stored));
}

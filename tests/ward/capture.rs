//! A capture is a durable photo or a typed error, and never half of one.

use gauze_core::{CaptureContext, CaptureError, PreviewError, Stage};
use gauze_seal::strip::strip;
use gauze_wire::{Digest, Patient};

use crate::fixture::{Phone, Ward, context, jpeg};

/// ENOSPC, as in errno(3).
const FULL: i32 = 28;

#[tokio::test]
async fn a_photo_reaches_the_hospital_with_the_same_picture_and_its_record() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    assert_eq!(phone.stage(id), Some(Stage::Unsigned));
    assert_eq!(phone.run().await.stored, 1);
    assert_eq!(phone.stage(id), Some(Stage::Stored), "not erased before the hospital has filed it");
    assert_eq!(ward.pull().await.filed, 1);
    assert_eq!(phone.run().await.filed, [id]);
    assert_eq!(phone.stage(id), None);
    assert!(phone.outbox().is_empty());

    let (picture, record) = ward.opened(id).await;
    let stripped = strip(jpeg(0)).unwrap();
    assert_eq!(Digest::of(&picture), Digest(stripped.sha256()));
    assert_eq!((record.capture_id, record.seq, record.device_id.clone()), (id, 1, phone.id()));
    assert_eq!(record.patient.unwrap().family.as_str(), "Zzyzx-Familyname");
    assert_eq!(record.captured_at, ward.clock.time());
    assert!(ward.verified().await.ok);
}

/// A progressive picture of so many pixels a side, whose components have these names: whole, grey all over, one bit a block.
fn vast(side: u16, names: &[u8]) -> Vec<u8> {
    let [high, low] = side.to_be_bytes();
    let count = u8::try_from(names.len()).unwrap();
    let of_each =
        |told: &[u8]| names.iter().flat_map(|&name| [&[name][..], told].concat()).collect::<Vec<u8>>();
    let steps = [&[0xFF_u8, 0xDB, 0, 67, 0][..], &[1; 64]].concat();
    let frame = [0xFF, 0xC2, 0, 8 + 3 * count, 8, high, low, high, low, count];
    // One code, of one bit: as the block before.
    let codes = [&[0xFF_u8, 0xC4, 0, 20, 0, 1][..], &[0; 16]].concat();
    let scan = [0xFF, 0xDA, 0, 6 + 2 * count, count];
    let blocks = usize::from(side).div_ceil(8).pow(2) * names.len();
    [
        &[0xFF_u8, 0xD8][..],
        &steps,
        &frame,
        &of_each(&[0x11, 0]),
        &codes,
        &scan,
        &of_each(&[0]),
        &[0; 3],
        &vec![0; blocks.div_ceil(8)],
        &[0xFF, 0xD9],
    ]
    .concat()
}

#[tokio::test]
async fn a_picture_that_would_fill_the_memory_is_sent_like_any_other() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    // Grey is drawn by its blocks. Colours of other names only a decoder draws, and these would take it more than it may have.
    for (jpeg, drawn) in [(vast(12_000, &[1]), true), (vast(4800, b"RGB"), false)] {
        let id = phone.client().capture(&jpeg, context()).unwrap().capture_id;
        let refused = phone.client().preview_from(id, &jpeg).err().map(|error| error.code());
        assert_eq!(refused, (!drawn).then_some("no_preview"));
        assert_eq!(phone.file(id, "preview.age").is_file(), drawn);

        assert_eq!(phone.run().await.stored, 1);
        assert_eq!(ward.pull().await.filed, 1);
        assert_eq!(phone.run().await.filed, [id]);
        assert_eq!(phone.stage(id), None);
        let (picture, _) = ward.opened(id).await;
        assert_eq!(Digest::of(&picture), Digest(strip(&jpeg).unwrap().sha256()));
    }
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn the_chain_goes_on_over_restarts_and_erased_photos() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    for n in 0..6 {
        phone.capture(n);
        if n % 2 == 1 {
            phone.run().await;
            ward.pull().await;
            phone.run().await;
            assert!(phone.outbox().is_empty(), "only the kept head tells where the chain stands");
        }
        phone.restart();
    }
    // Photos go up side by side: the log's order is not the chain's.
    let mut seqs: Vec<_> = ward.listed().await.iter().map(|photo| photo.seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
    let report = ward.verified().await;
    assert!(report.ok && report.gaps.is_empty(), "{report:?}");
}

/// How many steps of the disk a capture takes, once there was one.
fn steps(phone: &Phone) -> usize {
    phone.capture(0);
    phone.disk.works();
    phone.capture(1);
    phone.disk.ops().len()
}

#[tokio::test]
async fn a_failing_disk_is_named_leaves_nothing_and_uses_no_place_in_the_chain() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let steps = steps(&phone);
    assert!(steps > 10, "{steps}");
    // errno(3): EROFS, EACCES, EMFILE, EIO
    for (os_error, code) in [
        (FULL, "storage_full"),
        (30, "storage_read_only"),
        (13, "storage_denied"),
        (24, "too_many_files"),
        (5, "storage_failed"),
    ] {
        for at in 0..steps {
            let before = phone.client().status().last_seq;
            phone.disk.fails(at, os_error);
            let error = phone.try_capture(2).unwrap_err();
            phone.disk.works();
            assert_eq!(error.code(), code, "at {at}");
            assert_eq!(phone.client().status().last_seq, before, "{code} at {at}");
        }
    }
    // The disk is well again: the next photo has the next place, and all arrive.
    phone.capture(3);
    assert_eq!(phone.client().status().last_seq, 3);
    assert_eq!(phone.outbox().len(), 3, "nothing half-written stays: {:?}", phone.outbox());
    phone.run().await;
    assert_eq!(ward.pull().await.filed, 3);
    let seqs: Vec<_> = ward.listed().await.iter().map(|photo| photo.seq).collect();
    assert_eq!(seqs.len(), 3);
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn a_disk_that_is_full_for_a_while_leaves_no_half_photo_behind() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    phone.disk.fails(3, FULL);
    phone.try_capture(0).unwrap_err();
    phone.disk.works();
    phone.restart();
    assert!(phone.outbox().is_empty(), "{:?}", phone.outbox());
}

#[tokio::test]
async fn what_a_full_disk_left_of_a_capture_goes_with_the_next_run_of_the_queue() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let steps = steps(&phone);
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    let mut left = 0;
    for at in 0..steps {
        phone.disk.fails(at, FULL);
        phone.try_capture(2).unwrap_err();
        left += phone.outbox().len();
        phone.disk.works();
        phone.run().await;
        assert_eq!(phone.outbox(), [""; 0], "full from step {at} on");
    }
    assert!(left > 0, "a full disk keeps something of some capture");
}

#[tokio::test]
async fn an_erasure_that_a_full_disk_cut_is_finished_by_the_next_run_of_the_queue() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let filed = async || {
        phone.capture(0);
        phone.run().await;
        ward.pull().await;
    };
    filed().await;
    phone.disk.works();
    phone.run().await;
    let steps = phone.disk.ops().len();
    let mut left = 0;
    for at in 0..steps {
        filed().await;
        phone.disk.fails(at, FULL);
        drop(phone.client().run_queue(true).await);
        left += phone.outbox().len();
        phone.disk.works();
        phone.run().await;
        assert_eq!(phone.outbox(), [""; 0], "full from step {at} on");
        assert_eq!(phone.client().list().unwrap().len(), 0, "full from step {at} on");
    }
    assert!(left > 0, "a full disk cuts some erasure");
}

#[tokio::test]
async fn what_cannot_be_taken_in_is_refused_before_anything_is_written() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    phone.disk.works();
    let refused = |bytes: &[u8]| phone.client().capture(bytes, CaptureContext::default()).unwrap_err().code();
    assert_eq!(refused(b""), "not_jpeg");
    assert_eq!(refused(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), "not_jpeg");
    assert_eq!(refused(&jpeg(0)[..jpeg(0).len() / 2]), "truncated");
    let nobody = context().patient.unwrap();
    let patient = Patient { dob: "2199-01-31".parse().unwrap(), ..nobody };
    let context = CaptureContext { patient: Some(patient), ..CaptureContext::default() };
    let error = phone.client().capture(jpeg(0), context).unwrap_err();
    assert_eq!(error.code(), "record_invalid");
    assert!(!format!("{error} {error:?}").contains("Zzyzx"), "an error names no patient");
    assert!(phone.disk.ops().is_empty());
    assert_eq!(phone.client().status().last_seq, 0);

    let stranger = Phone::new(&ward, "stranger");
    assert!(matches!(stranger.try_capture(0), Err(CaptureError::NotEnrolled)));
}

#[tokio::test]
async fn what_a_capture_writes_waits_for_the_medium_at_once_and_has_its_name_last() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    // The photo, its sidecar, its body, and the directory that they are in.
    phone.disk.gathers(4);
    let id = phone.capture(0);
    let ops = phone.disk.ops();
    let named = ops.iter().position(|op| op.name == "publish").unwrap();
    let ended = ops[..named].iter().filter(|op| op.name == "synced").count();
    assert!(ended == 4 && ops[named..].iter().all(|op| op.name.starts_with("publish")), "{ops:?}");
    phone.disk.works();
    assert!(phone.file(id, "body.json").is_file());
}

#[tokio::test]
async fn one_sync_that_fails_is_enough_for_no_tick_and_leaves_nothing() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    phone.capture(0);
    let (mut failed, mut at) = (0, 0);
    // Syncs go beside each other, in an order of their own each time.
    for _ in 0..400 {
        phone.disk.fails_once(at, 5);
        let taken = phone.try_capture(1);
        let ops = phone.disk.ops();
        phone.disk.works();
        let op = ops.get(at);
        at = if op.is_some() { at + 1 } else { 0 };
        if let Some(op) = op.filter(|op| op.name.starts_with("sync")) {
            failed += 1;
            assert_eq!(taken.as_ref().err().map(CaptureError::code), Some("storage_failed"), "{op:?}");
        }
        if let Ok(taken) = taken {
            phone.client().discard(taken.capture_id).unwrap();
        } else {
            assert!(!phone.outbox().iter().any(|name| name.starts_with('.')), "{:?}", phone.outbox());
        }
        if failed == 12 {
            break;
        }
    }
    assert_eq!(failed, 12);
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    assert!(ward.verified().await.gaps.is_empty());
}

#[tokio::test]
async fn a_preview_is_made_of_the_captured_bytes_and_of_no_others() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let other = phone.client().preview_from(id, jpeg(1));
    assert!(matches!(other, Err(PreviewError::OtherPhoto)));
    phone.client().preview_from(id, jpeg(0)).unwrap();
    assert!(phone.file(id, "preview.age").is_file());

    let later = phone.capture(1);
    phone.restart();
    // A new process does not remember the photo's hash; it is in the sealed sidecar.
    assert!(matches!(phone.client().preview_from(later, jpeg(1)), Err(PreviewError::Locked)));
    phone.client().unlock().unwrap();
    phone.client().preview_from(later, jpeg(1)).unwrap();
}

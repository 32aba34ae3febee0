//! The process is killed at each disk operation in turn. Whatever was ticked reaches the hospital once.

use gauze_wire::CaptureId;

use crate::fixture::{Phone, Ward};

/// After a restart everything ticked arrives, once, and leaves the phone; nothing else is left on it.
async fn all_arrive(ward: &Ward, phone: &mut Phone, ticked: &[CaptureId], what: &str) {
    phone.restart();
    for _ in 0..3 {
        phone.run().await;
        ward.pull().await;
    }
    phone.run().await;
    assert_eq!(phone.outbox(), [""; 0], "{what}");
    assert_eq!(phone.client().status().quarantined, 0, "{what}");
    let listed = ward.listed().await;
    for id in ticked {
        let found = listed.iter().filter(|photo| photo.capture_id == *id).count();
        assert_eq!(found, 1, "{what}: {id}");
    }
    let mut seqs: Vec<_> = listed.iter().map(|photo| photo.seq).collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=listed.len() as u64).collect::<Vec<_>>(), "{what}: a chain without gaps");
}

#[tokio::test]
async fn a_kill_at_any_step_of_a_capture_loses_nothing_that_was_ticked() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let mut ticked = vec![phone.capture(0)];
    phone.disk.works();
    ticked.push(phone.capture(1));
    let steps = phone.disk.ops().len();
    for at in 0..steps {
        phone.disk.dies(at);
        if let Ok(captured) = phone.try_capture(at) {
            ticked.push(captured.capture_id);
        }
        all_arrive(&ward, &mut phone, &ticked, &format!("at {at} of {steps}")).await;
    }
    let report = ward.verified().await;
    assert!(report.ok && report.gaps.is_empty(), "{report:?}");
}

#[tokio::test]
async fn a_kill_at_any_step_of_the_queue_sends_each_photo_once() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let mut ticked = vec![phone.capture(0)];
    // One run that signs, sends and keeps the stored receipt; another that keeps the filed one and erases.
    phone.disk.works();
    phone.run().await;
    let sending = phone.disk.ops().len();
    ward.pull().await;
    phone.disk.works();
    phone.run().await;
    let erasing = phone.disk.ops().len();
    assert!(sending > 10 && erasing > 10, "{sending} {erasing}");
    for at in 0..sending {
        ticked.push(phone.capture(at));
        phone.disk.dies(at);
        phone.run().await;
        all_arrive(&ward, &mut phone, &ticked, &format!("sending, {at} of {sending}")).await;
    }
    for at in 0..erasing {
        ticked.push(phone.capture(at));
        phone.run().await;
        ward.pull().await;
        phone.disk.dies(at);
        phone.run().await;
        all_arrive(&ward, &mut phone, &ticked, &format!("erasing, {at} of {erasing}")).await;
    }
    let report = ward.verified().await;
    assert!(report.ok && report.gaps.is_empty(), "{report:?}");
}

#[tokio::test]
async fn a_kill_at_any_step_of_a_discard_leaves_the_photo_or_its_void() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let first = phone.capture(0);
    phone.disk.works();
    phone.client().discard(first).unwrap();
    let steps = phone.disk.ops().len();
    let mut ticked = vec![first];
    for at in 0..steps {
        ticked.push(phone.capture(at));
        phone.disk.dies(at);
        phone.client().discard(*ticked.last().unwrap()).unwrap_err();
        all_arrive(&ward, &mut phone, &ticked, &format!("at {at} of {steps}")).await;
    }
    assert!(ward.verified().await.ok);
}

#[tokio::test]
async fn a_kill_at_any_step_of_an_opening_changes_nothing() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let ticked = [phone.capture(0), phone.capture(1)];
    phone.disk.works();
    phone.open().unwrap();
    let steps = phone.disk.ops().len();
    for at in 0..steps {
        phone.restart();
        // What a dead capture left is there to be cleared away.
        phone.disk.dies(4);
        phone.try_capture(2).unwrap_err();
        phone.disk.dies(at);
        let opened = phone.open();
        assert!(phone.disk.died(), "at {at} of {steps}");
        // What it could not read any more it says: nothing is taken for what it is not.
        match opened {
            Err(error) => assert_eq!(error.code(), "storage_failed", "at {at} of {steps}"),
            Ok(()) => {
                let status = phone.client().status();
                let photos = status.unsent + status.unreadable;
                assert_eq!((status.quarantined, photos), (0, 2), "at {at} of {steps}");
                let said = status.storage_trouble.map(|advice| advice.code);
                let lacks = status.device_id.is_none().then_some("storage_failed");
                assert!(said.as_deref() == Some("storage_failed") || lacks.is_none(), "at {at} of {steps}");
            }
        }
    }
    all_arrive(&ward, &mut phone, &ticked, "at last").await;
}

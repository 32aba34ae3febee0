//! Files that the operating system carries: planned, carried while the app sleeps or is dead, ended by whoever lives.

use gauze_core::ports::{Transfer, Transport as _, TransportError};
use gauze_core::queue::machine::CUTS_AT_ONCE;
use gauze_core::queue::{SystemTransfer, TransferEnd, TransferPlan};
use gauze_core::{Stage, Trouble};
use jiff::SignedDuration;

use crate::fixture::{Fate, Phone, Ward, stopped};

/// The operating system sends the whole file and keeps the answer.
async fn carry(phone: &Phone, transfer: &SystemTransfer) -> TransferEnd {
    let SystemTransfer { url, file, size, .. } = transfer.clone();
    match phone.link.transfer(Transfer { url, file, size, offset: 0 }).await {
        Ok(answer) => TransferEnd::Answered { status: answer.status, body: answer.body },
        Err(error) => TransferEnd::Failed { error },
    }
}

async fn plan(phone: &Phone) -> TransferPlan {
    phone.client().next_transfers(true).await.unwrap()
}

#[tokio::test]
async fn a_carried_photo_is_stored_when_its_end_is_reported() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let mut ids = [phone.capture(0), phone.capture(1)];
    // Of one millisecond, in any order.
    ids.sort_unstable();
    let TransferPlan { transfers, report } = plan(&phone).await;
    assert_eq!(transfers.iter().map(|transfer| transfer.capture_id).collect::<Vec<_>>(), ids);
    assert_eq!((report.stored, report.stopped.len()), (0, 0));
    for transfer in &transfers {
        assert_eq!(transfer.file, phone.file(transfer.capture_id, "photo.age"));
        let end = carry(&phone, transfer).await;
        let after = phone.client().transfer_ended(transfer.capture_id, end.clone()).await.unwrap();
        assert_eq!((after.report.stored, after.transfers.len()), (1, 0));
        // Told twice, as systems do, it changes nothing.
        let again = phone.client().transfer_ended(transfer.capture_id, end).await.unwrap();
        assert_eq!(again, TransferPlan::default());
    }
    assert_eq!(ward.pull().await.filed, 2);
    let mut filed = plan(&phone).await.report.filed;
    filed.sort_unstable();
    assert_eq!(filed, ids);
}

#[tokio::test]
async fn an_end_reported_to_the_next_process_counts_as_well() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let transfers = plan(&phone).await.transfers;
    phone.close();
    let end = carry(&phone, &transfers[0]).await;
    phone.restart();
    assert_eq!(phone.stage(id), Some(Stage::Signed));
    phone.client().transfer_ended(id, end).await.unwrap();
    assert_eq!(phone.stage(id), Some(Stage::Stored));
}

#[tokio::test]
async fn what_the_system_carries_is_left_to_it_over_a_restart_too() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let first = phone.capture(0);
    let transfers = plan(&phone).await.transfers;
    let second = phone.capture(1);
    let planned = |plan: TransferPlan| -> Vec<_> {
        plan.transfers.iter().map(|transfer| transfer.capture_id).collect()
    };
    assert_eq!(planned(plan(&phone).await), [second]);
    phone.restart();
    assert!(planned(plan(&phone).await).is_empty());
    let end = carry(&phone, &transfers[0]).await;
    assert_eq!(phone.client().transfer_ended(first, end).await.unwrap().report.stored, 1);
    // Nothing was heard of the other for an hour.
    ward.clock.pass(SignedDuration::from_mins(61));
    assert_eq!(planned(plan(&phone).await), [second]);
}

#[tokio::test]
async fn a_photo_discarded_while_the_system_carries_it_goes_no_further() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let transfers = plan(&phone).await.transfers;
    phone.client().discard(id).unwrap();
    // The void needs no file.
    plan(&phone).await;
    assert_eq!(phone.stage(id), Some(Stage::Stored));
    assert!(!transfers[0].file.exists());
    ward.pull().await;
    assert_eq!(ward.listed().await[0].kind, gauze_records::Kind::Void);
}

#[tokio::test]
async fn an_end_that_is_never_reported_costs_one_more_question() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let transfers = plan(&phone).await.transfers;
    carry(&phone, &transfers[0]).await;
    let next = plan(&phone).await;
    assert_eq!((next.transfers.len(), next.report.stored), (0, 1), "the gateway has it already");
    assert_eq!(phone.stage(id), Some(Stage::Stored));
    assert_eq!(ward.pull().await.filed, 1);
}

#[tokio::test]
async fn a_carried_transfer_that_failed_is_planned_again_in_its_time() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let transfers = plan(&phone).await.transfers;
    phone.link.obeys(|seen| {
        if seen.path.starts_with("/v1/transfers") { Fate::CutAfter(5000) } else { Fate::Deliver }
    });
    let end = carry(&phone, &transfers[0]).await;
    assert_eq!(end, TransferEnd::Failed { error: TransportError::Cut });
    let again = phone.client().transfer_ended(id, end).await.unwrap();
    assert_eq!(again.transfers.len(), 1, "a cut is tried again at once, on a fresh address");
    assert_ne!(again.transfers[0].url, transfers[0].url);
    let failed = TransferEnd::Failed { error: TransportError::Unreachable };
    let waits = phone.client().transfer_ended(id, failed).await.unwrap();
    assert_eq!(waits.report.stopped, [stopped(id, Trouble::Offline)]);
    assert!(phone.client().next_transfers(false).await.unwrap().transfers.is_empty());
    phone.link.works();
    ward.clock.pass(SignedDuration::from_hours(1));
    let transfers = phone.client().next_transfers(false).await.unwrap().transfers;
    let end = carry(&phone, &transfers[0]).await;
    assert_eq!(phone.client().transfer_ended(id, end).await.unwrap().report.stored, 1);
}

#[tokio::test]
async fn an_answer_that_is_no_receipt_of_this_photo_is_not_believed() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    phone.capture(0);
    phone.capture(1);
    let transfers = plan(&phone).await.transfers;
    let id = transfers[0].capture_id;
    let others = carry(&phone, &transfers[1]).await;
    for end in [
        others,
        TransferEnd::Answered { status: 200, body: b"<html>".to_vec() },
        TransferEnd::Answered { status: 201, body: Vec::new() },
    ] {
        phone.client().transfer_ended(id, end).await.unwrap();
        assert_eq!(phone.stage(id), Some(Stage::Signed));
    }
    let unknown = phone.client().transfer_ended(
        "01a20cff-7d00-7be0-9544-4bd1db6c5689".parse().unwrap(),
        TransferEnd::Failed { error: TransportError::Cut },
    );
    assert_eq!(unknown.await.unwrap(), TransferPlan::default());
}

/// As where something on the way ends every large request: each end is told to the process that lives by then.
#[tokio::test]
async fn a_carried_transfer_that_is_cut_each_time_is_not_begun_again_for_ever() {
    for restarts in [false, true] {
        let ward = Ward::new().await;
        let mut phone = Phone::enrolled(&ward).await;
        let id = phone.capture(0);
        let (mut transfers, mut begun) = (plan(&phone).await.transfers, 0);
        while !transfers.is_empty() {
            begun += 1;
            assert!(begun < 10, "restarts: {restarts}");
            if restarts {
                phone.restart();
            }
            let cut = TransferEnd::Failed { error: TransportError::Cut };
            transfers = phone.client().transfer_ended(id, cut).await.unwrap().transfers;
        }
        assert_eq!(begun, 1 + CUTS_AT_ONCE, "restarts: {restarts}");
        assert_eq!(phone.shown(id), Some((Stage::Signed, Some(Trouble::Offline))), "restarts: {restarts}");
        assert!(phone.client().next_transfers(false).await.unwrap().transfers.is_empty());
        ward.clock.pass(SignedDuration::from_hours(1));
        let transfers = phone.client().next_transfers(false).await.unwrap().transfers;
        let end = carry(&phone, &transfers[0]).await;
        assert_eq!(phone.client().transfer_ended(id, end).await.unwrap().report.stored, 1);
    }
}

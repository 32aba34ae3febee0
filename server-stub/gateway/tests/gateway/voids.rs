//! Voids and adoptions: a photo that will not come, and one whose key was lost.

use std::time::Duration;

use gauze_wire::{Body, CaptureState, Digest, EntryKind, ProblemCode, Stored};

use crate::fixture::{
    Gateway, Hospital, Phone, Shot, ask, binding, by, dropped_and_kept, feed, polled, put, put_file,
};

async fn begin() -> (Hospital, Gateway, Phone) {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    (hospital, gateway, phone)
}

#[tokio::test]
async fn a_void_is_logged_without_bytes_and_gets_its_receipt() {
    let (hospital, gateway, mut phone) = begin().await;
    let shot = phone.shoot(1000);
    let void = shot.void(&phone);
    let state = phone.offer(&gateway, &void).await.held();
    let named = gateway.named(&hospital.tenant);
    Stored::verify(&state.stored, &[named.key], &binding(&void), &named.log, None).unwrap();
    let log = hospital.log(&gateway).await;
    assert_eq!((log.entries[1].kind, &log.entries[1].jws), (EntryKind::Void, &void));
    let blob = format!("blobs/{}/{}", phone.id(), shot.id());
    assert_eq!(hospital.fetch(&gateway, &blob).await.refusal(), ProblemCode::NotFound);
    // Said twice, it is one leaf; and the photo does not come after all.
    assert_eq!(phone.offer(&gateway, &void).await.held(), state);
    let first = CaptureState { manifest: Some(void), ..state };
    assert_eq!(phone.offer(&gateway, &shot.manifest).await.held(), first, "and what was signed for it");
    assert_eq!(hospital.log(&gateway).await.entries.len(), 2);
    // The next photo stands in its own place.
    let next = phone.shoot(10);
    phone.send(&gateway, &next).await;
}

#[tokio::test]
async fn a_void_before_the_bytes_takes_the_photos_place_and_what_came_of_it_goes() {
    let (hospital, gateway, mut phone) = begin().await;
    let shot = phone.shoot(1000);
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    gateway.patch(&ticket, 0, false, shot.sealed[..300].to_vec()).await.expect(204);
    let void = shot.void(&phone);
    let state = phone.offer(&gateway, &void).await.held();
    assert_eq!(state.stored.peek::<Stored>().unwrap().manifest_sha256, void.digest());
    assert_eq!(gateway.put(&ticket, shot.sealed.clone()).await.refusal(), ProblemCode::TicketUnknown);
    assert_eq!(std::fs::read_dir(gateway.at("incoming")).unwrap().count(), 0);
    let log = hospital.log(&gateway).await;
    assert_eq!(
        log.entries.iter().map(|entry| entry.kind).collect::<Vec<_>>(),
        [EntryKind::Enrolment, EntryKind::Void]
    );
}

#[tokio::test]
async fn a_void_that_comes_too_late_is_answered_with_the_photos_receipt() {
    let (hospital, gateway, mut phone) = begin().await;
    let shot = phone.shoot(1000);
    let state = phone.send(&gateway, &shot).await;
    let first = CaptureState { manifest: Some(shot.manifest.clone()), ..state };
    assert_eq!(phone.offer(&gateway, &shot.void(&phone)).await.held(), first);
    assert_eq!(hospital.log(&gateway).await.entries[1].kind, EntryKind::Photo);
    let blob = format!("blobs/{}/{}", phone.id(), shot.id());
    assert_eq!(hospital.fetch(&gateway, &blob).await.body, shot.sealed);
}

#[tokio::test]
async fn a_phones_next_key_adopts_what_the_old_one_left() {
    let (hospital, gateway, mut old) = begin().await;
    let shot = old.shoot(1000);
    let next = Phone::enrolled(&gateway, &hospital).await;
    let adoption = shot.adoption(&next);
    let (ticket, _) = next.offer(&gateway, &adoption).await.ticket();
    let state: CaptureState = gateway.put(&ticket, shot.sealed.clone()).await.json(201);
    let stored: Stored = state.stored.peek().unwrap();
    assert_eq!((stored.device_id, stored.manifest_sha256), (next.id(), adoption.digest()));
    assert_eq!(hospital.log(&gateway).await.entries[2].kind, EntryKind::Adoption);
    let blob = format!("blobs/{}/{}", next.id(), shot.id());
    assert_eq!(hospital.fetch(&gateway, &blob).await.body, shot.sealed);
    let filed = hospital.filed(&state, gateway.now());
    hospital.acknowledge(&gateway, vec![filed]).await.expect(204);
}

/// What the log holds of photos and their voids.
async fn photos(hospital: &Hospital, gateway: &Gateway) -> Vec<EntryKind> {
    let kinds = hospital.log(gateway).await.entries.into_iter().map(|entry| entry.kind);
    kinds.filter(|kind| *kind != EntryKind::Enrolment).collect()
}

#[tokio::test]
async fn what_the_old_key_was_still_sending_ends_when_the_next_key_adopts_it() {
    let (hospital, gateway, mut old) = begin().await;
    let shot = old.shoot(1000);
    let (first, _) = old.offer(&gateway, &shot.manifest).await.ticket();
    let (sender, body) = feed();
    let running = tokio::spawn(ask(gateway.router(), put(&first, body)));
    sender.give(&shot.sealed[..400]).await;
    let second = Phone::enrolled_after(&old, &gateway, &hospital).await;
    let (second_ticket, _) = second.offer(&gateway, &shot.adoption(&second)).await.ticket();
    assert_eq!(running.await.unwrap().refusal(), ProblemCode::TransferBusy);
    let third = Phone::enrolled_after(&second, &gateway, &hospital).await;
    let (ticket, _) = third.offer(&gateway, &shot.adoption(&third)).await.ticket();
    for dead in [first, second_ticket] {
        assert_eq!(gateway.put(&dead, shot.sealed.clone()).await.refusal(), ProblemCode::TicketUnknown);
    }
    gateway.put(&ticket, shot.sealed.clone()).await.expect(201);
    assert_eq!(photos(&hospital, &gateway).await, [EntryKind::Adoption]);
}

#[tokio::test]
async fn a_photo_of_the_old_key_that_was_whole_when_the_process_died_is_not_adopted_as_a_second_one() {
    for voided in [false, true] {
        let (hospital, gateway, mut old) = begin().await;
        let shot = old.shoot(1000);
        old.offer(&gateway, &shot.manifest).await.ticket();
        put_file(&gateway.at(format!("blobs/ward-9/{}/{}.age", old.id(), shot.id())), &shot.sealed);
        let next = Phone::enrolled_after(&old, &gateway, &hospital).await;
        let asked = if voided { shot.void(&next) } else { shot.adoption(&next) };
        let state = next.offer(&gateway, &asked).await.held();
        assert_eq!(state.stored.peek::<Stored>().unwrap().manifest_sha256, shot.manifest.digest());
        assert_eq!(photos(&hospital, &gateway).await, [EntryKind::Photo]);
    }
}

#[tokio::test]
async fn what_an_adoption_brought_in_is_not_adopted_again_by_the_key_after() {
    let (hospital, gateway, mut old) = begin().await;
    let shot = old.shoot(1000);
    let second = Phone::enrolled_after(&old, &gateway, &hospital).await;
    let adoption = shot.adoption(&second);
    let (ticket, _) = second.offer(&gateway, &adoption).await.ticket();
    let state: CaptureState = gateway.put(&ticket, shot.sealed.clone()).await.json(201);
    let third = Phone::enrolled_after(&second, &gateway, &hospital).await;
    let first = CaptureState { manifest: Some(adoption), ..state };
    assert_eq!(third.offer(&gateway, &shot.adoption(&third)).await.held(), first);
    assert_eq!(photos(&hospital, &gateway).await, [EntryKind::Adoption]);
}

#[tokio::test]
async fn a_photo_that_a_revoked_key_left_whole_is_sent_anew_by_the_next_key() {
    let (hospital, gateway, mut old) = begin().await;
    let shot = old.shoot(1000);
    old.offer(&gateway, &shot.manifest).await.ticket();
    put_file(&gateway.at(format!("blobs/ward-9/{}/{}.age", old.id(), shot.id())), &shot.sealed);
    let next = Phone::enrolled_after(&old, &gateway, &hospital).await;
    gateway.admin(&hospital).await.revoke(&old.id(), &by("lost its key")).await.unwrap();
    let (ticket, _) = next.offer(&gateway, &shot.adoption(&next)).await.ticket();
    gateway.put(&ticket, shot.sealed).await.expect(201);
}

#[tokio::test]
async fn phones_that_say_they_follow_themselves_or_each_other_do_not_wait_for_each_other() {
    let (hospital, gateway, mut phone) = begin().await;
    let shot = phone.shoot(1000);
    let rogues = [(); 3].map(|()| Phone::new(&hospital));
    for (rogue, before) in [(0, 0), (1, 2), (2, 1)] {
        rogues[rogue].enrol_as_following(&rogues[before], &gateway, &hospital).await;
    }
    for rogue in &rogues {
        let adoption = shot.adoption(rogue);
        let offered = rogue.offer(&gateway, &adoption);
        let offered = tokio::time::timeout(Duration::from_secs(20), offered).await;
        offered.expect("nobody has the turn").ticket();
    }
}

#[tokio::test]
async fn an_adoption_by_another_phone_does_not_stop_a_transfer() {
    let (hospital, gateway, mut phone) = begin().await;
    let rogue = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(1000);
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    rogue.offer(&gateway, &shot.adoption(&rogue)).await.ticket();
    gateway.put(&ticket, shot.sealed).await.expect(201);
}

#[tokio::test]
async fn a_photo_of_a_key_that_never_enrolled_is_not_adopted() {
    let (hospital, gateway, phone) = begin().await;
    let shot = Phone::new(&hospital).shoot(1000);
    assert_eq!(phone.offer(&gateway, &shot.adoption(&phone)).await.refusal(), ProblemCode::WrongDevice);
}

#[tokio::test]
async fn an_adoption_of_another_body_than_the_old_key_signed_is_a_conflict() {
    let (hospital, gateway, mut old) = begin().await;
    let shot = old.shoot(1000);
    old.send(&gateway, &shot).await;
    let next = Phone::enrolled(&gateway, &hospital).await;
    let invented =
        Shot::signed(Vec::new(), Body { sha256: Digest::of(b"other"), ..shot.body.clone() }, &old.key);
    assert_eq!(next.offer(&gateway, &invented.adoption(&next)).await.refusal(), ProblemCode::ChainConflict);
}

#[tokio::test]
async fn an_invented_adoption_does_not_keep_a_phone_out_of_its_own_chain() {
    let (hospital, gateway, mut victim) = begin().await;
    let rogue = Phone::enrolled(&gateway, &hospital).await;
    let shot = victim.shoot(1000);
    // Nobody but the victim signs for the victim's places: this body is made up.
    let invented =
        Shot::signed(Vec::new(), Body { sha256: Digest::of(b"other"), ..shot.body.clone() }, &rogue.key);
    rogue.offer(&gateway, &invented.adoption(&rogue)).await.ticket();
    victim.send(&gateway, &shot).await;
}

/// A void whose request is dropped, while it commits too, and the photo itself that comes at once after it.
#[tokio::test]
async fn a_void_whose_request_is_dropped_and_the_photo_behind_it_have_one_leaf() {
    dropped_and_kept(async |polls| {
        let (hospital, gateway, mut phone) = begin().await;
        let shot = phone.shoot(1000);
        let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
        let void = shot.void(&phone);
        let heard = polled(polls, phone.offer(&gateway, &void)).await.is_some();
        tokio::task::yield_now().await;

        gateway.put(&ticket, shot.sealed.clone()).await;
        let entries = hospital.log(&gateway).await.entries;
        let kinds: Vec<_> = entries.iter().skip(1).map(|entry| entry.kind).collect();
        assert!(kinds.len() <= 1, "after {polls} polls: {kinds:?}");
        (heard, kinds == [EntryKind::Void])
    })
    .await;
}

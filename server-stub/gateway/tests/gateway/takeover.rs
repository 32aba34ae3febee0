//! One photo, several senders: the newest wins, and nothing but the signed bytes is ever kept.

use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use futures_util::poll;
use gauze_wire::{CaptureState, Jws, ProblemCode, Stored};
use tokio::task::JoinHandle;

use crate::fixture::{
    Feed, Gateway, Hospital, Phone, Reply, Shot, ask, binding, deep_feed, dribble, feed, patch, put,
};

struct Begun {
    hospital: Hospital,
    gateway: Gateway,
    phone: Phone,
    shot: Shot,
    ticket: String,
}

async fn begin() -> Begun {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(300_000);
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    Begun { hospital, gateway, phone, shot, ticket }
}

impl Begun {
    /// Begins a `PUT` that brings `bytes` and then hangs.
    async fn hang(&self, bytes: &[u8]) -> (Feed, JoinHandle<Reply>) {
        let (sender, body) = feed();
        let running = self.run(put(&self.ticket, body));
        sender.give(bytes).await;
        (sender, running)
    }

    fn run(&self, request: Request<Body>) -> JoinHandle<Reply> {
        tokio::spawn(ask(self.gateway.router(), request))
    }

    async fn blob(&self) -> Reply {
        let path = format!("blobs/{}/{}", self.phone.id(), self.shot.id());
        self.hospital.fetch(&self.gateway, &path).await
    }

    /// The receipt, the leaf and the bytes are all of `manifest`.
    async fn is_stored_as(&self, state: &CaptureState, manifest: &Jws) {
        let named = self.gateway.named(&self.hospital.tenant);
        Stored::verify(&state.stored, &[named.key], &binding(manifest), &named.log, None).unwrap();
        let log = self.hospital.log(&self.gateway).await;
        assert_eq!(log.entries.len(), 2);
        assert_eq!(&log.entries[1].jws, manifest);
        let filed = self.hospital.filed(state, self.gateway.now());
        self.hospital.acknowledge(&self.gateway, vec![filed]).await.expect(204);
    }
}

#[tokio::test]
async fn what_had_arrived_when_somebody_takes_over_need_not_be_sent_again() {
    const PIECE: usize = 2000;
    let begun = begin().await;
    let sealed = &begun.shot.sealed;
    let (sender, body) = deep_feed(sealed.len() / PIECE);
    let _running = begun.run(put(&begun.ticket, body));
    sender.give(&sealed[..PIECE]).await;
    // More than can be written before the phone, on its next connection, asks again.
    for piece in sealed[PIECE..100 * PIECE].chunks(PIECE) {
        sender.leave(piece);
    }
    let (_, offset) = begun.phone.offer(&begun.gateway, &begun.shot.manifest).await.ticket();
    assert_eq!(offset, 100 * PIECE as u64);
}

#[tokio::test]
async fn what_came_is_kept_although_the_connection_died_before_anybody_looked() {
    const PIECE: usize = 2000;
    let begun = begin().await;
    let sealed = &begun.shot.sealed;
    let (sender, body) = deep_feed(100);
    for piece in sealed[..100 * PIECE].chunks(PIECE) {
        sender.leave(piece);
    }
    // The server polls a request when its head is here, and drops it when its connection ends.
    let mut request = Box::pin(ask(begun.gateway.router(), put(&begun.ticket, body)));
    assert!(poll!(&mut request).is_pending());
    drop(request);
    sender.begun().await;
    drop(sender);
    let (_, offset) = begun.phone.offer(&begun.gateway, &begun.shot.manifest).await.ticket();
    assert_eq!(offset, 100 * PIECE as u64);
}

#[tokio::test]
async fn whoever_asks_for_the_offset_ends_a_hanging_transfer() {
    let begun = begin().await;
    let (_sender, running) = begun.hang(&begun.shot.sealed[..100_000]).await;
    let head = begun.gateway.head(&begun.ticket).await;
    assert_eq!(head.field("upload-offset"), "100000");
    assert_eq!(running.await.unwrap().refusal(), ProblemCode::TransferBusy);
    let rest = begun.shot.sealed[100_000..].to_vec();
    begun.gateway.patch(&begun.ticket, 100_000, true, rest).await.expect(201);
}

#[tokio::test]
async fn a_sender_that_dribbles_does_not_keep_the_turn() {
    let begun = begin().await;
    let running = begun.run(put(&begun.ticket, dribble(begun.shot.sealed.clone())));
    // Its part is there: it has the turn.
    while std::fs::read_dir(begun.gateway.at("incoming")).unwrap().count() == 0 {
        tokio::task::yield_now().await;
    }
    let head = tokio::time::timeout(Duration::from_secs(10), begun.gateway.head(&begun.ticket)).await;
    head.expect("the turn within a second or so").expect(204);
    assert_eq!(running.await.unwrap().refusal(), ProblemCode::TransferBusy);
}

#[tokio::test]
async fn a_newcomer_takes_over_from_a_hanging_transfer() {
    let begun = begin().await;
    let (_sender, running) = begun.hang(&begun.shot.sealed[..100_000]).await;
    let rest = begun.shot.sealed[100_000..].to_vec();
    let reply = begun.gateway.patch(&begun.ticket, 100_000, true, rest).await;
    let state: CaptureState = reply.json(201);
    assert_eq!(running.await.unwrap().refusal(), ProblemCode::TransferBusy);
    begun.is_stored_as(&state, &begun.shot.manifest).await;
    assert_eq!(begun.blob().await.body, begun.shot.sealed);
}

#[tokio::test]
async fn of_many_that_want_the_turn_at_once_one_brings_the_photo_in() {
    let begun = begin().await;
    let (_sender, running) = begun.hang(&begun.shot.sealed[..100_000]).await;
    let many: Vec<_> = (0..5).map(|_| begun.run(put(&begun.ticket, begun.shot.sealed.clone()))).collect();
    let mut states = Vec::new();
    for one in many {
        let reply = one.await.unwrap();
        if reply.status.is_success() {
            states.push(serde_json::from_slice::<CaptureState>(&reply.body).unwrap());
        } else {
            assert_eq!(reply.refusal(), ProblemCode::TransferBusy);
        }
    }
    assert_eq!(running.await.unwrap().refusal(), ProblemCode::TransferBusy);
    assert!(states.windows(2).all(|pair| pair[0] == pair[1]), "all were told of one receipt");
    begun.is_stored_as(states.last().unwrap(), &begun.shot.manifest).await;
    assert_eq!(begun.blob().await.body, begun.shot.sealed);
}

#[tokio::test]
async fn a_new_ticket_ends_the_transfer_on_the_old_one_and_its_bytes_are_not_mixed_in() {
    let begun = begin().await;
    // Somebody who saw the old address sends other bytes, and would go on doing so.
    let (sender, running) = begun.hang(&[7; 100_000]).await;
    let (ticket, offset) = begun.phone.offer(&begun.gateway, &begun.shot.manifest).await.ticket();
    assert_eq!(offset, 100_000);
    assert_eq!(running.await.unwrap().refusal(), ProblemCode::TransferBusy);
    drop(sender);
    let (new_sender, body) = feed();
    let running = begun.run(put(&ticket, body));
    new_sender.give(&begun.shot.sealed[..200_000]).await;
    let late = begun.run(put(&begun.ticket, vec![7; 300_000])).await.unwrap();
    assert_eq!(late.refusal(), ProblemCode::TicketUnknown);
    new_sender.give(&begun.shot.sealed[200_000..]).await;
    drop(new_sender);
    let state: CaptureState = running.await.unwrap().json(201);
    begun.is_stored_as(&state, &begun.shot.manifest).await;
    assert_eq!(begun.blob().await.body, begun.shot.sealed);
}

#[tokio::test]
async fn a_manifest_signed_anew_during_a_transfer_is_the_one_in_receipt_and_log() {
    let begun = begin().await;
    let (sender, running) = begun.hang(&begun.shot.sealed[..100_000]).await;
    let anew = begun.shot.signed_anew(&begun.phone);
    let (ticket, offset) = begun.phone.offer(&begun.gateway, &anew).await.ticket();
    drop(sender);
    running.await.unwrap().refusal();
    let rest = begun.shot.sealed[usize::try_from(offset).unwrap()..].to_vec();
    let state: CaptureState = begun.run(patch(&ticket, offset, true, rest)).await.unwrap().json(201);
    begun.is_stored_as(&state, &anew).await;
}

#[tokio::test]
async fn a_void_during_a_transfer_ends_it() {
    let begun = begin().await;
    let (sender, running) = begun.hang(&begun.shot.sealed[..100_000]).await;
    let void = begun.shot.void(&begun.phone);
    let state = begun.phone.offer(&begun.gateway, &void).await.held();
    assert_eq!(running.await.unwrap().refusal(), ProblemCode::TransferBusy);
    drop(sender);
    begun.is_stored_as(&state, &void).await;
    assert_eq!(begun.blob().await.refusal(), ProblemCode::NotFound);
    let late = begun.run(put(&begun.ticket, begun.shot.sealed.clone())).await.unwrap();
    assert_eq!(late.refusal(), ProblemCode::TicketUnknown);
}

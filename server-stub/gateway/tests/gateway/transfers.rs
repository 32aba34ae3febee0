//! The bytes: whole, in parts, cut off and gone on with, and nothing but what was signed.

use gauze_wire::{CaptureState, ProblemCode};
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Endless, Gateway, Hospital, Phone, Reply, Shot, ask, feed, frames, patch, put};

async fn begin(len: usize) -> (Hospital, Gateway, Phone, Shot, String) {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let mut phone = Phone::enrolled(&gateway, &hospital).await;
    let shot = phone.shoot(len);
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    (hospital, gateway, phone, shot, ticket)
}

/// What `HEAD` said: offset and completeness.
fn stands(head: &Reply) -> (&str, &str) {
    head.expect(204);
    assert_eq!(head.field("cache-control"), "no-store");
    assert!(head.body.is_empty());
    (head.field("upload-offset"), head.field("upload-complete"))
}

#[tokio::test]
async fn a_repeated_put_answers_with_the_same_receipt_whatever_it_carries() {
    let (hospital, gateway, _, shot, ticket) = begin(1000).await;
    let state: CaptureState = gateway.put(&ticket, shot.sealed.clone()).await.json(201);
    let again: [Reply; 4] = [
        gateway.put(&ticket, shot.sealed.clone()).await,
        gateway.put(&ticket, "").await,
        gateway.patch(&ticket, 1000, true, "").await,
        gateway.patch(&ticket, 3, true, "x").await,
    ];
    for reply in again {
        assert_eq!(reply.json::<CaptureState>(200), state);
    }
    let head = gateway.head(&ticket).await;
    assert_eq!(stands(&head), ("1000", "?1"));
    // The address answers for its photo even after its seven days.
    gateway.pass(SignedDuration::from_hours(24 * 8));
    assert_eq!(gateway.put(&ticket, "").await.json::<CaptureState>(200), state);
    assert_eq!(hospital.log(&gateway).await.entries.len(), 2);
}

#[tokio::test]
async fn a_ticket_takes_no_other_bytes() {
    let (hospital, gateway, phone, shot, ticket) = begin(1000).await;
    let mut other = shot.sealed.clone();
    other[999] ^= 1;
    assert_eq!(gateway.put(&ticket, other.clone()).await.refusal(), ProblemCode::DigestMismatch);
    assert_eq!(stands(&gateway.head(&ticket).await), ("0", "?0"), "what came is discarded");
    gateway.patch(&ticket, 0, false, other[..500].to_vec()).await.expect(204);
    assert_eq!(
        gateway.patch(&ticket, 500, true, other[500..].to_vec()).await.refusal(),
        ProblemCode::DigestMismatch
    );
    assert_eq!(stands(&gateway.head(&ticket).await), ("0", "?0"));
    let blob = format!("blobs/{}/{}", phone.id(), shot.id());
    assert_eq!(hospital.fetch(&gateway, &blob).await.refusal(), ProblemCode::NotFound);
    gateway.put(&ticket, shot.sealed.clone()).await.expect(201);
    assert_eq!(hospital.fetch(&gateway, &blob).await.body, shot.sealed);
}

#[tokio::test]
async fn a_length_that_was_not_signed_is_refused_before_the_bytes_come() {
    let (_, gateway, _, shot, ticket) = begin(1000).await;
    let half = shot.sealed[..500].to_vec();
    gateway.patch(&ticket, 0, false, half).await.expect(204);
    for length in ["999", "1001", "99999999999"] {
        let mut request = put(&ticket, shot.sealed.clone());
        request.headers_mut().insert("content-length", length.parse().unwrap());
        assert_eq!(gateway.ask(request).await.refusal(), ProblemCode::SizeMismatch);
    }
    for (length, complete) in [("501", true), ("501", false), ("499", true)] {
        let mut request = patch(&ticket, 500, complete, shot.sealed[500..].to_vec());
        request.headers_mut().insert("content-length", length.parse().unwrap());
        assert_eq!(gateway.ask(request).await.refusal(), ProblemCode::SizeMismatch, "{length}");
    }
    assert_eq!(stands(&gateway.head(&ticket).await), ("500", "?0"), "what was here stays");
}

#[tokio::test]
async fn more_bytes_than_signed_are_refused_at_once() {
    let (_, gateway, _, shot, ticket) = begin(200_000).await;
    let endless = Endless::default();
    assert_eq!(gateway.put(&ticket, endless.body()).await.refusal(), ProblemCode::SizeMismatch);
    assert!(endless.taken() <= 4 * 64 * 1024, "{}", endless.taken());
    assert_eq!(stands(&gateway.head(&ticket).await), ("0", "?0"));
    let endless = Endless::default();
    assert_eq!(gateway.patch(&ticket, 0, false, endless.body()).await.refusal(), ProblemCode::SizeMismatch);
    assert!(endless.taken() <= 4 * 64 * 1024, "{}", endless.taken());
    gateway.put(&ticket, frames(shot.sealed)).await.expect(201);
}

#[tokio::test]
async fn a_cut_transfer_goes_on_where_it_stopped() {
    let (hospital, gateway, phone, shot, ticket) = begin(300_000).await;
    let (sender, body) = feed();
    let running = tokio::spawn(ask(gateway.router(), put(&ticket, body)));
    sender.give(&shot.sealed[..100_000]).await;
    sender.give(&shot.sealed[100_000..150_001]).await;
    sender.cut().await;
    assert_eq!(running.await.unwrap().refusal(), ProblemCode::Unavailable);
    let head = gateway.head(&ticket).await;
    assert_eq!(stands(&head), ("150001", "?0"));
    assert_eq!(head.field("upload-length"), "300000");
    assert_eq!(head.field("upload-limit"), "max-size=300000");
    // A new ticket for the same photo knows it too.
    let (ticket, offset) = phone.offer(&gateway, &shot.manifest).await.ticket();
    assert_eq!(offset, 150_001);
    let rest = frames(shot.sealed[150_001..].to_vec());
    let reply = gateway.patch(&ticket, offset, true, rest).await;
    assert_eq!(reply.field("upload-complete"), "?1");
    reply.expect(201);
    let blob = format!("blobs/{}/{}", phone.id(), shot.id());
    assert_eq!(hospital.fetch(&gateway, &blob).await.body, shot.sealed);
}

#[tokio::test]
async fn a_transfer_whose_connection_died_leaves_what_it_brought() {
    let (_, gateway, _, shot, ticket) = begin(300_000).await;
    let (sender, body) = feed();
    let died = CancellationToken::new();
    let (request, hang_up) = (ask(gateway.router(), put(&ticket, body)), died.clone());
    // A server drops the handler's future with the connection.
    let running = tokio::spawn(async move {
        tokio::select! {
            _ = request => panic!("it was still sending"),
            () = hang_up.cancelled() => {}
        }
    });
    sender.give(&shot.sealed[..200_000]).await;
    died.cancel();
    running.await.unwrap();
    drop(sender);
    assert_eq!(stands(&gateway.head(&ticket).await), ("200000", "?0"));
    gateway.patch(&ticket, 200_000, true, shot.sealed[200_000..].to_vec()).await.expect(201);
}

#[tokio::test]
async fn a_photo_comes_in_parts_and_each_answer_says_whether_it_is_whole() {
    let (_, gateway, _, shot, ticket) = begin(1000).await;
    for (from, to) in [(0, 400), (400, 400), (400, 999)] {
        let part = shot.sealed[from..to].to_vec();
        let reply = gateway.patch(&ticket, from as u64, false, part).await;
        reply.expect(204);
        assert_eq!((reply.field("upload-complete"), reply.field("upload-offset")), ("?0", &*to.to_string()));
        assert_eq!(stands(&gateway.head(&ticket).await), (&*to.to_string(), "?0"));
    }
    let reply = gateway.patch(&ticket, 999, true, shot.sealed[999..].to_vec()).await;
    reply.expect(201);
    assert_eq!(reply.field("upload-complete"), "?1");
}

#[tokio::test]
async fn a_part_at_the_wrong_offset_is_told_the_right_one_and_changes_nothing() {
    let (_, gateway, _, shot, ticket) = begin(1000).await;
    gateway.patch(&ticket, 0, false, shot.sealed[..400].to_vec()).await.expect(204);
    for wrong in [0, 399, 401, 1000, 999_999_999_999_999] {
        let reply = gateway.patch(&ticket, wrong, true, shot.sealed[400..].to_vec()).await;
        assert_eq!(reply.refusal(), ProblemCode::OffsetConflict, "{wrong}");
        assert_eq!((reply.field("upload-offset"), reply.field("upload-complete")), ("400", "?0"));
    }
    gateway.patch(&ticket, 400, true, shot.sealed[400..].to_vec()).await.expect(201);
}

#[tokio::test]
async fn a_sender_that_says_it_is_done_too_early_is_told_where_to_go_on() {
    let (_, gateway, _, shot, ticket) = begin(1000).await;
    let reply = gateway.put(&ticket, frames(shot.sealed[..600].to_vec())).await;
    assert_eq!(reply.refusal(), ProblemCode::OffsetConflict);
    assert_eq!(reply.field("upload-offset"), "600");
    gateway.patch(&ticket, 600, true, shot.sealed[600..].to_vec()).await.expect(201);
}

#[tokio::test]
async fn a_whole_file_put_starts_from_zero() {
    let (_, gateway, _, shot, ticket) = begin(1000).await;
    let mut wrong = shot.sealed[..600].to_vec();
    wrong[0] ^= 1;
    gateway.patch(&ticket, 0, false, wrong).await.expect(204);
    gateway.put(&ticket, shot.sealed).await.expect(201);
}

#[tokio::test]
async fn a_part_without_its_fields_is_malformed() {
    let (_, gateway, _, shot, ticket) = begin(1000).await;
    for (field, value) in [
        ("content-type", "application/octet-stream"),
        ("upload-offset", "-1"),
        ("upload-offset", "zero"),
        ("upload-offset", "+0"),
        ("upload-offset", "00"),
        ("upload-offset", "9999999999999999"),
        ("upload-complete", "yes"),
    ] {
        let mut request = patch(&ticket, 0, true, shot.sealed.clone());
        request.headers_mut().insert(field, value.parse().unwrap());
        assert_eq!(gateway.ask(request).await.refusal(), ProblemCode::MalformedRequest, "{field}");
    }
    let mut request = patch(&ticket, 0, true, shot.sealed.clone());
    request.headers_mut().remove("upload-offset");
    assert_eq!(gateway.ask(request).await.refusal(), ProblemCode::MalformedRequest);
}

#[tokio::test]
async fn a_field_that_is_there_twice_is_malformed_whatever_it_says() {
    let (_, gateway, _, shot, ticket) = begin(1000).await;
    for (field, value) in [("upload-offset", "400"), ("upload-offset", "0"), ("upload-complete", "?0")] {
        let mut request = patch(&ticket, 0, true, shot.sealed.clone());
        request.headers_mut().append(field, value.parse().unwrap());
        assert_eq!(gateway.ask(request).await.refusal(), ProblemCode::MalformedRequest, "{field}");
    }
    gateway.put(&ticket, shot.sealed).await.expect(201);
}

#[tokio::test]
async fn a_new_ticket_kills_the_old_and_an_old_one_ends_after_seven_days() {
    let (_, gateway, phone, shot, old) = begin(1000).await;
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    assert_ne!(old, ticket);
    // No 128 bits end in B.
    let none = format!("{}B", &ticket[..ticket.len() - 1]);
    for dead in [&*old, &*none, "/v1/transfers/x", "/v1/transfers/%2e%2e"] {
        assert_eq!(gateway.put(dead, shot.sealed.clone()).await.refusal(), ProblemCode::TicketUnknown);
        assert_eq!(
            gateway.patch(dead, 0, true, shot.sealed.clone()).await.refusal(),
            ProblemCode::TicketUnknown
        );
        assert_eq!(gateway.head(dead).await.status, 404);
    }
    gateway.pass(SignedDuration::from_hours(7 * 24) - SignedDuration::from_secs(1));
    assert_eq!(stands(&gateway.head(&ticket).await), ("0", "?0"));
    gateway.pass(SignedDuration::from_secs(1));
    assert_eq!(gateway.put(&ticket, shot.sealed.clone()).await.refusal(), ProblemCode::TicketExpired);
    assert_eq!(gateway.head(&ticket).await.status, 410);
    let (ticket, _) = phone.offer(&gateway, &shot.manifest).await.ticket();
    gateway.put(&ticket, shot.sealed).await.expect(201);
}

//! Limits: open tickets and bytes of a device, bytes of a tenant; and what makes room again.

use gauze_gateway::clean;
use gauze_wire::{Policy, ProblemCode, UploadRequest};
use jiff::SignedDuration;

use crate::fixture::{Gateway, Hospital, Phone, Shot, ask, by};

async fn begin(change: impl FnOnce(&mut Policy)) -> (Hospital, Gateway, Phone) {
    let hospital = Hospital::ward();
    let mut policy = hospital.policy(1);
    change(&mut policy);
    let gateway = Gateway::under(&hospital, &policy).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    (hospital, gateway, phone)
}

async fn is_full(gateway: &Gateway, phone: &Phone, shot: &Shot) {
    assert_eq!(phone.offer(gateway, &shot.manifest).await.refusal(), ProblemCode::QuotaExceeded);
}

#[tokio::test]
async fn a_phone_has_so_many_open_tickets_and_a_photo_that_arrived_gives_one_back() {
    let (hospital, gateway, mut phone) = begin(|policy| policy.max_open_tickets = 2).await;
    let shots: Vec<_> = (0..4).map(|_| phone.shoot(100)).collect();
    let (first, _) = phone.offer(&gateway, &shots[0].manifest).await.ticket();
    phone.offer(&gateway, &shots[1].manifest).await.ticket();
    is_full(&gateway, &phone, &shots[2]).await;
    // The same photo again is no third ticket, and another phone is not held up.
    phone.offer(&gateway, &shots[1].manifest).await.ticket();
    let mut other = Phone::enrolled(&gateway, &hospital).await;
    let theirs = other.shoot(100);
    other.offer(&gateway, &theirs.manifest).await.ticket();
    gateway.put(&first, shots[0].sealed.clone()).await.expect(201);
    phone.offer(&gateway, &shots[2].manifest).await.ticket();
    is_full(&gateway, &phone, &shots[3]).await;
}

#[tokio::test]
async fn arriving_voiding_and_expiring_give_a_ticket_back() {
    let (_, gateway, mut phone) = begin(|policy| policy.max_open_tickets = 1).await;
    let shots: Vec<_> = (0..4).map(|_| phone.shoot(100)).collect();
    let (ticket, _) = phone.offer(&gateway, &shots[0].manifest).await.ticket();
    is_full(&gateway, &phone, &shots[1]).await;
    gateway.put(&ticket, shots[0].sealed.clone()).await.expect(201);
    phone.offer(&gateway, &shots[1].manifest).await.ticket();
    is_full(&gateway, &phone, &shots[2]).await;
    phone.offer(&gateway, &shots[1].void(&phone)).await.held();
    phone.offer(&gateway, &shots[2].manifest).await.ticket();
    is_full(&gateway, &phone, &shots[3]).await;
    gateway.pass(SignedDuration::from_hours(7 * 24));
    phone.offer(&gateway, &shots[3].manifest).await.ticket();
    // The one whose ticket expired has to find room anew.
    is_full(&gateway, &phone, &shots[2]).await;
}

#[tokio::test]
async fn a_phones_bytes_are_limited_until_the_hospital_filed_them() {
    let (hospital, gateway, mut phone) = begin(|policy| policy.max_device_bytes = 1000).await;
    let (first, second, third) = (phone.shoot(600), phone.shoot(401), phone.shoot(400));
    let state = phone.send(&gateway, &first).await;
    is_full(&gateway, &phone, &second).await;
    phone.send(&gateway, &third).await;
    // Refused is not filed: the bytes are still here.
    let refused = hospital.refused(&state, gateway.now());
    hospital.acknowledge(&gateway, vec![refused]).await.expect(204);
    is_full(&gateway, &phone, &second).await;
    let filed = hospital.filed(&state, gateway.now());
    hospital.acknowledge(&gateway, vec![filed]).await.expect(204);
    phone.send(&gateway, &second).await;
}

#[tokio::test]
async fn a_hospitals_bytes_are_limited_over_all_its_phones() {
    let (hospital, gateway, mut phone) = begin(|policy| policy.max_tenant_bytes = 1000).await;
    let mut other = Phone::enrolled(&gateway, &hospital).await;
    let (ours, theirs) = (phone.shoot(600), other.shoot(401));
    phone.offer(&gateway, &ours.manifest).await.ticket();
    is_full(&gateway, &other, &theirs).await;
    // A discarded photo brings no bytes, and takes no room.
    phone.offer(&gateway, &ours.void(&phone)).await.held();
    other.offer(&gateway, &theirs.manifest).await.ticket();
    // What never came takes no room once it cannot come any more.
    let next = phone.shoot(600);
    is_full(&gateway, &phone, &next).await;
    gateway.pass(SignedDuration::from_hours(7 * 24));
    phone.offer(&gateway, &next.manifest).await.ticket();
}

#[tokio::test]
async fn a_void_is_taken_whatever_the_limits() {
    let (_, gateway, mut phone) = begin(|policy| policy.max_device_bytes = 10).await;
    let shot = phone.shoot(600);
    is_full(&gateway, &phone, &shot).await;
    phone.offer(&gateway, &shot.void(&phone)).await.held();
}

#[tokio::test]
async fn limits_hold_for_requests_that_come_at_once() {
    let (_, gateway, mut phone) = begin(|policy| policy.max_open_tickets = 3).await;
    let shots: Vec<_> = (0..12).map(|_| phone.shoot(10)).collect();
    let running: Vec<_> = shots
        .into_iter()
        .map(|shot| {
            let asked = UploadRequest { manifest: shot.manifest, highest_seq: 1, unsent: 1 };
            tokio::spawn(ask(gateway.router(), phone.request(&gateway, "uploads", &asked)))
        })
        .collect();
    let mut given = 0;
    for one in running {
        given += usize::from(one.await.unwrap().status == 201);
    }
    assert_eq!(given, 3);
}

/// A photo that the hospital refused, so long ago that it counts towards its phone no more where there is room for that.
async fn refused_long_ago(hospital: &Hospital, gateway: &Gateway, phone: &mut Phone, len: usize) -> Shot {
    let shot = phone.shoot(len);
    let state = phone.send(gateway, &shot).await;
    let refused = hospital.refused(&state, gateway.now());
    hospital.acknowledge(gateway, vec![refused]).await.expect(204);
    gateway.pass(SignedDuration::from_hours(24 * i64::from(hospital.policy(1).keep_days) + 1));
    clean(gateway.app()).await.unwrap();
    shot
}

#[tokio::test]
async fn what_was_refused_ages_up_to_as_much_as_a_phone_may_hold() {
    let (hospital, gateway, mut phone) = begin(|policy| policy.max_device_bytes = 1000).await;
    refused_long_ago(&hospital, &gateway, &mut phone, 600).await;
    refused_long_ago(&hospital, &gateway, &mut phone, 600).await;
    let third = phone.shoot(600);
    is_full(&gateway, &phone, &third).await;
    let small = phone.shoot(400);
    phone.send(&gateway, &small).await;
}

#[tokio::test]
async fn a_phone_that_errs_locks_no_hospital_out_once_it_is_revoked() {
    let (hospital, gateway, mut phone) = begin(|policy| policy.max_tenant_bytes = 1000).await;
    let mut other = Phone::enrolled(&gateway, &hospital).await;
    let kept = refused_long_ago(&hospital, &gateway, &mut phone, 400).await;
    let late = phone.shoot(400);
    let late_state = phone.send(&gateway, &late).await;
    let theirs = other.shoot(900);
    is_full(&gateway, &other, &theirs).await;
    gateway.admin(&hospital).await.revoke(&phone.id(), &by("it errs")).await.unwrap();
    is_full(&gateway, &other, &theirs).await;
    let refused = hospital.refused(&late_state, gateway.now());
    hospital.acknowledge(&gateway, vec![refused]).await.expect(204);
    other.offer(&gateway, &theirs.manifest).await.ticket();
    for shot in [kept, late] {
        let blob = format!("blobs/{}/{}", phone.id(), shot.id());
        assert_eq!(hospital.fetch(&gateway, &blob).await.body, shot.sealed, "it may be filed yet");
    }
}

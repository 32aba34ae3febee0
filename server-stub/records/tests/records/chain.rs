//! Each phone's chain: gaps, forks, voids, re-enrolment, adoption.

use gauze_records::{ChainState, Kind};
use gauze_wire::{Body, Digest, Jws, Signed as _};

use crate::fixture::{Edit, Hospital, Phone, Photo};

async fn chain_of(hospital: &Hospital, photo: &Photo) -> ChainState {
    let listed = hospital.list().await;
    listed.iter().find(|listed| listed.capture_id == photo.id()).unwrap().chain
}

#[tokio::test]
async fn a_gap_is_filed_and_shown_until_the_missing_photo_comes() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photos = [(); 3].map(|()| phone.photo(&hospital));
    hospital.gateway.take(&photos[0]);
    hospital.gateway.take(&photos[2]);
    hospital.pass().await.unwrap();
    hospital.filed(&photos[2]);
    assert_eq!(chain_of(&hospital, &photos[2]).await, ChainState::Gap);
    let gaps = hospital.verify().await.gaps;
    assert_eq!((gaps.len(), gaps[0].first, gaps[0].last), (1, 2, 2));

    hospital.gateway.take(&photos[1]);
    hospital.pass().await.unwrap();
    for photo in &photos {
        hospital.filed(photo);
        assert_eq!(chain_of(&hospital, photo).await, ChainState::Ok);
    }
    assert!(hospital.verify().await.gaps.is_empty());
}

#[tokio::test]
async fn of_two_bodies_in_one_place_the_second_is_refused() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let mut twin = Phone::new(10);
    let (first, second) = (phone.photo(&hospital), twin.photo(&hospital));
    for photo in [&first, &second] {
        hospital.gateway.take(photo);
    }
    hospital.pass().await.unwrap();
    hospital.filed(&first);
    assert_eq!(hospital.cause(&second), "chain_broken");
    assert_eq!(chain_of(&hospital, &second).await, ChainState::Broken);
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_body_that_names_another_predecessor_is_refused() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let first = phone.photo(&hospital);
    phone.prev = Some(Digest::of(b"another"));
    let second = phone.photo(&hospital);
    for photo in [&first, &second] {
        hospital.gateway.take(photo);
    }
    hospital.pass().await.unwrap();
    hospital.filed(&first);
    assert_eq!(hospital.cause(&second), "chain_broken");
}

#[tokio::test]
async fn a_late_body_that_its_known_successor_does_not_name_is_refused() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let first = phone.photo(&hospital);
    let mut twin = Phone::new(10);
    (twin.seq, twin.prev) = (phone.seq, phone.prev);
    let (real, forged) = (phone.photo(&hospital), twin.photo(&hospital));
    let third = phone.photo(&hospital);
    for photo in [&first, &third, &forged, &real] {
        hospital.gateway.take(photo);
    }
    hospital.pass().await.unwrap();
    assert_eq!(hospital.cause(&forged), "chain_broken");
    hospital.filed(&real);
    hospital.filed(&third);
}

#[tokio::test]
async fn one_capture_id_in_two_places_is_refused() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let first = phone.photo(&hospital);
    let id = first.id();
    let edit = Edit { body: &|body| body.capture_id = id, ..Edit::default() };
    let second = phone.photo_with(&hospital, &edit);
    hospital.gateway.log(&first.jws);
    hospital.gateway.log(&second.jws);
    hospital.gateway.hold(&first, first.sealed.clone());
    hospital.pass().await.unwrap();
    hospital.filed(&first);
    assert_eq!(hospital.cause(&second), "chain_broken");
}

#[tokio::test]
async fn a_void_keeps_the_chain_whole_and_needs_no_bytes() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let (discarded, kept) = (phone.photo(&hospital), phone.photo(&hospital));
    let void = phone.void(&hospital, &discarded);
    hospital.gateway.log(&void.jws);
    hospital.gateway.take(&kept);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.voids, report.filed, report.missing), (1, 1, 0));
    hospital.filed(&void);
    assert_eq!(chain_of(&hospital, &kept).await, ChainState::Ok);
    assert_eq!(hospital.list().await[0].kind, Kind::Void);
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_manifest_that_is_logged_or_signed_twice_is_one_photo() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.gateway.log(&photo.jws);
    hospital.pass().await.unwrap();
    hospital.filed(&photo);
    assert_eq!(hospital.list().await.len(), 1);
    let again = Jws::sign_bytes(Body::TYP, &photo.body, &phone.key).unwrap();
    assert_eq!(again, photo.jws, "signatures are deterministic, so signing again changes nothing");
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_phone_that_enrolled_again_continues_its_old_chain() {
    let hospital = Hospital::new();
    let mut old = Phone::enrolled(10, &hospital);
    let last = old.photo(&hospital);
    let mut new = old.again(11, &hospital);
    let first = new.photo(&hospital);
    hospital.gateway.take(&first);
    hospital.pass().await.unwrap();
    assert_eq!(chain_of(&hospital, &first).await, ChainState::Gap, "the old head has not come");
    hospital.gateway.take(&last);
    hospital.pass().await.unwrap();
    assert_eq!(chain_of(&hospital, &first).await, ChainState::Ok);

    let mut liar = old.again(12, &hospital);
    liar.follows.as_mut().unwrap().head = Some(Digest::of(b"another"));
    let photo = liar.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    assert_eq!(hospital.cause(&photo), "chain_broken");
}

#[tokio::test]
async fn a_photo_left_by_a_lost_key_is_filed_as_adopted() {
    let hospital = Hospital::new();
    let mut old = Phone::enrolled(10, &hospital);
    let left = old.photo(&hospital);
    let new = old.again(11, &hospital);
    let adopted = new.adopt(&hospital, &left);
    hospital.gateway.take(&adopted);
    hospital.pass().await.unwrap();
    hospital.filed(&adopted);
    let listed = hospital.list().await;
    assert_eq!((listed[0].kind, listed[0].device_id.clone()), (Kind::Adoption, new.id()));
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_phone_adopts_and_voids_only_what_its_own_former_key_left() {
    let hospital = Hospital::new();
    let mut victim = Phone::enrolled(10, &hospital);
    let thief = Phone::enrolled(11, &hospital);
    let (photo, next) = (victim.photo(&hospital), victim.photo(&hospital));
    let stolen = thief.adopt(&hospital, &photo);
    let silenced = thief.void(&hospital, &next);
    for entry in [&stolen, &silenced, &photo, &next] {
        hospital.gateway.take(entry);
    }
    hospital.pass().await.unwrap();
    for lie in [&stolen, &silenced] {
        assert_eq!(hospital.cause(lie), "chain_broken");
    }
    hospital.filed(&photo);
    hospital.filed(&next);
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn what_rests_on_a_claim_is_filed_and_takes_no_place_in_the_other_phones_chain() {
    let hospital = Hospital::new();
    let mut victim = Phone::enrolled(10, &hospital);
    let (photo, next, last) = (victim.photo(&hospital), victim.photo(&hospital), victim.photo(&hospital));
    let thief = victim.claimed(11, &hospital);
    let (stolen, silenced) = (thief.adopt(&hospital, &photo), thief.void(&hospital, &next));
    for entry in [&stolen, &silenced, &last] {
        hospital.gateway.take(entry);
    }
    hospital.pass().await.unwrap();
    hospital.filed(&stolen);
    assert_eq!(chain_of(&hospital, &stolen).await, ChainState::Unknown);
    let verified = hospital.verify().await;
    assert!(verified.ok, "{:?}", verified.findings);
    assert_eq!(verified.gaps.len(), 1, "places 1 and 2 are still missing");
    for entry in [&photo, &next] {
        hospital.gateway.take(entry);
    }
    hospital.pass().await.unwrap();
    assert_eq!(chain_of(&hospital, &next).await, ChainState::Ok);
    assert!(hospital.verify().await.gaps.is_empty());
}

#[tokio::test]
async fn a_photo_that_a_lost_key_left_may_be_voided_by_the_next() {
    let hospital = Hospital::new();
    let mut old = Phone::enrolled(10, &hospital);
    let left = old.photo(&hospital);
    let void = old.again(11, &hospital).void(&hospital, &left);
    hospital.gateway.take(&void);
    assert_eq!(hospital.pass().await.unwrap().voids, 1);
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn an_adopted_body_never_pushes_out_what_the_phone_signed_itself() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let successor = phone.again(11, &hospital);
    let forged = Phone::new(10).photo(&hospital);
    let real = phone.photo(&hospital);
    hospital.gateway.take(&successor.adopt(&hospital, &forged));
    hospital.gateway.take(&real);
    hospital.pass().await.unwrap();
    hospital.filed(&real);
}

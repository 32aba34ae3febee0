//! Former keys: what is proven of them counts, what is claimed shows as such and changes nothing of another phone's.

use gauze_gateway::admin::{AdminError, DeviceStory};
use gauze_wire::{Act, CaptureState, Deed, DeviceId, Enrolled, Enrolment, EntryKind, ProblemCode};

use crate::fixture::{Gateway, Hospital, Phone, Shot, by};

async fn begin() -> (Hospital, Gateway, Phone) {
    let hospital = Hospital::ward();
    let gateway = Gateway::serving(&[&hospital]).await;
    let phone = Phone::enrolled(&gateway, &hospital).await;
    (hospital, gateway, phone)
}

async fn story(gateway: &Gateway, hospital: &Hospital, id: &DeviceId) -> DeviceStory {
    gateway.admin(hospital).await.device(id).await.unwrap()
}

async fn adopt(gateway: &Gateway, phone: &Phone, shot: &Shot) {
    let (ticket, _) = phone.offer(gateway, &shot.adoption(phone)).await.ticket();
    let _state: CaptureState = gateway.put(&ticket, shot.sealed.clone()).await.json(201);
}

#[tokio::test]
async fn what_the_next_key_adopts_is_no_gap_of_the_old_one() {
    let (hospital, gateway, mut old) = begin().await;
    let shots = [old.shoot(1000), old.shoot(1000), old.shoot(1000)];
    old.hears(&gateway, 3, 3).await;
    assert_eq!(story(&gateway, &hospital, &old.id()).await.missing, 3);
    let second = Phone::enrolled_after(&old, &gateway, &hospital).await;
    adopt(&gateway, &second, &shots[0]).await;
    let third = Phone::enrolled_after(&second, &gateway, &hospital).await;
    adopt(&gateway, &third, &shots[1]).await;
    third.offer(&gateway, &shots[2].void(&third)).await.held();
    let told = story(&gateway, &hospital, &old.id()).await;
    assert_eq!((told.missing, told.gaps.len()), (0, 0));
    let next = story(&gateway, &hospital, &third.id()).await.device;
    assert_eq!((next.lineage.as_str(), next.follows), ("signed", Some(second.id())));
    assert!(next.flags.is_empty());
}

#[tokio::test]
async fn a_claim_alone_shows_as_such_and_changes_nothing_of_the_other_phones() {
    let (hospital, gateway, mut victim) = begin().await;
    let shots = [victim.shoot(1000), victim.shoot(1000)];
    victim.hears(&gateway, 2, 2).await;
    let (ticket, _) = victim.offer(&gateway, &shots[0].manifest).await.ticket();
    let thief = Phone::new(&hospital);
    let claim = |enrolment: &mut Enrolment| enrolment.follows = Some(victim.followed());
    let evidence = thief.evidence_with(&gateway, &hospital, claim).await;
    let enrolled: Enrolled = gateway.enrol(&hospital.tenant, &evidence).await.json(201);
    assert_eq!(enrolled.notices[0].code, "former_claimed");
    adopt(&gateway, &thief, &shots[0]).await;
    thief.offer(&gateway, &shots[1].void(&thief)).await.held();

    let told = story(&gateway, &hospital, &victim.id()).await;
    assert_eq!(told.missing, 2, "both are still to come from the phone that took them");
    let shown = story(&gateway, &hospital, &thief.id()).await.device;
    assert_eq!((shown.lineage.as_str(), &*shown.flags), ("claimed", &["former_claimed".to_owned()][..]));
    gateway.put(&ticket, shots[0].sealed.clone()).await.expect(201);
    victim.send(&gateway, &shots[1]).await;
    assert_eq!(story(&gateway, &hospital, &victim.id()).await.missing, 0);
}

#[tokio::test]
async fn an_operators_word_makes_a_claim_count_and_is_in_the_log() {
    let (hospital, gateway, mut old) = begin().await;
    let shot = old.shoot(1000);
    old.hears(&gateway, 1, 1).await;
    let next = Phone::enrolled_claiming(&old, &gateway, &hospital).await;
    adopt(&gateway, &next, &shot).await;
    assert_eq!(story(&gateway, &hospital, &old.id()).await.missing, 1);
    let admin = gateway.admin(&hospital).await;
    assert!(admin.succeed(&next.id(), &old.id(), &by("same serial on its back")).await.unwrap());
    assert!(!admin.succeed(&next.id(), &old.id(), &by("again")).await.unwrap());
    assert_eq!(story(&gateway, &hospital, &old.id()).await.missing, 0);
    let shown = story(&gateway, &hospital, &next.id()).await.device;
    assert_eq!((shown.lineage.as_str(), shown.flags.len()), ("vouched", 0));
    let log = hospital.log(&gateway).await;
    let last = log.entries.last().unwrap();
    let deed = Deed::Succeed { device_id: next.id(), former: old.id() };
    assert_eq!((last.kind, last.jws.peek::<Act>().unwrap().deed), (EntryKind::Act, deed));
    // Neither the other way round, nor for a third phone.
    let other = Phone::enrolled(&gateway, &hospital).await;
    for (id, former) in [(&old, &next), (&next, &other), (&old, &old)] {
        let told = admin.succeed(&id.id(), &former.id(), &by("a mistake")).await;
        assert!(matches!(told, Err(AdminError::OtherFormer)));
    }
}

#[tokio::test]
async fn a_former_keys_word_counts_for_one_enrolment_and_from_that_key_alone() {
    let (hospital, gateway, victim) = begin().await;
    let other = Phone::enrolled(&gateway, &hospital).await;
    let elsewhere = gateway.challenge(&hospital.tenant).await;
    for wrong in 0..3 {
        let thief = Phone::new(&hospital);
        let evidence = thief
            .evidence_with(&gateway, &hospital, |enrolment| {
                let (challenge, token) = (enrolment.challenge, enrolment.token.clone());
                let another_token = hospital.sign_token(gateway.now());
                enrolment.follows = Some(victim.followed());
                enrolment.former = Some(match wrong {
                    0 => other.last_word(&challenge, &token),
                    1 => victim.last_word(&elsewhere, &token),
                    _ => victim.last_word(&challenge, &another_token),
                });
            })
            .await;
        let refused = gateway.enrol(&hospital.tenant, &evidence).await.refusal();
        assert_eq!(refused, ProblemCode::SignatureInvalid, "{wrong}");
    }
}

//! Which phones are believed, and whose bundle.

use gauze_records::Coded as _;
use gauze_records::keys::{self, WithToken};
use gauze_records::pull::Puller;
use gauze_wire::{Filed, Jws, Refused, Serial, SoftwareKey, Stored, Token, TokenId, WireError};
use jiff::SignedDuration;
use serde_json::json;

use crate::fixture::{Hospital, Phone};

#[tokio::test]
async fn photos_of_a_phone_that_never_enrolled_are_refused() {
    let hospital = Hospital::new();
    let photo = Phone::new(10).photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    assert_eq!(hospital.cause(&photo), "enrolment_invalid");
    assert_eq!(hospital.gateway.with(|shop| shop.blob_calls), 0, "its bytes are not even fetched");
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_token_that_the_records_side_did_not_sign_lets_nobody_in() {
    let hospital = Hospital::new();
    let token = Token {
        v: 1,
        typ: "gauze-token".into(),
        tenant: hospital.tenant(),
        token_id: "AAAAAAAAAAAAAAAAAAAAAA".parse::<TokenId>().unwrap(),
        issued_at: hospital.now(),
        expires_at: hospital.now() + SignedDuration::from_hours(1),
        serial: None,
        inventory: None,
    };
    let mut phone = Phone::new(10);
    let forged = Jws::sign(&token, &SoftwareKey::from_bytes(&[77; 32]).unwrap()).unwrap();
    hospital.gateway.log(&phone.enrolment(&hospital, forged));
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.rejected), (0, 1));
    assert_eq!(hospital.cause(&photo), "enrolment_invalid");

    // The same phone with a token of the hospital's is believed from then on.
    hospital.gateway.log(&phone.enrolment(&hospital, hospital.token()));
    let next = phone.photo(&hospital);
    hospital.gateway.take(&next);
    hospital.pass().await.unwrap();
    hospital.filed(&next);
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn an_enrolment_of_the_year_9999_is_rejected_and_what_comes_after_it_is_filed() {
    let hospital = Hospital::new();
    let late = "9999-12-30T21:59:00Z".parse().unwrap();
    hospital.gateway.log(&Phone::new(10).enrolment_at(&hospital, hospital.token(), late));
    let mut phone = Phone::enrolled(11, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.rejected), (1, 1));
    hospital.filed(&photo);
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_token_is_spent_by_one_phone() {
    let hospital = Hospital::new();
    let token = hospital.token();
    let (mut first, mut second) = (Phone::new(10), Phone::new(11));
    hospital.gateway.log(&first.enrolment(&hospital, token.clone()));
    hospital.gateway.log(&second.enrolment(&hospital, token));
    let photos = [first.photo(&hospital), second.photo(&hospital)];
    photos.iter().for_each(|photo| hospital.gateway.take(photo));
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.rejected), (1, 1));
    hospital.filed(&photos[0]);
    assert_eq!(hospital.cause(&photos[1]), "enrolment_invalid");
}

#[tokio::test]
async fn a_production_policy_believes_no_software_key_even_if_the_gateway_did() {
    let hospital = Hospital::new();
    hospital.sign_policy(|policy| {
        policy["version"] = json!(2);
        policy["allow_software_keys"] = json!(false);
    });
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    assert_eq!(hospital.cause(&photo), "enrolment_invalid");
}

#[tokio::test]
async fn a_status_list_that_breaks_while_pulling_stops_no_pass() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    let mut config = hospital.config();
    config.status_list = Some(hospital.write("status.json", &json!({ "entries": {} })));
    let puller =
        Puller::with_gateway(config, hospital.gateway.clone(), hospital.clock.clone()).await.unwrap();
    hospital.write("status.json", &json!([]));
    puller.pass().await.unwrap();
    puller.close().await;
    hospital.filed(&photo);
}

#[tokio::test]
async fn a_bundle_signed_by_another_root_is_not_used() {
    let (hospital, other) = (Hospital::new(), Hospital::new());
    std::fs::copy(other.path("bundle.jws"), hospital.keys().path(keys::BUNDLE_JWS)).unwrap();
    assert_eq!(hospital.pass().await.unwrap_err().code(), "bundle_untrusted");
}

#[tokio::test]
async fn an_older_bundle_than_was_used_before_is_not_used_again() {
    let hospital = Hospital::new();
    std::fs::copy(hospital.path("bundle.jws"), hospital.path("first.jws")).unwrap();
    hospital.sign_bundle(|bundle| bundle["version"] = json!(2)).unwrap();
    hospital.pass().await.unwrap();
    std::fs::copy(hospital.path("first.jws"), hospital.keys().path(keys::BUNDLE_JWS)).unwrap();
    assert_eq!(hospital.pass().await.unwrap_err().code(), "rollback");
}

#[tokio::test]
async fn keys_and_gateways_that_the_bundle_does_not_name_are_not_used() {
    let hospital = Hospital::new();
    let mut elsewhere = hospital.config();
    elsewhere.gateway = "https://other.test".into();
    let puller = Puller::with_gateway(elsewhere, hospital.gateway.clone(), hospital.clock.clone());
    assert_eq!(puller.await.err().unwrap().code(), "unknown_gateway");

    let other = Hospital::new();
    std::fs::copy(other.keys().path(keys::RECORDS), hospital.keys().path(keys::RECORDS)).unwrap();
    assert_eq!(hospital.pass().await.unwrap_err().code(), "key_not_named");
}

#[tokio::test]
async fn without_the_identity_that_photos_are_sealed_to_nothing_is_pulled_and_nothing_refused() {
    let (hospital, other) = (Hospital::new(), Hospital::new());
    std::fs::copy(other.keys().path(keys::IDENTITY), hospital.keys().path(keys::IDENTITY)).unwrap();
    assert_eq!(hospital.pass().await.unwrap_err().code(), "identity_missing");
}

#[tokio::test]
async fn a_receipt_of_one_kind_does_not_count_as_another() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let good = phone.photo(&hospital);
    let stranger = Phone::new(11).photo(&hospital);
    for photo in [&good, &stranger] {
        hospital.gateway.take(photo);
    }
    hospital.pass().await.unwrap();
    let (filed, refused) = (hospital.outcome(&good.jws), hospital.outcome(&stranger.jws));
    let (keys, log) = ([hospital.records_key()], hospital.gateway.log_key());
    let wrong = |error: WireError| matches!(error, WireError::WrongType { .. });
    assert!(wrong(Filed::verify(&refused, &keys, &stranger.binding(), &log, None).unwrap_err()));
    assert!(wrong(Refused::verify(&filed, &keys, &good.binding(), &log, None).unwrap_err()));
    assert!(wrong(Stored::verify(&filed, &keys, &good.binding(), &log, None).unwrap_err()));
    assert_eq!(
        Filed::verify(&filed, &keys, &stranger.binding(), &log, None).unwrap_err(),
        WireError::Field("binding")
    );
}

#[tokio::test]
async fn a_gateway_that_lets_a_serial_number_in_twice_or_a_stated_one_against_the_policy_is_not_believed() {
    for stated in [true, false] {
        let hospital = Hospital::new();
        hospital.sign_policy(|policy| {
            policy["version"] = json!(2);
            policy["stated_serials"] = json!(stated);
        });
        let serials = ["A1", "B2"].map(|serial| Serial::read(serial).unwrap()).into();
        let out = hospital.path("inventory-token.jws");
        let token = WithToken { out: &out, days: 30 };
        keys::sign_inventory(&hospital.keys(), serials, Some(token), hospital.now()).unwrap();
        let token = Jws::parse(std::fs::read_to_string(&out).unwrap().trim()).unwrap();
        // This gateway lets everybody in: whom the list names, the same in another spelling, and whom it does not name.
        let mut photos = Vec::new();
        for (n, serial, first) in [(10, "A1", true), (11, "a1", false), (12, "C3", false), (13, "B2", true)] {
            let mut phone = Phone::new(n);
            phone.serial = Some(serial.parse().unwrap());
            hospital.gateway.log(&phone.enrolment(&hospital, token.clone()));
            let photo = phone.photo(&hospital);
            hospital.gateway.take(&photo);
            photos.push((photo, serial, stated && first));
        }
        let report = hospital.pass().await.unwrap();
        assert_eq!((report.enrolled, report.rejected), if stated { (2, 2) } else { (0, 4) });
        for (photo, serial, believed) in &photos {
            if *believed {
                hospital.filed(photo);
            } else {
                assert_eq!(hospital.cause(photo), "enrolment_invalid", "{serial}");
            }
        }
        assert!(hospital.verify().await.ok);
    }
}

//! What can be wrong with a photo's bytes and with what is inside.

use std::sync::Arc;
use std::time::Duration;

use gauze_records::Coded as _;
use gauze_records::keys::RecipientKind;
use gauze_seal::age::Identity;
use gauze_wire::{Body, Digest, Jws, Signed as _};
use serde_json::json;
use tokio::sync::Barrier;

use crate::fixture::{
    Edit, Hospital, Phone, SystemEntropy, holding, seal, seal_elsewhere, seal_tar, tar_of, with_stanzas_of,
};

async fn cause_of(edit: &Edit<'_>) -> &'static str {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo_with(&hospital, edit);
    let next = phone.photo(&hospital);
    for photo in [&photo, &next] {
        hospital.gateway.take(photo);
    }
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.filed, report.refused.len()), (1, 1), "one bad photo does not hold up the next");
    assert!(!hospital.sealed(&photo).exists());
    let kept = hospital.data().join("refused").join(format!("{}.age", photo.jws.digest()));
    assert_eq!(Digest::of(&std::fs::read(kept).unwrap()), Digest::of(&photo.sealed), "kept for inspection");
    let report = hospital.verify().await;
    assert!(report.ok, "{:?}", report.findings);
    hospital.cause(&photo)
}

#[tokio::test]
async fn a_post_quantum_photo_is_filed_byte_for_byte_and_age_opens_it() {
    let hospital = Hospital::at("https://gateway.test", RecipientKind::PostQuantum);
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo_with(&hospital, &Edit { orientation: 6, ..Edit::default() });
    hospital.gateway.take(&photo);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    assert_eq!(std::fs::read(hospital.sealed(&photo)).unwrap(), photo.sealed);
}

#[tokio::test]
async fn bytes_that_the_phone_did_not_sign_for_did_not_come_and_make_no_refusal() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    let mut flipped = photo.sealed.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for wrong in [flipped, b"<html>Sign in to the network</html>".to_vec(), Vec::new()] {
        hospital.gateway.with(|shop| shop.blob_calls = 0);
        hospital.gateway.hold(&photo, wrong);
        let report = hospital.pass().await.unwrap();
        assert_eq!((report.missing, report.refused.len(), report.filed), (1, 0, 0));
        assert_eq!(hospital.gateway.with(|shop| shop.blob_calls), 3, "and is left alone for a while then");
    }
    hospital.gateway.hold(&photo, photo.sealed.clone());
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    hospital.filed(&photo);
}

#[tokio::test]
async fn bytes_that_were_misread_on_their_way_are_fetched_again_before_they_count_against_the_photo() {
    for misread in [1, 2] {
        let hospital = Hospital::new();
        let mut phone = Phone::enrolled(10, &hospital);
        let photo = phone.photo(&hospital);
        hospital.gateway.take(&photo);
        hospital.gateway.with(|shop| shop.misread = misread);
        let report = hospital.pass().await.unwrap();
        assert_eq!((report.filed, report.refused.len()), (1, 0), "{misread}");
        hospital.filed(&photo);
        assert_eq!(std::fs::read(hospital.sealed(&photo)).unwrap(), photo.sealed);
        for dir in ["incoming", "refused"] {
            assert_eq!(std::fs::read_dir(hospital.data().join(dir)).unwrap().count(), 0, "{dir}");
        }
    }
}

#[tokio::test]
async fn bytes_that_come_otherwise_each_time_are_asked_for_again_and_not_refused() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.gateway.with(|shop| shop.misread = 3);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.missing, report.refused.len()), (1, 0));
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    hospital.filed(&photo);
}

#[tokio::test]
async fn several_photos_come_at_once_and_are_told_of_in_the_order_of_the_log() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photos: Vec<_> = (0..8).map(|_| phone.photo(&hospital)).collect();
    photos.iter().for_each(|photo| hospital.gateway.take(photo));
    // One after the other they would wait for ever.
    hospital.gateway.with(|shop| shop.together = Some(Arc::new(Barrier::new(4))));
    let pass = tokio::time::timeout(Duration::from_secs(60), hospital.pass());
    assert_eq!(pass.await.expect("four are asked for at once").unwrap().filed, 8);
    let mut told = hospital.gateway.receipts().into_iter();
    for photo in &photos {
        hospital.filed(photo);
        let receipt: serde_json::Value =
            serde_json::from_slice(&told.next().unwrap().payload_bytes().unwrap()).unwrap();
        assert_eq!(receipt["manifest_sha256"], photo.jws.digest().to_string());
    }
    assert_eq!(hospital.gateway.with(|shop| shop.blob_calls), 8, "each is fetched once");
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn bytes_that_never_end_are_cut_off_at_the_signed_size() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.gateway.hold(&photo, [photo.sealed.clone(), vec![0; 5_000_000]].concat());
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.missing, report.refused.len()), (1, 0));
    for dir in ["incoming", "refused"] {
        assert_eq!(std::fs::read_dir(hospital.data().join(dir)).unwrap().count(), 0, "{dir}");
    }
}

#[tokio::test]
async fn bytes_that_do_not_come_are_asked_for_again_and_not_refused() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.log(&photo.jws);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.missing, report.filed, report.refused.len()), (1, 0, 0));
    assert!(hospital.gateway.receipts().is_empty());
    hospital.gateway.hold(&photo, photo.sealed.clone());
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    hospital.filed(&photo);
}

#[tokio::test]
async fn a_photo_under_another_phones_manifest_is_refused() {
    let hospital = Hospital::new();
    let (mut thief, mut owner) = (Phone::enrolled(10, &hospital), Phone::enrolled(11, &hospital));
    let photo = owner.photo(&hospital);
    // The thief signs the owner's body as it is: the body names another device than the signature.
    let claimed = Jws::sign_bytes(Body::TYP, &photo.body, &thief.key).unwrap();
    hospital.gateway.log(&claimed);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.rejected, report.filed), (1, 0), "no receipt could say whose photo it is");

    // The thief puts the owner's bytes under a body of its own: the record inside names the owner.
    let bytes = photo.sealed.clone();
    let relabelled = thief.photo_with(&hospital, &Edit { seal: &|_, _, _| bytes.clone(), ..Edit::default() });
    hospital.gateway.take(&relabelled);
    hospital.pass().await.unwrap();
    assert_eq!(hospital.cause(&relabelled), "record_mismatch");

    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    hospital.filed(&photo);
}

#[tokio::test]
async fn a_manifest_whose_signature_does_not_hold_is_refused() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let mut photo = phone.photo(&hospital);
    let text = photo.jws.as_str();
    let at = text.rfind('.').unwrap();
    let other = phone.photo(&hospital);
    let signature = &other.jws.as_str()[other.jws.as_str().rfind('.').unwrap()..];
    photo.jws = Jws::parse(&format!("{}{signature}", &text[..at])).unwrap();
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    assert_eq!(hospital.cause(&photo), "manifest_invalid");
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_record_that_disagrees_with_its_manifest_is_refused() {
    assert_eq!(
        cause_of(&Edit { record: &|record| record.seq += 1, ..Edit::default() }).await,
        "record_mismatch"
    );
    let other = "other".parse::<gauze_wire::Tenant>().unwrap();
    let edit = Edit { record: &|record| record.tenant = other.clone(), ..Edit::default() };
    assert_eq!(cause_of(&edit).await, "record_mismatch");
}

#[tokio::test]
async fn a_photo_that_is_not_the_one_its_record_names_is_refused() {
    let hash = Edit { record: &|record| record.photo_sha256 = Digest::of(b"x"), ..Edit::default() };
    assert_eq!(cause_of(&hash).await, "photo_mismatch");
    let size = Edit { record: &|record| record.photo_size += 1, ..Edit::default() };
    assert_eq!(cause_of(&size).await, "photo_mismatch");
    let turned = Edit { orientation: 6, record: &|record| record.orientation = 8, ..Edit::default() };
    assert_eq!(cause_of(&turned).await, "photo_mismatch");
}

#[tokio::test]
async fn a_photo_sealed_to_somebody_else_is_refused() {
    let stranger = Identity::make_x25519(&mut SystemEntropy).unwrap().to_recipient();
    let edit = Edit {
        seal: &|_, record, picture| seal_elsewhere(stranger.clone(), record, picture),
        ..Edit::default()
    };
    assert_eq!(cause_of(&edit).await, "did_not_open");
    assert_eq!(
        cause_of(&Edit { seal: &|_, _, _| b"not age".to_vec(), ..Edit::default() }).await,
        "did_not_open"
    );
}

#[tokio::test]
async fn classical_and_post_quantum_stanzas_in_one_file_are_refused() {
    let stranger = Identity::make_mlkem768x25519(&mut SystemEntropy).unwrap().to_recipient();
    let edit = Edit {
        seal: &|hospital, record, picture| {
            let other = seal_elsewhere(stranger.clone(), record, picture);
            with_stanzas_of(&seal(hospital, record, picture), &other)
        },
        ..Edit::default()
    };
    assert_eq!(cause_of(&edit).await, "mixed_recipients");
}

#[tokio::test]
async fn a_third_entry_in_the_tar_is_refused() {
    let edit = Edit {
        seal: &|hospital, record, picture| {
            let tar = tar_of(&[("photo.jpg", picture), ("record.json", record), ("extra", b"x")]);
            seal_tar(hospital, &tar)
        },
        ..Edit::default()
    };
    assert_eq!(cause_of(&edit).await, "bundle_invalid");
}

#[tokio::test]
async fn a_record_whose_patient_does_not_hold_is_refused_inside_too() {
    let patient = json!({
        "nhs_number": "9990000042", "family": "PATIENT-SECRET", "given": "Alex", "dob": "1950-01-31",
        "established": { "how": "wristband" }, "confirmed_by": ["dob", "nhs_number"],
    });
    for (right, wrong) in [
        ("9990000042", "9990000043"),
        ("1950-01-31", "1950-02-31"),
        ("1950-01-31", "2950-01-31"),
        ("[\"dob\",\"nhs_number\"]", "[\"dob\",\"chi_number\"]"),
    ] {
        let edit = Edit {
            record: &|record| record.patient = Some(serde_json::from_value(patient.clone()).unwrap()),
            seal: &|hospital, record, picture| {
                let text = std::str::from_utf8(record).unwrap();
                assert!(text.contains(right));
                seal(hospital, text.replacen(right, wrong, 1).as_bytes(), picture)
            },
            ..Edit::default()
        };
        assert_eq!(cause_of(&edit).await, "bundle_invalid", "{wrong}");
    }
}

#[tokio::test]
async fn a_picture_that_is_no_jpeg_is_refused() {
    let edit = Edit {
        record: &|record| (record.photo_sha256, record.photo_size) = (Digest::of(b"no picture"), 10),
        seal: &|hospital, record, _| {
            seal_tar(hospital, &tar_of(&[("photo.jpg", b"no picture"), ("record.json", record)]))
        },
        ..Edit::default()
    };
    assert_eq!(cause_of(&edit).await, "bundle_invalid");
}

#[tokio::test]
async fn a_receipt_that_the_gateway_will_not_take_does_not_hold_up_the_others() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photos = [(); 3].map(|()| phone.photo(&hospital));
    photos.iter().for_each(|photo| hospital.gateway.take(photo));
    hospital.gateway.with(|shop| shop.refuses = Some(photos[1].jws.clone()));
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.filed, report.acknowledged, report.unacknowledged), (3, 2, 1));
    hospital.gateway.with(|shop| shop.refuses = None);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.acknowledged, report.unacknowledged), (1, 0));
    photos.iter().for_each(|photo| drop(hospital.filed(photo)));
}

#[tokio::test]
async fn a_picture_that_a_newer_phone_took_in_and_this_side_does_not_know_is_filed_as_it_came() {
    // Arithmetic coding, for which the phone's stripper may have learnt the rules first; and metadata that it left in.
    let mut coded = crate::fixture::jpeg(11, 1);
    let frame = coded.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
    coded[frame + 1] = 0xC9;
    let mut commented = crate::fixture::jpeg(11, 1);
    commented.splice(2..2, [0xFF, 0xFE, 0, 4, b'h', b'i']);
    for picture in [coded, commented] {
        let hospital = Hospital::new();
        let mut phone = Phone::enrolled(10, &hospital);
        let as_it_is = |record: &mut gauze_wire::Record| {
            record.photo_sha256 = Digest::of(&picture);
            record.photo_size = picture.len() as u64;
        };
        let seal = |hospital: &Hospital, record: &[u8], _: &[u8]| {
            seal_tar(hospital, &tar_of(&[("photo.jpg", &picture), ("record.json", record)]))
        };
        let photo = phone.photo_with(&hospital, &Edit { record: &as_it_is, seal: &seal, ..Edit::default() });
        hospital.gateway.take(&photo);
        let report = hospital.pass().await.unwrap();
        assert_eq!((report.filed, report.refused.len()), (1, 0));
        assert_eq!(std::fs::read(hospital.sealed(&photo)).unwrap(), photo.sealed);
        assert!(hospital.verify().await.ok);
    }
}

#[tokio::test]
async fn nothing_in_the_data_directory_names_a_patient_in_the_clear() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let broken = Edit { record: &|record| record.seq += 1, ..Edit::default() };
    let photos = [phone.photo(&hospital), phone.photo_with(&hospital, &broken)];
    photos.iter().for_each(|photo| hospital.gateway.take(photo));
    hospital.pass().await.unwrap();
    assert_eq!(holding(&hospital.data(), b"PATIENT-SECRET"), Vec::<std::path::PathBuf>::new());
    assert_eq!(std::fs::read_dir(hospital.data().join("incoming")).unwrap().count(), 0);
}

#[tokio::test]
async fn another_gateways_log_does_not_go_into_the_same_data() {
    let hospital = Hospital::new();
    hospital.pass().await.unwrap();
    hospital
        .sql("UPDATE state SET value = replace(value, 'gateway.test', 'gateway.else') WHERE name = 'log'")
        .await;
    assert_eq!(hospital.pass().await.unwrap_err().code(), "other_log");
}

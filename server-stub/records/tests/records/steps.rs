//! Every refusal of a photo says what to do next, and doing so works. A new one does not compile until it is listed here.

use gauze_records::{Again, Kind, Status, rejudge};
use gauze_seal::age::Identity;
use gauze_wire::{Digest, FilingRefusal, Jws};

use crate::fixture::{Edit, Hospital, Phone, Photo, SystemEntropy, seal_elsewhere, with_stanzas_of};

/// A photo that the hospital has refused, or would have.
struct Case {
    hospital: Hospital,
    phone: Phone,
    photo: Photo,
}

async fn taken(edit: &Edit<'_>) -> Case {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo_with(&hospital, edit);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    Case { hospital, phone, photo }
}

impl Case {
    /// The last word on the photo under any signature.
    fn is_filed(&self, jws: &Jws) -> bool {
        let digest = jws.digest().to_string();
        let told = self.hospital.gateway.receipts();
        let about = |jws: &&Jws| String::from_utf8(jws.payload_bytes().unwrap()).unwrap().contains(&digest);
        told.iter().rfind(about).is_some_and(|jws| jws.typ() == "gauze-filed")
    }

    async fn rejudged(&self, cause: FilingRefusal) {
        assert!(rejudge(&self.hospital.data(), Again::Cause(cause)).await.unwrap() > 0);
        self.hospital.pass().await.unwrap();
        assert!(self.is_filed(&self.photo.jws));
    }

    /// The phone enrols anew and signs for it under its new key.
    async fn adopted(&self) {
        let next = self.phone.again(20, &self.hospital);
        let adopted = next.adopt(&self.hospital, &self.photo);
        self.hospital.gateway.take(&adopted);
        self.hospital.pass().await.unwrap();
        assert!(self.is_filed(&adopted.jws));
    }

    /// It is discarded on the phone, and taken anew.
    async fn taken_anew(&mut self) {
        let void = self.phone.void(&self.hospital, &self.photo);
        self.hospital.gateway.log(&void.jws);
        let anew = self.phone.photo(&self.hospital);
        self.hospital.gateway.take(&anew);
        let report = self.hospital.pass().await.unwrap();
        assert_eq!((report.voids, report.filed), (1, 1));
        assert!(self.is_filed(&anew.jws));
        // What was discarded is never judged again.
        rejudge(&self.hospital.data(), Again::All).await.unwrap();
        assert_eq!(self.hospital.pass().await.unwrap().rejudged, 0);
    }
}

async fn enrolment_invalid() -> Case {
    let hospital = Hospital::new();
    hospital.sign_policy(|policy| {
        policy["version"] = 2.into();
        policy["min_app_version"] = "99.0.0".into();
    });
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    assert_eq!(hospital.cause(&photo), "enrolment_invalid");
    hospital.sign_policy(|policy| policy["version"] = 3.into());
    hospital.pass().await.unwrap();
    Case { hospital, phone, photo }
}

async fn manifest_invalid() -> Case {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let mut photo = phone.photo(&hospital);
    let other = Jws::sign_bytes(photo.jws.typ(), b"{}", &phone.key).unwrap();
    let end = |jws: &Jws| jws.as_str().rfind('.').unwrap();
    let (text, signature) = (&photo.jws.as_str()[..end(&photo.jws)], &other.as_str()[end(&other)..]);
    photo.jws = Jws::parse(&format!("{text}{signature}")).unwrap();
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    Case { hospital, phone, photo }
}

async fn chain_broken() -> Case {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    hospital.gateway.take(&phone.photo(&hospital));
    let head = phone.prev;
    let elsewhere = Edit { body: &|body| body.prev = Some(Digest::of(b"x")), ..Edit::default() };
    let photo = phone.photo_with(&hospital, &elsewhere);
    (phone.seq, phone.prev) = (1, head);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    Case { hospital, phone, photo }
}

/// The phone enrols anew: what it takes from then on has a whole chain. What it discarded of the broken one is heard of.
async fn begun_anew(case: &Case) {
    let void = case.phone.void(&case.hospital, &case.photo);
    case.hospital.gateway.log(&void.jws);
    let mut next = case.phone.again(20, &case.hospital);
    let anew = next.photo(&case.hospital);
    case.hospital.gateway.take(&anew);
    case.hospital.pass().await.unwrap();
    assert!(case.is_filed(&anew.jws));
    let rows = case.hospital.list().await;
    let void = rows.iter().find(|row| row.kind == Kind::Void).unwrap();
    assert_eq!(void.status, Status::Refused, "an answer, with which the phone lets go of it");
}

async fn did_not_open() -> Case {
    let other = Hospital::new();
    let theirs = other.identities()[0].to_recipient();
    let seal = |_: &Hospital, record: &[u8], picture: &[u8]| seal_elsewhere(theirs.clone(), record, picture);
    let case = taken(&Edit { seal: &seal, ..Edit::default() }).await;
    assert_eq!(case.hospital.cause(&case.photo), "did_not_open");
    case.hospital.opens_for(&other);
    case
}

async fn mixed_recipients() -> Case {
    let stranger = Identity::make_mlkem768x25519(&mut SystemEntropy).unwrap().to_recipient();
    let seal = |hospital: &Hospital, record: &[u8], picture: &[u8]| {
        let strange = seal_elsewhere(stranger.clone(), record, picture);
        with_stanzas_of(&crate::fixture::seal(hospital, record, picture), &strange)
    };
    taken(&Edit { seal: &seal, ..Edit::default() }).await
}

async fn bundle_invalid() -> Case {
    let seal = |hospital: &Hospital, _: &[u8], picture: &[u8]| crate::fixture::seal(hospital, b"{}", picture);
    taken(&Edit { seal: &seal, ..Edit::default() }).await
}

/// Other bytes come than were signed for: that is no refusal, and they are asked for again.
async fn other_bytes_came() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.gateway.hold(&photo, b"a page".to_vec());
    assert_eq!(hospital.pass().await.unwrap().missing, 1);
    hospital.gateway.hold(&photo, photo.sealed.clone());
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    assert!(hospital.verify().await.ok);
}

/// Refuses a photo for `cause` and does what the refusal says.
async fn refused_and_mended(cause: FilingRefusal) {
    let mut case = match cause {
        FilingRefusal::EnrolmentInvalid => enrolment_invalid().await,
        FilingRefusal::ManifestInvalid => manifest_invalid().await,
        FilingRefusal::ChainBroken => chain_broken().await,
        FilingRefusal::DigestMismatch => return other_bytes_came().await,
        FilingRefusal::DidNotOpen => did_not_open().await,
        FilingRefusal::MixedRecipients => mixed_recipients().await,
        FilingRefusal::BundleInvalid => bundle_invalid().await,
        FilingRefusal::RecordMismatch => {
            taken(&Edit { record: &|record| record.seq += 1, ..Edit::default() }).await
        }
        FilingRefusal::PhotoMismatch => {
            taken(&Edit { record: &|record| record.photo_size += 1, ..Edit::default() }).await
        }
    };
    assert_eq!(case.hospital.cause(&case.photo), cause.code());
    assert!(case.hospital.verify().await.ok, "{cause:?}");
    let step = cause.next_step();
    match cause {
        FilingRefusal::EnrolmentInvalid => {
            assert!(step.contains("rejudge") && step.contains("enrol the phone anew"));
            case.adopted().await;
            case.rejudged(cause).await;
        }
        FilingRefusal::ManifestInvalid => {
            assert!(step.contains("Enrol the phone anew"));
            case.adopted().await;
        }
        FilingRefusal::ChainBroken => {
            assert!(step.contains("discarded on the phone") && step.contains("enrol the phone anew"));
            begun_anew(&case).await;
        }
        FilingRefusal::DidNotOpen => {
            assert!(step.contains("tenant-identity.txt") && step.contains("rejudge"));
            case.rejudged(cause).await;
        }
        FilingRefusal::MixedRecipients
        | FilingRefusal::BundleInvalid
        | FilingRefusal::RecordMismatch
        | FilingRefusal::PhotoMismatch => {
            assert!(step.contains("discarded on the phone") && step.contains("taken anew"));
            case.taken_anew().await;
        }
        FilingRefusal::DigestMismatch => {}
    }
    assert!(case.hospital.verify().await.ok, "{cause:?}");
}

#[tokio::test]
async fn every_refusal_of_a_photo_has_a_next_step_that_works() {
    for cause in FilingRefusal::ALL {
        refused_and_mended(cause).await;
    }
}

//! What was refused for a reason inside is judged again once that was mended, and the phone hears of it.

use gauze_records::{Again, rejudge};
use gauze_wire::{Deed, FilingRefusal};

use crate::fixture::{Hospital, Phone, Photo, too_strict, unopened};

async fn ask(hospital: &Hospital, which: Again) -> u64 {
    rejudge(&hospital.data(), which).await.unwrap()
}

fn is_filed_now(hospital: &Hospital, photo: &Photo) -> bool {
    hospital.last_word(photo) == "filed"
}

#[tokio::test]
async fn photos_that_a_policy_refused_are_filed_once_it_was_mended_and_somebody_asked() {
    let (hospital, mut phone, photos) = too_strict().await;
    // Asking without a mend changes nothing, and tells the phone nothing new.
    assert_eq!(ask(&hospital, Again::All).await, 2);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.rejudged, report.filed, report.acknowledged), (2, 0, 0));
    assert!(hospital.verify().await.ok);
    hospital.lets_in();
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.rejudged, report.filed), (0, 0), "nobody asked");

    // One photo is asked for; what its phone's enrolment held up besides goes with it.
    assert_eq!(ask(&hospital, Again::Photo(photos[1].id())).await, 1);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.filed, report.refused.len()), (2, 0));
    assert!(photos.iter().all(|photo| is_filed_now(&hospital, photo)));
    let next = phone.photo(&hospital);
    hospital.gateway.take(&next);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_phone_that_is_believed_late_is_what_the_acts_said_meanwhile() {
    let (hospital, mut phone, photos) = too_strict().await;
    hospital.acts(("helpdesk-7", "lost on a bus"), Deed::Revoke { device_id: phone.id() });
    let after = phone.photo(&hospital);
    hospital.gateway.take(&after);
    hospital.pass().await.unwrap();
    hospital.lets_in();
    assert_eq!(ask(&hospital, Again::Cause(FilingRefusal::EnrolmentInvalid)).await, 3);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.filed, report.refused.len()), (2, 0));
    assert!(photos.iter().all(|photo| is_filed_now(&hospital, photo)));
    assert_eq!(hospital.cause(&after), "enrolment_invalid", "it came after the phone was revoked");
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_photo_that_did_not_open_is_filed_from_what_was_kept_once_its_identity_is_there() {
    let (hospital, _, [photo, _], other) = unopened().await;
    // The gateway may have forgotten it: the bytes were kept here.
    hospital.gateway.with(|shop| shop.blobs.clear());
    hospital.opens_for(&other);
    assert_eq!(ask(&hospital, Again::Cause(FilingRefusal::ChainBroken)).await, 0);
    assert_eq!(ask(&hospital, Again::Cause(FilingRefusal::DidNotOpen)).await, 1);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.filed, report.missing), (1, 0));
    assert!(is_filed_now(&hospital, &photo) && hospital.sealed(&photo).is_file());
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn an_adoption_that_was_refused_with_its_phones_enrolment_holds_with_it() {
    let (hospital, phone, photos) = too_strict().await;
    let next = phone.again(11, &hospital);
    let adopted = next.adopt(&hospital, &photos[0]);
    hospital.gateway.take(&adopted);
    hospital.pass().await.unwrap();
    assert_eq!(hospital.cause(&adopted), "enrolment_invalid");
    hospital.lets_in();
    // The phone enrols once more under the mended policy, and adopts what was refused.
    let last = next.again(12, &hospital);
    let again = last.adopt(&hospital, &photos[1]);
    hospital.gateway.take(&again);
    hospital.pass().await.unwrap();
    // Its word that it follows the middle key is all there is: that one's enrolment was rejected.
    assert_eq!(hospital.cause(&again), "chain_broken");
    ask(&hospital, Again::All).await;
    hospital.pass().await.unwrap();
    assert!(is_filed_now(&hospital, &adopted) && is_filed_now(&hospital, &again));
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn what_is_let_in_late_is_judged_by_the_chain_before_it_and_takes_no_place_from_what_was_filed() {
    let (hospital, mut phone, [first, second]) = too_strict().await;
    hospital.lets_in();
    hospital.pass().await.unwrap();
    // Under the same key the phone enrols once more, and has forgotten what it took.
    let mut twin = Phone::enrolled(10, &hospital);
    let taken = [twin.photo(&hospital), twin.photo(&hospital)];
    taken.iter().for_each(|photo| hospital.gateway.take(photo));
    assert_eq!(hospital.pass().await.unwrap().filed, 2);
    assert_eq!(ask(&hospital, Again::Cause(FilingRefusal::EnrolmentInvalid)).await, 2);
    assert_eq!(hospital.pass().await.unwrap().filed, 2);
    assert!(is_filed_now(&hospital, &first) && is_filed_now(&hospital, &second));
    let report = hospital.verify().await;
    assert!(report.ok, "{:?}", report.findings);
    // The chain goes on from what was filed first.
    let (fits, breaks) = (twin.photo(&hospital), phone.photo(&hospital));
    for photo in [&fits, &breaks] {
        hospital.gateway.take(photo);
    }
    hospital.pass().await.unwrap();
    assert!(is_filed_now(&hospital, &fits));
    assert_eq!(hospital.cause(&breaks), "chain_broken");
    let report = hospital.verify().await;
    assert!(report.ok, "{:?}", report.findings);
    // Asked again, nothing becomes another.
    ask(&hospital, Again::All).await;
    hospital.pass().await.unwrap();
    assert!(hospital.verify().await.ok);
}

//! What stops a photo is shown with it, as long as it stops it.

use gauze_core::ports::{Answer, TransportError};
use gauze_core::{Stage, Trouble};
use jiff::SignedDuration;

use crate::fixture::{Fate, Phone, Seen, Ward, stopped};

/// errno(3), and what the phone says of it.
const DISK: [(i32, Trouble); 5] = [
    (28, Trouble::StorageFull),
    (30, Trouble::StorageReadOnly),
    (13, Trouble::StorageDenied),
    (24, Trouble::TooManyFiles),
    (5, Trouble::Storage),
];

#[tokio::test]
async fn a_disk_that_fails_under_the_queue_is_named_and_the_photo_goes_on_when_it_works() {
    for (os_error, trouble) in DISK {
        let ward = Ward::new().await;
        let phone = Phone::enrolled(&ward).await;
        let id = phone.capture(0);
        phone.disk.fails(0, os_error);
        let report = phone.run().await;
        phone.disk.works();
        assert_eq!(report.stopped, [stopped(id, trouble)]);
        assert_eq!(phone.shown(id), Some((Stage::Unsigned, Some(trouble))));
        assert_eq!(phone.run().await.stored, 1, "{trouble:?}");
        assert_eq!(phone.shown(id), Some((Stage::Stored, None)));
    }
}

#[tokio::test]
async fn a_stored_photo_says_why_it_hears_nothing_until_it_hears_again() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.link.obeys(|_| Fate::Fails(TransportError::Unreachable));
    phone.run().await;
    assert_eq!(phone.shown(id), Some((Stage::Signed, Some(Trouble::Offline))));
    phone.link.works();
    phone.run().await;
    assert_eq!(phone.shown(id), Some((Stage::Stored, None)), "what stopped it before is not said any more");
    phone.link.obeys(|_| Fate::Fails(TransportError::Unreachable));
    phone.run().await;
    phone.restart();
    assert_eq!(phone.shown(id), Some((Stage::Stored, Some(Trouble::Offline))), "also after a restart");
    phone.link.works();
    phone.run().await;
    assert_eq!(phone.shown(id), Some((Stage::Stored, None)));
}

#[tokio::test]
async fn a_filed_photo_that_the_disk_does_not_let_go_says_so_and_goes_when_it_does() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    phone.run().await;
    ward.pull().await;
    phone.disk.fails(0, 30);
    phone.run().await;
    phone.disk.works();
    assert_eq!(phone.shown(id), Some((Stage::Stored, Some(Trouble::StorageReadOnly))));
    assert_eq!(phone.run().await.filed, [id]);
}

#[tokio::test]
async fn a_refused_bundle_is_shown_until_one_holds_and_photos_go_on() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    phone.link.obeys(|seen| {
        if !seen.path.ends_with("/bundle") {
            return Fate::Deliver;
        }
        Fate::Answered(Box::new(|answer| Answer { body: b"not.a.bundle".to_vec(), ..answer }))
    });
    phone.capture(0);
    assert_eq!(phone.run().await.stored, 1);
    let refused = phone.client().status().trust_refused.unwrap();
    assert_eq!(refused.code, "bundle_invalid");
    assert!(refused.next_step.contains("report this to IT"), "{}", refused.next_step);
    phone.link.works();
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    assert_eq!(phone.client().status().trust_refused, None);
}

/// A filter or a sign-in page answers in the place of what the hospital signed.
fn page(at: &'static str, content_type: Option<&'static str>) -> impl FnMut(&Seen) -> Fate {
    move |seen| {
        if !seen.path.ends_with(at) {
            return Fate::Deliver;
        }
        // Of the kind that is not UTF-8.
        let (content_type, body) = (content_type.map(str::to_owned), b"<html>gesch\xfctzt</html>".to_vec());
        Fate::Replaced(Answer { status: 200, content_type, body, ..Answer::default() })
    }
}

#[tokio::test]
async fn a_page_in_the_place_of_what_the_hospital_signed_is_not_called_the_hospitals_fault() {
    const AS: [Option<&str>; 3] = [None, Some("text/html"), Some("text/html; charset=iso-8859-1")];
    let ward = Ward::new().await;
    let phone = Phone::new(&ward, "phone");
    let managed = ward.managed();
    for at in ["/bundle", "/policy"] {
        for content_type in AS {
            phone.link.obeys(page(at, content_type));
            let refused = phone.client().enrol(&managed).await.unwrap_err();
            assert_eq!(refused.code(), "answered_in_between", "{at}, {content_type:?}");
        }
    }
    phone.link.works();
    phone.client().enrol(&managed).await.unwrap();
    for at in ["/bundle", "/policy"] {
        for (n, content_type) in AS.into_iter().enumerate() {
            phone.capture(n);
            ward.clock.pass(SignedDuration::from_mins(2));
            phone.link.obeys(page(at, content_type));
            phone.run().await;
            assert!(phone.link.seen().iter().any(|seen| seen.path.ends_with(at)), "{at}, {content_type:?}");
            let status = phone.client().status();
            assert_eq!((status.trust_refused, status.unsent), (None, 0), "{at}, {content_type:?}");
        }
    }
}

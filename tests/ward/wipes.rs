//! Orders and wipes: obeyed where the hospital signed them for this phone, carried out to their end, and told.

use gauze_core::ReviewError;
use gauze_core::ports::{Answer, KeyVault as _};
use gauze_gateway::GatewayKeys;
use gauze_records::proposals::{Decider, approve};
use gauze_wire::{
    DeviceId, DeviceStatus, Jws, Photos, ProposalId, ReviewDenied, Signed as _, Standing, StatusAnswer,
    WipeOrder,
};
use jiff::SignedDuration;

use crate::fixture::{Fate, Phone, Ward, jpeg};
use crate::life::{admin, by, denied, later};

/// The hospital pulls the proposal, agrees, and hands its signature in.
async fn approved(ward: &Ward, id: &ProposalId) {
    ward.pull().await;
    let decider = Decider::new("governance-2", "as asked").unwrap();
    approve(&ward.path("records"), &ward.keys(), id, &decider, ward.clock.time()).await.unwrap();
    ward.pull().await;
}

pub async fn lose(ward: &Ward, id: &DeviceId, photos: Photos) {
    let report = admin(ward).await.lost(id, photos, &by()).await.unwrap();
    approved(ward, &report.wipe.proposal_id).await;
}

#[tokio::test]
async fn a_lost_phone_is_wiped_by_the_hospitals_order_and_says_so() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let (sent, kept) = (phone.capture(0), phone.capture(1));
    phone.client().unlock().unwrap();
    later(&ward, &phone).await;
    ward.pull().await;
    later(&ward, &phone).await;
    assert_eq!((phone.stage(sent), phone.stage(kept)), (None, None));
    let kept = phone.capture(2);
    lose(&ward, &phone.id(), Photos::Keep).await;
    let device = phone.id();
    later(&ward, &phone).await;

    assert!(!phone.dir.join("store.key").exists());
    assert!(phone.vault.review_key().unwrap().is_none() && phone.vault.device_key().is_ok());
    assert!(!phone.file(kept, "review.age").exists() && phone.file(kept, "photo.age").exists());
    assert!(matches!(phone.client().unlock(), Err(ReviewError::Denied(ReviewDenied::Wiped))));
    assert!(phone.try_capture(3).is_err(), "a wiped phone takes no photo");
    let story = admin(&ward).await.device(&device).await.unwrap();
    assert!(story.device.wiped_at.is_some());
    assert_eq!((story.device.unsent, story.missing), (1, 1));

    // Found again: with a new token it is another phone, and what it kept goes out under its new key.
    phone.restart();
    phone.client().enrol(&ward.managed()).await.unwrap();
    assert_ne!(phone.id(), device);
    later(&ward, &phone).await;
    ward.pull().await;
    later(&ward, &phone).await;
    assert_eq!(phone.stage(kept), None);
    let report = ward.verified().await;
    assert!(report.ok, "{:?}", report.findings);
}

#[tokio::test]
async fn photos_are_destroyed_only_where_the_signed_order_says_so_and_leave_signed_voids() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let ids = [phone.capture(0), phone.capture(1)];
    let device = phone.id();
    lose(&ward, &device, Photos::Destroy).await;
    later(&ward, &phone).await;
    for id in ids {
        assert!(!phone.file(id, "photo.age").exists());
    }
    later(&ward, &phone).await;
    ward.pull().await;
    later(&ward, &phone).await;
    let listed = ward.listed().await;
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|photo| photo.kind == gauze_records::Kind::Void));
    let report = ward.verified().await;
    assert!(report.ok && report.gaps.is_empty(), "{report:?}");
    // Nothing is left to send: the device key went last.
    assert!(phone.vault.device_key().is_err());
    phone.restart();
    assert_eq!(phone.client().status().device_id, None);
}

/// From now on the gateway itself tells the phone that this is its order.
fn orders(ward: &Ward, phone: &Phone, order: Jws) {
    let standing = Standing {
        v: 1,
        typ: Standing::TYP.into(),
        tenant: ward.tenant(),
        device_id: phone.id(),
        at: ward.clock.time() + SignedDuration::from_mins(2),
        status: DeviceStatus::Active,
        review_denied: None,
        attest_by: None,
        wipe: Some(order),
    };
    let keys = GatewayKeys::load(&ward.path("gateway")).unwrap();
    let standing = Jws::sign(&standing, keys.receipts()).unwrap();
    let body = serde_json::to_vec(&StatusAnswer { captures: Vec::new(), standing: Some(standing) }).unwrap();
    phone.link.obeys(move |seen| {
        let body = body.clone();
        match seen.path.ends_with("/status") {
            true => Fate::Answered(Box::new(move |answer| Answer { body, ..answer })),
            false => Fate::Deliver,
        }
    });
}

#[tokio::test]
async fn an_order_that_the_hospital_did_not_sign_for_this_phone_wipes_nothing() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let id = phone.capture(0);
    let order = |device_id: DeviceId| WipeOrder {
        v: 1,
        typ: "gauze-wipe".into(),
        tenant: ward.tenant(),
        order_id: "BBBBBBBBBBBBBBBBBBBBBB".parse().unwrap(),
        device_id,
        photos: Photos::Destroy,
        issued_at: ward.clock.time(),
    };
    let policy_key = ward.keys().policy().unwrap();
    let records_key = ward.keys().records().unwrap();
    let stranger = ward.other_keys().policy().unwrap();
    let mine = order(phone.id());
    let wrong = [
        Jws::sign(&mine, &records_key).unwrap(),
        Jws::sign(&mine, &stranger).unwrap(),
        Jws::sign(&order("A".repeat(43).parse().unwrap()), &policy_key).unwrap(),
        Jws::sign(&WipeOrder { tenant: "ward-8".parse().unwrap(), ..mine.clone() }, &policy_key).unwrap(),
    ];
    for jws in wrong {
        orders(&ward, &phone, jws);
        later(&ward, &phone).await;
        assert!(phone.file(id, "photo.age").exists() && phone.file(id, "review.age").exists());
    }
    orders(&ward, &phone, Jws::sign(&mine, &policy_key).unwrap());
    later(&ward, &phone).await;
    assert!(!phone.file(id, "review.age").exists());
}

#[tokio::test]
async fn a_wipe_that_is_cut_off_anywhere_is_finished_at_the_next_opening() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    // How many steps a wipe of two photos takes.
    let prepared = |phone: &Phone| {
        let ids = [phone.capture(0), phone.capture(1)];
        phone.client().preview_from(ids[0], jpeg(0)).unwrap();
        ids
    };
    let mut all = prepared(&phone).to_vec();
    phone.disk.works();
    phone.client().wipe().unwrap();
    let steps = phone.disk.ops().len();
    assert!(steps > 6, "{steps}");
    for at in 0..steps {
        // Each time a new key: the phone was wiped and enrols anew.
        phone.restart();
        phone.client().enrol(&ward.managed()).await.unwrap();
        let ids = prepared(&phone);
        all.extend(ids);
        phone.disk.dies(at);
        assert!(phone.client().wipe().is_err(), "at {at} of {steps}");
        phone.restart();
        let what = format!("at {at} of {steps}");
        if phone.client().status().review_denied.is_none() {
            // It had not begun durably; begun again it is done.
            phone.client().wipe().unwrap();
        }
        assert_eq!(phone.client().status().review_denied.as_deref(), Some("wiped"), "{what}");
        assert!(phone.vault.review_key().unwrap().is_none(), "{what}");
        for id in ids {
            assert!(
                !phone.file(id, "review.age").exists() && !phone.file(id, "preview.age").exists(),
                "{what}"
            );
            assert!(phone.file(id, "photo.age").exists(), "{what}");
        }
    }
    phone.restart();
    phone.client().enrol(&ward.managed()).await.unwrap();
    for _ in 0..3 {
        later(&ward, &phone).await;
        ward.pull().await;
    }
    later(&ward, &phone).await;
    assert_eq!(phone.outbox(), [""; 0]);
    assert_eq!(ward.listed().await.len(), all.len());
}

#[tokio::test]
async fn a_page_in_the_gateways_place_does_not_take_the_word_that_an_order_was_carried_out() {
    let ward = Ward::new().await;
    for status in [200, 202, 204] {
        let phone = Phone::new(&ward, &format!("phone-{status}"));
        let device = phone.client().enrol(&ward.managed()).await.unwrap();
        lose(&ward, &device, Photos::Keep).await;
        phone.link.obeys(move |seen| {
            let body = b"<html>502 Bad Gateway</html>".to_vec();
            match seen.path.ends_with("/wiped") {
                true => Fate::Replaced(Answer { status, body, ..Answer::default() }),
                false => Fate::Deliver,
            }
        });
        for _ in 0..3 {
            later(&ward, &phone).await;
        }
        let wiped_at = async || admin(&ward).await.device(&device).await.unwrap().device.wiped_at;
        assert_eq!((phone.id(), wiped_at().await), (device.clone(), None), "{status}: it is still owed");
        phone.link.works();
        later(&ward, &phone).await;
        assert!(wiped_at().await.is_some(), "{status}");
        assert_eq!(phone.client().status().device_id, None, "{status}: nothing is left to send");
    }
}

/// From the moment on in which the phone hears where it stands, its disk takes so many steps and no more.
fn dies_once_it_hears(phone: &Phone, at: usize) {
    let disk = phone.disk.clone();
    phone.link.obeys(move |seen| {
        let disk = disk.clone();
        match seen.path.ends_with("/status") {
            true => Fate::Answered(Box::new(move |answer| {
                disk.dies(at);
                answer
            })),
            false => Fate::Deliver,
        }
    });
}

#[tokio::test]
async fn an_order_that_destroys_and_is_cut_off_anywhere_is_carried_out_to_its_end() {
    let ward = Ward::new().await;
    let (mut lost, mut cut_amid) = (Vec::new(), 0);
    // How many steps there are from the order to its end is not known: a phone dies at each.
    loop {
        let at = lost.len();
        let mut phone = Phone::new(&ward, &format!("phone-{at}"));
        let device = phone.client().enrol(&ward.managed()).await.unwrap();
        let ids = [phone.capture(0), phone.capture(1)];
        phone.client().preview_from(ids[0], jpeg(0)).unwrap();
        lose(&ward, &device, Photos::Destroy).await;
        dies_once_it_hears(&phone, at);
        later(&ward, &phone).await;
        let (died, begun) = (phone.disk.died(), phone.dir.join("gauze/wipe.json").exists());
        let left = ids.iter().filter(|id| phone.file(**id, "photo.age").exists()).count();
        cut_amid += usize::from(begun && left > 0);
        phone.restart();
        phone.link.works();
        if !begun {
            // The order is handed out again.
            later(&ward, &phone).await;
        }
        assert_eq!(denied(&phone).as_deref(), Some("wiped"), "at {at}");
        assert!(phone.vault.review_key().unwrap().is_none(), "at {at}");
        for id in ids {
            for name in ["photo.age", "review.age", "preview.age"] {
                assert!(!phone.file(id, name).exists(), "at {at}: {name}");
            }
        }
        later(&ward, &phone).await;
        phone.close();
        lost.push((phone, device));
        if !died {
            break;
        }
        assert!(at < 500, "it never gets to the end");
    }
    assert!(cut_amid > 5, "{cut_amid} of {}", lost.len());
    ward.pull().await;
    let listed = ward.listed().await;
    assert_eq!(listed.len(), 2 * lost.len(), "each photo left its void");
    assert!(listed.iter().all(|photo| photo.kind == gauze_records::Kind::Void));
    for (at, (phone, device)) in lost.iter_mut().enumerate() {
        phone.restart();
        later(&ward, phone).await;
        assert_eq!((phone.client().status().device_id, phone.outbox()), (None, Vec::new()), "at {at}");
        assert!(phone.vault.device_key().is_err(), "at {at}");
        phone.close();
        assert!(admin(&ward).await.device(device).await.unwrap().device.wiped_at.is_some(), "at {at}");
    }
    assert!(ward.verified().await.ok);
}

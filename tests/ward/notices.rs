//! Notices to staff on a phone: whoever signs in reads each once, and the hospital hears who did, sealed.

use std::sync::atomic::Ordering;

use gauze_core::ports::{Answer, KeyVault as _};
use gauze_core::wire::ShownNotice;
use gauze_wire::{EntryKind, Photos};
use jiff::SignedDuration;

use crate::fixture::{Fate, Phone, Ward};
use crate::life::{later, with_life};
use crate::reporting::{cases, kept, nowhere, said};
use crate::sign_in::{phone_at, policy, sign_in};
use crate::wipes::lose;

fn staff(version: u32) -> ShownNotice {
    ShownNotice { code: "staff".parse().unwrap(), version }
}

/// How many reports the gateway logged, of whatever.
async fn logged(ward: &Ward) -> usize {
    ward.log().await.iter().filter(|entry| entry.kind == EntryKind::Report).count()
}

#[track_caller]
fn has_read(phone: &Phone, version: u32, expected: bool) {
    assert_eq!(phone.client().has_read(&staff(version)), expected, "version {version}");
}

#[tokio::test]
async fn who_has_read_a_notice_is_not_asked_again_after_a_restart_or_a_sign_in_and_everybody_else_is() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (mut phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    has_read(&phone, 1, false);
    phone.client().read_notice(&staff(1));
    has_read(&phone, 1, true);
    has_read(&phone, 2, false);
    phone.restart();
    has_read(&phone, 1, true);
    phone.client().sign_out();
    has_read(&phone, 1, false);
    fork.turns_to("nurse-8", "Robin Vale");
    sign_in(&phone, &fork).await.unwrap();
    has_read(&phone, 1, false);
    fork.turns_to("nurse-7", "Alex Morgan");
    sign_in(&phone, &fork).await.unwrap();
    has_read(&phone, 1, true);
    phone.client().read_notice(&staff(1));
    assert_eq!(kept(&phone).len(), 1, "it is told once");
    nowhere(&phone.dir, &["Morgan", "nurse-7"]);
}

#[tokio::test]
async fn that_a_notice_was_read_goes_with_the_queue_until_the_hospital_has_it_and_is_no_report_and_no_case() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (mut phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    phone.client().read_notice(&staff(1));
    phone.restart();
    assert_eq!((phone.client().status().reports, phone.client().reports().len()), (0, 0));
    let [name] = kept(&phone).try_into().unwrap();
    assert!(name.ends_with(".read"), "{name}");
    let report = phone.run().await;
    assert_eq!((report.reports, logged(&ward).await), (0, 1));
    nowhere(&ward.gateway(), &["Morgan", "nurse-7"]);
    phone.run().await;
    assert_eq!(kept(&phone).len(), 2, "the hospital does not have it yet");
    assert_eq!(cases(&ward).await.len(), 0);
    phone.run().await;
    assert_eq!((kept(&phone), logged(&ward).await), (Vec::new(), 1));
}

#[tokio::test]
async fn where_nobody_signed_in_it_counts_until_the_phone_changes_hands_and_nobody_is_told() {
    let ward = Ward::with(|_| {}, policy("asked")).await;
    let (mut phone, fork) = phone_at(&ward, "phone").await;
    for ends in 0..3 {
        has_read(&phone, 1, false);
        phone.client().read_notice(&staff(1));
        has_read(&phone, 1, true);
        match ends {
            0 => phone.client().sign_out(),
            1 => phone.restart(),
            _ => drop(sign_in(&phone, &fork).await.unwrap()),
        }
    }
    has_read(&phone, 1, false);
    phone.run().await;
    assert_eq!((kept(&phone), logged(&ward).await), (Vec::new(), 0));
}

#[tokio::test]
async fn notices_that_were_read_leave_room_for_what_went_wrong_and_go_behind_it() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (mut phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    for version in 1..=12 {
        phone.client().read_notice(&staff(version));
    }
    for _ in 0..3 {
        phone.run().await;
        assert_eq!(logged(&ward).await, 10);
        phone.restart();
    }
    phone.client().report(&said()).unwrap();
    phone.run().await;
    assert!(phone.client().reports()[0].sent);
    assert_eq!(logged(&ward).await, 11);
    ward.pull().await;
    phone.run().await;
    ward.clock.pass(SignedDuration::from_hours(25));
    phone.restart();
    phone.run().await;
    assert_eq!(logged(&ward).await, 13);
}

#[tokio::test]
async fn what_the_gateway_had_before_a_restart_takes_no_place_of_what_it_has_not() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (mut phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    for version in 1..=12 {
        phone.client().read_notice(&staff(version));
    }
    phone.run().await;
    ward.clock.pass(SignedDuration::from_hours(25));
    phone.restart();
    phone.run().await;
    assert_eq!(logged(&ward).await, 12, "the hospital has none of them yet");
}

#[tokio::test]
async fn a_notice_that_is_read_does_not_overrule_a_gateway_that_asked_to_be_left_alone() {
    const LEFT_ALONE: SignedDuration = SignedDuration::from_mins(30);
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    phone.client().read_notice(&staff(1));
    phone.link.obeys(|seen| match seen.path.ends_with("/reports") {
        true => {
            let retry_after = Some(LEFT_ALONE.as_secs().to_string());
            Fate::Replaced(Answer { status: 503, retry_after, ..Answer::default() })
        }
        false => Fate::Deliver,
    });
    phone.run().await;
    phone.link.works();
    phone.client().read_notice(&staff(2));
    let report = phone.client().run_queue(false).await.unwrap();
    let left_until = (ward.clock.time() + LEFT_ALONE).as_millisecond();
    assert_eq!((logged(&ward).await, report.next_at_ms), (0, Some(left_until)));
    ward.clock.pass(LEFT_ALONE);
    phone.client().run_queue(false).await.unwrap();
    assert_eq!(logged(&ward).await, 2);
}

#[tokio::test]
async fn whoever_has_the_phone_after_a_shift_has_read_nothing_and_nobody_is_told_of_them() {
    let ward = Ward::with(|_| {}, policy("asked")).await;
    let (phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    phone.client().read_notice(&staff(1));
    ward.clock.pass(SignedDuration::from_hours(13));
    has_read(&phone, 1, false);
    sign_in(&phone, &fork).await.unwrap();
    ward.clock.pass(SignedDuration::from_hours(13));
    phone.client().read_notice(&staff(2));
    assert_eq!(kept(&phone).len(), 1, "nobody is signed in");
    has_read(&phone, 2, true);
    sign_in(&phone, &fork).await.unwrap();
    has_read(&phone, 1, true);
    has_read(&phone, 2, false);
}

#[tokio::test]
async fn words_whose_files_are_damaged_take_no_place_of_those_that_are_whole() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (mut phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    for version in 1..=10 {
        phone.client().read_notice(&staff(version));
    }
    for name in kept(&phone) {
        std::fs::File::create(phone.dir.join("gauze/reports").join(name)).unwrap();
    }
    phone.restart();
    phone.client().read_notice(&staff(11));
    phone.run().await;
    assert_eq!(logged(&ward).await, 1);
}

#[tokio::test]
async fn an_order_that_destroys_takes_what_was_read_too() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    phone.link.obeys(|seen| if seen.path.ends_with("/reports") { Fate::Lost } else { Fate::Deliver });
    phone.client().read_notice(&staff(1));
    phone.run().await;
    assert_eq!(kept(&phone).len(), 2, "it is signed, and did not arrive");
    lose(&ward, &phone.id(), Photos::Destroy).await;
    later(&ward, &phone).await;
    assert_eq!(kept(&phone), [""; 0]);
}

#[tokio::test]
async fn once_a_silence_is_over_who_reads_a_notice_is_asked_once_although_the_index_has_lost_its_key() {
    let required = |rules: &mut serde_json::Value| {
        policy("required")(rules);
        with_life(rules, 24, 0);
    };
    let ward = Ward::with(|_| {}, required).await;
    let (phone, fork) = phone_at(&ward, "phone").await;
    phone.air.0.store(false, Ordering::Relaxed);
    ward.clock.pass(SignedDuration::from_hours(25));
    phone.client().run_queue(false).await.unwrap();
    assert_eq!(phone.client().status().review_denied.as_deref(), Some("silent"));
    phone.run().await;
    sign_in(&phone, &fork).await.unwrap();
    phone.client().read_notice(&staff(1));
    phone.client().sign_out();
    has_read(&phone, 1, false);
    sign_in(&phone, &fork).await.unwrap();
    has_read(&phone, 1, true);
    phone.client().read_notice(&staff(1));
    assert_eq!(kept(&phone).len(), 1, "it is told once");
}

#[tokio::test]
async fn a_kill_at_any_step_of_reading_has_it_asked_again_or_told() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (mut phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    phone.client().read_notice(&staff(1));
    phone.disk.works();
    phone.client().read_notice(&staff(2));
    let steps = phone.disk.ops().len();
    assert!(steps >= 4, "{steps}");
    let mut read = 2;
    for (at, version) in (0..steps).zip(3..) {
        phone.disk.dies(at);
        phone.client().read_notice(&staff(version));
        has_read(&phone, version, true);
        phone.restart();
        read += usize::from(phone.client().has_read(&staff(version)));
        assert!(kept(&phone).len() >= read, "at {at} of {steps}: {:?}", kept(&phone));
        assert!(kept(&phone).iter().all(|name| name.ends_with(".read")), "at {at} of {steps}");
    }
}

#[tokio::test]
async fn under_another_key_a_notice_is_read_anew_and_what_the_key_before_would_prove_is_let_go() {
    let ward = Ward::with(|_| {}, policy("required")).await;
    let (phone, fork) = phone_at(&ward, "phone").await;
    sign_in(&phone, &fork).await.unwrap();
    phone.client().read_notice(&staff(1));
    phone.vault.destroy(true).unwrap();
    phone.run().await;
    phone.client().enrol(&ward.managed()).await.unwrap();
    assert_eq!(kept(&phone), [""; 0]);
    sign_in(&phone, &fork).await.unwrap();
    has_read(&phone, 1, false);
}

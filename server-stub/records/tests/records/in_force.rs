//! Entries are judged by what was in force where they stand in the log.

use std::fs;

use gauze_records::keys::{self, KeyDir};
use gauze_records::proposals::{Decider, approve, list_proposals};
use gauze_records::pull::Puller;
use gauze_records::{Coded as _, Status};
use gauze_wire::{Deed, Jws, SoftwareKey, Wanted};
use serde_json::json;

use crate::fixture::{Edit, Hospital, Phone, write};

fn stricter(hospital: &Hospital, version: u64) {
    hospital.sign_policy(|policy| {
        policy["version"] = version.into();
        policy["min_app_version"] = "99.0.0".into();
    });
}

#[tokio::test]
async fn a_stricter_policy_condemns_no_phone_that_the_gateway_took_in_before_it() {
    let hospital = Hospital::new();
    hospital.pass().await.unwrap();
    // While nothing is pulled, phones enrol and governance signs.
    let mut early = Phone::enrolled(10, &hospital);
    let photo = early.photo(&hospital);
    hospital.gateway.take(&photo);
    stricter(&hospital, 2);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.rejected), (1, 0));
    hospital.filed(&photo);
    // From there on it counts.
    let mut late = Phone::enrolled(11, &hospital);
    let refused = late.photo(&hospital);
    hospital.gateway.take(&refused);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.rejected), (0, 1));
    assert_eq!(hospital.cause(&refused), "enrolment_invalid");
    assert!(hospital.verify().await.ok);

    // A new data directory that was given the old one's history judges the same.
    begin_elsewhere(&hospital);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.rejected, report.filed), (1, 1, 1));
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_phone_that_a_milder_policy_let_in_between_two_pulls_is_believed() {
    let hospital = Hospital::new();
    stricter(&hospital, 2);
    hospital.pass().await.unwrap();
    hospital.sign_policy(|policy| policy["version"] = 3.into());
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.rejected), (1, 0));
    hospital.filed(&photo);
}

/// The gateway asks for a policy of version `version`.
fn proposed(hospital: &Hospital, version: u64, min_app_version: &str) {
    let mut policy = hospital.template("policy.json");
    policy["version"] = version.into();
    policy["min_app_version"] = min_app_version.into();
    policy["allow_software_keys"] = true.into();
    let wanted = Wanted::Policy { policy: policy.as_object().unwrap().clone() };
    let proposal_id = "AAAAAAAAAAAAAAAAAAAAAA".parse().unwrap();
    hospital.acts(("gate", "newer apps"), Deed::Propose { proposal_id, wanted });
}

async fn approved(hospital: &Hospital) {
    let waiting = list_proposals(&hospital.data(), false).await.unwrap().remove(0);
    let by = Decider::new("ward lead", "agreed").unwrap();
    approve(&hospital.data(), &hospital.keys(), &waiting.proposal_id, &by, hospital.now()).await.unwrap();
}

/// A new data directory that is given the old one's history.
fn begin_elsewhere(hospital: &Hospital) {
    let (old, new) = (hospital.data(), hospital.path("elsewhere"));
    fs::create_dir(&new).unwrap();
    for name in ["sealed", "bundles", "in-force"] {
        fs::rename(old.join(name), new.join(name)).unwrap();
    }
    fs::remove_dir_all(&old).unwrap();
    fs::rename(&new, &old).unwrap();
}

#[tokio::test]
async fn what_was_judged_by_news_before_a_pass_failed_is_judged_so_again() {
    let hospital = Hospital::new();
    stricter(&hospital, 2);
    proposed(&hospital, 3, "0.1.0");
    hospital.pass().await.unwrap();
    approved(&hospital).await;
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    // It goes as far as telling what was decided; twice, and the second time there is nothing new to judge.
    for left in [2, 1] {
        hospital.gateway.with(|shop| shop.calls_left = Some(left));
        hospital.pass().await.unwrap_err();
        assert_eq!(hospital.list().await.len(), 1, "it was judged");
    }
    hospital.gateway.with(|shop| shop.calls_left = None);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    begin_elsewhere(&hospital);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.rejected, report.filed), (1, 0, 1));
    assert!(hospital.verify().await.ok);

    // What was news then lends nothing to what is news later.
    stricter(&hospital, 4);
    hospital.pass().await.unwrap();
    Phone::enrolled(11, &hospital);
    assert_eq!(hospital.pass().await.unwrap().rejected, 1);
    hospital.sign_policy(|policy| policy["version"] = 5.into());
    hospital.pass().await.unwrap();
    begin_elsewhere(&hospital);
    assert_eq!(hospital.pass().await.unwrap().rejected, 1);
}

#[tokio::test]
async fn a_policy_that_is_approved_here_counts_only_once_the_gateway_was_told() {
    let hospital = Hospital::new();
    proposed(&hospital, 2, "99.0.0");
    hospital.pass().await.unwrap();
    approved(&hospital).await;
    // The gateway, which does not know yet, takes a phone in; and another one at the moment when it is told.
    let mut early = Phone::enrolled(10, &hospital);
    let between = Phone::new(11).enrolment(&hospital, hospital.token());
    hospital.gateway.with(|shop| shop.logs_when_told = Some(between));
    let photo = early.photo(&hospital);
    hospital.gateway.take(&photo);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.enrolled, report.rejected, report.decisions), (2, 0, 1));
    hospital.filed(&photo);
    Phone::enrolled(12, &hospital);
    assert_eq!(hospital.pass().await.unwrap().rejected, 1);
}

#[tokio::test]
async fn a_token_counts_by_the_policy_keys_of_its_place() {
    let hospital = Hospital::new();
    hospital.pass().await.unwrap();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    let late = Phone::new(11).enrolment(&hospital, hospital.token());
    // The policy key is replaced, and the new bundle does not name the old one any more.
    let other = Hospital::new();
    fs::copy(other.keys().path(keys::POLICY), hospital.keys().path(keys::POLICY)).unwrap();
    let key =
        SoftwareKey::from_pem(&fs::read_to_string(hospital.keys().path(keys::POLICY)).unwrap()).unwrap();
    let public = gauze_wire::Signer::public_key(&key);
    hospital
        .sign_bundle(|bundle| {
            bundle["version"] = json!(2);
            bundle["policy_keys"] = json!([public]);
        })
        .unwrap();
    hospital.sign_policy(|policy| policy["version"] = 2.into());
    assert_eq!(hospital.pass().await.unwrap().enrolled, 1);
    hospital.filed(&photo);
    hospital.gateway.log(&late);
    assert_eq!(hospital.pass().await.unwrap().rejected, 1);
}

#[tokio::test]
async fn what_was_said_is_compared_with_the_lists_that_the_phone_had() {
    let lists = |version: u64, code: &str| {
        let teams = json!([{ "code": code, "words": "Vascular" }]);
        move |policy: &mut serde_json::Value| {
            policy["version"] = version.into();
            policy["lists"] = json!({ "teams": teams });
        }
    };
    let hospital = Hospital::new();
    hospital.sign_policy(lists(2, "vascular"));
    hospital.pass().await.unwrap();
    let mut phone = Phone::enrolled(10, &hospital);
    let team = |record: &mut gauze_wire::Record| {
        record.team = serde_json::from_value(json!({ "code": "vascular", "words": "Vascular" })).unwrap();
    };
    let photo = phone.photo_with(&hospital, &Edit { record: &team, ..Edit::default() });
    hospital.gateway.take(&photo);
    hospital.sign_policy(lists(3, "burns"));
    hospital.pass().await.unwrap();
    let later = phone.photo_with(&hospital, &Edit { record: &team, ..Edit::default() });
    hospital.gateway.take(&later);
    hospital.pass().await.unwrap();
    let flags: Vec<usize> =
        hospital.list().await.into_iter().map(|row| row.gist.unwrap().flags.len()).collect();
    assert_eq!(flags, [0, 1]);
}

#[tokio::test]
async fn a_status_list_counts_from_where_it_was_seen_and_is_kept() {
    let hospital = Hospital::new();
    let mut config = hospital.config();
    config.status_list = Some(hospital.write("status.json", &json!({ "entries": {} })));
    let puller =
        Puller::with_gateway(config, hospital.gateway.clone(), hospital.clock.clone()).await.unwrap();
    Phone::enrolled(10, &hospital);
    puller.pass().await.unwrap();
    hospital.write("status.json", &json!({ "entries": { "ab": { "status": "REVOKED" } } }));
    puller.pass().await.unwrap();
    puller.close().await;
    let kept = |end: &str| {
        let names = fs::read_dir(hospital.data().join("in-force")).unwrap();
        names.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().ends_with(end)).count()
    };
    assert_eq!((kept(".version.json"), kept(".status.json")), (2, 2));
    // And reads again; one that does not is named.
    hospital.pass().await.unwrap();
    let version = fs::read_dir(hospital.data().join("in-force")).unwrap().map(|entry| entry.unwrap().path());
    let version = version.filter(|path| path.to_string_lossy().ends_with(".version.json")).min().unwrap();
    fs::copy(hospital.path("status.json"), version).unwrap();
    assert_eq!(hospital.pass().await.unwrap_err().code(), "history_damaged");
}

#[tokio::test]
async fn two_bundles_of_one_version_are_not_both_believed() {
    let hospital = Hospital::new();
    hospital.pass().await.unwrap();
    // A root that signs another content under a version that was used: made by hand, as the ceremony refuses it.
    let root = fs::read_to_string(hospital.keys().path(keys::ROOT)).unwrap();
    let root = SoftwareKey::from_pem(&root).unwrap();
    let text = fs::read_to_string(hospital.keys().path(keys::BUNDLE_JWS)).unwrap();
    let mut bundle: gauze_wire::Bundle = Jws::parse(text.trim()).unwrap().peek().unwrap();
    let put = |keys: &KeyDir, bundle: &gauze_wire::Bundle| {
        let jws = Jws::sign(bundle, &root).unwrap();
        write(&keys.path(keys::BUNDLE_JWS), jws.as_str());
    };
    put(&hospital.keys(), &bundle);
    hospital.pass().await.unwrap();
    bundle.fresh_until += jiff::SignedDuration::from_hours(1);
    put(&hospital.keys(), &bundle);
    assert_eq!(hospital.pass().await.unwrap_err().code(), "bundle_untrusted");
    bundle.version += 1;
    put(&hospital.keys(), &bundle);
    hospital.pass().await.unwrap();
    assert!(hospital.list().await.iter().all(|row| row.status == Status::Filed));
}

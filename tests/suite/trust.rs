//! What is signed by the wrong hand is refused, with its own code.

use gauze_tests::hospital::write;
use gauze_tests::programs::run;
use serde_json::Value;

use crate::fixture::{closed_ward, code, phone, pictures, pull};

fn managed(hospital: &gauze_tests::hospital::Hospital, change: impl FnOnce(&mut Value)) {
    let path = hospital.home().join("managed.json");
    let mut value: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut value);
    write(&path, &value.to_string()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_signed_by_another_root_is_refused() {
    let (_home, hospital) = closed_ward("pq").await;
    let gateway = hospital.start_gateway().await.unwrap();
    managed(&hospital, |managed| managed["root_sha256"] = "00".repeat(32).into());
    let ended = phone(&hospital, &["enrol", "--config", "managed.json"]).await;
    assert_eq!((ended.code, code(&ended)), (Some(1), "bundle_untrusted"));
    assert!(ended.stderr.contains("root_sha256: "), "{}", ended.stderr);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_older_than_the_configuration_asks_is_refused() {
    let (_home, hospital) = closed_ward("pq").await;
    let gateway = hospital.start_gateway().await.unwrap();
    managed(&hospital, |managed| managed["min_bundle_version"] = 9.into());
    let ended = phone(&hospital, &["enrol", "--config", "managed.json"]).await;
    assert_eq!((ended.code, code(&ended)), (Some(1), "bundle_rollback"));
    assert!(ended.stderr.contains("min_bundle_version: "), "{}", ended.stderr);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_the_records_side_did_not_sign_is_refused() {
    let (_home, hospital) = closed_ward("pq").await;
    let (_other_home, other) = closed_ward("pq").await;
    let gateway = hospital.start_gateway().await.unwrap();
    let foreign = std::fs::read_to_string(other.home().join("token.jws")).unwrap();
    managed(&hospital, |managed| managed["token"] = foreign.trim().into());
    let ended = phone(&hospital, &["enrol", "--config", "managed.json"]).await;
    assert_eq!((ended.code, code(&ended)), (Some(1), "token_invalid"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_enrols_one_phone() {
    let (_home, hospital) = closed_ward("pq").await;
    let gateway = hospital.start_gateway().await.unwrap();
    let first = phone(&hospital, &["enrol", "--config", "managed.json"]).await;
    assert_eq!(first.code, Some(0), "{}", first.stderr);
    let again = phone(&hospital, &["enrol", "--config", "managed.json"]).await;
    assert_eq!((again.code, code(&again)), (Some(1), "already_enrolled"));
    let other = ["--data", "other-phone", "enrol", "--config", "managed.json"];
    let other = gauze_tests::programs::attempt("gauze-phone", &other, hospital.home()).await.unwrap();
    assert_eq!((other.code, code(&other)), (Some(1), "token_used"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn production_policy_refuses_a_software_key() {
    let (_home, hospital) = closed_ward("pq").await;
    let mut policy: Value =
        serde_json::from_str(&std::fs::read_to_string(hospital.home().join("policy.json")).unwrap()).unwrap();
    policy["allow_software_keys"] = false.into();
    policy["version"] = 2.into();
    write(&hospital.home().join("policy.json"), &policy.to_string()).unwrap();
    let sign = ["sign-policy", "--keys", "keys", "--in", "policy.json", "--out", "policy.jws"];
    run("gauze-records", &sign, hospital.home()).await.unwrap();
    let gateway = hospital.start_gateway().await.unwrap();
    let ended = phone(&hospital, &["enrol", "--config", "managed.json"]).await;
    assert_eq!((ended.code, code(&ended)), (Some(1), "attestation_refused"));
    assert!(ended.stderr.contains("software_key (G02): "), "{}", ended.stderr);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mixed_bundle_is_refused_when_it_is_signed() {
    let (_home, hospital) = closed_ward("pq").await;
    run("gauze-records", &["keygen", "--out", "classical", "--recipients", "classical"], hospital.home())
        .await
        .unwrap();
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(hospital.home().join(name)).unwrap()).unwrap()
    };
    let mut bundle = read("bundle.json");
    let classical = read("classical/bundle.json")["recipients"][0].clone();
    bundle["recipients"].as_array_mut().unwrap().push(classical);
    bundle["version"] = 2.into();
    write(&hospital.home().join("mixed.json"), &bundle.to_string()).unwrap();
    let sign = ["sign-bundle", "--keys", "keys", "--in", "mixed.json", "--out", "mixed.jws"];
    let ended = gauze_tests::programs::attempt("gauze-records", &sign, hospital.home()).await.unwrap();
    assert_eq!((ended.code, code(&ended)), (Some(1), "mixed_recipients"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_rolled_back_to_an_older_log_is_found_out() {
    let (_home, hospital) = closed_ward("pq").await;
    let home = hospital.home().to_owned();
    let gateway = hospital.start_gateway().await.unwrap();
    assert_eq!(phone(&hospital, &["enrol", "--config", "managed.json"]).await.code, Some(0));
    gateway.stop().await;
    copy_dir(&home.join("gateway"), &home.join("gateway-before"));

    let gateway = hospital.start_gateway().await.unwrap();
    let file = pictures(&home, 1)[0].to_str().unwrap().to_owned();
    assert_eq!(phone(&hospital, &["capture", &file]).await.code, Some(0));
    assert_eq!(phone(&hospital, &["upload"]).await.code, Some(0));
    assert_eq!(pull(&hospital).await.code, Some(0));
    gateway.stop().await;

    std::fs::remove_dir_all(home.join("gateway")).unwrap();
    copy_dir(&home.join("gateway-before"), &home.join("gateway"));
    let gateway = hospital.start_gateway().await.unwrap();
    let ended = pull(&hospital).await;
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("log_rolled_back: "), "{}", ended.stderr);
    // The phone keeps what the older gateway no longer knows.
    assert_eq!(phone(&hospital, &["upload"]).await.code, Some(0));
    let listed: Value = serde_json::from_str(&phone(&hospital, &["list", "--json"]).await.stdout).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    gateway.stop().await;
}

fn copy_dir(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

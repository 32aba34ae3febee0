//! Photos arrive, once, and only then leave the phone.

use serde_json::Value;

use crate::fixture::{closed_ward, code, open, phone, pictures, pull, ward};

#[tokio::test(flavor = "multi_thread")]
async fn photos_arrive_are_opened_and_only_then_leave_the_phone() {
    let ward = ward("pq").await;
    let files = pictures(ward.hospital.home(), 3);
    let ids = ward.capture(&files).await;
    assert_eq!(ids.len(), 3);
    ward.deliver().await;
    let left: Value = serde_json::from_str(&ward.phone(&["list", "--json"]).await.stdout).unwrap();
    assert_eq!(left, serde_json::json!([]));
    for id in &ids {
        let (record, photo) = open(&ward.hospital, id).await;
        assert_eq!(record["capture_id"], id.as_str());
        assert_eq!(record["patient"]["family"], "Zzyzx-Familyname");
        let decoded = image::load_from_memory(&photo).unwrap();
        assert_eq!((decoded.width(), decoded.height()), (320, 240));
    }
    ward.servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn classical_recipients_work_the_same_way() {
    let ward = ward("classical").await;
    let ids = ward.capture(&pictures(ward.hospital.home(), 1)).await;
    ward.deliver().await;
    open(&ward.hospital, &ids[0]).await;
    ward.servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_stays_on_the_phone_until_the_hospital_has_filed_it() {
    let (_home, hospital) = closed_ward("pq").await;
    let gateway = hospital.start_gateway().await.unwrap();
    let enrolled = phone(&hospital, &["enrol", "--config", "managed.json"]).await;
    assert_eq!(enrolled.code, Some(0), "{}", enrolled.stderr);
    let files = pictures(hospital.home(), 1);
    let captured = phone(&hospital, &["capture", files[0].to_str().unwrap()]).await;
    assert_eq!(captured.code, Some(0));
    assert_eq!(phone(&hospital, &["upload"]).await.code, Some(0));
    let state = |text: &str| serde_json::from_str::<Value>(text).unwrap()[0]["state"].clone();
    assert_eq!(state(&phone(&hospital, &["list", "--json"]).await.stdout), "stored");
    assert_eq!(pull(&hospital).await.code, Some(0));
    assert_eq!(phone(&hospital, &["upload"]).await.code, Some(0));
    assert_eq!(phone(&hospital, &["list", "--json"]).await.stdout.trim(), "[]");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_photo_becomes_a_signed_void_and_the_chain_stays_whole() {
    let ward = ward("pq").await;
    let ids = ward.capture(&pictures(ward.hospital.home(), 3)).await;
    assert_eq!(ward.phone(&["discard", &ids[1]]).await.code, Some(0));
    ward.deliver().await;
    let listed = ward.listed().await;
    let of = |id: &str| listed.iter().find(|entry| entry["capture_id"] == id).unwrap();
    assert_eq!(of(&ids[1])["kind"], "void");
    for id in &ids {
        assert_eq!(of(id)["chain"], "ok", "{}", of(id));
    }
    let again = ward.phone(&["discard", &ids[0]]).await;
    assert_eq!((again.code, code(&again)), (Some(1), "unknown_photo"));
    ward.servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_phone_still_sends_its_sealed_photos() {
    let ward = ward("pq").await;
    let ids = ward.capture(&pictures(ward.hospital.home(), 2)).await;
    assert_eq!(ward.phone(&["wipe"]).await.code, Some(0));
    ward.deliver().await;
    for id in &ids {
        open(&ward.hospital, id).await;
    }
    assert_eq!(ward.phone(&["wipe"]).await.code, Some(0));
    let status: Value = serde_json::from_str(&ward.phone(&["status", "--json"]).await.stdout).unwrap();
    assert_eq!(status["device_id"], Value::Null);
    ward.servers.stop().await;
}

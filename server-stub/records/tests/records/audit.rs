//! `verify` notices whatever was edited.

use std::fs;

use gauze_records::Coded as _;
use gauze_records::verify::verify;

use crate::fixture::{Hospital, Phone, Photo, write};

async fn filed() -> (Hospital, Vec<Photo>) {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let mut photos = vec![phone.photo(&hospital), phone.photo(&hospital), phone.photo(&hospital)];
    photos.push(Phone::new(11).photo(&hospital));
    photos.iter().for_each(|photo| hospital.gateway.take(photo));
    hospital.pass().await.unwrap();
    let report = hospital.verify().await;
    assert!(report.ok && report.pinned, "{:?}", report.findings);
    assert_eq!((report.log_size, report.manifests, report.files, report.receipts), (5, 4, 3, 4));
    (hospital, photos)
}

#[tokio::test]
async fn an_edited_sealed_file_shows() {
    let (hospital, photos) = filed().await;
    let mut bytes = photos[1].sealed.clone();
    bytes[100] ^= 1;
    write(&hospital.sealed(&photos[1]), bytes);
    assert_eq!(hospital.found().await, ["file_differs"]);
}

#[tokio::test]
async fn a_removed_and_an_added_file_show() {
    let (hospital, photos) = filed().await;
    let path = hospital.sealed(&photos[0]);
    fs::rename(&path, path.with_extension("bak")).unwrap();
    assert_eq!(hospital.found().await, ["file_missing", "file_unknown"]);
}

#[tokio::test]
async fn an_edited_index_shows() {
    let edits: [(&'static str, &[&str]); 14] = [
        ("UPDATE photo SET seq = 9 WHERE log_index = 2", &["index_row_differs"]),
        ("UPDATE photo SET captured_at = '2020-01-01T00:00:00Z' WHERE log_index = 2", &["index_row_differs"]),
        (
            "UPDATE photo SET status = 'refused', cause = 'did_not_open' WHERE log_index = 2",
            &["receipt_invalid", "file_unknown"],
        ),
        (
            "UPDATE photo SET status = 'filed', cause = NULL WHERE log_index = 4",
            &["verdict_differs", "receipt_invalid", "file_missing"],
        ),
        (
            "UPDATE photo SET receipt = (SELECT receipt FROM photo WHERE log_index = 1) WHERE log_index = 2",
            &["receipt_invalid"],
        ),
        ("DELETE FROM photo WHERE log_index = 2", &["entry_unaccounted", "file_unknown"]),
        (
            "UPDATE leaf SET jws = (SELECT jws FROM leaf WHERE idx = 1) WHERE idx = 2",
            &["log_inconsistent", "index_row_unknown", "file_unknown"],
        ),
        ("DELETE FROM leaf WHERE idx = 2", &["leaf_missing", "index_row_unknown", "file_unknown"]),
        ("DELETE FROM device", &["entry_unaccounted", "verdict_differs"]),
        ("UPDATE state SET value = '0' WHERE name = 'judged'", &["index_row_unknown", "file_unknown"]),
        ("DELETE FROM state WHERE name = 'judged'", &["index_row_unknown", "file_unknown"]),
        ("DELETE FROM state WHERE name = 'cosigned'", &["checkpoint_invalid"]),
        ("DELETE FROM state WHERE name = 'tenant'", &["index_unbound", "file_unknown"]),
        (
            "UPDATE photo SET status = 'waiting', receipt = NULL, log_index = 99 WHERE log_index = 4",
            &["index_row_unknown"],
        ),
    ];
    for (edit, expected) in edits {
        let (hospital, _) = filed().await;
        assert_eq!(hospital.sql(edit).await, 1, "{edit}");
        let found = hospital.found().await;
        assert!(!found.is_empty(), "{edit}");
        for code in expected {
            assert!(found.contains(code), "{edit}: {code} not in {found:?}");
        }
    }
}

#[tokio::test]
async fn a_planted_file_shows_whatever_row_was_invented_for_it() {
    let (hospital, photos) = filed().await;
    let planted = Phone::new(12).photo(&hospital);
    let path = hospital.sealed(&planted);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::copy(hospital.sealed(&photos[0]), &path).unwrap();
    assert_eq!(hospital.found().await, ["file_unknown"]);
    let (device, capture) = (planted.binding().device_id, planted.id());
    for (log_index, expected) in [(5, "index_row_unknown"), (0, "index_row_unknown"), (4, "file_unknown")] {
        let invented = format!(
            "INSERT OR REPLACE INTO photo (manifest_sha256, log_index, kind, device_id, capture_id, chain_device, seq, captured_at, \
             sha256, size, status) SELECT '{}', {log_index}, kind, '{device}', '{capture}', '{device}', seq, captured_at, \
             sha256, size, 'waiting' FROM photo WHERE log_index = 1",
            planted.jws.digest(),
        );
        hospital.sql(Box::leak(invented.into_boxed_str())).await;
        let found = hospital.found().await;
        assert!(found.contains(&expected) && found.contains(&"file_unknown"), "{log_index}: {found:?}");
    }
}

#[tokio::test]
async fn a_cosigned_checkpoint_of_before_that_was_put_back_shows() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    hospital.gateway.take(&phone.photo(&hospital));
    hospital.pass().await.unwrap();
    hospital.sql("CREATE TABLE kept AS SELECT value FROM state WHERE name = 'cosigned'").await;
    hospital.gateway.take(&phone.photo(&hospital));
    hospital.pass().await.unwrap();
    assert!(hospital.verify().await.ok);
    hospital.sql("UPDATE state SET value = (SELECT value FROM kept) WHERE name = 'cosigned'").await;
    assert!(hospital.found().await.contains(&"checkpoint_behind"));
}

#[tokio::test]
async fn a_cosigned_checkpoint_that_was_put_back_shows() {
    let (hospital, _) = filed().await;
    let unsigned = hospital.gateway.with(|shop| shop.checkpoint());
    let statement: &'static str =
        Box::leak(format!("UPDATE state SET value = '{unsigned}' WHERE name = 'cosigned'").into_boxed_str());
    hospital.sql(statement).await;
    assert_eq!(hospital.found().await, ["cosignature_invalid"]);
}

#[tokio::test]
async fn a_bundle_that_the_pinned_root_did_not_sign_shows() {
    let (hospital, _) = filed().await;
    let other = Hospital::new();
    fs::copy(other.path("bundle.jws"), hospital.data().join("bundles/1.jws")).unwrap();
    assert!(hospital.found().await.contains(&"bundle_untrusted"));
}

#[tokio::test]
async fn without_keys_it_checks_what_it_can_and_says_that_the_root_was_not_pinned() {
    let (hospital, _) = filed().await;
    let report = verify(&hospital.data(), None).await.unwrap();
    assert!(report.ok && !report.pinned);
}

#[tokio::test]
async fn receipts_signed_under_an_earlier_bundle_still_count() {
    let (hospital, _) = filed().await;
    hospital.sign_bundle(|bundle| bundle["version"] = 2.into()).unwrap();
    hospital.pass().await.unwrap();
    let report = hospital.verify().await;
    assert!(report.ok, "{:?}", report.findings);
}

#[tokio::test]
async fn a_directory_without_an_index_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(verify(dir.path(), None).await.unwrap_err().code(), "no_index");
    assert_eq!(gauze_records::list(dir.path()).await.unwrap_err().code(), "no_index");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "looking makes nothing");
}

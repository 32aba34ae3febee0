//! A disk that is full whenever something is typed, and has room when it is typed again.

use gauze_tests::mount::Mount;

use crate::fixture::pictures;
use crate::newcomer::Reader;

/// Bytes that are left: with some of them a command gets half-way.
const LEFT: [u64; 4] = [0, 4096, 20_480, 61_440];

/// What a newcomer types, in this order, and the codes with which it is refused where it does not fit.
const TYPED: &[(&str, &[&str])] = &[
    ("gauze-gateway init --data gateway --url https://localhost:8443 --tenant ward-9", &["storage_failed"]),
    ("gauze-records init --keys keys --gateway gateway.json --trial", &["storage_full"]),
    ("gauze-gateway init --data gateway --from hospital.json", &["storage_failed"]),
    (
        "gauze-gateway serve --data gateway --listen localhost:8443",
        &["storage_failed", "database_failed", "schema_failed"],
    ),
    ("gauze-records token --keys keys --out token.jws --managed managed.json", &["storage_full"]),
    // The gateway has the same disk.
    ("gauze-phone --data phone enrol --config managed.json", &["key_unavailable", "storage_full"]),
    ("gauze-phone --data phone capture picture-0.jpg", &["storage_full"]),
    ("gauze-phone --data phone upload --retry 0", &["storage_full", "gateway_storage_full"]),
    ("gauze-records pull --data records --keys keys", &["storage_full", "index_failed"]),
    ("gauze-records serve --data again --keys keys", &["storage_full", "index_failed"]),
    (
        "gauze-records open records/sealed/*/*/*.age --identity keys/tenant-identity.txt --out opened",
        &["storage_full"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_full_disk_stops_works_when_it_is_typed_again_with_room() {
    let mut reader = Reader::new();
    let Some(disk) = Mount::new(reader.home(), "16m") else { return };
    pictures(reader.home(), 1);
    for (line, codes) in TYPED {
        let mut worked = false;
        for left in LEFT {
            disk.fill(left);
            let told = reader.tries(line).await;
            disk.free();
            worked = told.well;
            assert!(left > 0 || !worked, "{line} needs no room: no full disk stops it");
            if worked {
                break;
            }
            let said = told.err.lines().last().unwrap_or_default();
            let code = said.split(':').next().unwrap_or_default();
            assert!(codes.contains(&code), "{line}, {left} bytes left: {}", told.err);
            let step =
                ["free space", "free some space"].iter().any(|step| said.to_lowercase().contains(step));
            let other = "the gateway's disk is full, not this phone's: tell the people who run the gateway";
            assert!(step || said.contains(other), "{line}, {left} bytes left: {}", told.err);
        }
        assert!(!worked || !line.contains(" serve "), "{line} needs no room");
        if !worked {
            reader.types(line).await;
        }
    }
    // Nothing was lost, and nothing is there twice.
    reader.types("gauze-phone --data phone upload").await;
    let status = reader.types("gauze-phone --data phone status").await;
    assert!(status.contains("1 filed or discarded and gone from here"), "{status}");
    reader.types("ls opened/*.jpg").await;
    for records in ["records", "again"] {
        let list = reader.awaits(&format!("gauze-records list --data {records}"), "filed ").await;
        assert_eq!(list.matches("filed ").count(), 1, "{list}");
        reader.types(&format!("gauze-records verify --data {records} --keys keys")).await;
    }
    reader.stops("").await;
}

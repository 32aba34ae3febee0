//! No clear text where it must not be.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::fixture::{pictures, ward};

const WORDS: [&str; 6] = ["9990000042", "LOCAL-ID-77", "Zzyzx", "Quillonbert", "Xanthippe", "Brobdingnag"];

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Every 32-byte run of a picture's compressed pixels, at each offset.
fn runs(picture: &[u8]) -> HashSet<&[u8]> {
    let scan = picture.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
    picture[scan..].windows(32).collect()
}

fn assert_sealed(dir: &Path, pictures: &[Vec<u8>]) {
    let known: Vec<HashSet<&[u8]>> = pictures.iter().map(|picture| runs(picture)).collect();
    for path in files(dir) {
        let bytes = std::fs::read(&path).unwrap();
        for word in WORDS {
            let found = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!found, "{word} in {}", path.display());
        }
        let leaked = bytes.windows(32).any(|run| known.iter().any(|known| known.contains(run)));
        assert!(!leaked, "a piece of a photo in {}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_photo_and_no_name_is_in_any_file_of_phone_and_gateway() {
    let ward = ward("pq").await;
    let paths = pictures(ward.hospital.home(), 2);
    let plain: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    ward.capture(&paths).await;
    assert_sealed(&ward.hospital.phone_dir(), &plain);
    assert_eq!(ward.phone(&["upload"]).await.code, Some(0));
    assert_sealed(&ward.hospital.phone_dir(), &plain);
    assert_sealed(&ward.hospital.home().join("gateway"), &plain);
    ward.deliver().await;
    assert_sealed(&ward.hospital.phone_dir(), &plain);
    assert_sealed(&ward.hospital.records_dir(), &plain);
    for log in ["gauze-gateway.log", "gauze-records.log"] {
        let text = std::fs::read_to_string(ward.hospital.home().join(log)).unwrap();
        assert!(WORDS.iter().all(|word| !text.contains(word)), "{log}");
        assert!(!text.contains("/v1/transfers/"), "an upload address in {log}");
    }
    ward.servers.stop().await;
}

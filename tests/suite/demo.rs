//! What `cargo xtask demo` runs.

use gauze_tests::hospital::write;
use gauze_tests::programs::attempt;
use serde_json::Value;

use crate::fixture::pictures;

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_leaves_what_it_says_and_refused_pictures_do_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let photos = dir.path().join("photos");
    std::fs::create_dir_all(photos.join("below")).unwrap();
    let good = pictures(&photos, 2);
    std::fs::copy(&good[0], photos.join("picture-0.jpeg")).unwrap();
    std::fs::copy(&good[0], photos.join("below/not-read.jpg")).unwrap();
    write(&photos.join("text.jpg"), "not a picture").unwrap();
    let arguments = ["--photos", "photos", "--out", "out", "--recipients", "classical", "--once"];
    let ended = attempt("gauze-demo", &arguments, dir.path()).await.unwrap();
    assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    for said in [
        "signed in as Ann Nurse",
        "second factor: tick the box",
        "Ann Nurse took it, and that this is proven",
    ] {
        assert!(ended.stdout.contains(said), "{said}: {}", ended.stdout);
    }
    let out = dir.path().join("out");
    let summary: Vec<Value> =
        serde_json::from_str(&std::fs::read_to_string(out.join("summary.json")).unwrap()).unwrap();
    let of = |name: &str| summary.iter().find(|line| line["name"] == name).unwrap();
    for name in ["picture-0", "picture-0-2", "picture-1"] {
        assert_eq!(of(name)["status"], "opened", "{}", of(name));
        for end in ["jpg", "record.json", "age"] {
            assert!(out.join(format!("{name}.{end}")).is_file(), "{name}.{end}");
        }
    }
    assert_eq!((&of("text")["status"], &of("text")["code"]), (&"refused".into(), &"not_jpeg".into()));
    assert_eq!(summary.len(), 4);
    assert!(out.join("tenant-identity.txt").is_file());

    let again = attempt("gauze-demo", &arguments, dir.path()).await.unwrap();
    assert_eq!(again.code, Some(1), "a second run must not overwrite the first");
    let wrong = attempt("gauze-demo", &["--no-such-flag"], dir.path()).await.unwrap();
    assert_eq!(wrong.code, Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_that_refuses_every_picture_ends_and_says_why_last() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("text.jpg"), "not a picture").unwrap();
    for arguments in [&["--photos", ".", "--out", "out"][..], &["--photos", ".", "--once"]] {
        let ended = attempt("gauze-demo", arguments, dir.path()).await.unwrap();
        assert_eq!(ended.code, Some(1), "{}", ended.stdout);
        let last = ended.stderr.lines().last().unwrap_or_default();
        assert!(last.contains("every picture was refused (1 × not_jpeg)"), "{last}");
        assert!(!ended.stdout.contains("repeat it"), "{}", ended.stdout);
    }
}

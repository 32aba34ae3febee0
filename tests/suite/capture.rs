//! What the camera may give, through the whole way: bad input, metadata, colours.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use crate::fixture::{Ward, code, open, ward};
use crate::shared::{data, tool};

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_gigabyte_is_refused_without_reading_it_all() {
    let ward = ward("pq").await;
    let path = ward.hospital.home().join("huge.jpg");
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(&[0xff, 0xd8]).unwrap();
    file.set_len(1 << 30).unwrap();
    let ended = ward.phone(&["capture", path.to_str().unwrap()]).await;
    assert_eq!((ended.code, code(&ended)), (Some(1), "too_large"));
    assert_eq!(ward.phone(&["list", "--json"]).await.stdout.trim(), "[]");
    ward.servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heic_and_png_are_refused_with_what_to_do() {
    let ward = ward("pq").await;
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice();
    for (name, bytes) in [("a.heic", heic), ("a.png", png)] {
        let path = ward.hospital.home().join(name);
        std::fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        let ended = ward.phone(&["capture", path.to_str().unwrap()]).await;
        assert_eq!((ended.code, code(&ended)), (Some(1), "not_jpeg"));
        assert!(ended.stderr.contains("JPEG"), "{}", ended.stderr);
    }
    ward.servers.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_records_opened_holds_no_metadata_but_orientation_and_colour() {
    let (Some(photos), Some(exiftool)) = (data("06-photos"), tool("exiftool", "")) else { return };
    let ward = ward("pq").await;
    let mut inputs = Vec::new();
    for dir in ["phones", "orientation", "metadata-channels"] {
        for entry in std::fs::read_dir(photos.join(dir)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ext| ext != "txt") {
                inputs.push(path);
            }
        }
    }
    let (kept, _) = capture_all(&ward, &inputs).await;
    assert!(kept.len() >= 30, "only {} of {} were kept", kept.len(), inputs.len());
    ward.deliver().await;
    for (id, input) in kept {
        let (_, photo) = open(&ward.hospital, &id).await;
        let path = ward.hospital.home().join(format!("{id}.check.jpg"));
        std::fs::File::create(&path).unwrap().write_all(&photo).unwrap();
        let read = |path: &PathBuf, options: &[&str]| {
            Command::new(&exiftool).args(options).arg(path).output().unwrap().stdout
        };
        let groups = String::from_utf8(read(&path, &["-G1", "-s", "-a", "-u", "-ee"])).unwrap();
        for line in groups.lines() {
            let group = line.split(']').next().unwrap_or_default().trim_start_matches('[');
            let tag = line.split(']').nth(1).unwrap_or_default().split(':').next().unwrap_or_default().trim();
            let fine = match group {
                "ExifTool" | "System" | "File" | "JFIF" | "Composite" | "Adobe" => true,
                group if group.starts_with("ICC") => true,
                "IFD0" => ["Orientation", "YCbCrPositioning", "ResolutionUnit"].contains(&tag),
                _ => false,
            };
            assert!(fine, "{}: {line}", input.display());
        }
        let profile = ["-b", "-icc_profile"];
        assert_eq!(read(&path, &profile), read(&input, &profile), "{}", input.display());
    }
    ward.servers.stop().await;
}

/// Captures them all: what was kept, and the code of each that was refused.
async fn capture_all(ward: &Ward, inputs: &[PathBuf]) -> (Vec<(String, PathBuf)>, Vec<String>) {
    let mut arguments = vec!["capture"];
    arguments.extend(inputs.iter().map(|path| path.to_str().unwrap()));
    let ended = ward.phone(&arguments).await;
    let kept = ended.stdout.lines().map(|line| line.split_once(' ').unwrap());
    let kept: Vec<_> = kept.map(|(id, path)| (id.to_owned(), PathBuf::from(path))).collect();
    let refused = ended.stderr.lines().map(|line| line.split_once(": ").unwrap().0.to_owned());
    let refused: Vec<_> = refused.collect();
    let code = |word: &String| word.bytes().all(|sign| sign.is_ascii_lowercase() || sign == b'_');
    assert!(refused.iter().all(code), "{}", ended.stderr);
    assert_eq!(ended.code, Some(i32::from(!refused.is_empty())), "{}", ended.stderr);
    assert_eq!(kept.len() + refused.len(), inputs.len(), "{}", ended.stderr);
    (kept, refused)
}

/// What cannot be drawn until a damaged part that nothing uses has gone.
const DRAWN_AFTER: [&str; 2] =
    ["Pillow__images_truncated_app14.jpg", "jpeg-decod__in_id_000223_src_000000_op_flip2_pos_503_cov.jpg"];

#[tokio::test(flavor = "multi_thread")]
async fn malformed_pictures_are_accepted_or_refused_and_leave_nothing_behind() {
    let Some(photos) = data("06-photos/malformed") else { return };
    let ward = ward("pq").await;
    let inputs: Vec<PathBuf> =
        std::fs::read_dir(photos).unwrap().map(|entry| entry.unwrap().path()).collect();
    let (kept, refused) = capture_all(&ward, &inputs).await;
    assert!(!kept.is_empty() && !refused.is_empty(), "{} kept, {} refused", kept.len(), refused.len());
    let outbox = ward.hospital.phone_dir().join("outbox");
    let left = std::fs::read_dir(outbox).unwrap().count();
    assert_eq!(left, kept.len(), "a refused picture left something");
    ward.deliver().await;
    let mut drawn = Vec::new();
    for (id, input) in kept {
        let (_, photo) = open(&ward.hospital, &id).await;
        let decode = |bytes: &[u8]| image::load_from_memory(bytes).map(|i| i.into_bytes());
        match (decode(&std::fs::read(&input).unwrap()), decode(&photo)) {
            (Ok(before), Ok(after)) => assert!(before == after, "{}", input.display()),
            (Err(before), Err(after)) => {
                assert_eq!(before.to_string(), after.to_string(), "{}", input.display());
            }
            (Err(_), Ok(_)) => drawn.push(input.file_name().unwrap().to_str().unwrap().to_owned()),
            (Ok(_), Err(after)) => panic!("{}: {after}", input.display()),
        }
    }
    drawn.sort();
    assert_eq!(drawn, DRAWN_AFTER);
    ward.servers.stop().await;
}

//! Real and hostile pictures from the shared data.

use std::path::{Path, PathBuf};

use gauze_seal::strip::{Metadata, StripError, strip};
use serde_json::Value;

use crate::pictures::{bytes, decode_image, decode_other, draws_alike, front_segments};
use crate::shared_data;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && path.extension().is_none_or(|ext| ext != "txt"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_picture_is_refused_with_a_code_or_decodes_as_it_did() {
    let Some(data) = shared_data() else {
        println!("skipped: shared data not found");
        return;
    };
    let expected: Value =
        serde_json::from_slice(&std::fs::read(data.join("06-photos/expected.json")).unwrap()).unwrap();
    for folder in ["phones", "orientation", "metadata-channels", "malformed"] {
        for path in files(&data.join("06-photos").join(folder)) {
            let name = format!("{folder}/{}", path.file_name().unwrap().to_str().unwrap());
            let jpeg = std::fs::read(&path).unwrap();
            let verdict = match strip(&jpeg) {
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    error.code().to_owned()
                }
                Ok(stripped) => {
                    let out = bytes(&stripped);
                    assert!(draws_alike(decode_image, &jpeg, &out), "{name}: image");
                    assert!(draws_alike(decode_other, &jpeg, &out), "{name}: jpeg-decoder");
                    assert_clean(&name, &out, stripped.orientation());
                    assert_eq!(bytes(&strip(&out).unwrap()), out, "{name}");
                    agrees_with_exiftool(&name, &expected["photos"][&name], &stripped);
                    let had: Vec<&str> = stripped.had().iter().map(Metadata::name).collect();
                    format!(
                        "ok {}x{} o{} {:?} decodes: {} {}",
                        stripped.width(),
                        stripped.height(),
                        stripped.orientation(),
                        had,
                        decode_image(&out).is_ok(),
                        decode_other(&out).is_ok()
                    )
                }
            };
            println!("{name:100} {verdict}");
        }
    }
}

fn assert_clean(name: &str, out: &[u8], orientation: u8) {
    for (marker, payload) in front_segments(out) {
        match marker {
            0xC0..=0xC2 | 0xC4 | 0xDA..=0xDD => {}
            0xE0 => assert!(payload.starts_with(b"JFIF\0") && payload.len() == 14, "{name}"),
            0xE1 => assert!(orientation != 1 && payload.len() == 32, "{name}"),
            0xE2 => assert!(payload.starts_with(b"ICC_PROFILE\0"), "{name}"),
            0xEE => assert!(payload.starts_with(b"Adobe") && payload.len() == 12, "{name}"),
            other => panic!("{name}: {other:x} was kept"),
        }
    }
}

fn agrees_with_exiftool(name: &str, expected: &Value, stripped: &gauze_seal::strip::Stripped<'_>) {
    let tool = &expected["exiftool"];
    if let Some(orientation) = tool["orientation"].as_u64() {
        assert_eq!(u64::from(stripped.orientation()), orientation, "{name}");
    }
    if tool["gps_latitude"].is_number() {
        assert!(stripped.had().contains(Metadata::Gps), "{name}: GPS was there");
    }
    if let Some(size) = expected["reference_decode"]["stored_size"].as_array() {
        let stored = [u64::from(stripped.width()), u64::from(stripped.height())];
        assert_eq!(size.iter().map(|side| side.as_u64().unwrap()).collect::<Vec<_>>(), stored, "{name}");
    }
}

#[test]
fn no_phone_picture_is_refused_but_for_its_format() {
    let Some(data) = shared_data() else {
        println!("skipped: shared data not found");
        return;
    };
    for folder in ["phones", "orientation"] {
        for path in files(&data.join("06-photos").join(folder)) {
            let jpeg = std::fs::read(&path).unwrap();
            let code = strip(&jpeg).err().map(StripError::code);
            let expected = if !jpeg.starts_with(&[0xFF, 0xD8]) {
                Some("not_jpeg")
            } else if path.ends_with("metadata-ext__User_Comment_Encoding.jpg") {
                // Its publisher cut it off inside the scan; there is no EOI.
                Some("truncated")
            } else {
                None
            };
            assert_eq!(code, expected, "{}", path.display());
        }
    }
}

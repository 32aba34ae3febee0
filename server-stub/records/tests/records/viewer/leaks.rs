//! What got out, brought back: whose view it was.

use std::path::{Path, PathBuf};

use gauze_people::person::Role;
use gauze_records::Coded as _;
use gauze_records::leak::Tracer;
use jpeg_encoder::{ColorType, Encoder};

use super::ward::{TEAM, Ward, drawn, person};

/// Part of a JPEG, encoded again at a low quality.
fn part(jpeg: &[u8], (left, top, width, height): (usize, usize, u16, u16)) -> Vec<u8> {
    let mut decoder = jpeg_decoder::Decoder::new(jpeg);
    let rgb = decoder.decode().unwrap();
    let row = 3 * usize::from(decoder.info().unwrap().width);
    let rows = rgb.chunks_exact(row).skip(top).take(height.into());
    let part: Vec<u8> =
        rows.flat_map(|row| row[3 * left..][..3 * usize::from(width)].iter().copied()).collect();
    let mut out = Vec::new();
    Encoder::new(&mut out, 50).encode(&part, width, height, ColorType::Rgb).unwrap();
    out
}

fn put(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), bytes).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_got_out_names_the_line_it_was_shown_by_and_nobody_else() {
    let ward = Ward::large().await;
    let photo = &ward.photos().await[0];
    let (mut lines, mut views) = (Vec::new(), Vec::new());
    for name in ["Nurse One", "Nurse Two", "Nurse Three"] {
        let nurse = ward.sign_in(person(name, Role::Viewer, TEAM));
        let page = nurse.get(&format!("/photos/{}", photo.handle)).await.text();
        lines.push(ward.office.entries().len() as u64 - 1);
        let showing = page.split("data-shown=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        views.push(nurse.get(&format!("/shown/{showing}?screen=1600")).await.body);
    }
    let (data, keys) = (ward.hospital.data(), ward.hospital.keys());
    std::os::unix::fs::symlink(ward.office.dir.path().join("access"), data.join("access")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let whole = put(dir.path(), "whole.jpg", &part(&views[1], (0, 0, 1600, 1200)));
    let plain = put(dir.path(), "plain.jpg", &drawn(1600, 1200));
    let text = put(dir.path(), "text.jpg", b"no picture");

    let blind = Tracer::new(&keys, &data, None).await.unwrap();
    let trace = blind.trace(&whole).unwrap();
    assert_eq!((trace.views.len(), trace.views[0].line, trace.views[0].by), (1, lines[1], "check"));
    let entry = trace.views[0].entry.as_ref().unwrap();
    assert_eq!(entry.who, Some(person("Nurse Two", Role::Viewer, TEAM).id));
    assert!(blind.trace(&plain).unwrap().views.is_empty());
    assert_eq!(blind.trace(&text).err().unwrap().code(), "picture_damaged");
    ward.end().await;
}

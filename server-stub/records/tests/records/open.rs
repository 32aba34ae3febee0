//! Opening one file for a person.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use gauze_records::{Coded as _, keys, open_file};
use gauze_wire::{Digest, Record};

use crate::fixture::{Edit, Hospital, Phone, jpeg, seal_tar, tar_of};

fn sealed(hospital: &Hospital, edit: &Edit<'_>) -> (PathBuf, Vec<u8>) {
    let photo = Phone::new(10).photo_with(hospital, edit);
    let path = hospital.path("wound.age");
    std::io::Write::write_all(&mut fs::File::create(&path).unwrap(), &photo.sealed).unwrap();
    (path, photo.sealed)
}

fn refused(hospital: &Hospital, file: &Path) -> &'static str {
    let out = hospital.path("opened");
    let error = open_file(file, &hospital.keys().path(keys::IDENTITY), &out).unwrap_err();
    assert!(!out.exists(), "nothing is left behind");
    error.code()
}

#[test]
fn an_opened_photo_is_the_picture_and_its_record_for_their_owner_alone() {
    let hospital = Hospital::new();
    let (file, _) = sealed(&hospital, &Edit::default());
    let out = hospital.path("opened");
    let opened = open_file(&file, &hospital.keys().path(keys::IDENTITY), &out).unwrap();
    assert_eq!(opened.photo, out.join("wound.jpg"));
    let picture = fs::read(&opened.photo).unwrap();
    assert_eq!((picture.clone(), Digest::of(&picture)), (jpeg(11, 1), opened.photo_sha256));
    let record = Record::from_bytes(&fs::read(out.join("wound.record.json")).unwrap()).unwrap();
    assert_eq!(record.capture_id, opened.capture_id);
    assert!(!opened.cleaned && record.photo_sha256 == opened.photo_sha256);
    for path in [&opened.photo, &opened.record] {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = open_file(&file, &hospital.keys().path(keys::IDENTITY), &out).unwrap_err();
    assert_eq!(again.code(), "exists");
    assert_eq!(fs::read_dir(&out).unwrap().count(), 2);
}

#[test]
fn what_stands_behind_a_pictures_last_block_does_not_leave_and_open_says_so() {
    let hospital = Hospital::new();
    let mut picture = jpeg(11, 1);
    picture.splice(picture.len() - 2..picture.len() - 2, *b"written behind the last block");
    let as_it_is = |record: &mut Record| {
        (record.photo_sha256, record.photo_size) = (Digest::of(&picture), picture.len() as u64);
    };
    let seal = |hospital: &Hospital, record: &[u8], _: &[u8]| {
        seal_tar(hospital, &tar_of(&[("photo.jpg", &picture), ("record.json", record)]))
    };
    let (file, _) = sealed(&hospital, &Edit { record: &as_it_is, seal: &seal, ..Edit::default() });
    let opened = open_file(&file, &hospital.keys().path(keys::IDENTITY), &hospital.path("opened")).unwrap();
    let written = fs::read(&opened.photo).unwrap();
    assert!(opened.cleaned && !written.windows(7).any(|run| run == b"written"));
    assert_eq!((Digest::of(&written), written.len() as u64), (opened.photo_sha256, opened.photo_size));
    let record = Record::from_bytes(&fs::read(&opened.record).unwrap()).unwrap();
    assert_eq!(record.photo_sha256, Digest::of(&picture), "the record keeps that of the picture as it came");
}

#[test]
fn a_damaged_file_leaves_nothing_behind() {
    let hospital = Hospital::new();
    let (file, bytes) = sealed(&hospital, &Edit::default());
    for cut in [0, 10, 200, bytes.len() / 2, bytes.len() - 1] {
        std::io::Write::write_all(&mut fs::File::create(&file).unwrap(), &bytes[..cut]).unwrap();
        assert_eq!(refused(&hospital, &file), "did_not_open", "cut at {cut}");
    }
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    std::io::Write::write_all(&mut fs::File::create(&file).unwrap(), &flipped).unwrap();
    assert_eq!(refused(&hospital, &file), "did_not_open");
}

#[test]
fn a_photo_that_is_not_the_one_its_record_names_leaves_nothing_behind() {
    let hospital = Hospital::new();
    let edit = Edit { record: &|record| record.photo_sha256 = Digest::of(b"x"), ..Edit::default() };
    let (file, _) = sealed(&hospital, &edit);
    assert_eq!(refused(&hospital, &file), "photo_mismatch");
}

#[test]
fn another_hospitals_identity_or_no_identity_opens_nothing() {
    let (hospital, other) = (Hospital::new(), Hospital::new());
    let (file, _) = sealed(&other, &Edit::default());
    assert_eq!(refused(&hospital, &file), "did_not_open");
    let error = open_file(&file, &file, &hospital.path("opened")).unwrap_err();
    assert_eq!(error.code(), "identity_unusable");
    assert_eq!(refused(&hospital, &hospital.path("missing.age")), "disk");
}

//! The fuzz targets on the stable compiler: seeds, what once crashed, and changes of both that are the same each time.

use std::path::PathBuf;

use gauze_tests::size::quick_or;

use super::dice::Dice;
use super::tampering::{CHANGES, files};
use super::targets::{TARGETS, Target};

fn target(name: &str) -> &'static Target {
    TARGETS.iter().find(|target| target.name == name).unwrap()
}

/// What it begins with, and what once crashed it.
fn known(target: &Target) -> Vec<Vec<u8>> {
    let kept = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/regressions").join(target.name);
    let kept = files(&kept).into_iter().map(|path| std::fs::read(path).unwrap());
    (target.seeds)().into_iter().chain(kept).collect()
}

/// Feeds a target what is known, and changes of it.
fn holds(name: &str, changes: usize) {
    let target = target(name);
    let known = known(target);
    known.iter().for_each(|bytes| (target.feed)(bytes));
    let mut dice = Dice::new(1);
    for _ in 0..changes * quick_or(1, 50) {
        let mut bytes = known[dice.below(known.len())].clone();
        for _ in 0..=dice.below(3) {
            let change = CHANGES[dice.below(CHANGES.len())];
            bytes = change.of(&bytes, &mut dice).unwrap_or(bytes);
        }
        (target.feed)(&bytes);
    }
}

#[test]
fn pictures_as_they_come_are_taken_in_or_refused() {
    holds("jpeg_intake", 4000);
}

#[test]
fn changed_age_files_do_not_open() {
    holds("age_header", 1500);
}

#[test]
fn changed_archives_are_one_record_and_one_photo_or_refused() {
    holds("tar", 2000);
}

#[test]
fn changed_manifests_are_not_believed() {
    holds("manifest", 1500);
}

#[test]
fn changed_receipts_are_not_believed() {
    holds("receipt", 1000);
}

#[test]
fn changed_bundles_are_not_believed() {
    holds("bundle", 2000);
}

#[test]
fn changed_android_chains_are_not_believed() {
    holds("android_attestation", 1000);
}

#[test]
fn changed_apple_objects_and_assertions_are_not_believed() {
    holds("apple_attestation", 1000);
}

#[test]
fn changed_transfer_headers_say_one_thing_or_nothing() {
    holds("resumable_upload_headers", 10_000);
}

//! The tar inside: what is written, what any tar reader makes of it, what is refused.

use std::convert::Infallible;
use std::io::Read;

use gauze_seal::bundle::{Bundle, BundleError, Entries, Unbundler};
use gauze_seal::strip::strip;
use proptest::prelude::*;

use crate::pictures::{bytes, plain};

fn write(record: &[u8], jpeg: &[u8]) -> Vec<u8> {
    let photo = strip(jpeg).unwrap();
    let bundle = Bundle::new(&photo, record, 1_700_000_000).unwrap();
    let mut out = Vec::new();
    let Ok(()) = bundle.write(&mut |part| {
        out.extend_from_slice(part);
        Ok::<(), Infallible>(())
    });
    assert_eq!(out.len() as u64, bundle.len());
    out
}

fn read(tar: &[u8], piece: usize) -> Result<Entries, BundleError> {
    let mut unbundler = Unbundler::new();
    for part in tar.chunks(piece) {
        unbundler.push(part)?;
    }
    unbundler.finish()
}

fn refused(tar: &[u8]) -> BundleError {
    let error = read(tar, usize::MAX).err().unwrap();
    assert_eq!(read(tar, 100).err(), Some(error));
    error
}

fn entry(name: &str, kind: tar::EntryType, content: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    // Raw, because the setter would tidy the name.
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o644);
    header.set_size(content.len() as u64);
    header.set_mtime(7);
    header.set_cksum();
    let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
    [header.as_bytes(), content, &padding].concat()
}

fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut out = entries.concat();
    out.resize((out.len() + 1024).next_multiple_of(65536), 0);
    out
}

const REGULAR: tar::EntryType = tar::EntryType::Regular;

fn good() -> [Vec<u8>; 2] {
    [entry("photo.jpg", REGULAR, &[7; 1000]), entry("record.json", REGULAR, b"{}")]
}

#[test]
fn any_tar_reader_finds_the_two_entries() {
    let jpeg = plain(64, 64);
    let tar = write(b"{\"v\":2}", &jpeg);
    assert_eq!(tar.len() % 65536, 0);
    let mut archive = tar::Archive::new(tar.as_slice());
    let mut seen = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.mode().unwrap(), header.uid().unwrap(), header.gid().unwrap()), (0o600, 0, 0));
        assert_eq!(header.mtime().unwrap(), 1_700_000_000);
        assert!(header.as_ustar().is_some());
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        seen.push((name, content));
    }
    assert_eq!(seen, [("photo.jpg".to_owned(), jpeg), ("record.json".to_owned(), b"{\"v\":2}".to_vec())]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn what_was_bundled_comes_back_however_it_is_cut(
        record in prop::collection::vec(any::<u8>(), 0..3000), side in 8_u32..120, piece in 1_usize..5000
    ) {
        let jpeg = plain(side, side);
        let tar = write(&record, &jpeg);
        let entries = read(&tar, piece).unwrap();
        prop_assert!(entries.record.as_slice() == record);
        prop_assert!(entries.photo.as_slice() == jpeg);
        prop_assert_eq!(entries.mtime_s, 1_700_000_000);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..3000), at in 0_usize..2048) {
        prop_assert!(read(&bytes, 700).is_err());
        let mut tar = archive(&good());
        tar[at..at + bytes.len()].copy_from_slice(&bytes);
        let _ = read(&tar, 700);
    }
}

#[test]
fn other_times_owners_and_modes_are_read() {
    let entries = read(&archive(&good()), usize::MAX).unwrap();
    assert_eq!((entries.record.as_slice(), entries.mtime_s, entries.photo.len()), (&b"{}"[..], 7, 1000));
}

#[test]
fn a_third_entry_is_refused() {
    let [photo, record] = good();
    let tar = archive(&[photo, record, entry("more", REGULAR, b"x")]);
    assert_eq!(refused(&tar), BundleError::Padding);
}

#[test]
fn swapped_missing_and_renamed_entries_are_refused() {
    let [photo, record] = good();
    // The order of format 1.
    assert_eq!(refused(&archive(&[record.clone(), photo.clone()])), BundleError::Entry);
    assert_eq!(refused(&archive(&[photo.clone(), photo.clone()])), BundleError::Entry);
    assert_eq!(refused(&archive(std::slice::from_ref(&record))), BundleError::Entry);
    for name in ["Record.json", "record.jso", "record.json2", "./record.json", "x/record.json"] {
        let tar = archive(&[photo.clone(), entry(name, REGULAR, b"{}")]);
        assert_eq!(refused(&tar), BundleError::Entry, "{name}");
    }
    for photo_only in [archive(std::slice::from_ref(&photo)), archive(&[])] {
        assert_eq!(refused(&photo_only), BundleError::Checksum, "a header of zeros");
    }
}

#[test]
fn what_is_not_a_regular_file_is_refused() {
    use tar::EntryType;
    let [_, record] = good();
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Directory,
        EntryType::Fifo,
        EntryType::Char,
        EntryType::XHeader,
        EntryType::GNULongName,
    ] {
        let tar = archive(&[entry("photo.jpg", kind, &[7; 1000]), record.clone()]);
        assert_eq!(refused(&tar), BundleError::Entry, "{kind:?}");
    }
}

fn patched(at: usize, value: &[u8]) -> Vec<u8> {
    let mut tar = archive(&good());
    tar[at..at + value.len()].copy_from_slice(value);
    let mut header = tar::Header::from_byte_slice(&tar[..512]).clone();
    header.set_cksum();
    tar[..512].copy_from_slice(header.as_bytes());
    tar
}

#[test]
fn fields_that_could_mislead_another_reader_are_refused() {
    for (at, value) in [
        (99, &b"x"[..]),
        (124, b"\x80\0\0\0\0\0\0\0\0\0\0\x02"),
        (124, b"00000000002x"),
        (124, b"            "),
        (157, b"target"),
        (257, b"ustar  \0"),
        (263, b"01"),
        (345, b"dir"),
        (500, b"x"),
    ] {
        assert_eq!(refused(&patched(at, value)), BundleError::Entry, "{at}");
    }
    assert_eq!(refused(&patched(124, b"77777777777\0")), BundleError::TooLarge);
    let mut wrong = archive(&good());
    wrong[148] ^= 1;
    assert_eq!(refused(&wrong), BundleError::Checksum);
    wrong[148] ^= 1;
    wrong[100] ^= 1;
    assert_eq!(refused(&wrong), BundleError::Checksum);
}

#[test]
fn padding_that_is_not_zero_is_refused() {
    let tar = archive(&good());
    let record = 512 + 1024 + 512 + 2;
    for at in [512 + 1000, 512 + 1023, record, record + 509, record + 510, record + 2000, tar.len() - 1] {
        let mut copy = tar.clone();
        copy[at] = 1;
        assert_eq!(refused(&copy), BundleError::Padding, "{at}");
    }
}

#[test]
fn a_bundle_cut_short_or_padded_oddly_is_refused() {
    let tar = archive(&good());
    for length in (0..3584).chain([tar.len() - 512, tar.len() - 1]) {
        assert_eq!(read(&tar[..length], usize::MAX).err(), Some(BundleError::Truncated), "{length}");
    }
    let longer = [&tar[..], &[0; 512]].concat();
    assert_eq!(refused(&longer), BundleError::Truncated);
    assert!(read(&[&tar[..], &vec![0; 65536]].concat(), usize::MAX).is_ok());
    // Content up to the last block: the two zero blocks are missing although the length fits.
    let content = vec![7; 65536 - 3 * 512];
    let full = [entry("photo.jpg", REGULAR, &content), entry("record.json", REGULAR, b"{}")].concat();
    assert_eq!(full.len(), 65536);
    assert_eq!(refused(&full), BundleError::Truncated);
}

#[test]
fn endless_zeros_are_refused() {
    let tar = archive(&good());
    let mut unbundler = Unbundler::new();
    unbundler.push(&tar).unwrap();
    let zeros = vec![0; 1 << 20];
    let ended = (0..100).find_map(|_| unbundler.push(&zeros).err());
    assert_eq!(ended, Some(BundleError::TooLarge));
}

#[test]
fn a_record_beyond_its_limit_is_not_bundled() {
    let jpeg = plain(16, 16);
    let photo = strip(&jpeg).unwrap();
    assert_eq!(bytes(&photo), jpeg);
    assert!(Bundle::new(&photo, &vec![0; 65536], 0).is_ok());
    assert_eq!(Bundle::new(&photo, &vec![0; 65537], 0).err().unwrap().entry, "record.json");
    let large = archive(&[good()[0].clone(), entry("record.json", REGULAR, &vec![b' '; 65537])]);
    assert_eq!(refused(&large), BundleError::TooLarge);
}

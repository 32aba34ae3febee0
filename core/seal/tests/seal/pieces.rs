//! A photo sealed in pieces is the photo sealed in one go.

use std::convert::Infallible;

use gauze_seal::age::Recipients;
use gauze_seal::bundle::BundleTooLarge;
use gauze_seal::strip::strip;
use gauze_seal::{PhotoToSeal, Pieces, lay_out_photo, seal_photo};

use crate::pictures::{exif, plain, segment};
use crate::{SeededEntropy, post_quantum, to, x25519};

fn in_one_go(jpeg: &[u8], record: &[u8], recipients: &Recipients) -> Vec<u8> {
    let photo = strip(jpeg).unwrap();
    let what = PhotoToSeal { photo: &photo, record, mtime_s: 7 };
    let mut file = Vec::new();
    seal_photo(what, recipients, &mut SeededEntropy::new(1), &mut |part| {
        file.extend_from_slice(part);
        Ok::<(), Infallible>(())
    })
    .unwrap();
    file
}

/// The end first, then the last piece, the start at the very last.
fn backwards(jpeg: &[u8], record: &[u8], recipients: &Recipients) -> Vec<u8> {
    let photo = strip(jpeg).unwrap();
    let Pieces { opening, middle, tail, .. } =
        lay_out_photo(&photo, 7, recipients, &mut SeededEntropy::new(1)).unwrap();
    let mut file = Vec::new();
    let mut put = |offset: u64, bytes: &[u8]| {
        let at = usize::try_from(offset).unwrap();
        file.resize(file.len().max(at + bytes.len()), 0);
        file[at..at + bytes.len()].copy_from_slice(bytes);
    };
    let offset = tail.offset();
    put(offset, &tail.seal(record).unwrap());
    let mut pieces: Vec<_> = middle.collect();
    pieces.reverse();
    let mut buffer = b"what an earlier piece left".to_vec();
    for piece in pieces {
        let offset = piece.offset();
        piece.seal(&mut buffer);
        put(offset, &buffer);
    }
    put(0, &opening);
    file
}

#[test]
fn pieces_in_any_order_make_the_file_that_is_sealed_in_one_go() {
    let mut long = plain(640, 480);
    let end = long.split_off(long.len() - 2);
    // Chunk borders fall everywhere in a photo of several chunks.
    long.resize(300_000, 0x55);
    long.extend_from_slice(&end);
    // What is taken out cuts the kept bytes in slices; the orientation is a slice of its own.
    let cut = [&long[..2], &segment(0xE1, &exif(true, 6)), &segment(0xFE, b"a comment"), &long[2..]].concat();
    for jpeg in [plain(16, 16), long, cut] {
        // The record's entry is one block, fills a chunk to the byte, or reaches into the next.
        for record in [2, 511, 512, 513, 65_023, 65_024, 65_025, 65_536] {
            let record = vec![b' '; record];
            for recipients in [to(&[&x25519(1)]), to(&[&post_quantum(1), &post_quantum(2)])] {
                let whole = in_one_go(&jpeg, &record, &recipients);
                assert!(backwards(&jpeg, &record, &recipients) == whole, "{} {}", jpeg.len(), record.len());
            }
        }
    }
}

#[test]
fn the_end_of_a_photo_falls_on_every_side_of_a_chunk() {
    let recipients = to(&[&x25519(1)]);
    // The photo's entry ends in the middle of a chunk, on its border, or a block to either side.
    for length in [65_536 - 1024, 65_536 - 513, 65_536 - 512, 65_536 - 511, 65_536, 131_072 - 512] {
        let mut jpeg = plain(16, 16);
        let end = jpeg.split_off(jpeg.len() - 2);
        jpeg.resize(length - 2, 0x55);
        jpeg.extend_from_slice(&end);
        for record in [0, 2, 65_536] {
            let record = vec![b' '; record];
            let whole = in_one_go(&jpeg, &record, &recipients);
            assert!(backwards(&jpeg, &record, &recipients) == whole, "{length} {}", record.len());
        }
    }
}

#[test]
fn a_record_beyond_its_limit_is_not_sealed() {
    let jpeg = plain(16, 16);
    let photo = strip(&jpeg).unwrap();
    let pieces = lay_out_photo(&photo, 0, &to(&[&x25519(1)]), &mut SeededEntropy::new(1)).unwrap();
    assert_eq!(pieces.tail.seal(&vec![b' '; 65_537]), Err(BundleTooLarge { entry: "record.json" }));
}

//! What must not be found, and how it is looked for: every run of 32 bytes of a secret, wherever it lies.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use memchr::memmem::Finder;

use crate::nobody;
use crate::pictures::whereabouts;

/// A run as long as this counts as a leak.
const RUN: usize = 32;
/// A run of 32 bytes holds a whole block of 16 that starts at a multiple of 16.
const BLOCK: usize = 16;
/// Blocks of fewer different bytes are padding and tables, not somebody's.
const TELLING: usize = 9;
/// Bits that tell the beginnings of blocks apart.
const BEGINS: u32 = 22;

/// Secrets to look for.
#[derive(Default)]
pub struct Needles {
    sources: Vec<(String, Vec<u8>)>,
    blocks: HashMap<[u8; BLOCK], (usize, usize)>,
    /// By the first bytes of a block: most places are passed by at a glance.
    begins: Vec<bool>,
    words: Vec<(String, Finder<'static>)>,
}

impl Needles {
    /// What our records say of the patient, and what each of our pictures says of itself.
    pub fn of_nobody() -> Self {
        let mut needles = Self::default();
        nobody::WORDS.iter().for_each(|word| needles.word(word, word.as_bytes()));
        whereabouts().iter().for_each(|(name, bytes)| needles.word(name, bytes));
        needles
    }

    /// Any 32 bytes of it.
    pub fn runs_of(&mut self, name: &str, secret: &[u8]) {
        self.begins.resize(1 << BEGINS, false);
        let source = self.sources.len();
        for (at, block) in secret.chunks_exact(BLOCK).enumerate() {
            let kinds: BTreeSet<_> = block.iter().collect();
            if kinds.len() >= TELLING {
                self.begins[begin(block)] = true;
                let block = block.try_into().expect("chunks are exact");
                self.blocks.insert(block, (source, at * BLOCK));
            }
        }
        self.sources.push((name.to_owned(), secret.to_vec()));
    }

    /// Any 32 bytes of a JPEG's compressed pixels; its tables are everybody's.
    pub fn pixels_of(&mut self, name: &str, jpeg: &[u8]) {
        let scan = jpeg.windows(2).rposition(|pair| pair == [0xff, 0xda]).expect("a JPEG has a scan");
        self.runs_of(name, &jpeg[scan + 16..]);
    }

    /// The whole of it.
    pub fn word(&mut self, name: &str, secret: &[u8]) {
        self.words.push((name.to_owned(), Finder::new(secret).into_owned()));
    }

    /// Names of what is in there.
    pub fn found_in(&self, hay: &[u8]) -> Vec<String> {
        let mut found: Vec<_> = self
            .words
            .iter()
            .filter(|(_, finder)| finder.find(hay).is_some())
            .map(|(name, _)| name.clone())
            .collect();
        if self.blocks.is_empty() {
            return found;
        }
        for (at, window) in hay.windows(BLOCK).enumerate() {
            if !self.begins[begin(window)] {
                continue;
            }
            if let Some((source, offset)) = self.blocks.get(window) {
                let (name, secret) = &self.sources[*source];
                if run(secret, *offset, hay, at) >= RUN && !found.contains(name) {
                    found.push(name.clone());
                }
            }
        }
        found
    }

    /// What is in the files below a directory, and in which.
    pub fn found_below(&self, dir: &Path) -> io::Result<Vec<(String, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                found.extend(self.found_below(&path)?);
                continue;
            }
            match fs::read(&path) {
                Ok(bytes) => found.extend(self.found_in(&bytes).into_iter().map(|name| (name, path.clone()))),
                // A server that runs makes files and removes them.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// Each secret with bytes that hold so little of it that it just counts, and others around.
    pub fn plants(&self) -> Vec<(&str, Vec<u8>)> {
        let words = self.words.iter().map(|(name, finder)| (name.as_str(), finder.needle()));
        let runs = self.sources.iter().enumerate().map(|(source, (name, secret))| {
            let ours = self.blocks.values().filter(|(of, _)| *of == source).map(|(_, offset)| *offset);
            let at = ours.max().expect("a secret has a block that tells").saturating_sub(BLOCK / 2);
            let at = at.min(secret.len() - RUN);
            (name.as_str(), &secret[at..at + RUN])
        });
        words.chain(runs).map(|(name, secret)| (name, [&[0; 7], secret, &[1; 9]].concat())).collect()
    }

    /// That nothing is below a directory, and that each secret would be found there: each is planted in turn.
    pub fn are_not_below(&self, dir: &Path) -> io::Result<()> {
        assert_eq!(self.found_below(dir)?, [], "in the clear");
        for (name, bytes) in self.plants() {
            let mut file = tempfile::NamedTempFile::new_in(dir)?;
            io::Write::write_all(&mut file, &bytes)?;
            assert_eq!(self.found_below(dir)?, [(name.to_owned(), file.path().to_owned())], "planted");
        }
        Ok(())
    }
}

fn begin(block: &[u8]) -> usize {
    let first = u32::from_le_bytes([block[0], block[1], block[2], block[3]]);
    (first.wrapping_mul(0x9e37_79b1) >> (32 - BEGINS)) as usize
}

/// How long secret and hay agree around a place.
fn run(secret: &[u8], offset: usize, hay: &[u8], at: usize) -> usize {
    let behind = secret[offset..].iter().zip(&hay[at..]).take_while(|(a, b)| a == b).count();
    let before =
        secret[..offset].iter().rev().zip(hay[..at].iter().rev()).take_while(|(a, b)| a == b).count();
    before + behind
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::picture;

    #[test]
    fn any_run_of_32_bytes_is_found_and_a_shorter_one_is_not() {
        let secret: Vec<u8> = (0..1000_u32).map(|n| n.wrapping_mul(0x9e37_79b9).to_be_bytes()[1]).collect();
        let mut needles = Needles::default();
        needles.runs_of("secret", &secret);
        for at in 0..secret.len() - RUN {
            let hay = [&[0; 77], &secret[at..at + RUN], &[0; 9][..]].concat();
            assert_eq!(needles.found_in(&hay), ["secret"], "{at}");
            let hay = [&[1; 77], &secret[at..at + 16], &[1; 9][..]].concat();
            assert!(needles.found_in(&hay).is_empty(), "{at}");
        }
    }

    #[test]
    fn all_that_is_looked_for_is_in_our_pictures_and_records_and_is_found_where_it_is_planted() {
        let mut needles = Needles::of_nobody();
        let (jpeg, record) = (picture(1, 320, 240).unwrap(), nobody::record().to_string());
        needles.pixels_of("a photo", &jpeg);
        assert_eq!(needles.found_in(&jpeg), ["the camera", "the latitude", "the longitude", "a photo"]);
        assert_eq!(needles.found_in(record.as_bytes()), nobody::WORDS);
        let plants = needles.plants();
        assert_eq!(plants.len(), nobody::WORDS.len() + 4);
        for (name, bytes) in plants {
            assert_eq!(needles.found_in(&bytes), [name]);
        }
    }
}

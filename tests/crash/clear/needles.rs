//! What must not be found, and how it is looked for: every run of 32 bytes of a secret, wherever it lies.

use std::collections::HashMap;

use memchr::memmem::Finder;

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
    /// Any 32 bytes of it.
    pub fn runs_of(&mut self, name: &str, secret: &[u8]) {
        self.begins.resize(1 << BEGINS, false);
        let source = self.sources.len();
        for (at, block) in secret.chunks_exact(BLOCK).enumerate() {
            let kinds: std::collections::BTreeSet<_> = block.iter().collect();
            if kinds.len() >= TELLING {
                self.begins[begin(block)] = true;
                self.blocks.insert(block.try_into().unwrap(), (source, at * BLOCK));
            }
        }
        self.sources.push((name.to_owned(), secret.to_vec()));
    }

    /// Any 32 bytes of a JPEG's compressed pixels; its tables are everybody's.
    pub fn pixels_of(&mut self, name: &str, jpeg: &[u8]) {
        let scan = jpeg.windows(2).rposition(|pair| pair == [0xff, 0xda]).unwrap();
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
}

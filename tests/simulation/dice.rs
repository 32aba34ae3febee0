//! Every choice of a run, and every random byte of its phone.

use std::io;
use std::sync::Mutex;

use gauze_core::ports::Entropy;

/// SplitMix64: small, and the same on every machine for ever.
#[derive(Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to `sides` - 1.
    pub fn below(&mut self, sides: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(sides).unwrap()).unwrap()
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Others, whose use does not disturb these.
    pub fn fork(&mut self) -> Self {
        Self(self.roll())
    }

    /// One of these, as often as its weight says.
    pub fn weighed<T: Copy>(&mut self, all: &[(usize, T)]) -> T {
        let mut at = self.below(all.iter().map(|(weight, _)| weight).sum());
        for &(weight, one) in all {
            if at < weight {
                return one;
            }
            at -= weight;
        }
        unreachable!("the weights cover every roll")
    }
}

/// Random bytes that a seed brings again.
pub struct SeededEntropy(pub Mutex<Dice>);

impl Entropy for SeededEntropy {
    fn fill(&self, out: &mut [u8]) -> io::Result<()> {
        let mut dice = self.0.lock().unwrap();
        for bytes in out.chunks_mut(8) {
            bytes.copy_from_slice(&dice.roll().to_be_bytes()[..bytes.len()]);
        }
        Ok(())
    }
}

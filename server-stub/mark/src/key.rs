//! What only the tenant knows of the mark: which frequencies mean what, with which signs, and the check of a number.

use crate::code::{CODED_BITS, MESSAGE_BITS, encode};
use crate::pattern::Bin;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bits of an event number.
pub const EVENT_BITS: u32 = 40;
const CHECK_BITS: u32 = 24;
const _: () = assert!((EVENT_BITS + CHECK_BITS) as usize == MESSAGE_BITS);
const TILE_RADII: std::ops::RangeInclusive<f64> = 8.0..=26.0;

/// The number of one view in the access log: below 2^40.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event(u64);

impl Event {
    /// None from 2^40 on.
    #[must_use]
    pub fn new(number: u64) -> Option<Self> {
        (number >> EVENT_BITS == 0).then_some(Self(number))
    }

    /// The number.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// A complex frequency of the tile with its share of the message: its two real dimensions, each with a sign.
pub(crate) struct Carrier {
    pub(crate) bin: Bin,
    pub(crate) signs: [f32; 2],
}

/// The keyed half of the mark, for one tenant and one epoch. Making one costs about 4,000 HMACs: keep it.
pub struct MarkKey {
    secret: Zeroizing<[u8; 32]>,
    /// Constant for a key.
    pub(crate) sync: Vec<Carrier>,
    /// Two dimensions each; the coded bits take turns in them.
    pub(crate) coded: Vec<Carrier>,
    /// Signs of their own for each event.
    pub(crate) accusing: Vec<Bin>,
}

impl MarkKey {
    /// From 32 secret bytes of a tenant, and the number of its epoch.
    #[must_use]
    pub fn new(tenant: &[u8; 32], epoch: u32) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        secret.copy_from_slice(&tag(tenant, "gauze-mark/v1 key", &epoch.to_be_bytes()));
        let mut bins = annulus();
        let mut stream = Stream::new(&secret, "layout", &[]);
        for at in (1..bins.len()).rev() {
            bins.swap(at, stream.below(at + 1));
        }
        let accusing = bins.split_off(bins.len() - bins.len() * 3 / 16);
        let coded = bins.split_off(bins.len() * 4 / 13);
        let mut signed = |bins: Vec<Bin>| {
            bins.into_iter().map(|bin| Carrier { bin, signs: [stream.sign(), stream.sign()] }).collect()
        };
        let (sync, coded) = (signed(bins), signed(coded));
        Self { secret, sync, coded, accusing }
    }

    /// What an event's tile adds to each of its frequencies.
    pub(crate) fn amplitudes(&self, event: Event) -> Vec<(Bin, [f32; 2])> {
        let bits = encode(self.message(event));
        let coded = self.coded.iter().zip(places()).map(|(carrier, places)| {
            let turned = |at: usize| if bits[places[at]] { carrier.signs[at] } else { -carrier.signs[at] };
            (carrier.bin, [turned(0), turned(1)])
        });
        let accusing = self.accusing.iter().copied().zip(self.accusation(event));
        let sync = self.sync.iter().map(|carrier| (carrier.bin, carrier.signs));
        sync.chain(coded).chain(accusing).collect()
    }

    /// All its frequencies.
    pub(crate) fn bins(&self) -> impl Iterator<Item = Bin> {
        let carriers = self.sync.iter().chain(&self.coded).map(|carrier| carrier.bin);
        carriers.chain(self.accusing.iter().copied())
    }

    /// The signs of the frequencies that belong to this event alone.
    pub(crate) fn accusation(&self, event: Event) -> impl Iterator<Item = [f32; 2]> {
        let mut stream = Stream::new(&self.secret, "event", &event.0.to_be_bytes());
        (0..self.accusing.len()).map(move |_| [stream.sign(), stream.sign()])
    }

    /// How far an event's own sequence stands out, where the constant frequencies stand out by one deviation.
    pub(crate) fn own_share(&self) -> f32 {
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let share = self.accusing.len() as f32 / self.sync.len() as f32;
        share.sqrt()
    }

    /// How far what was read at the event's own frequencies resembles its signs, in standard deviations of other events: by
    /// Hoeffding's inequality an innocent one reaches `t` with a chance of at most exp(-t^2 / 2).
    pub(crate) fn likeness(&self, event: Event, read: &[[f32; 2]]) -> f32 {
        let (mut sum, mut power) = (0.0, f32::MIN_POSITIVE);
        for (value, sign) in read.iter().zip(self.accusation(event)) {
            sum += value[0] * sign[0] + value[1] * sign[1];
            power += value[0] * value[0] + value[1] * value[1];
        }
        sum / power.sqrt()
    }

    /// Soft values of the coded bits, from what was read at the coded frequencies.
    pub(crate) fn gather(&self, read: &[[f32; 2]]) -> Vec<f32> {
        let mut soft = vec![0.0; CODED_BITS];
        for ((carrier, value), places) in self.coded.iter().zip(read).zip(places()) {
            for at in 0..2 {
                soft[places[at]] += value[at] * carrier.signs[at];
            }
        }
        soft
    }

    fn message(&self, event: Event) -> u64 {
        event.0 << CHECK_BITS | self.check(event)
    }

    /// The event of a message whose check is this key's.
    pub(crate) fn read(&self, message: u64) -> Option<Event> {
        let event = Event(message >> CHECK_BITS);
        (self.message(event) == message).then_some(event)
    }

    fn check(&self, event: Event) -> u64 {
        let tag = tag(&*self.secret, "check", &event.0.to_be_bytes());
        tag[..CHECK_BITS as usize / 8].iter().fold(0, |check, byte| check << 8 | u64::from(*byte))
    }
}

/// Which coded bits a frequency's two dimensions carry, frequency by frequency.
fn places() -> impl Iterator<Item = [usize; 2]> {
    (0..).map(|at| [2 * at % CODED_BITS, (2 * at + 1) % CODED_BITS])
}

/// One half of each pair of opposite frequencies in the ring.
fn annulus() -> Vec<Bin> {
    let reach = 26;
    let mut bins = Vec::new();
    for v in -reach..=reach {
        for u in 0..=reach {
            let radius = f64::from(u * u + v * v).sqrt();
            if TILE_RADII.contains(&radius) && (u > 0 || v > 0) {
                bins.push(Bin { u, v });
            }
        }
    }
    bins
}

fn tag(key: &[u8], label: &str, rest: &[u8]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of each length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(label.as_bytes());
    mac.update(&[0]);
    mac.update(rest);
    mac.finalize().into_bytes().into()
}

/// Keyed bits, HMAC-SHA-256 in counter mode.
struct Stream<'a> {
    key: &'a [u8; 32],
    label: &'static str,
    seed: Vec<u8>,
    block: [u8; 32],
    bits: usize,
    counter: u32,
}

impl<'a> Stream<'a> {
    fn new(key: &'a [u8; 32], label: &'static str, seed: &[u8]) -> Self {
        Self { key, label, seed: seed.to_vec(), block: [0; 32], bits: 256, counter: 0 }
    }

    fn bit(&mut self) -> bool {
        if self.bits == 256 {
            let input = [self.seed.as_slice(), &self.counter.to_be_bytes()].concat();
            self.block = tag(self.key, self.label, &input);
            self.counter += 1;
            self.bits = 0;
        }
        let at = self.bits;
        self.bits += 1;
        self.block[at / 8] >> (at % 8) & 1 == 1
    }

    fn sign(&mut self) -> f32 {
        if self.bit() { 1.0 } else { -1.0 }
    }

    /// Evenly below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        let width = usize::BITS - (limit - 1).leading_zeros();
        loop {
            let drawn = (0..width).fold(0, |drawn, _| drawn << 1 | usize::from(self.bit()));
            if drawn < limit {
                return drawn;
            }
        }
    }
}

//! Changed evidence: whatever is changed below the root, in a chain or an object, it is refused and nothing panics.
//!
//! A change that leaves the bytes as they were does not count. A receipt inside an object is for Apple's fraud metric;
//! no signature that is judged here covers it, and it is left as it is.

use gauze_attest::{AndroidAsked, AndroidRoots, AppleAsked, AppleRoots, verify_android, verify_apple};
use gauze_tests::attestations::der::element;
use gauze_tests::attestations::{AppleMaker, Forgery, KeyDescription, Maker, Names};
use gauze_tests::size::quick_or;
use gauze_wire::{AppleRules, Digest};
use jiff::Timestamp;

use crate::captured::{Captured, Sample};
use crate::{android, apple, now};

/// How many are changed in `cargo xtask test`, and in `cargo xtask soak mutations`.
const CHAINS: (u64, u64) = (8_000, 80_000);
const OBJECTS: (u64, u64) = (4_000, 40_000);

/// SplitMix64: a seed names its run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

/// An element of DER with what is inside.
#[derive(Clone)]
struct Node {
    tag: Vec<u8>,
    content: Vec<u8>,
    inside: Vec<Node>,
}

impl Node {
    fn read_all(mut bytes: &[u8]) -> Option<Vec<Self>> {
        let mut nodes = Vec::new();
        while !bytes.is_empty() {
            let high = bytes[0] & 0x1f == 0x1f;
            let more = if high { bytes[1..].iter().position(|byte| byte & 0x80 == 0)? + 1 } else { 0 };
            let (tag, rest) = bytes.split_at(1 + more);
            let (&first, rest) = rest.split_first()?;
            let long = if first & 0x80 == 0 { 0 } else { usize::from(first & 0x7f) };
            let (digits, rest) = rest.split_at_checked(long)?;
            let length = if long == 0 {
                usize::from(first)
            } else {
                digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit))
            };
            let (content, rest) = rest.split_at_checked(length)?;
            let inside = if tag[0] & 0x20 == 0 { Vec::new() } else { Self::read_all(content)? };
            nodes.push(Self { tag: tag.to_vec(), content: content.to_vec(), inside });
            bytes = rest;
        }
        Some(nodes)
    }

    fn write(&self) -> Vec<u8> {
        if self.inside.is_empty() {
            return element(&self.tag, &self.content);
        }
        element(&self.tag, &self.inside.iter().flat_map(Self::write).collect::<Vec<_>>())
    }

    fn count(&self) -> usize {
        1 + self.inside.iter().map(Self::count).sum::<usize>()
    }

    /// Changes one element somewhere inside and mends the lengths around it.
    fn operate(&mut self, dice: &mut Dice) {
        let mut steps = dice.below(self.count());
        let mut here = self;
        while steps > 0 && !here.inside.is_empty() {
            steps -= 1;
            let mut at = 0;
            while at + 1 < here.inside.len() && steps >= here.inside[at].count() {
                steps -= here.inside[at].count();
                at += 1;
            }
            here = &mut here.inside[at];
        }
        let at = dice.below(here.inside.len());
        match (dice.below(6), here.inside.len()) {
            (0, 1..) => drop(here.inside.remove(at)),
            (1, 1..) => here.inside.insert(at, here.inside[at].clone()),
            (2, 2..) => here.inside.swap(at, 0),
            (3, _) => here.tag[0] ^= 1 << dice.below(6),
            (4, 0) => here.content.push(u8::try_from(dice.below(256)).unwrap()),
            (_, 0) => drop(here.content.pop()),
            (_, _) => here.inside[at].tag[0] ^= 1 << dice.below(6),
        }
    }
}

/// Flips, cuts, repeats or inserts bytes.
fn scratch(bytes: &mut Vec<u8>, at: usize, dice: &mut Dice) {
    match dice.below(5) {
        0 | 1 => bytes[at] ^= 1 << dice.below(8),
        2 => bytes.insert(at, u8::try_from(dice.below(256)).unwrap()),
        3 => drop(bytes.remove(at)),
        _ => {
            let end = (at + 1 + dice.below(16)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            bytes.splice(at..at, piece);
        }
    }
}

struct Original {
    chain: Vec<Vec<u8>>,
    /// How many certificates are below the root.
    below: usize,
    challenge: Vec<u8>,
    rules: gauze_wire::AndroidRules,
    roots: AndroidRoots,
    at: Timestamp,
}

impl Original {
    fn accepts(&self, chain: &[Vec<u8>]) -> bool {
        let asked = AndroidAsked {
            challenge: &self.challenge,
            rules: &self.rules,
            status: None,
            at: self.at,
            device_key: None,
            serial: None,
            last_seen: None,
        };
        verify_android(chain, &self.roots, &asked).verdict.is_ok()
    }

    fn made(maker: &Maker, chain: Vec<Vec<u8>>, below: usize) -> Self {
        Self {
            chain,
            below,
            challenge: b"challenge".to_vec(),
            rules: android::rules(),
            roots: AndroidRoots::from_pem(maker.root_pem()).unwrap(),
            at: now(),
        }
    }

    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        let good = KeyDescription::good(b"challenge");
        for names in [Names::Remote, Names::Factory] {
            let maker = Maker::new(names).unwrap();
            all.push(Self::made(&maker, maker.attest(&good).unwrap().0, 3));
            all.push(Self::made(&maker, maker.attest_with_root(&good).unwrap(), 3));
            let extended = maker.extend(&good, &good, Forgery::ByAnAttestingKey).unwrap();
            all.push(Self::made(&maker, extended, 4));
            all.push(Self::made(&maker, maker.by_root(&good).unwrap(), 1));
        }
        for captured in Captured::all().into_iter().filter(Captured::is_good) {
            let in_chain = captured.expected["google_root"] == "in_chain";
            all.push(Self {
                below: captured.chain.len() - usize::from(in_chain),
                at: captured.times[1],
                chain: captured.chain,
                challenge: captured.challenge,
                rules: captured.rules,
                roots: AndroidRoots::google(),
            });
        }
        all
    }

    /// A changed chain. `stranger` is a certificate of another maker.
    fn change(&self, stranger: &[u8], dice: &mut Dice) -> Vec<Vec<u8>> {
        let mut chain = self.chain.clone();
        let at = dice.below(self.below);
        match dice.below(10) {
            0..4 => {
                let byte = dice.below(chain[at].len());
                scratch(&mut chain[at], byte, dice);
            }
            4..7 => {
                let mut nodes = Node::read_all(&chain[at]).unwrap();
                nodes[0].operate(dice);
                chain[at] = nodes[0].write();
            }
            7 => chain[at] = stranger.to_vec(),
            8 => chain.insert(at, if dice.below(2) == 0 { stranger.to_vec() } else { chain[at].clone() }),
            _ if self.below > 1 => chain.swap(at, (at + 1) % self.below),
            _ => chain.push(stranger.to_vec()),
        }
        chain
    }
}

#[test]
fn no_changed_chain_is_accepted() {
    let originals = Original::all();
    let stranger = Maker::new(Names::Remote).unwrap().attest(&KeyDescription::good(b"challenge")).unwrap().0;
    for original in &originals {
        assert!(original.accepts(&original.chain));
    }
    let mut dice = Dice(1);
    let (wanted, mut tried) = (quick_or(CHAINS.0, CHAINS.1), 0);
    while tried < wanted {
        let original = &originals[dice.below(originals.len())];
        let changed = original.change(&stranger[dice.below(3)], &mut dice);
        if changed != original.chain {
            tried += 1;
            assert!(!original.accepts(&changed), "change {tried}: {changed:02x?}");
        }
    }
    println!("{tried} changed chains of {} refused", originals.len());
}

struct Attested {
    object: Vec<u8>,
    hash: [u8; 32],
    rules: AppleRules,
    roots: AppleRoots,
    at: Timestamp,
}

impl Attested {
    fn accepts(&self, object: &[u8]) -> bool {
        let asked =
            AppleAsked { client_data_hash: &self.hash, rules: &self.rules, at: self.at, key_id: None };
        verify_apple(object, &self.roots, &asked).verdict.is_ok()
    }

    fn all() -> Vec<Self> {
        let maker = AppleMaker::new().unwrap();
        let hash = Digest::of(b"client data").0;
        let made = Self {
            object: maker.attest(&hash).unwrap(),
            hash,
            rules: apple::rules(),
            roots: AppleRoots::from_pem(maker.root_pem()).unwrap(),
            at: now(),
        };
        let captured = Sample::all().into_iter().map(|sample| Self {
            object: sample.object,
            hash: Digest::of(&sample.client_data).0,
            rules: sample.rules,
            roots: AppleRoots::apple(),
            at: sample.at,
        });
        std::iter::once(made).chain(captured).collect()
    }

    /// Where the receipt's bytes are.
    fn receipt(&self) -> std::ops::Range<usize> {
        let name = self.object.windows(7).position(|window| window == b"receipt").unwrap() + 7;
        let head = usize::from(match self.object[name] {
            0x58 => 2_u8,
            0x59 => 3,
            _ => 1,
        });
        let after = self.object.windows(9).rposition(|window| window == b"\x68authData").unwrap();
        name + head..after
    }

    fn change(&self, dice: &mut Dice) -> Vec<u8> {
        let (mut object, receipt) = (self.object.clone(), self.receipt());
        let mut at = dice.below(object.len() - receipt.len());
        if at >= receipt.start {
            at += receipt.len();
        }
        scratch(&mut object, at, dice);
        object
    }
}

#[test]
fn no_changed_object_is_accepted() {
    let originals = Attested::all();
    for original in &originals {
        assert!(original.accepts(&original.object));
    }
    let mut dice = Dice(2);
    let (wanted, mut tried) = (quick_or(OBJECTS.0, OBJECTS.1), 0);
    while tried < wanted {
        let original = &originals[dice.below(originals.len())];
        let changed = original.change(&mut dice);
        if changed != original.object {
            tried += 1;
            assert!(!original.accepts(&changed), "change {tried}: {changed:02x?}");
        }
    }
    println!("{tried} changed objects of {} refused", originals.len());
}

//! What the mark survives, and whom it names wrongly. These are rates and no times: pictures are tried on every core, and each is
//! drawn and marked once for all that is done to it.

use std::collections::BTreeMap;

use anyhow::Context as _;
use gauze_mark::{Event, MarkKey, Original, Search, find};
use gauze_tests::each::each;
use gauze_tests::leaks::{LEAKS, Leak, averaged, crop, jpeg, screen};
use image::GrayImage;

use super::{Pictures, SMALL, VIEW, VIEWS, event, key, luma, marked};
use crate::Arguments;
use crate::row::{Goal, print, skip};

/// Pictures of one row, and of one in which each is distorted in 231 ways.
const PICTURES: usize = 300;
const PAIRED: usize = 20;
/// Copies that are averaged to hide whose they are.
const COPIES: [u64; 4] = [2, 3, 4, 8];

pub fn measure(arguments: &Arguments, pictures: &Pictures) -> anyhow::Result<()> {
    let count = pictures.count(arguments, PICTURES);
    let leaks = |how: &str| -> Vec<(String, &Leak)> {
        let named = LEAKS.iter().map(|leak| (format!("mark_survives_{how}_{}", leak.name), leak));
        named.filter(|(name, _)| arguments.wants(name)).collect()
    };
    blind(&leaks("blind"), count, pictures)?;
    for edge in [SMALL, VIEW] {
        informed(&leaks(&format!("informed_{edge}")), count, (pictures, edge))?;
    }
    let few = pictures.count(arguments, PAIRED);
    paired(arguments, ("blind", read_alone), few, pictures)?;
    paired(arguments, ("informed", read_with), few, pictures)?;
    let copies: Vec<_> = COPIES.map(|of| (format!("mark_survives_informed_averaged_{of}"), of)).into();
    let copies: Vec<_> = copies.into_iter().filter(|(name, _)| arguments.wants(name)).collect();
    several(&copies, count, pictures)?;
    mistaken(arguments, count, pictures)
}

/// Right, wrong, and all.
#[derive(Clone, Copy, Default)]
struct Tally {
    right: u64,
    wrong: u64,
    all: u64,
}

impl Tally {
    fn of(named: &[Event], among: &[Event]) -> Self {
        let right = u64::from(named.iter().any(|event| among.contains(event)));
        let wrong = named.iter().filter(|event| !among.contains(event)).count() as u64;
        Self { right, wrong, all: 1 }
    }

    fn and(self, other: Self) -> Self {
        Self { right: self.right + other.right, wrong: self.wrong + other.wrong, all: self.all + other.all }
    }

    fn print(self, name: &str, goal: Option<f64>) {
        if self.all == 0 {
            return skip(name, "no picture is large enough");
        }
        let rate = 100.0 * self.right as f64 / self.all as f64;
        let unit = format!("% of {}, {} wrong", self.all, self.wrong);
        print(name, (rate, &unit), None, goal.map(Goal::AtLeast));
    }
}

/// What pictures come to in each of so many rows; a picture that is too small comes to nothing.
fn tallied(
    (rows, count): (usize, u64),
    of: impl Fn(u64) -> anyhow::Result<Vec<Tally>> + Sync,
) -> anyhow::Result<Vec<Tally>> {
    let mut sums = vec![Tally::default(); rows];
    if rows > 0 {
        for tallies in each(count, of) {
            sums.iter_mut().zip(tallies?).for_each(|(sum, tally)| *sum = sum.and(tally));
        }
    }
    Ok(sums)
}

fn blind(leaks: &[(String, &Leak)], count: u64, pictures: &Pictures) -> anyhow::Result<()> {
    let key = key();
    let of = |number| {
        let Some(plain) = pictures.luma(number, VIEW) else { return Ok(Vec::new()) };
        let marked = marked(&plain, &key, number)?;
        let tally = |(_, leak): &(String, &Leak)| {
            let picture = (leak.make)(&marked, number);
            let found = find(luma(&picture)?, &key, Search::default());
            Ok(Tally::of(found.map(|found| found.event).as_slice(), event(number).as_slice()))
        };
        leaks.iter().map(tally).collect()
    };
    for ((name, leak), tally) in leaks.iter().zip(tallied((leaks.len(), count), of)?) {
        let goal = match leak.name {
            "q50" => Some(99.0),
            "q30" | "resize_50" | "resize_200" | "screenshot" => Some(95.0),
            "crop_quarter" | "rotate_1" => Some(90.0),
            _ => None,
        };
        tally.print(name, goal);
    }
    Ok(())
}

/// Reads what becomes of a picture whose original this is.
type Reader = Box<dyn Fn(&GrayImage) -> anyhow::Result<Vec<Event>>>;

fn read_alone(_: &GrayImage) -> anyhow::Result<Reader> {
    let key = key();
    Ok(Box::new(move |leak| {
        let found = find(luma(leak)?, &key, Search::default());
        Ok(found.map(|found| found.event).into_iter().collect())
    }))
}

fn read_with(plain: &GrayImage) -> anyhow::Result<Reader> {
    let at_hand = AtHand::of(plain)?;
    Ok(Box::new(move |leak| at_hand.named(leak)))
}

/// Each distortion with each other: a row for each, of all pairs that it is in.
fn paired(
    arguments: &Arguments,
    (how, reader): (&str, fn(&GrayImage) -> anyhow::Result<Reader>),
    count: u64,
    pictures: &Pictures,
) -> anyhow::Result<()> {
    let name = |leak: &Leak| format!("mark_pairs_{how}_{}", leak.name);
    if !LEAKS.iter().any(|leak| arguments.wants(&name(leak))) {
        return Ok(());
    }
    let key = key();
    let of = |number| {
        let Some(plain) = pictures.luma(number, VIEW) else { return Ok(Vec::new()) };
        let (marked, read) = (marked(&plain, &key, number % VIEWS)?, reader(&plain)?);
        let mut tallies = vec![Tally::default(); LEAKS.len()];
        for (at, first) in LEAKS.iter().enumerate() {
            let once = (first.make)(&marked, number);
            for (with, second) in LEAKS.iter().enumerate().skip(at + 1) {
                let named = read(&(second.make)(&once, number))?;
                let tally = Tally::of(&named, event(number % VIEWS).as_slice());
                for row in [at, with] {
                    tallies[row] = tallies[row].and(tally);
                }
            }
        }
        Ok(tallies)
    };
    for (leak, tally) in LEAKS.iter().zip(tallied((LEAKS.len(), count), of)?) {
        tally.print(&name(leak), None);
    }
    Ok(())
}

/// A photo that is at hand, and the events that the log holds for it.
struct AtHand {
    key: MarkKey,
    original: Original,
    events: Vec<Event>,
}

impl AtHand {
    fn of(plain: &GrayImage) -> anyhow::Result<Self> {
        let original = Original::new(luma(plain)?, &[plain.width().max(plain.height()) as usize]);
        Ok(Self { key: key(), original, events: (0..VIEWS).filter_map(event).collect() })
    }

    fn named(&self, leak: &GrayImage) -> anyhow::Result<Vec<Event>> {
        let verdict = self.original.weigh(luma(leak)?, &self.key, &self.events);
        let named = verdict.map(|verdict| verdict.named().into_iter().map(|(event, _)| event).collect());
        Ok(named.unwrap_or_default())
    }
}

/// With the master, of views whose long edge is `edge`.
fn informed(leaks: &[(String, &Leak)], count: u64, (pictures, edge): (&Pictures, u32)) -> anyhow::Result<()> {
    let key = key();
    let of = |number| {
        let Some(plain) = pictures.luma(number, edge) else { return Ok(Vec::new()) };
        let (marked, at_hand) = (marked(&plain, &key, number % VIEWS)?, AtHand::of(&plain)?);
        let tally = |(_, leak): &(String, &Leak)| {
            let named = at_hand.named(&(leak.make)(&marked, number))?;
            Ok(Tally::of(&named, event(number % VIEWS).as_slice()))
        };
        leaks.iter().map(tally).collect()
    };
    for ((name, leak), tally) in leaks.iter().zip(tallied((leaks.len(), count), of)?) {
        let goal = match leak.name {
            "crop_sixteenth_q50" => Some(95.0),
            "photo_of_screen" => Some(80.0),
            "q50" | "q30" | "resize_50" | "resize_200" | "screenshot" | "crop_quarter" | "rotate_1" => {
                Some(99.0)
            }
            _ => None,
        };
        tally.print(name, goal);
    }
    Ok(())
}

/// Copies of several views, averaged.
fn several(copies: &[(String, u64)], count: u64, pictures: &Pictures) -> anyhow::Result<()> {
    let key = key();
    let of = |number| {
        let Some(plain) = pictures.luma(number, VIEW) else { return Ok(Vec::new()) };
        let at_hand = AtHand::of(&plain)?;
        let mut theirs: BTreeMap<u64, GrayImage> = BTreeMap::new();
        let tally = |(_, copies): &(String, u64)| {
            let who: Vec<u64> = (0..*copies).map(|at| (number + 7 * at) % VIEWS).collect();
            for who in &who {
                if !theirs.contains_key(who) {
                    theirs.insert(*who, marked(&plain, &key, *who)?);
                }
            }
            let copies: Option<Vec<_>> = who.iter().map(|who| theirs.get(who).cloned()).collect();
            let leak = jpeg(&averaged(&copies.context("a copy is missing")?), 70);
            let among: Vec<Event> = who.into_iter().filter_map(event).collect();
            Ok(Tally::of(&at_hand.named(&leak)?, &among))
        };
        copies.iter().map(tally).collect()
    };
    for ((name, copies), tally) in copies.iter().zip(tallied((copies.len(), count), of)?) {
        tally.print(name, (*copies == 3).then_some(90.0));
    }
    Ok(())
}

/// Pictures and crops that were shown to nobody: unmarked, with another tenant's mark, of another photo, and of another photo that
/// somebody was shown, whose line is none of this photo's. By the mark alone, and with the original.
fn mistaken(arguments: &Arguments, count: u64, pictures: &Pictures) -> anyhow::Result<()> {
    const NAME: &str = "mark_false";
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let (key, other) = (key(), MarkKey::new(&[0x0B; 32], 1));
    let count = count.max(1);
    let of = |number| {
        let Some(plain) = pictures.luma(number % count, SMALL) else { return Ok(Vec::new()) };
        let neighbour = || pictures.luma((number + 1) % count, SMALL).unwrap_or_else(|| plain.clone());
        let line = VIEWS + number;
        let (seen, shown) = match number % 4 {
            0 => (plain.clone(), None),
            1 => (marked(&plain, &other, number)?, None),
            2 => (neighbour(), None),
            _ => (marked(&neighbour(), &key, line)?, event(line)),
        };
        let picture = match number % 3 {
            0 => jpeg(&seen, 60),
            1 => jpeg(&crop(&seen, 2, number), 80),
            _ => jpeg(&screen(&seen, number), 70),
        };
        let mut named = AtHand::of(&plain)?.named(&picture)?;
        named.extend(find(luma(&picture)?, &key, Search::default()).map(|found| found.event));
        Ok(vec![Tally::of(&named, shown.as_slice())])
    };
    for tally in tallied((1, arguments.mistaken), of)? {
        print(NAME, (tally.wrong as f64, &format!("of {}", tally.all)), None, Some(Goal::AtMost(0.0)));
    }
    Ok(())
}

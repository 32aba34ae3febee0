//! Whom the weights name.

use crate::key::Event;

/// Chance at which an innocent event may be named, over all that were weighed.
const CHANCE: f32 = 1e-6;
/// Most copies that somebody may have averaged and that are still told apart.
const MIXED: usize = 4;

/// Why an event is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grounds {
    /// The keyed check of the number that was read agrees.
    Check,
    /// Its weight, by the rule of [`Verdict::named`].
    Weight,
}

/// What a leak says against its original.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The number that was read, where its keyed check agrees.
    pub read: Option<Event>,
    /// The weight that the event of an unmixed copy would have, as the key's constant frequencies stand out.
    pub expected: f32,
    /// All events that were weighed, the heaviest first, in standard deviations of innocent ones.
    pub weights: Vec<(Event, f32)>,
}

impl Verdict {
    pub(crate) fn new(read: Option<Event>, expected: f32, mut weights: Vec<(Event, f32)>) -> Self {
        weights.sort_by(|a, b| b.1.total_cmp(&a.1));
        Self { read, expected, weights }
    }

    /// Whose views the leak was made of. By the keyed check; otherwise by weight, where one event, or up to four whose copies were
    /// averaged, each has half of the weight expected of its share, and twice that of the next event, and so much that an
    /// innocent one of so many would reach it with a chance below one in a million (Hoeffding: n exp(-t^2 / 2)).
    #[must_use]
    pub fn named(&self) -> Vec<(Event, Grounds)> {
        if let Some(event) = self.read {
            return vec![(event, Grounds::Check)];
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let least = |together: usize| {
            let chance = (2.0 * (self.weights.len() as f32 / CHANCE).ln()).sqrt();
            chance.max(self.expected / (2 * together) as f32)
        };
        let heavy = |together: &usize| {
            let last = self.weights.get(together - 1).map(|(_, weight)| *weight);
            let next = self.weights.get(*together).map_or(0.0, |(_, weight)| *weight);
            last.is_some_and(|last| last >= least(*together) && last >= 2.0 * next)
        };
        let together = (1..=MIXED).find(heavy).unwrap_or(0);
        self.weights.iter().take(together).map(|(event, _)| (*event, Grounds::Weight)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(expected: f32, weights: &[f32]) -> Vec<u64> {
        let weights = (0..).map_while(Event::new).zip(weights.iter().copied()).collect();
        Verdict::new(None, expected, weights).named().iter().map(|(event, _)| event.number()).collect()
    }

    #[test]
    fn a_weight_alone_names_only_who_stands_apart_by_the_rule() {
        assert_eq!(named(20.0, &[1.0, 18.0, 3.0]), [1]);
        assert_eq!(named(20.0, &[1.0, 9.0, 3.0]), [], "less than half of what is expected");
        assert_eq!(named(20.0, &[10.0, 18.0, 3.0]), [1, 0], "two copies averaged");
        assert_eq!(named(20.0, &[12.0, 6.5, 3.3]), [], "the next has more than half");
        assert_eq!(named(5.0, &[5.0]), [], "chance reaches it");
        assert_eq!(named(5.5, &[5.6]), [0]);
        assert_eq!(
            named(5.5, &[5.6; 1].iter().chain(&[0.0; 1000]).copied().collect::<Vec<_>>()),
            [],
            "one of a thousand"
        );
        assert_eq!(named(30.0, &[9.0, 9.0, 9.0, 9.0, 9.0, 1.0]), [], "five");
        assert_eq!(named(30.0, &[]), []);
    }
}

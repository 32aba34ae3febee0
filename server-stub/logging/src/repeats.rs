//! Which warnings were written lately.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The same warning again is written after this.
const AGAIN_AFTER: Duration = Duration::from_secs(3600);
/// Different warnings that are remembered at once.
const MOST: usize = 1000;

struct Said {
    at: Instant,
    left_out: u64,
}

/// Warnings of the last hour.
#[derive(Default)]
pub(crate) struct Repeats(HashMap<String, Said>);

impl Repeats {
    /// Whether `line` is to be written now, and then how often it was left out before.
    pub(crate) fn judge(&mut self, line: String, now: Instant) -> Option<u64> {
        if let Some(said) = self.0.get_mut(&line) {
            if now.duration_since(said.at) < AGAIN_AFTER {
                said.left_out += 1;
                return None;
            }
            let left_out = said.left_out;
            *said = Said { at: now, left_out: 0 };
            return Some(left_out);
        }
        if self.0.len() >= MOST {
            self.0.retain(|_, said| now.duration_since(said.at) < AGAIN_AFTER);
        }
        // More than a thousand different ones in an hour are all written.
        if self.0.len() < MOST {
            self.0.insert(line, Said { at: now, left_out: 0 });
        }
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_every_two_seconds_is_written_24_times_a_day_and_says_how_often_it_was_left_out() {
        let (mut repeats, start) = (Repeats::default(), crate::clock::instant());
        let day = (0..43_200).map(|n| start + Duration::from_secs(2 * n));
        let written: Vec<_> = day.filter_map(|now| repeats.judge("stale".to_owned(), now)).collect();
        assert_eq!(written.len(), 24);
        assert_eq!(written[..3], [0, 1799, 1799]);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_nothing_new_is_lost() {
        let (mut repeats, start) = (Repeats::default(), crate::clock::instant());
        for n in 0..3 * MOST {
            assert_eq!(repeats.judge(n.to_string(), start), Some(0));
        }
        assert_eq!(repeats.0.len(), MOST);
        assert_eq!(repeats.judge("later".to_owned(), start + AGAIN_AFTER), Some(0));
        assert_eq!(repeats.0.len(), 1);
    }
}

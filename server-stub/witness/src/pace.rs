//! How often one log, and everybody else together, is heard in a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Requests in the minute that runs, by log; what is signed by no log of ours counts under no name.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<(i64, HashMap<String, u32>)>);

impl Pace {
    /// Whether one more is heard.
    pub(crate) fn permits(&self, log: &str, most: u32, now: Timestamp) -> bool {
        let minute = now.as_second().div_euclid(60);
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.0 != minute {
            *counted = (minute, HashMap::new());
        }
        let heard = counted.1.entry(log.to_owned()).or_default();
        *heard += 1;
        *heard <= most
    }
}

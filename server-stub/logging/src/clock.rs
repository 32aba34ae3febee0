//! The machine's clocks, which a log is written by; nothing that is decided elsewhere rests on them.
#![expect(clippy::disallowed_methods, reason = "a line of a log is written when it is written")]

use std::time::Instant;

use jiff::Timestamp;

pub(crate) fn instant() -> Instant {
    Instant::now()
}

pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

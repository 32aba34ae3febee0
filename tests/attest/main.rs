//! The attestation verifiers against phones of our own making, captured ones, and changed ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod android;
mod apple;
mod captured;
mod enrolment;
mod mutations;
mod program;

use jiff::Timestamp;

/// When the made phones show their evidence.
fn now() -> Timestamp {
    "2026-11-24T10:00:00Z".parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

//! What a test could not look at here. `cargo test` shows nothing that a passing test prints, so it is kept for the end.

use std::fs::OpenOptions;
use std::io::Write as _;

use crate::size::soaking;

/// The file that `cargo xtask test` makes for this, and prints when all is over.
const NOTES: &str = "GAUZE_SKIPPED";

/// Says that a test ends here for want of something, as `strace not found`. A soak that lacks something has failed.
///
/// # Panics
///
/// In a soak, and where the notes cannot be written.
#[track_caller]
#[expect(clippy::print_stdout, clippy::unwrap_used, reason = "a test that is skipped says so, or fails")]
pub fn skipped(what: &str) {
    assert!(!soaking(), "skipped: {what}");
    println!("skipped: {what}");
    if let Some(notes) = std::env::var_os(NOTES) {
        let mut notes = OpenOptions::new().create(true).append(true).open(notes).unwrap();
        notes.write_all(format!("{what}\n").as_bytes()).unwrap();
    }
}

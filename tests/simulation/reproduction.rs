//! Seeds that once broke a promise, each with what was wrong. They stay, though a change of the world may make a seed
//! tell another story.

use super::seeds::run;

#[test]
fn what_a_capture_left_on_a_full_disk_goes_with_the_next_run_of_the_queue() {
    // It stayed until the next capture or the next start.
    assert_eq!(run(47).1, Ok(()));
}

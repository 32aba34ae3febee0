//! Seeds that once broke a promise, each with what was wrong. They stay, though a change of the world may make a seed
//! tell another story.

use super::seeds::run;

#[test]
fn what_a_capture_left_on_a_full_disk_goes_with_the_next_run_of_the_queue() {
    // It stayed until the next capture or the next start.
    assert_eq!(run(47).1, Ok(()));
}

#[test]
fn an_erasure_that_a_full_disk_cut_after_the_rename_is_finished_by_the_next_run_of_the_queue() {
    // The photo had left the outbox, and the running client went on listing it.
    assert_eq!(run(7).1, Ok(()));
}

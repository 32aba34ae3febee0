//! The same thing many times, on every core: for what is counted, not timed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// What `of` makes of each number below `count`, in their order.
///
/// # Panics
/// Where `of` does; what the other cores have begun ends first.
pub fn each<T: Send>(count: u64, of: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let next = AtomicU64::new(0);
    let taken = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|number| *number < count);
    let work = || {
        let mut made = Vec::new();
        while let Some(number) = taken() {
            made.push((number, of(number)));
        }
        made
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut made: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(thread::ScopedJoinHandle::join);
        ended.flat_map(|made| made.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    made.sort_by_key(|(number, _)| *number);
    made.into_iter().map(|(_, made)| made).collect()
}

#[cfg(test)]
mod tests {
    use super::each;

    #[test]
    fn each_number_is_taken_once_and_in_its_place() {
        assert_eq!(each(1000, |number| number * 2), (0..1000).map(|number| number * 2).collect::<Vec<_>>());
        assert!(each(0, |_| ()).is_empty());
        assert!(std::panic::catch_unwind(|| each(10, |number| assert_ne!(number, 7))).is_err());
    }
}

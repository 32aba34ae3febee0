//! Work over all processors.

/// Gives each processor a run of the items, and puts what they make of them in a row.
pub(crate) fn spread<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> Vec<R> + Sync) -> Vec<R> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let run = items.len().div_ceil(workers).max(1);
    std::thread::scope(|scope| {
        let work = &work;
        let parts: Vec<_> = items.chunks(run).map(|part| scope.spawn(move || work(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_else(|_| Vec::new())).collect()
    })
}

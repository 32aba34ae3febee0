//! On how many cores everything is measured: two, so that figures of different machines can be compared.

/// Keeps this process, and whatever it starts, on two of the cores that it may use; on Linux alone. Threads that are there
/// already stay where they are.
pub fn keep_to_two() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
        let (allowed, mut two) = (sched_getaffinity(None)?, CpuSet::new());
        let cores = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
        cores.take(2).for_each(|core| two.set(core));
        sched_setaffinity(None, &two)?;
    }
    Ok(())
}

//! Clock, entropy and the process's own protection, from the operating system.

use std::io;
use std::sync::LazyLock;

use gauze_wire::Name;
use jiff::Timestamp;

use crate::ports::{Clock, Entropy, Reachability};

/// The system's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// Where the system names no start, one is told from the last by a `monotonic_ms` that fell.
static BOOT_ID: LazyLock<Name> = LazyLock::new(|| {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().parse().unwrap_or_else(|_| "unknown".parse().expect("a word is a name"))
});

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one adapter of the Clock port")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic_ms(&self) -> u64 {
        u64::try_from(since_start().as_millis()).unwrap_or(u64::MAX)
    }

    fn boot_id(&self) -> Name {
        BOOT_ID.clone()
    }
}

/// The clock that goes on while the phone sleeps. Not read from `/proc/uptime`, which Android keeps from apps.
#[cfg(unix)]
fn since_start() -> std::time::Duration {
    use rustix::time::{ClockId, clock_gettime};
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let clock = ClockId::Boottime;
    // Apple's goes on in sleep.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let clock = ClockId::Monotonic;
    clock_gettime(clock).try_into().unwrap_or_default()
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "the one adapter of the Clock port")]
fn since_start() -> std::time::Duration {
    static START: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// Always worth a try.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysReachable;

impl Reachability for AlwaysReachable {
    fn reachable(&self) -> bool {
        true
    }
}

/// The system's random numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) -> io::Result<()> {
        getrandom::fill(out).map_err(|error| io::Error::other(error.to_string()))
    }
}

/// Forbids this process to dump its memory, where the system allows saying so.
pub fn forbid_core_dumps() {
    let none = rustix::process::Rlimit { current: Some(0), maximum: Some(0) };
    if rustix::process::setrlimit(rustix::process::Resource::Core, none).is_err() {
        tracing::warn!("core dumps could not be switched off");
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).is_err() {
        tracing::warn!("the process could not be made undumpable");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_clock_that_never_goes_back_counts_from_the_start_of_the_machine() {
        let uptime = || -> f64 {
            let text = std::fs::read_to_string("/proc/uptime").unwrap();
            text.split_whitespace().next().unwrap().parse().unwrap()
        };
        let (before, told, after) = (uptime(), SystemClock.monotonic_ms(), uptime());
        // The file counts in hundredths of a second.
        let told = u32::try_from(told / 10).unwrap();
        assert!((before * 100.0 - 1.0..=after * 100.0 + 1.0).contains(&f64::from(told)));
    }
}

//! Clock, entropy and the process's own protection, from the operating system.

use std::io;
use std::sync::LazyLock;
use std::time::Instant;

use gauze_wire::Name;
use jiff::Timestamp;

use crate::ports::{Clock, Entropy, Reachability};

/// The system's clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

#[expect(clippy::disallowed_methods, reason = "the one adapter of the Clock port")]
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

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
        let uptime = std::fs::read_to_string("/proc/uptime").ok().and_then(|text| {
            let seconds: f64 = text.split_whitespace().next()?.parse().ok()?;
            std::time::Duration::try_from_secs_f64(seconds).ok()
        });
        let elapsed = uptime.unwrap_or_else(|| START.elapsed());
        u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
    }

    fn boot_id(&self) -> Name {
        BOOT_ID.clone()
    }
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

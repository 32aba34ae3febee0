use gauze_wire::Name;
use jiff::Timestamp;

/// Time as the phone tells it. Never trusted: a clock that is wrong never blocks a capture.
pub trait Clock: Send + Sync {
    /// Wall clock.
    fn now(&self) -> Timestamp;
    /// Milliseconds since the phone started, sleep included.
    fn monotonic_ms(&self) -> u64;
    /// Which start of the phone `monotonic_ms` counts from.
    fn boot_id(&self) -> Name;
}

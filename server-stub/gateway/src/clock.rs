use jiff::Timestamp;

/// The gateway's clock.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The system's.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one adapter of the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

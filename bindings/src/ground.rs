//! The real disk and clock; `faults.rs` has others in their place.

use std::sync::Arc;

use gauze_core::adapters::{FileDisk, SystemClock};
use gauze_core::ports::{Clock, Disk};

pub(crate) fn disk() -> Arc<dyn Disk> {
    Arc::new(FileDisk)
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

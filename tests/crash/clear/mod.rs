//! Nothing in the clear: not in anything that is written, and not in memory once the phone is locked.

mod memory;
mod review;
mod written;

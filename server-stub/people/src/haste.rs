//! Break-glass: opened at once, for one patient and four hours, and judged by somebody else within 72 hours.
//!
//! The log is the only memory: what is open and what waits for its review is read from entries.

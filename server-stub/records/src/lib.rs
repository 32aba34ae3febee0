//! The inside: pulls, verifies, opens, files and says so.
#![forbid(unsafe_code)]

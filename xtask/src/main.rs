//! Every command a person or CI runs.
#![forbid(unsafe_code)]

fn main() {}

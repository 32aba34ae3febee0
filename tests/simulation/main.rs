//! Simulation: phone, network, gateway, records side and the hospital's people in one process, with everything that can go wrong
//! drawn from one seed.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says where")]
#![expect(clippy::large_futures, reason = "each test has a thread and a stack of its own")]

#[path = "../ward/fixture/mod.rs"]
mod fixture;

#[path = "../../fuzz/src/lib.rs"]
mod targets;

mod crossing;
mod dice;
mod fuzzed;
mod network;
mod people;
mod reproduction;
mod seeds;
mod side;
mod sky;
mod tampering;
mod world;
